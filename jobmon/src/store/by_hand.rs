//! Tasks that somebody moves by hand, between runs.

use crate::id::WorkflowId;
use crate::model::{Ending, Failure, TaskState, Usage, Verdict, WorkflowState};
use crate::store::StoreError;
use crate::store::apply;
use crate::store::open::Database;
use crate::time::Timestamp;
use rusqlite::{Transaction, TransactionBehavior, params};
use std::collections::{HashMap, HashSet};

/// Which workflow is meant; what is not said leaves all in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WorkflowFilter {
    pub(crate) id: Option<WorkflowId>,
    pub(crate) tool: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) args: Option<String>,
}

/// A workflow of the state file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WorkflowRow {
    pub(crate) id: WorkflowId,
    pub(crate) tool: String,
    pub(crate) name: String,
    pub(crate) args: String,
}

/// Which tasks of a workflow are meant; what is not said leaves all in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaskFilter {
    pub(crate) ids: Option<Vec<i64>>,
    pub(crate) name: Option<String>,
    pub(crate) template: Option<String>,
    /// Names and texts of node arguments.
    pub(crate) node_args: Vec<(String, String)>,
    pub(crate) state: Option<TaskState>,
}

/// Who does it, when, and of which tasks, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hand {
    pub(crate) user: String,
    pub(crate) at: Timestamp,
    pub(crate) what: String,
}

impl Database {
    /// The workflows that are meant, in order.
    pub(crate) fn workflows(&self, of: &WorkflowFilter) -> Result<Vec<WorkflowRow>, StoreError> {
        let failed = self.failed("find the workflow");
        let sql = "SELECT workflow.id, tool.name, workflow.name, args FROM workflow JOIN tool ON tool.id = tool_id
                   WHERE (?1 IS NULL OR workflow.id = ?1) AND (?2 IS NULL OR tool.name = ?2)
                     AND (?3 IS NULL OR workflow.name = ?3) AND (?4 IS NULL OR args = ?4) ORDER BY workflow.id";
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let rows = statement.query_map(params![of.id.map(|id| id.0), of.tool, of.name, of.args], |row| {
            Ok(WorkflowRow { id: WorkflowId(row.get(0)?), tool: row.get(1)?, name: row.get(2)?, args: row.get(3)? })
        });
        rows.and_then(Iterator::collect).map_err(&failed)
    }

    /// The names of the templates of which a workflow has tasks.
    pub(crate) fn template_names(&self, workflow: WorkflowId) -> Result<Vec<String>, StoreError> {
        let sql =
            "SELECT DISTINCT task_template.name FROM task JOIN task_template ON task_template.id = task_template_id
                   WHERE workflow_id = ?1 AND retired_by_run_id IS NULL ORDER BY task_template.name";
        self.names(workflow, sql)
    }

    /// The names of the first tasks of a workflow: so many as are looked at for what somebody may have meant.
    pub(crate) fn task_names(&self, workflow: WorkflowId) -> Result<Vec<String>, StoreError> {
        self.names(
            workflow,
            "SELECT name FROM task WHERE workflow_id = ?1 AND retired_by_run_id IS NULL ORDER BY id LIMIT 10000",
        )
    }

    fn names(&self, workflow: WorkflowId, sql: &str) -> Result<Vec<String>, StoreError> {
        let failed = self.failed("read the names of the workflow");
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let rows = statement.query_map([workflow.0], |row| row.get(0));
        rows.and_then(Iterator::collect).map_err(&failed)
    }

    /// The numbers of the tasks that are meant, in order.
    pub(crate) fn pick(&self, workflow: WorkflowId, tasks: &TaskFilter) -> Result<Vec<i64>, StoreError> {
        let failed = self.failed("find the tasks");
        let sql = "SELECT task.id FROM task JOIN task_template ON task_template.id = task_template_id
                   WHERE workflow_id = ?1 AND retired_by_run_id IS NULL
                     AND (?2 IS NULL OR task.id IN (SELECT value FROM json_each(?2)))
                     AND (?3 IS NULL OR task.name = ?3) AND (?4 IS NULL OR task_template.name = ?4)
                     AND (?5 IS NULL OR status = ?5)
                     AND NOT EXISTS (SELECT 1 FROM json_each(?6) AS wanted WHERE NOT EXISTS
                           (SELECT 1 FROM json_each(task.node_args) AS has
                            WHERE has.key = wanted.value ->> 0 AND has.value = wanted.value ->> 1))
                   ORDER BY task.id";
        let ids = tasks.ids.as_ref().map(|ids| json(ids));
        let node_args = serde_json::to_string(&tasks.node_args).expect("texts are always valid JSON");
        let state = tasks.state.map(TaskState::word);
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let rows = statement
            .query_map(params![workflow.0, ids, tasks.name, tasks.template, state, node_args], |row| row.get(0));
        rows.and_then(Iterator::collect).map_err(&failed)
    }

    /// Takes tasks as done; gives how many were not. The caller has the lease.
    pub(crate) fn set_done_by_hand(
        &mut self,
        workflow: WorkflowId,
        tasks: &[i64],
        hand: &Hand,
    ) -> Result<usize, StoreError> {
        self.move_by_hand(workflow, tasks, hand, TaskState::Done)
    }

    /// Sets tasks back to where a run begins, with all that need them; gives how many were elsewhere. The caller has the lease.
    pub(crate) fn reset_by_hand(
        &mut self,
        workflow: WorkflowId,
        tasks: &[i64],
        hand: &Hand,
    ) -> Result<usize, StoreError> {
        let all = self.with_downstream(workflow, tasks).map_err(self.failed("find what needs the tasks"))?;
        self.move_by_hand(workflow, &all, hand, TaskState::Registered)
    }

    fn move_by_hand(
        &mut self,
        workflow: WorkflowId,
        tasks: &[i64],
        hand: &Hand,
        to: TaskState,
    ) -> Result<usize, StoreError> {
        let failed = self.failed("move the tasks");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let moved = moved(&transaction, workflow, tasks, hand, to).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        Ok(moved)
    }

    /// The tasks and all that need them, directly or not, in order.
    fn with_downstream(&self, workflow: WorkflowId, tasks: &[i64]) -> rusqlite::Result<Vec<i64>> {
        let edges = "SELECT upstream_task_id, upstream_set_id, downstream_task_id, downstream_set_id FROM edge
                     WHERE downstream_task_id IN (SELECT id FROM task WHERE workflow_id = ?1)
                        OR downstream_set_id IN (SELECT id FROM task_set WHERE workflow_id = ?1)";
        let mut waiting: HashMap<Node, Vec<Node>> = HashMap::new();
        let mut statement = self.connection.prepare(edges)?;
        let mut rows = statement.query([workflow.0])?;
        while let Some(row) = rows.next()? {
            let node = |task: Option<i64>, set: Option<i64>| task.map(Node::Task).or(set.map(Node::Set));
            if let (Some(from), Some(to)) = (node(row.get(0)?, row.get(1)?), node(row.get(2)?, row.get(3)?)) {
                waiting.entry(from).or_default().push(to);
            }
        }
        let mut found: HashSet<Node> = tasks.iter().copied().map(Node::Task).collect();
        let mut open: Vec<Node> = found.iter().copied().collect();
        while let Some(node) = open.pop() {
            let next = waiting.get(&node).into_iter().flatten();
            open.extend(next.filter(|next| found.insert(**next)));
        }
        let task = |node| if let Node::Task(task) = node { Some(task) } else { None };
        let mut tasks: Vec<i64> = found.into_iter().filter_map(task).collect();
        tasks.sort_unstable();
        Ok(tasks)
    }
}

/// What edges join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Node {
    Task(i64),
    Set(i64),
}

fn json(ids: &[i64]) -> String {
    serde_json::to_string(ids).expect("numbers are always valid JSON")
}

fn moved(
    transaction: &Transaction<'_>,
    workflow: WorkflowId,
    tasks: &[i64],
    hand: &Hand,
    to: TaskState,
) -> rusqlite::Result<usize> {
    let Hand { user, at, what } = hand;
    let ids = json(tasks);
    lose_attempts(transaction, &ids, *at)?;
    let put = "UPDATE task SET status = ?2, status_at = ?3, skipped_because = NULL
               WHERE id IN (SELECT value FROM json_each(?1)) AND status <> ?2";
    let moved = transaction.execute(put, params![ids, to.word(), at.0])?;
    let sql = "SELECT status, EXISTS (SELECT 1 FROM task WHERE workflow_id = ?1 AND status <> 'DONE' AND retired_by_run_id IS NULL)
               FROM workflow WHERE id = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?));
    let (status, unfinished) = transaction.query_row(sql, [workflow.0], row)?;
    let after = match (WorkflowState::of_word(&status), unfinished) {
        (Some(WorkflowState::Done), true) => WorkflowState::Stopped.word(),
        (Some(WorkflowState::Failed | WorkflowState::Stopped), false) => WorkflowState::Done.word(),
        _ => &status,
    };
    // A driver on another machine that takes itself for this workflow's notices it at its next commit.
    let put = "UPDATE workflow SET lease_epoch = lease_epoch + 1, status = ?2,
                                   status_at = CASE WHEN status = ?2 THEN status_at ELSE ?3 END WHERE id = ?1";
    transaction.execute(put, params![workflow.0, after, at.0])?;
    let (word, answer) = match to {
        TaskState::Done => ("SET_DONE", format!("{moved} of {} tasks were not done and are now", tasks.len())),
        _ => ("RESET", format!("{moved} of {} tasks, with those that need them, were set back", tasks.len())),
    };
    let put =
        "INSERT INTO control (workflow_id, request, argument, requested_by, requested_at, status, answered_at, answer)
               VALUES (?1, ?2, ?3, ?4, ?5, 'DONE', ?5, ?6)";
    transaction.execute(put, params![workflow.0, word, what, user, at.0, answer])?;
    Ok(moved)
}

/// How attempts of a run that died ended does not count any more for tasks that are moved by hand.
fn lose_attempts(transaction: &Transaction<'_>, tasks: &str, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "SELECT id FROM task_instance WHERE ended_at IS NULL AND task_id IN (SELECT value FROM json_each(?1))";
    let mut statement = transaction.prepare(sql)?;
    let open: Vec<i64> = statement.query_map([tasks], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let verdict = Verdict::Failed(Failure::Vanished);
    let ending = Ending { verdict, at, usage: Usage::default(), strays: Vec::new() };
    open.into_iter().try_for_each(|attempt| apply::end(transaction, attempt, None, &ending))
}
