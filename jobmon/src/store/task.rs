//! What the state file says of one task.

use crate::digest::Digest;
use crate::id::{AttemptId, RunId};
use crate::model::{Queue, Resources, TaskState};
use crate::store::StoreError;
use crate::store::open::Database;
use crate::units::{Memory, WallTime};
use rusqlite::{OptionalExtension as _, Row};
use std::path::PathBuf;

/// A task as it is, with its last attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskRow {
    pub(crate) state: TaskState,
    /// How many attempts at it ran.
    pub(crate) attempts: u32,
    /// How many of them were of the run of the last one.
    pub(crate) attempts_in_run: u32,
    /// The name of the task for which it was skipped.
    pub(crate) skipped_because: Option<String>,
    pub(crate) last: Option<LastAttempt>,
}

/// The last attempt at a task, and the run that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LastAttempt {
    pub(crate) id: AttemptId,
    pub(crate) number: u32,
    /// Why it failed, if it did.
    pub(crate) reason: Option<String>,
    /// What it was granted.
    pub(crate) granted: Resources,
    pub(crate) run: RunId,
    pub(crate) token: String,
    /// The working directory of the run.
    pub(crate) directory: PathBuf,
    /// The hash of its template's command as it was then.
    pub(crate) command: Digest,
}

impl Database {
    /// A task by its number; `None` where there is none.
    pub(crate) fn task(&self, id: i64) -> Result<Option<TaskRow>, StoreError> {
        // Of a failed attempt the first line of its log says why; others tell what it left behind.
        let sql = "SELECT task.status,
                          (SELECT count(*) FROM task_instance AS ran WHERE ran.task_id = task.id
                           AND (ran.started_at IS NOT NULL OR ran.status IN ('FAILED', 'LOST'))),
                          (SELECT count(*) FROM task_instance AS ran WHERE ran.task_id = task.id
                           AND (ran.started_at IS NOT NULL OR ran.status IN ('FAILED', 'LOST'))
                           AND ran.workflow_run_id = last.workflow_run_id),
                          (SELECT name FROM task AS failed WHERE failed.id = task.skipped_because),
                          last.id, last.attempt, workflow_run.id, workflow_run.token, workflow_run.directory,
                          CASE WHEN last.kind IS NOT NULL THEN
                              (SELECT description FROM error_log WHERE task_instance_id = last.id ORDER BY id LIMIT 1)
                          END,
                          memory_bytes, runtime_seconds, cores, queue, last.command_hash
                   FROM task
                   LEFT JOIN task_instance AS last ON last.task_id = task.id
                       AND last.attempt = (SELECT max(attempt) FROM task_instance WHERE task_id = task.id)
                   LEFT JOIN task_resources ON task_resources.id = last.task_resources_id
                   LEFT JOIN workflow_run ON workflow_run.id = last.workflow_run_id
                   WHERE task.id = ?1";
        let failed = self.failed("read what became of a task");
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let row = statement.query_row([id], |row| {
            let (attempts, attempts_in_run, skipped_because) = (row.get(1)?, row.get(2)?, row.get(3)?);
            // Replaced below.
            let task =
                TaskRow { state: TaskState::Registered, attempts, attempts_in_run, skipped_because, last: last(row)? };
            Ok((row.get::<_, String>(0)?, task))
        });
        let Some((word, task)) = row.optional().map_err(&failed)? else { return Ok(None) };
        let state = TaskState::of_word(&word).ok_or_else(|| StoreError::Damaged {
            path: self.path.clone(),
            found: word,
            expected: "the state of a task",
        })?;
        Ok(Some(TaskRow { state, ..task }))
    }
}

fn last(row: &Row<'_>) -> rusqlite::Result<Option<LastAttempt>> {
    let Some(id) = row.get::<_, Option<i64>>(4)? else { return Ok(None) };
    let amount = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(i64::cast_unsigned));
    Ok(Some(LastAttempt {
        id: AttemptId(id),
        number: row.get(5)?,
        run: RunId(row.get(6)?),
        token: row.get(7)?,
        directory: row.get::<_, String>(8)?.into(),
        reason: row.get(9)?,
        granted: Resources {
            memory: amount(10)?.map(Memory::from_bytes),
            runtime: amount(11)?.map(WallTime::from_seconds),
            cores: row.get(12)?,
            queue: row.get::<_, Option<String>>(13)?.map(|name| Queue::named(&name)),
        },
        command: Digest(row.get(14)?),
    }))
}
