//! How a run ended.

use crate::id::{TaskId, WorkflowId};
use crate::model::RunState;
use crate::plan::{PlanData, TaskRef};
use crate::report::Failures;
use crate::run::{Result, Unfinished};
use crate::store::{Home, TaskNumbers};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How a run ended: counts, failures, and what tasks used.
///
/// ```
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// let mut wf = Tool::new("demo").workflow("outcome");
/// wf.add(Command::new("true"));
/// let failing = wf.add(Command::new("false").max_attempts(1));
/// wf.add(Command::new("echo").upstream(failing));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
/// assert_eq!((run.done, run.failed, run.skipped), (1, 1, 1));
/// println!("{run}"); // FAILED in 0.1 s: 1 done, 1 failed, 1 skipped
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

impl RunOutcome {
    /// Ok where all tasks are done.
    ///
    /// # Errors
    /// [`Unfinished`] otherwise, with the counts and the failures in words.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
    /// let mut wf = Tool::new("demo").workflow("ok");
    /// wf.add(Command::new("false").max_attempts(1));
    /// # #[cfg(any())]
    /// let options = RunOptions::default();
    /// let run = wf.run(options)?;
    /// let error = run.ok().unwrap_err();
    /// assert!(error.to_string().contains("exited with code 1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    /// The number of the workflow in the state file.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
    /// let mut wf = Tool::new("demo").workflow("number");
    /// wf.add(Command::new("true"));
    /// # #[cfg(any())]
    /// let options = RunOptions::default();
    /// let run = wf.run(options)?;
    /// assert_eq!(run.workflow_id().to_string(), "1"); // the first in this state directory
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn workflow_id(&self) -> WorkflowId {
        self.source.workflow
    }

    /// Why it ended before all was done, where that is not only that tasks failed: it was stopped, too many tasks failed, its
    /// time was over. The state file says the same.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
    /// let mut wf = Tool::new("demo").workflow("reason");
    /// wf.add_all((0..100).map(|id| Command::new("false").node_arg("id", id).max_attempts(1)));
    /// # #[cfg(any())]
    /// let options = RunOptions::default();
    /// let run = wf.run(options.fail_fast(true))?;
    /// assert!(run.reason().is_some_and(|reason| reason.starts_with("nothing new was started after")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The state directory.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
    /// let mut wf = Tool::new("demo").workflow("place");
    /// wf.add(Command::new("true"));
    /// # #[cfg(any())]
    /// let options = RunOptions::default();
    /// let run = wf.run(options)?;
    /// assert!(run.state().join("jobmon.db").exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
