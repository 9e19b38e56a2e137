//! Takes changed tasks over: what is gone is retired, what is new is written down, what hangs on a change runs again.
//!
//! It is done in many short transactions behind the mark `workflow.changing_to`. The first of them take DONE from all
//! that runs again, before anything says what it waits for now: so whatever of it is there when a driver dies, no task is
//! done that is not. While the mark is there, the next start takes all for changed that is not done.

use crate::id::{RunId, TaskId};
use crate::model::TaskState;
use crate::plan::{Identities, PlanData, Settled};
use crate::store::bind::{CHUNK, Numbers, TaskNumbers, TaskWriter, common, reserve, write_tasks};
use crate::store::edges::{forget_edges, write_edges};
use crate::store::matching::Recalled;
use crate::store::open::Database;
use crate::store::{Found, StoreError};
use rusqlite::{Connection, Transaction, params};
use std::collections::HashMap;

/// What is to be taken over.
#[derive(Debug)]
pub(crate) struct TakeOver<'a> {
    pub(crate) found: &'a Found,
    pub(crate) plan: &'a Settled,
    pub(crate) identities: &'a Identities,
    /// The run that does it.
    pub(crate) run: RunId,
    /// The done tasks that run again.
    pub(crate) again: &'a [TaskId],
    pub(crate) now: i64,
}

impl Database {
    /// Takes the changes over and forgets them; gives the numbers of all tasks.
    pub(crate) fn take_over(&mut self, change: &TakeOver<'_>, recalled: &mut Recalled) -> Result<Numbers, StoreError> {
        let failed = self.failed("take changed tasks over");
        let again: Vec<i64> = change.again.iter().map(|task| recalled.ids[task.index()]).collect();
        let (numbers, added) = change.mark(self, recalled).map_err(&failed)?;
        self.reset(&again, change.now)?;
        change.again.iter().for_each(|task| recalled.states[task.index()] = TaskState::Registered);
        change.write(self, recalled, &numbers, &added).map_err(&failed)?;
        recalled.ids = change.plan.task_ids().map(|task| numbers.tasks.of(task)).collect();
        recalled.changes = super::changes::Changes::default();
        Ok(numbers)
    }

    /// The tasks of those that come back which cannot stay done: they wait for others than they did, or something that
    /// they wait for is not done or was done again since.
    pub(crate) fn outdated(&self, plan: &PlanData, recalled: &Recalled) -> Result<Vec<TaskId>, StoreError> {
        let failed = self.failed("look at tasks that come back");
        let mut attempts = DoneBy { connection: &self.connection, recalled, known: HashMap::new() };
        let back = recalled.changes.back.iter();
        let mut outdated = Vec::new();
        for (task, rewired) in back.filter(|(task, _)| recalled.states[task.index()] == TaskState::Done) {
            if *rewired || attempts.is_older(plan, *task).map_err(&failed)? {
                outdated.push(*task);
            }
        }
        Ok(outdated)
    }
}

impl TakeOver<'_> {
    /// Writes the mark, and sets numbers aside for new tasks.
    fn mark(&self, database: &mut Database, recalled: &Recalled) -> rusqlite::Result<(Numbers, Vec<TaskId>)> {
        let transaction = database.begin()?;
        let put = "UPDATE workflow SET changing_to = ?2 WHERE id = ?1";
        transaction.execute(put, (self.found.id.0, self.identities.whole().0))?;
        let (templates, resources) = common(&transaction, self.plan, self.found.tool, self.now)?;
        let added = recalled.changes.added.clone();
        let count = u32::try_from(added.len()).expect("`add` keeps the number of tasks below 2^31");
        let mut ids = recalled.ids.clone();
        if count > 0 {
            let fresh = reserve(&transaction, "task", count)?;
            added.iter().zip(fresh).for_each(|(task, id)| ids[task.index()] = id);
        }
        transaction.commit()?;
        Ok((Numbers { tasks: TaskNumbers::of_ids(ids), templates, resources }, added))
    }

    fn write(
        &self,
        database: &mut Database,
        recalled: &Recalled,
        numbers: &Numbers,
        added: &[TaskId],
    ) -> rusqlite::Result<()> {
        let Self { found, plan, identities, run, now, .. } = *self;
        let writer = TaskWriter { plan, identities, numbers, workflow: found.id, now, fresh: false };
        write_tasks(database, &writer, added)?;
        let changes = &recalled.changes;
        in_chunks(database, &changes.removed, |transaction, id| {
            let put = "UPDATE task SET retired_by_run_id = ?2 WHERE id = ?1";
            transaction.prepare_cached(put)?.execute((id, run.0))
        })?;
        let back = changes.back.iter().map(|(task, _)| *task);
        let kept: Vec<TaskId> = changes.rewired.iter().copied().chain(back).collect();
        in_chunks(database, &kept, |transaction, task| {
            let put = "UPDATE task SET upstreams_hash = ?2, retired_by_run_id = NULL WHERE id = ?1";
            let id = numbers.tasks.of(*task);
            transaction.prepare_cached(put)?.execute(params![id, identities.upstreams(*task).0])
        })?;
        forget_edges(database, found.id)?;
        write_edges(database, plan, found.id, &numbers.tasks)?;
        let transaction = database.begin()?;
        transaction.execute("UPDATE workflow SET changing_to = NULL WHERE id = ?1", [found.id.0])?;
        transaction.commit()
    }
}

fn in_chunks<T>(
    database: &mut Database,
    all: &[T],
    write: impl Fn(&Transaction<'_>, &T) -> rusqlite::Result<usize>,
) -> rusqlite::Result<()> {
    for chunk in all.chunks(CHUNK) {
        let transaction = database.begin()?;
        for one in chunk {
            write(&transaction, one)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

/// By which attempts tasks were done. Later attempts have greater numbers, whatever clocks say.
struct DoneBy<'a> {
    connection: &'a Connection,
    recalled: &'a Recalled,
    known: HashMap<TaskId, Option<i64>>,
}

impl DoneBy<'_> {
    /// Whether a task was done before something that it waits for, or what it waits for is not done.
    fn is_older(&mut self, plan: &PlanData, task: TaskId) -> rusqlite::Result<bool> {
        let Some(own) = self.of(task)? else { return Ok(true) };
        let late = plan.late.iter().filter(|(of, _)| *of == task).map(|(_, need)| need);
        for need in plan.needs(task).iter().chain(late) {
            let members = need.as_set().map_or(&[][..], |set| plan.sets[set.index()].members());
            for upstream in need.as_task().into_iter().chain(members.iter().copied()) {
                if self.of(upstream)?.is_none_or(|by| by > own) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn of(&mut self, task: TaskId) -> rusqlite::Result<Option<i64>> {
        if self.recalled.states[task.index()] != TaskState::Done {
            return Ok(None);
        }
        if let Some(known) = self.known.get(&task) {
            return Ok(*known);
        }
        let sql = "SELECT max(id) FROM task_instance WHERE task_id = ?1 AND status = 'DONE'";
        let by = self.connection.prepare_cached(sql)?.query_row([self.recalled.ids[task.index()]], |row| row.get(0))?;
        self.known.insert(task, by);
        Ok(by)
    }
}
