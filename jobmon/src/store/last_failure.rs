//! How the last attempt at a task failed, read from its rows.

use crate::model::{Failure, FailureKind, Lack, Queue, Resources, StartFailure};
use crate::store::StoreError;
use crate::store::open::Database;
use crate::units::{Memory, WallTime};
use rusqlite::{OptionalExtension as _, Row};

impl Database {
    /// What the last attempt at a task that failed was granted, and how it failed. What was cancelled says nothing of what a task
    /// needs, and where its function failed there was no attempt.
    pub(crate) fn last_failure(&self, task: i64) -> Result<Option<(Resources, Failure)>, StoreError> {
        let failed = self.failed("read how a task failed");
        let sql = "SELECT kind, exit_code, signal, memory_bytes, runtime_seconds, cores, queue,
                          (SELECT description FROM error_log WHERE task_instance_id = task_instance.id ORDER BY id LIMIT 1)
                   FROM task_instance
                   JOIN task_resources ON task_resources.id = task_resources_id
                   WHERE task_id = ?1 AND kind IS NOT NULL AND kind <> 'RESOURCES_FAILED'
                   ORDER BY attempt DESC LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let Some((kind, ended)) = statement.query_row([task], ended).optional().map_err(&failed)? else {
            return Ok(None);
        };
        let known = FailureKind::ALL.into_iter().find(|known| known.word() == kind);
        let kind = known.ok_or_else(|| StoreError::Damaged {
            path: self.path.clone(),
            found: kind,
            expected: "a kind of failure",
        })?;
        Ok(Some((ended.granted, ended.failure(kind))))
    }
}

/// What rows say of the end of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ended {
    exit_code: Option<i32>,
    signal: Option<i32>,
    granted: Resources,
    /// The failure in words.
    told: String,
}

fn ended(row: &Row<'_>) -> rusqlite::Result<(String, Ended)> {
    let amount = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(i64::cast_unsigned));
    let granted = Resources {
        memory: amount(3)?.map(Memory::from_bytes),
        runtime: amount(4)?.map(WallTime::from_seconds),
        cores: row.get(5)?,
        queue: row.get::<_, Option<String>>(6)?.map(|name| Queue::named(&name)),
    };
    let told = row.get::<_, Option<String>>(7)?.unwrap_or_default();
    Ok((row.get(0)?, Ended { exit_code: row.get(1)?, signal: row.get(2)?, granted, told }))
}

impl Ended {
    fn failure(self, kind: FailureKind) -> Failure {
        let Resources { memory, runtime, .. } = self.granted;
        // A failure in words is what is common to its kind, and the reason.
        let reason = || self.told.split_once(": ").map_or(self.told.as_str(), |(_, reason)| reason).into();
        match kind {
            FailureKind::OutOfMemory => match self.exit_code {
                Some(code) => Failure::ToldByExit(code, Lack::Memory(memory)),
                None => Failure::OutOfMemory(memory),
            },
            FailureKind::Timeout => match self.exit_code {
                Some(code) => Failure::ToldByExit(code, Lack::Time(runtime)),
                None => Failure::Timeout(runtime),
            },
            FailureKind::Exit => Failure::Exit(self.exit_code.unwrap_or_default()),
            FailureKind::Signal => Failure::Signal(self.signal.unwrap_or_default()),
            FailureKind::OutputMissing => Failure::OutputMissing(reason()),
            // Whether another try could differ is not written down; there is one.
            FailureKind::StartFailed => Failure::StartFailed(StartFailure::Transient(reason())),
            FailureKind::ResourcesFailed => Failure::ResourcesFailed(reason()),
            FailureKind::NodeFailed => Failure::NodeFailed,
            FailureKind::Preempted => Failure::Preempted,
            FailureKind::Vanished => Failure::Vanished,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows say a failure as it was, but for whether a start that failed could do better.
    #[test]
    fn a_failure_is_read_as_it_was() {
        let granted = Resources {
            memory: Some(Memory::from_bytes(1 << 30)),
            runtime: Some(WallTime::from_seconds(60)),
            ..Resources::default()
        };
        let failures = [
            (Failure::OutOfMemory(granted.memory), None),
            (Failure::ToldByExit(137, Lack::Memory(granted.memory)), Some(137)),
            (Failure::Timeout(granted.runtime), None),
            (Failure::ToldByExit(124, Lack::Time(granted.runtime)), Some(124)),
            (Failure::Exit(3), Some(3)),
            (Failure::Signal(9), None),
            (Failure::OutputMissing("a: b is not there".into()), Some(0)),
            (Failure::StartFailed(StartFailure::Transient("no process".into())), None),
            (Failure::ResourcesFailed("no size".into()), None),
            (Failure::NodeFailed, None),
            (Failure::Preempted, None),
            (Failure::Vanished, None),
        ];
        for (failure, exit_code) in failures {
            let signal = matches!(failure, Failure::Signal(_)).then_some(9);
            let ended = Ended { exit_code, signal, granted, told: failure.to_string() };
            assert_eq!(ended.failure(failure.kind()), failure);
        }
    }
}
