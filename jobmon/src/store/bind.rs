//! Writes a workflow down: once, in chunks, behind a mark that says when all of it is there.

use crate::id::{TaskId, WorkflowId};
use crate::model::{ArgText, Queue, Resources, Role, TaskState, flag_text};
use crate::plan::{Identities, PlanData, Settled};
use crate::store::StoreError;
use crate::store::edges::write_edges;
use crate::store::open::Database;
use crate::store::renew::put_attributes;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::HashMap;
use std::ops::Range;

/// The numbers that tasks and sets have in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// For each task, its `id`.
    pub(crate) tasks: TaskNumbers,
    /// For each template of the plan, its `id`.
    pub(crate) templates: Vec<i64>,
    /// The `id` of each combination of resources.
    pub(crate) resources: HashMap<Resources, i64>,
}

/// The `id`s of tasks: a run of numbers where they were written together, else a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TaskNumbers {
    From(i64),
    List(Vec<i64>),
}

impl TaskNumbers {
    /// Numbers that may follow each other.
    pub(crate) fn of_ids(ids: Vec<i64>) -> Self {
        let first = ids.first().copied().unwrap_or(0);
        let in_a_row = (first..).zip(&ids).all(|(expected, id)| expected == *id);
        if in_a_row { Self::From(first) } else { Self::List(ids) }
    }

    pub(crate) fn of(&self, task: TaskId) -> i64 {
        match self {
            Self::From(first) => first + i64::from(task.0),
            Self::List(ids) => ids[task.index()],
        }
    }
}

/// So many rows are written in one transaction: other drivers that use the file wait no longer than that takes.
pub(super) const CHUNK: usize = 50_000;

/// Sets numbers of `table` aside that nobody else will use. The table's counter is the one of `AUTOINCREMENT`.
pub(crate) fn reserve(connection: &Connection, table: &str, count: u32) -> rusqlite::Result<Range<i64>> {
    let taken = "UPDATE sqlite_sequence SET seq = seq + ?1 WHERE name = ?2 RETURNING seq";
    let end = connection.query_row(taken, (count, table), |row| row.get::<_, i64>(0)).optional()?;
    let end = match end {
        Some(end) => end,
        None => {
            connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", (table, count))?;
            i64::from(count)
        }
    };
    Ok(end - i64::from(count) + 1..end + 1)
}

/// Writes templates and resources, which a workflow shares with others; new ones are added, commands renewed.
pub(super) fn common(
    transaction: &Transaction<'_>,
    plan: &Settled,
    tool: i64,
    now: i64,
) -> rusqlite::Result<(Vec<i64>, HashMap<Resources, i64>)> {
    let mut put = transaction.prepare_cached(
        "INSERT INTO task_template (tool_id, name, version, command, command_hash, command_at, doc)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (tool_id, name, version) DO UPDATE
         SET command = ?4, command_hash = ?5, doc = ?7,
             command_at = CASE WHEN command_hash = ?5 THEN command_at ELSE ?6 END
         RETURNING id",
    )?;
    let templates = plan.templates.iter().map(|template| {
        let hash = template.command_hash().0;
        let row = params![tool, template.name, template.version, template.command_text(), hash, now, template.doc];
        put.query_row(row, |row| row.get(0))
    });
    let templates = templates.collect::<rusqlite::Result<_>>()?;
    let mut resources = HashMap::new();
    let mut seen = vec![false; plan.asks().len()];
    for task in plan.task_ids() {
        if std::mem::replace(&mut seen[plan.place_of(task) as usize], true) {
            continue;
        }
        let asked = plan.resources(task);
        if let std::collections::hash_map::Entry::Vacant(free) = resources.entry(asked) {
            free.insert(resources_id(transaction, &asked)?);
        }
    }
    Ok((templates, resources))
}

/// The columns of a combination of resources.
type ResourcesRow = (Option<i64>, Option<i64>, u32, Option<&'static str>);

fn resources_row(asked: &Resources) -> ResourcesRow {
    // Nobody waits for longer, or has more, than the largest number that the file can hold.
    let number = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
    let memory = asked.memory.map(|memory| number(memory.bytes()));
    let runtime = asked.runtime.map(|runtime| number(runtime.seconds()));
    (memory, runtime, asked.cores, asked.queue.map(Queue::name))
}

/// The number of a combination of resources, if the file has it.
pub(super) fn find_resources(connection: &Connection, asked: &Resources) -> rusqlite::Result<Option<i64>> {
    let find = "SELECT id FROM task_resources
                WHERE memory_bytes IS ?1 AND runtime_seconds IS ?2 AND cores = ?3 AND queue IS ?4";
    connection.prepare_cached(find)?.query_row(resources_row(asked), |row| row.get(0)).optional()
}

pub(super) fn resources_id(connection: &Connection, asked: &Resources) -> rusqlite::Result<i64> {
    if let Some(id) = find_resources(connection, asked)? {
        return Ok(id);
    }
    let put = "INSERT INTO task_resources (memory_bytes, runtime_seconds, cores, queue) VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(put)?.execute(resources_row(asked))?;
    Ok(connection.last_insert_rowid())
}

/// Writes the tasks, sets and edges of a workflow that is not bound, and then the mark.
pub(crate) fn bind(
    database: &mut Database,
    workflow: WorkflowId,
    tool: i64,
    plan: &Settled,
    identities: &Identities,
    now: i64,
) -> Result<Numbers, StoreError> {
    let failed = database.failed("write the tasks of a workflow");
    bind_all(database, workflow, tool, (plan, identities), now).map_err(failed)
}

fn bind_all(
    database: &mut Database,
    workflow: WorkflowId,
    tool: i64,
    (plan, identities): (&Settled, &Identities),
    now: i64,
) -> rusqlite::Result<Numbers> {
    forget_half_bound(database, workflow)?;
    let transaction = database.begin()?;
    let (templates, resources) = common(&transaction, plan, tool, now)?;
    let first_task = reserve(&transaction, "task", plan.count())?.start;
    transaction.commit()?;
    let numbers = Numbers { tasks: TaskNumbers::From(first_task), templates, resources };
    let tasks: Vec<TaskId> = plan.task_ids().collect();
    write_tasks(database, &TaskWriter { plan, identities, numbers: &numbers, workflow, now, fresh: true }, &tasks)?;
    write_edges(database, plan, workflow, &numbers.tasks)?;
    let transaction = database.begin()?;
    transaction.execute("UPDATE workflow SET bound = 1 WHERE id = ?1", [workflow.0])?;
    transaction.commit()?;
    Ok(numbers)
}

/// A driver that died while it bound left rows behind which nobody counts.
fn forget_half_bound(database: &mut Database, workflow: WorkflowId) -> rusqlite::Result<()> {
    let there = "SELECT EXISTS (SELECT 1 FROM task WHERE workflow_id = ?1) OR EXISTS (SELECT 1 FROM task_set WHERE workflow_id = ?1)";
    if !database.connection.query_row(there, [workflow.0], |row| row.get::<_, bool>(0))? {
        return Ok(());
    }
    let transaction = database.begin()?;
    for statement in [
        "DELETE FROM edge WHERE downstream_task_id IN (SELECT id FROM task WHERE workflow_id = ?1)",
        "DELETE FROM edge WHERE downstream_set_id IN (SELECT id FROM task_set WHERE workflow_id = ?1)",
        "DELETE FROM task_attribute WHERE task_id IN (SELECT id FROM task WHERE workflow_id = ?1)",
        "DELETE FROM task WHERE workflow_id = ?1",
        "DELETE FROM task_set WHERE workflow_id = ?1",
    ] {
        transaction.execute(statement, [workflow.0])?;
    }
    transaction.commit()
}

/// Writes tasks in chunks.
pub(super) fn write_tasks(database: &mut Database, writer: &TaskWriter<'_>, tasks: &[TaskId]) -> rusqlite::Result<()> {
    for chunk in tasks.chunks(CHUNK) {
        let transaction = database.begin()?;
        writer.write(&transaction, chunk)?;
        transaction.commit()?;
    }
    Ok(())
}

pub(super) struct TaskWriter<'a> {
    pub(super) plan: &'a Settled,
    pub(super) identities: &'a Identities,
    pub(super) numbers: &'a Numbers,
    pub(super) workflow: WorkflowId,
    pub(super) now: i64,
    /// Whether none of the workflow's tasks is written yet: what waits for nothing is queued then.
    pub(super) fresh: bool,
}

impl TaskWriter<'_> {
    fn write(&self, transaction: &Transaction<'_>, tasks: &[TaskId]) -> rusqlite::Result<()> {
        let mut put = transaction.prepare_cached(
            "INSERT INTO task (id, workflow_id, task_template_id, name, hash, upstreams_hash, status, status_at,
                               node_args, task_args, op_args, task_resources_id, max_attempts, priority, directory,
                               environment)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?;
        for &task in tasks {
            let plan = self.plan;
            let upstreams = self.identities.upstreams(task);
            let root = self.fresh && upstreams == Identities::NO_UPSTREAMS;
            let state = if root { TaskState::Queued } else { TaskState::Registered };
            put.execute(params![
                self.numbers.tasks.of(task),
                self.workflow.0,
                self.numbers.templates[plan.tasks[task.index()].template.index()],
                plan.task_name(task),
                self.identities.task(task).0,
                upstreams.0,
                state.word(),
                self.now,
                args_json(plan, task, Role::Node),
                args_json(plan, task, Role::Task),
                args_json(plan, task, Role::Op),
                self.numbers.resources[&plan.resources(task)],
                plan.max_attempts(task),
                plan.priority(task),
                directory(plan, task),
                environment(plan, task),
            ])?;
            put_attributes(transaction, plan, task, self.numbers.tasks.of(task))?;
        }
        Ok(())
    }
}

/// Where a task starts, as it is written down.
pub(super) fn directory(plan: &PlanData, task: TaskId) -> Option<&str> {
    plan.overrides(task)?.directory.as_deref()?.to_str()
}

/// The variables that a task sets, as a JSON object.
pub(super) fn environment(plan: &PlanData, task: TaskId) -> Option<String> {
    let overrides = plan.overrides(task).filter(|overrides| !overrides.env.is_empty())?;
    Some(json_object(overrides.env.iter().map(|(name, value)| (name, value))))
}

/// The arguments of one role as a JSON object: each value a string or an array of strings, absent ones left out.
pub(crate) fn args_json(plan: &PlanData, task: TaskId, role: Role) -> String {
    let mut json = String::from("{");
    for (name, value) in plan.args(task, role) {
        let write_key = |json: &mut String| {
            if json.len() > 1 {
                json.push(',');
            }
            push_json(json, name);
            json.push(':');
        };
        match value {
            ArgText::Absent => {}
            ArgText::One(text) => {
                write_key(&mut json);
                push_json(&mut json, text);
            }
            ArgText::Flag(flag) => {
                write_key(&mut json);
                push_json(&mut json, flag_text(flag));
            }
            ArgText::Many(texts) => {
                write_key(&mut json);
                json.push('[');
                for (at, text) in texts.iter().enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    push_json(&mut json, text);
                }
                json.push(']');
            }
        }
    }
    json.push('}');
    json
}

fn json_object<'a>(pairs: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let mut json = String::from("{");
    for (name, value) in pairs {
        if json.len() > 1 {
            json.push(',');
        }
        push_json(&mut json, name);
        json.push(':');
        push_json(&mut json, value);
    }
    json.push('}');
    json
}

/// Appends a text as JSON. Most texts need no escape, so they are copied.
fn push_json(json: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&serde_json::to_string(text).expect("a string is always valid JSON"));
    }
}
