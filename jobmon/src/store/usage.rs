//! What attempts used, and how they ended.

use crate::model::{AttemptState, Usage};
use crate::store::StoreError;
use crate::store::open::Database;
use crate::time::Timestamp;
use rusqlite::Row;
use std::time::Duration;

/// An attempt that has ended, as it was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttemptRow {
    pub(crate) number: u32,
    pub(crate) host: String,
    pub(crate) started: Option<Timestamp>,
    /// `None` where it was not measured.
    pub(crate) usage: Option<Usage>,
    pub(crate) state: AttemptState,
    pub(crate) exit_code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) reason: Option<String>,
}

impl Database {
    /// What attempts at these tasks used that ran and have ended, where it was measured: each with the place of its task in
    /// `tasks`. One query, so that all is of one moment.
    pub(crate) fn used(&self, tasks: &[i64], mut take: impl FnMut(usize, Option<Usage>)) -> Result<(), StoreError> {
        let failed = self.failed("read what tasks used");
        let wanted = serde_json::to_string(tasks).expect("numbers are always valid JSON");
        let sql = "SELECT wanted.key, wall_microseconds, user_microseconds, system_microseconds, peak_memory_bytes
                   FROM json_each(?1) AS wanted CROSS JOIN task_instance ON task_id = wanted.value
                   WHERE started_at IS NOT NULL AND ended_at IS NOT NULL";
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let mut rows = statement.query([wanted]).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            let read = row.get(0).and_then(|place: u32| Ok((place, usage(row, 1)?)));
            let (place, used) = read.map_err(&failed)?;
            take(place as usize, used);
        }
        Ok(())
    }

    /// The attempts at a task that ran, or were to run and could not, in order.
    pub(crate) fn attempts_at(&self, task: i64) -> Result<Vec<AttemptRow>, StoreError> {
        let failed = self.failed("read the attempts at a task");
        let sql = "SELECT attempt, host, started_at, status, exit_code, signal,
                          (SELECT description FROM error_log WHERE task_instance_id = task_instance.id ORDER BY id LIMIT 1),
                          wall_microseconds, user_microseconds, system_microseconds, peak_memory_bytes
                   FROM task_instance
                   WHERE task_id = ?1 AND ended_at IS NOT NULL
                     AND (started_at IS NOT NULL OR status IN ('FAILED', 'LOST'))
                   ORDER BY attempt";
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let mut rows = statement.query([task]).map_err(&failed)?;
        let mut attempts = Vec::new();
        while let Some(row) = rows.next().map_err(&failed)? {
            let state = self.attempt_state(row.get(3).map_err(&failed)?)?;
            attempts.push(attempt(row, state).map_err(&failed)?);
        }
        Ok(attempts)
    }

    /// The state that a word of the file means.
    pub(super) fn attempt_state(&self, word: String) -> Result<AttemptState, StoreError> {
        AttemptState::of_word(&word).ok_or_else(|| StoreError::Damaged {
            path: self.path.clone(),
            found: word,
            expected: "the state of an attempt",
        })
    }
}

fn attempt(row: &Row<'_>, state: AttemptState) -> rusqlite::Result<AttemptRow> {
    // What else was noticed, as of processes that were left running, is no reason of a success.
    let reason: Option<String> = row.get(6)?;
    let has_failed = matches!(state, AttemptState::Failed | AttemptState::Lost);
    Ok(AttemptRow {
        number: row.get(0)?,
        host: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
        started: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        usage: usage(row, 7)?,
        state,
        exit_code: row.get(4)?,
        signal: row.get(5)?,
        reason: reason.filter(|_| has_failed),
    })
}

/// The four columns from `at` on.
pub(super) fn usage(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Usage>> {
    if row.get::<_, Option<i64>>(at)?.is_none() {
        return Ok(None);
    }
    let number = |at| row.get(at).map(|number: Option<i64>| number.unwrap_or(0).try_into().unwrap_or(0));
    let time = |at| number(at).map(Duration::from_micros);
    let (wall, user, system) = (time(at)?, time(at + 1)?, time(at + 2)?);
    Ok(Some(Usage { wall, user, system, peak_memory: number(at + 3)? }))
}
