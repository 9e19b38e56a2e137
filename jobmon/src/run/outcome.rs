//! How a run ended.

use crate::id::{TaskId, WorkflowId};
use crate::model::{RunState, Usage};
use crate::plan::{PlanData, TaskRef};
use crate::report::Failures;
use crate::run::{Result, Unfinished};
use crate::store::{Database, Home, TaskNumbers};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
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
    pub(super) failures: Arc<Failures>,
    pub(super) source: Source,
}

/// Where the rest is read from when somebody asks.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) home: Home,
    pub(super) workflow: WorkflowId,
    pub(super) plan: Arc<PlanData>,
    pub(super) tasks: Arc<TaskNumbers>,
}

impl Source {
    /// The task of a handle; `None` where it is one of another workflow, or names none.
    pub(super) fn task<T: ?Sized>(&self, task: TaskRef<T>) -> Option<TaskId> {
        task.task().filter(|_| task.workflow() == self.plan.number)
    }
}

/// Without the plan, which may have a million tasks.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("home", &self.home).field("workflow", &self.workflow).finish_non_exhaustive()
    }
}

/// What a task used, over all its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskUsage {
    /// How many attempts ran.
    pub attempts: u32,
    /// The largest resident set of any of its processes, in bytes.
    pub memory: u64,
    /// How long its attempts ran, together.
    pub wall: Duration,
    /// Processor time in user mode.
    pub user: Duration,
    /// Processor time in system mode.
    pub system: Duration,
}

impl RunOutcome {
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
            failures: Arc::clone(&self.failures),
        }
        .into())
    }

    /// What a task used; `None` if it never ran, or is of another workflow.
    pub fn usage_of<T: ?Sized>(&self, task: TaskRef<T>) -> Option<TaskUsage> {
        let id = self.source.task(task)?;
        let read =
            Database::read(self.source.home.database()).and_then(|database| database.usage(self.source.tasks.of(id)));
        match read {
            Ok(used) => used.map(TaskUsage::of),
            Err(error) => {
                tracing::warn!(%error, "what a task used is not known");
                None
            }
        }
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

impl TaskUsage {
    fn of((attempts, usage): (u32, Usage)) -> Self {
        let Usage { wall, user, system, peak_memory } = usage;
        Self { attempts, memory: peak_memory, wall, user, system }
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
