//! What is asked of a state file after or beside a run.

use crate::model::Usage;
use crate::store::StoreError;
use crate::store::open::Database;
use std::time::Duration;

impl Database {
    /// What a task used: the sum of time over its attempts, the largest memory; `None` if it never ran.
    pub(crate) fn usage(&self, task: i64) -> Result<Option<(u32, Usage)>, StoreError> {
        let failed = self.failed("read what a task used");
        let sql = "SELECT count(*), sum(wall_microseconds), sum(user_microseconds), sum(system_microseconds),
                          max(peak_memory_bytes)
                   FROM task_instance WHERE task_id = ?1 AND started_at IS NOT NULL AND ended_at IS NOT NULL";
        let time = |row: &rusqlite::Row<'_>, at| {
            let microseconds: Option<i64> = row.get(at)?;
            Ok::<_, rusqlite::Error>(Duration::from_micros(microseconds.unwrap_or(0).try_into().unwrap_or(0)))
        };
        let read = self.connection.prepare_cached(sql).and_then(|mut find| {
            find.query_row([task], |row| {
                let attempts: u32 = row.get(0)?;
                let peak: Option<i64> = row.get(4)?;
                let peak_memory = peak.unwrap_or(0).try_into().unwrap_or(0);
                let usage = Usage { wall: time(row, 1)?, user: time(row, 2)?, system: time(row, 3)?, peak_memory };
                Ok((attempts, usage))
            })
        });
        let (attempts, usage) = read.map_err(failed)?;
        Ok((attempts > 0).then_some((attempts, usage)))
    }
}
