//! What the state file knows of a workflow's tasks from earlier runs.

use crate::digest::Digest;
use crate::id::{AttemptId, RunId, SlotId, TaskId, WorkflowId};
use crate::model::{AttemptState, Queue, Resources, TaskState, TooLittle};
use crate::plan::{PlanData, identity};
use crate::store::StoreError;
use crate::store::bind::TaskNumbers;
use crate::store::open::Database;
use crate::units::{Memory, WallTime};
use rusqlite::TransactionBehavior;
use std::collections::HashMap;

/// The tasks of a workflow as earlier runs left them, matched with those of the program.
#[derive(Debug)]
pub(crate) struct Recalled {
    pub(crate) numbers: TaskNumbers,
    pub(crate) tasks: Vec<RecalledTask>,
}

/// A task as earlier runs left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecalledTask {
    pub(crate) state: TaskState,
    pub(crate) attempts: u32,
    /// What was not enough for them.
    pub(crate) too_little: TooLittle,
}

/// How the tasks of a program differ from those of the workflow.
///
/// ```
/// use jobmon::prelude::*;
/// use jobmon::run::RunError;
/// # let state = tempfile::tempdir()?;
/// # let options = || RunOptions::new().progress(Progress::Off).state(state.path());
/// # #[cfg(any())]
/// let options = || RunOptions::new();
/// let fits = |years: &[u16]| {
///     let mut wf = Tool::new("demo").workflow("fits");
///     wf.add_all(years.iter().map(|year| Command::new("true").node_arg("year", *year).template("fit")));
///     wf
/// };
/// fits(&[1990, 1991]).run(options())?;
/// let changed = fits(&[1990, 2000]).run(options().resume(true)).unwrap_err();
/// let jobmon::Error::Run(RunError::TasksChanged { difference, .. }) = changed else { panic!("{changed}") };
/// assert_eq!((difference.added.0, difference.removed.0), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// How many tasks only the program has, and the names of the first few.
    pub added: (usize, Vec<String>),
    /// How many tasks only the workflow has, and the names of the first few.
    pub removed: (usize, Vec<String>),
}

impl Difference {
    /// So many names are kept.
    const NAMES: usize = 5;

    fn note((count, names): &mut (usize, Vec<String>), name: impl FnOnce() -> String) {
        *count += 1;
        if names.len() < Self::NAMES {
            names.push(name());
        }
    }
}

/// An attempt of an earlier run whose end was not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenAttempt {
    pub(crate) id: AttemptId,
    pub(crate) run: RunId,
    pub(crate) task: i64,
    /// The identity of the task.
    pub(crate) hash: Digest,
    pub(crate) slot: SlotId,
    pub(crate) state: AttemptState,
    /// What it was granted.
    pub(crate) granted: Resources,
}

impl RecalledTask {
    fn new(state: TaskState) -> Self {
        Self { state, attempts: 0, too_little: TooLittle::default() }
    }
}

impl Database {
    /// Matches the tasks of a bound workflow with those of the program, by identity.
    pub(crate) fn recall(
        &self,
        workflow: WorkflowId,
        plan: &PlanData,
    ) -> Result<Result<Recalled, Difference>, StoreError> {
        let failed = self.failed("read the tasks of the workflow");
        let attempts = self.attempts(workflow).map_err(&failed)?;
        let sql = "SELECT id, hash, status, name FROM task WHERE workflow_id = ?1 ORDER BY id";
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let mut rows = statement.query([workflow.0]).map_err(&failed)?;
        let mut ids = vec![0_i64; plan.tasks.len()];
        let mut tasks = vec![RecalledTask::new(TaskState::Registered); plan.tasks.len()];
        let mut wanted: HashMap<Digest, TaskId> = plan.task_ids().map(|task| (identity(plan, task), task)).collect();
        let mut difference = Difference::default();
        while let Some(row) = rows.next().map_err(&failed)? {
            let read = (|| Ok((row.get::<_, i64>(0)?, Digest(row.get(1)?), row.get_ref(2)?.as_str()?)))();
            let (id, hash, word) = read.map_err(&failed)?;
            let state = TaskState::of_word(word).ok_or_else(|| StoreError::Damaged {
                path: self.path.clone(),
                found: word.to_owned(),
                expected: "the state of a task",
            })?;
            match wanted.remove(&hash) {
                Some(task) => {
                    ids[task.index()] = id;
                    let (attempts, too_little) = attempts.get(&id).copied().unwrap_or_default();
                    tasks[task.index()] = RecalledTask { state, attempts, too_little };
                }
                None => {
                    let name = row.get(3).map_err(&failed)?;
                    Difference::note(&mut difference.removed, || name);
                }
            }
        }
        let mut added: Vec<TaskId> = wanted.into_values().collect();
        added.sort_unstable();
        added.iter().for_each(|task| Difference::note(&mut difference.added, || plan.task_name(*task)));
        if difference != Difference::default() {
            return Ok(Err(difference));
        }
        let first = ids.first().copied().unwrap_or(0);
        let in_a_row = (first..).zip(&ids).all(|(expected, id)| expected == *id);
        let numbers = if in_a_row { TaskNumbers::From(first) } else { TaskNumbers::List(ids) };
        Ok(Ok(Recalled { numbers, tasks }))
    }

    /// How many attempts there were at the tasks that are not done and had any, and what was not enough for them.
    fn attempts(&self, workflow: WorkflowId) -> rusqlite::Result<HashMap<i64, (u32, TooLittle)>> {
        let sql = "SELECT task.id, max(task_instance.attempt),
                          max(CASE kind WHEN 'OUT_OF_MEMORY' THEN memory_bytes END),
                          max(CASE kind WHEN 'TIMEOUT' THEN runtime_seconds END)
                   FROM task_instance
                   JOIN task ON task.id = task_instance.task_id
                   JOIN task_resources ON task_resources.id = task_instance.task_resources_id
                   WHERE task.workflow_id = ?1 AND task.status <> 'DONE' GROUP BY task.id";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([workflow.0], |row| {
            let memory = amount(row.get(2)?).map(Memory::from_bytes);
            let runtime = amount(row.get(3)?).map(WallTime::from_seconds);
            Ok((row.get(0)?, (row.get(1)?, TooLittle { memory, runtime })))
        })?;
        rows.collect()
    }

    /// The attempts of earlier runs whose end was not recorded.
    pub(crate) fn open_attempts(&self, workflow: WorkflowId) -> Result<Vec<OpenAttempt>, StoreError> {
        let failed = self.failed("read the attempts of earlier runs");
        let sql = "SELECT task_instance.id, workflow_run_id, task_id, slot, task_instance.status, hash,
                          memory_bytes, runtime_seconds, cores, queue
                   FROM task_instance
                   JOIN task ON task.id = task_id
                   JOIN task_resources ON task_resources.id = task_instance.task_resources_id
                   WHERE workflow_id = ?1 AND task_instance.status IN ('LAUNCHING', 'LAUNCHED', 'RUNNING')
                   ORDER BY task_instance.id";
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let rows = statement.query_map([workflow.0], |row| {
            Ok(OpenAttempt {
                id: AttemptId(row.get(0)?),
                run: RunId(row.get(1)?),
                task: row.get(2)?,
                slot: SlotId(row.get(3)?),
                state: AttemptState::of_word(row.get_ref(4)?.as_str()?).unwrap_or(AttemptState::Launching),
                hash: Digest(row.get(5)?),
                granted: Resources {
                    memory: amount(row.get(6)?).map(Memory::from_bytes),
                    runtime: amount(row.get(7)?).map(WallTime::from_seconds),
                    cores: row.get(8)?,
                    queue: row.get::<_, Option<String>>(9)?.map(|name| Queue::named(&name)),
                },
            })
        });
        rows.and_then(Iterator::collect).map_err(&failed)
    }

    /// Sets all tasks that are not done back to where a run begins.
    pub(crate) fn reset_unfinished(&mut self, workflow: WorkflowId, now: i64) -> Result<(), StoreError> {
        let failed = self.failed("reset the unfinished tasks");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let sql = "UPDATE task SET status = 'REGISTERED', status_at = ?2, skipped_because = NULL
                   WHERE workflow_id = ?1 AND status NOT IN ('DONE', 'REGISTERED')";
        transaction.execute(sql, (workflow.0, now)).map_err(&failed)?;
        transaction.commit().map_err(&failed)
    }
}

/// An amount as it was written.
fn amount(written: Option<i64>) -> Option<u64> {
    written.map(i64::cast_unsigned)
}
