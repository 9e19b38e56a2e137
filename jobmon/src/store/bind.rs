//! Writes a workflow down: once, in chunks, behind a mark that says when all of it is there.

use crate::id::{SetId, TaskId, WorkflowId};
use crate::model::{ArgText, Queue, Resources, Role, TaskState, flag_text};
use crate::plan::{PlanData, Settled, identity};
use crate::store::StoreError;
use crate::store::open::Database;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
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
    pub(crate) fn of(&self, task: TaskId) -> i64 {
        match self {
            Self::From(first) => first + i64::from(task.0),
            Self::List(ids) => ids[task.index()],
        }
    }
}

/// So many rows are written in one transaction: other drivers that use the file wait no longer than that takes.
const CHUNK: usize = 50_000;

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
pub(crate) fn common(
    transaction: &Transaction<'_>,
    plan: &Settled,
    tool: i64,
) -> rusqlite::Result<(Vec<i64>, HashMap<Resources, i64>)> {
    let mut put = transaction.prepare_cached(
        "INSERT INTO task_template (tool_id, name, version, command, command_hash, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (tool_id, name, version) DO UPDATE SET command = ?4, command_hash = ?5, doc = ?6
         RETURNING id",
    )?;
    let templates = plan.templates.iter().map(|template| {
        let hash = template.command_hash().0;
        let row = params![tool, template.name, template.version, template.command_text(), hash, template.doc];
        put.query_row(row, |row| row.get(0))
    });
    let templates = templates.collect::<rusqlite::Result<_>>()?;
    let mut resources = HashMap::new();
    for task in plan.task_ids() {
        let asked = plan.resources(task);
        if let std::collections::hash_map::Entry::Vacant(free) = resources.entry(asked) {
            free.insert(resources_id(transaction, &asked)?);
        }
    }
    Ok((templates, resources))
}

pub(crate) fn resources_id(connection: &Connection, asked: &Resources) -> rusqlite::Result<i64> {
    // Nobody waits for longer, or has more, than the largest number that the file can hold.
    let number = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
    let memory = asked.memory.map(|memory| number(memory.bytes()));
    let runtime = asked.runtime.map(|runtime| number(runtime.seconds()));
    let queue = asked.queue.map(Queue::name);
    let row = params![memory, runtime, asked.cores, queue];
    let find = "SELECT id FROM task_resources
                WHERE memory_bytes IS ?1 AND runtime_seconds IS ?2 AND cores = ?3 AND queue IS ?4";
    match connection.prepare_cached(find)?.query_row(row, |row| row.get(0)).optional()? {
        Some(id) => Ok(id),
        None => {
            let put =
                "INSERT INTO task_resources (memory_bytes, runtime_seconds, cores, queue) VALUES (?1, ?2, ?3, ?4)";
            connection.prepare_cached(put)?.execute(row)?;
            Ok(connection.last_insert_rowid())
        }
    }
}

/// Writes the tasks, sets and edges of a workflow that is not bound, and then the mark.
pub(crate) fn bind(
    database: &mut Database,
    workflow: WorkflowId,
    tool: i64,
    plan: &Settled,
    now: i64,
) -> Result<Numbers, StoreError> {
    let failed = database.failed("write the tasks of a workflow");
    bind_all(&mut database.connection, workflow, tool, plan, now).map_err(failed)
}

fn bind_all(
    connection: &mut Connection,
    workflow: WorkflowId,
    tool: i64,
    plan: &Settled,
    now: i64,
) -> rusqlite::Result<Numbers> {
    forget_half_bound(connection, workflow)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (templates, resources) = common(&transaction, plan, tool)?;
    let first_task = reserve(&transaction, "task", plan.count())?.start;
    let sets = u32::try_from(plan.sets.len()).expect("a workflow has fewer than 2^31 sets");
    let first_set = reserve(&transaction, "task_set", sets)?.start;
    transaction.commit()?;
    let numbers = Numbers { tasks: TaskNumbers::From(first_task), templates, resources };
    let tasks: Vec<TaskId> = plan.task_ids().collect();
    for chunk in tasks.chunks(CHUNK) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        TaskWriter { transaction: &transaction, plan, numbers: &numbers, workflow, now }.write(chunk)?;
        transaction.commit()?;
    }
    write_edges(connection, plan, workflow, first_task, first_set)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("UPDATE workflow SET bound = 1 WHERE id = ?1", [workflow.0])?;
    transaction.commit()?;
    Ok(numbers)
}

/// A driver that died while it bound left rows behind which nobody counts.
fn forget_half_bound(connection: &mut Connection, workflow: WorkflowId) -> rusqlite::Result<()> {
    let there = "SELECT EXISTS (SELECT 1 FROM task WHERE workflow_id = ?1) OR EXISTS (SELECT 1 FROM task_set WHERE workflow_id = ?1)";
    if !connection.query_row(there, [workflow.0], |row| row.get::<_, bool>(0))? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
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

struct TaskWriter<'a> {
    transaction: &'a Transaction<'a>,
    plan: &'a Settled,
    numbers: &'a Numbers,
    workflow: WorkflowId,
    now: i64,
}

impl TaskWriter<'_> {
    fn write(&self, tasks: &[TaskId]) -> rusqlite::Result<()> {
        let mut put = self.transaction.prepare_cached(
            "INSERT INTO task (id, workflow_id, task_template_id, name, hash, status, status_at, node_args, task_args,
                               op_args, task_resources_id, max_attempts, priority, directory, environment)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?;
        let waits_later: std::collections::HashSet<TaskId> = self.plan.late.iter().map(|(task, _)| *task).collect();
        for &task in tasks {
            let plan = self.plan;
            let overrides = plan.overrides(task);
            let root = plan.needs(task).is_empty() && !waits_later.contains(&task);
            let state = if root { TaskState::Queued } else { TaskState::Registered };
            let directory = overrides.and_then(|overrides| overrides.directory.as_deref()?.to_str());
            let environment = overrides.filter(|overrides| !overrides.env.is_empty());
            let environment =
                environment.map(|overrides| json_object(overrides.env.iter().map(|(name, value)| (name, value))));
            put.execute(params![
                self.numbers.tasks.of(task),
                self.workflow.0,
                self.numbers.templates[plan.tasks[task.index()].template.index()],
                plan.task_name(task),
                identity(plan, task).0,
                state.word(),
                self.now,
                args_json(plan, task, Role::Node),
                args_json(plan, task, Role::Task),
                args_json(plan, task, Role::Op),
                self.numbers.resources[&plan.resources(task)],
                plan.max_attempts(task),
                plan.priority(task),
                directory,
                environment,
            ])?;
            self.attributes(task)?;
        }
        Ok(())
    }

    fn attributes(&self, task: TaskId) -> rusqlite::Result<()> {
        let Some(overrides) = self.plan.overrides(task) else { return Ok(()) };
        for (name, value) in &overrides.attributes {
            self.transaction
                .prepare_cached("INSERT OR REPLACE INTO task_attribute (task_id, name, value) VALUES (?1, ?2, ?3)")?
                .execute((self.numbers.tasks.of(task), name, value))?;
        }
        Ok(())
    }
}

fn write_edges(
    connection: &mut Connection,
    plan: &PlanData,
    workflow: WorkflowId,
    first_task: i64,
    first_set: i64,
) -> rusqlite::Result<()> {
    let set_number = |set: SetId| first_set + i64::from(set.0);
    let number = |node: u32| match plan.set_at(node) {
        Some(set) => (None, Some(set_number(set))),
        None => (Some(first_task + i64::from(node)), None),
    };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (set, node) in (0..).map(SetId).zip(&plan.sets) {
        let row = params![
            set_number(set),
            workflow.0,
            u32::try_from(node.members().len()).expect("a set has no more members than there are tasks")
        ];
        transaction.prepare_cached("INSERT INTO task_set (id, workflow_id, size) VALUES (?1, ?2, ?3)")?.execute(row)?;
    }
    transaction.commit()?;
    let mut edges = plan.edges().peekable();
    while edges.peek().is_some() {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut put = transaction.prepare_cached(
                "INSERT INTO edge (upstream_task_id, upstream_set_id, downstream_task_id, downstream_set_id)
                 VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (from, to) in edges.by_ref().take(4 * CHUNK) {
                let ((from_task, from_set), (to_task, to_set)) = (number(from), number(to));
                put.execute((from_task, from_set, to_task, to_set))?;
            }
        }
        transaction.commit()?;
    }
    Ok(())
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

/// Renews how the unfinished tasks of a workflow run: resources, op arguments and the like come from the program each
/// time.
pub(crate) fn renew(transaction: &Transaction<'_>, plan: &Settled, numbers: &Numbers) -> rusqlite::Result<()> {
    let mut put = transaction.prepare_cached(
        "UPDATE task SET op_args = ?2, task_resources_id = ?3, max_attempts = ?4, priority = ?5
         WHERE id = ?1 AND status <> 'DONE'
           AND (op_args, task_resources_id, max_attempts, priority) IS NOT (?2, ?3, ?4, ?5)",
    )?;
    for task in plan.task_ids() {
        put.execute(params![
            numbers.tasks.of(task),
            args_json(plan, task, Role::Op),
            numbers.resources[&plan.resources(task)],
            plan.max_attempts(task),
            plan.priority(task),
        ])?;
    }
    Ok(())
}
