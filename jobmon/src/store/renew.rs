//! What a program may say anew of tasks that stay what they are.

use crate::id::TaskId;
use crate::model::{Resources, Role, TaskState};
use crate::plan::Settled;
use crate::store::StoreError;
use crate::store::bind::{CHUNK, Numbers, args_json, directory, environment, find_resources};
use crate::store::open::Database;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

/// Tells which rows are to be written anew: few, as a rule, so that what differs is looked for where all rows are read
/// anyhow.
pub(super) struct Renewal<'a> {
    pub(super) plan: &'a Settled,
    /// For each place of what tasks ask for, its `id` if the file has it.
    resources: Vec<Option<i64>>,
}

impl<'a> Renewal<'a> {
    pub(super) fn new(connection: &Connection, plan: &'a Settled) -> rusqlite::Result<Self> {
        let asks = plan.asks().iter();
        let resources = asks.map(|ask| find_resources(connection, &ask.request.resources)).collect::<Result<_, _>>()?;
        Ok(Self { plan, resources })
    }

    /// Whether the program says something else of a task than its row. Of what is done only its name is asked: the rest
    /// says how it ran.
    pub(super) fn differs(&self, task: TaskId, row: &Row<'_>, done: bool) -> rusqlite::Result<bool> {
        let plan = self.plan;
        if row.get_ref(7)?.as_str()? != plan.task_name(task) {
            return Ok(true);
        }
        if done {
            return Ok(false);
        }
        Ok(row.get::<_, Option<i64>>(8)? != self.resources[plan.place_of(task) as usize]
            || row.get::<_, u32>(9)? != plan.max_attempts(task)
            || row.get::<_, i32>(10)? != plan.priority(task)
            || row.get_ref(11)?.as_str()? != args_json(plan, task, Role::Op)
            || row.get_ref(12)?.as_str_or_null()? != directory(plan, task)
            || row.get_ref(13)?.as_str_or_null()? != environment(plan, task).as_deref())
    }

    /// The tasks of which an attribute is new or another. What the program no longer says is kept.
    pub(super) fn other_attributes(&self, connection: &Connection, ids: &[i64]) -> rusqlite::Result<Vec<TaskId>> {
        let mut find = connection.prepare("SELECT value FROM task_attribute WHERE task_id = ?1 AND name = ?2")?;
        let mut others = Vec::new();
        for task in self.plan.task_ids().filter(|task| ids[task.index()] != 0) {
            let attributes = self.plan.overrides(task).map_or(&[][..], |overrides| &overrides.attributes);
            for (at, (name, value)) in attributes.iter().enumerate() {
                // The last value of a name counts.
                if attributes[at + 1..].iter().any(|(later, _)| later == name) {
                    continue;
                }
                let known = find.query_row((ids[task.index()], name), |row| Ok(row.get_ref(0)?.as_str()? == value));
                if known.optional()? != Some(true) {
                    others.push(task);
                    break;
                }
            }
        }
        Ok(others)
    }
}

/// Writes the attributes of a task: new ones are added, those of the same name get the new value, others stay.
pub(super) fn put_attributes(
    transaction: &Transaction<'_>,
    plan: &Settled,
    task: TaskId,
    id: i64,
) -> rusqlite::Result<()> {
    let Some(overrides) = plan.overrides(task) else { return Ok(()) };
    let put = "INSERT INTO task_attribute (task_id, name, value) VALUES (?1, ?2, ?3)
               ON CONFLICT (task_id, name) DO UPDATE SET value = ?3";
    for (name, value) in &overrides.attributes {
        transaction.prepare_cached(put)?.execute((id, name, value))?;
    }
    Ok(())
}

impl Database {
    /// Writes anew what the program says of these tasks: of those that are done, their names and attributes; of others
    /// also how they run.
    pub(crate) fn renew(
        &mut self,
        plan: &Settled,
        numbers: &Numbers,
        tasks: &[TaskId],
        state: impl Fn(TaskId) -> TaskState,
    ) -> Result<(), StoreError> {
        let failed = self.failed("renew the tasks of the workflow");
        for chunk in tasks.chunks(CHUNK) {
            let transaction = self.begin().map_err(&failed)?;
            for task in chunk {
                let done = state(*task) == TaskState::Done;
                renew_task(&transaction, plan, numbers, *task, done).map_err(&failed)?;
            }
            transaction.commit().map_err(&failed)?;
        }
        Ok(())
    }
}

fn renew_task(
    transaction: &Transaction<'_>,
    plan: &Settled,
    numbers: &Numbers,
    task: TaskId,
    done: bool,
) -> rusqlite::Result<()> {
    let id = numbers.tasks.of(task);
    let name = plan.task_name(task);
    if done {
        transaction.prepare_cached("UPDATE task SET name = ?2 WHERE id = ?1 AND name <> ?2")?.execute((id, name))?;
    } else {
        let asked: Resources = plan.resources(task);
        let put = "UPDATE task SET name = ?2, op_args = ?3, task_resources_id = ?4, max_attempts = ?5, priority = ?6,
                                   directory = ?7, environment = ?8
                   WHERE id = ?1";
        transaction.prepare_cached(put)?.execute(params![
            id,
            name,
            args_json(plan, task, Role::Op),
            numbers.resources[&asked],
            plan.max_attempts(task),
            plan.priority(task),
            directory(plan, task),
            environment(plan, task),
        ])?;
    }
    put_attributes(transaction, plan, task, id)
}
