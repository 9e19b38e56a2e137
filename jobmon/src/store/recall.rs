//! What the state file knows of a workflow's tasks from earlier runs.

use crate::digest::Digest;
use crate::id::{AttemptId, RunId, SlotId, TaskId, WorkflowId};
use crate::model::{AttemptState, Queue, Resources, TooLittle};
use crate::plan::{Identities, Settled, Template};
use crate::store::bind::CHUNK;
use crate::store::matching::{COLUMNS, Matching, Recalled};
use crate::store::open::Database;
use crate::store::{Found, StoreError};
use crate::units::{Memory, WallTime};

/// What earlier runs did for a task that is not done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EarlierAttempts {
    /// How many attempts there were.
    pub(crate) count: u32,
    /// What was not enough for them.
    pub(crate) too_little: TooLittle,
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

impl Database {
    /// Matches the tasks of a bound workflow with those of the program, by identity.
    pub(crate) fn recall(
        &self,
        found: &Found,
        plan: &Settled,
        identities: &Identities,
    ) -> Result<Recalled, StoreError> {
        let failed = self.failed("read the tasks of the workflow");
        let damaged = |found, expected| StoreError::Damaged { path: self.path.clone(), found, expected };
        let read = (|| {
            let mut matching = Matching::new(&self.connection, plan, identities, found.tool)?;
            // By their numbers the rows come as they lie in the file; by the index they would be looked up all over it.
            let sql = "SELECT min(id), max(id) FROM task WHERE workflow_id = ?1";
            let ends: (Option<i64>, Option<i64>) =
                self.connection.query_row(sql, [found.id.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let sql = format!(
                "SELECT {COLUMNS} FROM task NOT INDEXED WHERE id BETWEEN ?1 AND ?2 AND workflow_id = ?3 ORDER BY id"
            );
            let mut statement = self.connection.prepare(&sql)?;
            let mut rows = statement.query((ends.0, ends.1, found.id.0))?;
            while let Some(row) = rows.next()? {
                matching.take(row)?;
            }
            let (mut recalled, damaged) = matching.finish(&self.connection)?;
            let sql = "SELECT changing_to FROM workflow WHERE id = ?1";
            let begun = self.connection.query_row(sql, [found.id.0], |row| row.get::<_, Option<[u8; 16]>>(0))?;
            recalled.changes.begun = begun.map(Digest);
            Ok((recalled, damaged))
        })();
        match read.map_err(failed)? {
            (recalled, None) => Ok(recalled),
            (_, Some(word)) => Err(damaged(word, "the state of a task")),
        }
    }

    /// How many attempts there were at each of these tasks that had any, and what was not enough for them.
    pub(crate) fn earlier_attempts(
        &self,
        tasks: impl Iterator<Item = (TaskId, i64)>,
    ) -> Result<Vec<(TaskId, EarlierAttempts)>, StoreError> {
        let failed = self.failed("read the attempts of earlier runs");
        let sql = "SELECT max(task_instance.attempt),
                          max(CASE kind WHEN 'OUT_OF_MEMORY' THEN memory_bytes END),
                          max(CASE kind WHEN 'TIMEOUT' THEN runtime_seconds END)
                   FROM task_instance
                   JOIN task_resources ON task_resources.id = task_instance.task_resources_id
                   WHERE task_instance.task_id = ?1";
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let mut earlier = Vec::new();
        for (task, id) in tasks {
            let row = statement.query_row([id], |row| {
                let memory = amount(row.get(1)?).map(Memory::from_bytes);
                let runtime = amount(row.get(2)?).map(WallTime::from_seconds);
                Ok((row.get::<_, Option<u32>>(0)?, TooLittle { memory, runtime }))
            });
            if let (Some(count), too_little) = row.map_err(&failed)? {
                earlier.push((task, EarlierAttempts { count, too_little }));
            }
        }
        Ok(earlier)
    }

    /// How many done tasks of a template were done by another command than it has now.
    pub(crate) fn done_by_other_command(&self, found: &Found, template: &Template) -> Result<u32, StoreError> {
        let failed = self.failed("look at the commands of earlier attempts");
        let sql = "SELECT count(*) FROM task
                   JOIN task_template ON task_template.id = task_template_id
                   JOIN task_instance ON task_instance.task_id = task.id
                   WHERE workflow_id = ?1 AND task_template.tool_id = ?2 AND task_template.name = ?3
                     AND task_template.version = ?4 AND task.status = 'DONE' AND retired_by_run_id IS NULL
                     AND task_instance.status = 'DONE' AND task_instance.command_hash <> ?5
                     AND attempt = (SELECT max(attempt) FROM task_instance AS last WHERE last.task_id = task.id)";
        let row = (found.id.0, found.tool, &*template.name, template.version, template.command_hash().0);
        self.connection.query_row(sql, row, |row| row.get(0)).map_err(failed)
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

    /// Sets tasks back to where a run begins.
    pub(crate) fn reset(&mut self, tasks: &[i64], now: i64) -> Result<(), StoreError> {
        let failed = self.failed("reset unfinished tasks");
        let sql = "UPDATE task SET status = 'REGISTERED', status_at = ?2, skipped_because = NULL WHERE id = ?1";
        for chunk in tasks.chunks(CHUNK) {
            let transaction = self.begin().map_err(&failed)?;
            for task in chunk {
                let set = transaction.prepare_cached(sql).and_then(|mut reset| reset.execute((task, now)));
                set.map_err(&failed)?;
            }
            transaction.commit().map_err(&failed)?;
        }
        Ok(())
    }
}

/// An amount as it was written.
fn amount(written: Option<i64>) -> Option<u64> {
    written.map(i64::cast_unsigned)
}
