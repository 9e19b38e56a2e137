//! What is asked of a state file after or beside a run.

use crate::id::{RunId, WorkflowId};
use crate::store::StoreError;
use crate::store::open::Database;

/// A task that failed for good, as its last attempt left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FailedRow {
    pub(crate) name: String,
    pub(crate) attempt: i64,
    pub(crate) attempts: u32,
    pub(crate) run: RunId,
    pub(crate) reason: String,
}

impl Database {
    /// The first few tasks of a workflow that failed for good, in order.
    pub(crate) fn failed_tasks(&self, workflow: WorkflowId, most: u32) -> Result<Vec<FailedRow>, StoreError> {
        let failed = self.failed("read which tasks failed");
        let sql = "SELECT task.name, task_instance.id,
                          (SELECT count(*) FROM task_instance AS ran WHERE ran.task_id = task.id
                           AND (ran.started_at IS NOT NULL OR ran.status IN ('FAILED', 'LOST'))),
                          workflow_run_id,
                          (SELECT description FROM error_log WHERE task_instance_id = task_instance.id ORDER BY id LIMIT 1)
                   FROM task JOIN task_instance ON task_instance.task_id = task.id
                   WHERE task.workflow_id = ?1 AND task.status = 'FAILED'
                     AND task_instance.attempt = (SELECT max(attempt) FROM task_instance WHERE task_id = task.id)
                   ORDER BY task.id LIMIT ?2";
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let rows = statement.query_map((workflow.0, most), |row| {
            Ok(FailedRow {
                name: row.get(0)?,
                attempt: row.get(1)?,
                attempts: row.get(2)?,
                run: RunId(row.get(3)?),
                reason: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
            })
        });
        rows.and_then(Iterator::collect).map_err(&failed)
    }
}
