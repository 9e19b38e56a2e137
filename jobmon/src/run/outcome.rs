//! How a run ended.

use crate::id::{AttemptId, WorkflowId};
use crate::model::{RunState, Stream};
use crate::run::{Result, Unfinished};
use crate::store::{Database, FailedRow, Home, StoreError, TaskNumbers};
use std::fmt;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a run ended: counts, failures, and what tasks used.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// How it ended.
    pub status: RunState,
    /// How many tasks this run did.
    pub done: usize,
    /// How many tasks failed for good.
    pub failed: usize,
    /// How many tasks were not run because one that they need failed.
    pub skipped: usize,
    /// How many tasks were not run, or ended, because the run stopped.
    pub cancelled: usize,
    /// How many tasks were done before this run began.
    pub resumed: usize,
    /// How long the run took.
    pub elapsed: Duration,
    pub(super) reason: Option<String>,
    pub(super) failed_tasks: Vec<FailedTask>,
    pub(super) source: Source,
}

/// Where the rest is read from when somebody asks.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) home: Home,
    pub(super) workflow: WorkflowId,
    /// Tells handles of another workflow.
    pub(super) number: u32,
    pub(super) tasks: TaskNumbers,
}

/// A task that failed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedTask {
    /// Its name.
    pub name: String,
    /// Why its last attempt failed, in words.
    pub reason: String,
    /// How many attempts there were.
    pub attempts: u32,
    /// The last lines of the last attempt's standard error; empty where it said nothing.
    pub stderr: String,
    /// The file with all of it, where there is one.
    pub stderr_file: Option<PathBuf>,
}

impl RunOutcome {
    /// So many failed tasks are shown.
    pub(super) const SHOWN: u32 = 20;

    /// Ok where all tasks are done.
    ///
    /// # Errors
    /// [`Unfinished`] otherwise, with the counts and the failures in words.
    pub fn ok(&self) -> Result<()> {
        if self.status == RunState::Done {
            return Ok(());
        }
        Err(Unfinished {
            state: self.status,
            summary: self.to_string(),
            reason: self.reason.clone(),
            failed: self.failed_tasks.clone(),
            failures: self.failed,
        }
        .into())
    }

    /// The first few of the tasks that failed, in the order of adding.
    pub fn failed_tasks(&self) -> &[FailedTask] {
        &self.failed_tasks
    }

    /// The number of the workflow in the state file.
    pub fn workflow_id(&self) -> WorkflowId {
        self.source.workflow
    }

    /// The state directory.
    pub fn state(&self) -> &Path {
        self.source.home.path()
    }
}

impl fmt::Display for RunOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {:.1} s: {} done", self.status, self.elapsed.as_secs_f64(), self.done)?;
        for (count, word) in [
            (self.failed, "failed"),
            (self.skipped, "skipped"),
            (self.cancelled, "cancelled"),
            (self.resumed, "resumed"),
        ] {
            if count > 0 {
                write!(f, ", {count} {word}")?;
            }
        }
        Ok(())
    }
}

impl FailedTask {
    /// So much of the end of standard error is looked at.
    const TAIL: u64 = 4096;
    const LINES: usize = 10;

    fn of(row: FailedRow, home: &Home, workflow: WorkflowId) -> Self {
        let file = home.run(workflow, row.run).attempt_file(AttemptId(row.attempt), Stream::Err);
        let tail = tail(&file, Self::TAIL, Self::LINES);
        let stderr_file = tail.is_some().then_some(file);
        let FailedRow { name, attempts, reason, .. } = row;
        Self { name, reason, attempts, stderr: tail.unwrap_or_default(), stderr_file }
    }
}

/// The failed tasks of a workflow with the ends of what they said.
pub(super) fn failed_tasks(
    database: &Database,
    home: &Home,
    workflow: WorkflowId,
) -> Result<Vec<FailedTask>, StoreError> {
    let rows = database.failed_tasks(workflow, RunOutcome::SHOWN)?;
    Ok(rows.into_iter().map(|row| FailedTask::of(row, home, workflow)).collect())
}

/// The last lines of a file; `None` if there is none.
fn tail(path: &Path, bytes: u64, lines: usize) -> Option<String> {
    let mut file = std::fs::File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let from = length.saturating_sub(bytes);
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut read = Vec::new();
    file.take(bytes).read_to_end(&mut read).ok()?;
    let text = String::from_utf8_lossy(&read);
    let all: Vec<&str> = text.lines().collect();
    Some(all[all.len().saturating_sub(lines)..].join("\n"))
}

impl fmt::Display for FailedTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = if self.attempts == 1 { "1 attempt".to_owned() } else { format!("{} attempts", self.attempts) };
        write!(f, "  `{}` {} ({times})", self.name, self.reason)?;
        self.stderr.lines().try_for_each(|line| write!(f, "\n    | {line}"))?;
        match &self.stderr_file {
            Some(file) => write!(f, "\n    all of it: {}", file.display()),
            None => Ok(()),
        }
    }
}
