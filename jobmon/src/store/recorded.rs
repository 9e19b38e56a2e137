//! What the state file remembers of tasks, over workflows and runs.

use crate::model::{AttemptState, Usage};
use crate::store::StoreError;
use crate::store::open::Database;
use crate::store::usage::usage;
use rusqlite::{Params, Row};

/// Which tasks are meant; what is not said leaves all in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) tool: Option<String>,
    pub(crate) workflow: Option<String>,
    pub(crate) args: Option<String>,
    pub(crate) template: Option<String>,
    /// Names and texts of node arguments.
    pub(crate) node_args: Vec<(String, String)>,
    /// Names and values of attributes, of the tasks or of their workflows.
    pub(crate) attributes: Vec<(String, String)>,
}

/// Whether a task is meant, by the parameters of a selection.
const SELECTED: &str = "task.retired_by_run_id IS NULL AND (?1 IS NULL OR tool.name = ?1) AND (?2 IS NULL OR workflow.name = ?2)
    AND (?3 IS NULL OR workflow.args = ?3) AND (?4 IS NULL OR task_template.name = ?4)
    AND NOT EXISTS (SELECT 1 FROM json_each(?5) AS wanted WHERE NOT EXISTS
          (SELECT 1 FROM json_each(task.node_args) AS has
           WHERE has.key = wanted.value ->> 0 AND has.value = wanted.value ->> 1))
    AND NOT EXISTS (SELECT 1 FROM json_each(?6) AS wanted WHERE NOT EXISTS
          (SELECT 1 FROM (SELECT name, value FROM task_attribute WHERE task_id = task.id
                          UNION ALL SELECT name, value FROM workflow_attribute WHERE workflow_id = task.workflow_id) AS has
           WHERE has.name = wanted.value ->> 0 AND has.value = wanted.value ->> 1))";

impl Selection {
    fn params(&self) -> impl Params {
        let pairs = |pairs: &[(String, String)]| serde_json::to_string(pairs).expect("texts are always valid JSON");
        let Self { tool, workflow, args, template, node_args, attributes } = self.clone();
        (tool, workflow, args, template, pairs(&node_args), pairs(&attributes))
    }
}

/// An attribute of a task or a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttributeRow {
    pub(crate) tool: String,
    pub(crate) workflow: String,
    pub(crate) args: String,
    /// The task; `None` where it is the workflow's.
    pub(crate) task: Option<String>,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// An attempt that ran, has ended, and was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordedAttempt {
    pub(crate) tool: String,
    pub(crate) template: String,
    pub(crate) task: i64,
    pub(crate) state: AttemptState,
    pub(crate) usage: Usage,
    pub(crate) cores: u32,
    pub(crate) queue: Option<String>,
}

impl Database {
    /// The attributes of the tasks that are meant and of their workflows, those of a workflow before those of its tasks.
    pub(crate) fn recorded_attributes(&self, of: &Selection) -> Result<Vec<AttributeRow>, StoreError> {
        let failed = self.failed("read attributes");
        let from = "FROM task
                    JOIN task_template ON task_template.id = task.task_template_id
                    JOIN tool ON tool.id = task_template.tool_id
                    JOIN workflow ON workflow.id = task.workflow_id";
        let sql = format!(
            "SELECT DISTINCT tool.name, workflow.name, workflow.args, NULL, has.name, has.value, workflow.id, 0, has.id
             {from} JOIN workflow_attribute AS has ON has.workflow_id = workflow.id WHERE {SELECTED}
             UNION ALL
             SELECT tool.name, workflow.name, workflow.args, task.name, has.name, has.value, workflow.id, task.id, has.id
             {from} JOIN task_attribute AS has ON has.task_id = task.id WHERE {SELECTED}
             ORDER BY 7, 8, 9"
        );
        let mut statement = self.connection.prepare(&sql).map_err(&failed)?;
        let rows = statement.query_map(of.params(), |row| {
            Ok(AttributeRow {
                tool: row.get(0)?,
                workflow: row.get(1)?,
                args: row.get(2)?,
                task: row.get(3)?,
                name: row.get(4)?,
                value: row.get(5)?,
            })
        });
        rows.and_then(Iterator::collect).map_err(&failed)
    }

    /// The attempts at the tasks that are meant, those of one task together, in order.
    pub(crate) fn recorded_attempts(
        &self,
        of: &Selection,
        mut take: impl FnMut(RecordedAttempt),
    ) -> Result<(), StoreError> {
        let failed = self.failed("read what tasks used");
        let sql = format!("SELECT tool.name, task_template.name, task.id, task_instance.status, task_resources.cores, task_resources.queue,
                          wall_microseconds, user_microseconds, system_microseconds, peak_memory_bytes
                   FROM task
                   JOIN task_template ON task_template.id = task.task_template_id
                   JOIN tool ON tool.id = task_template.tool_id
                   JOIN workflow ON workflow.id = task.workflow_id
                   JOIN task_instance ON task_instance.task_id = task.id
                   JOIN task_resources ON task_resources.id = task_instance.task_resources_id
                   WHERE {SELECTED}
                     AND task_instance.started_at IS NOT NULL AND task_instance.ended_at IS NOT NULL
                     AND wall_microseconds IS NOT NULL
                   ORDER BY tool.name, task_template.name, task.id, task_instance.attempt");
        let mut statement = self.connection.prepare(&sql).map_err(&failed)?;
        let mut rows = statement.query(of.params()).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            let state = self.attempt_state(row.get(3).map_err(&failed)?)?;
            take(attempt(row, state).map_err(&failed)?);
        }
        Ok(())
    }
}

fn attempt(row: &Row<'_>, state: AttemptState) -> rusqlite::Result<RecordedAttempt> {
    Ok(RecordedAttempt {
        tool: row.get(0)?,
        template: row.get(1)?,
        task: row.get(2)?,
        state,
        usage: usage(row, 6)?.unwrap_or_default(),
        cores: row.get(4)?,
        queue: row.get(5)?,
    })
}
