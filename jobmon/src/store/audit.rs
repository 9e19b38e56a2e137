//! All that is on record of a workflow's tasks and attempts, to be compared with what happened.

use crate::id::{AttemptId, WorkflowId};
use crate::model::{AttemptState, TaskState};
use crate::store::StoreError;
use crate::store::open::Database;

/// All tasks and attempts of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Audit {
    /// The numbers of tasks and where they are.
    pub(crate) tasks: Vec<(i64, TaskState)>,
    pub(crate) attempts: Vec<AuditedAttempt>,
}

/// An attempt as the state file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuditedAttempt {
    pub(crate) id: AttemptId,
    /// The number of its task.
    pub(crate) task: i64,
    pub(crate) state: AttemptState,
    pub(crate) is_ended: bool,
}

impl Database {
    /// Reads all that is on record of a workflow's tasks.
    pub(crate) fn audit(&self, workflow: WorkflowId) -> Result<Audit, StoreError> {
        let failed = self.failed("read what became of the tasks");
        let sql = "SELECT id, status FROM task WHERE workflow_id = ?1 ORDER BY id";
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let mut rows = statement.query([workflow.0]).map_err(&failed)?;
        let mut audit = Audit::default();
        let damaged = |found: String, expected| StoreError::Damaged { path: self.path.clone(), found, expected };
        while let Some(row) = rows.next().map_err(&failed)? {
            let word: String = row.get(1).map_err(&failed)?;
            let state = TaskState::of_word(&word).ok_or_else(|| damaged(word, "the state of a task"))?;
            audit.tasks.push((row.get(0).map_err(&failed)?, state));
        }
        let sql = "SELECT task_instance.id, task_id, task_instance.status, ended_at IS NOT NULL
                   FROM task_instance JOIN task ON task.id = task_id
                   WHERE workflow_id = ?1 ORDER BY task_instance.id";
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let mut rows = statement.query([workflow.0]).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            let word: String = row.get(2).map_err(&failed)?;
            let state = AttemptState::of_word(&word).ok_or_else(|| damaged(word, "the state of an attempt"))?;
            let read = (|| Ok((AttemptId(row.get(0)?), row.get(1)?, row.get(3)?)))();
            let (id, task, is_ended) = read.map_err(&failed)?;
            audit.attempts.push(AuditedAttempt { id, task, state, is_ended });
        }
        Ok(audit)
    }
}
