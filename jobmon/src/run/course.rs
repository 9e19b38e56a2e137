//! When a run starts less than it could, and when it ends before all is done.

use crate::engine::Rules;
use crate::id::AttemptId;
use crate::model::{After, Cancel};
use crate::run::RunOptions;
use crate::units::WallTime;
use std::time::Duration;

/// What becomes of a run when a task has failed for good.
///
/// ```
/// use jobmon::FailFast;
/// assert_eq!(FailFast::from(true), FailFast::Finish);
/// assert_eq!(FailFast::default(), FailFast::Off);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailFast {
    /// What does not need it goes on.
    #[default]
    Off,
    /// Nothing new starts, and what runs finishes.
    Finish,
    /// Nothing new starts, and what runs is ended: it gets TERM and, after the grace period, KILL.
    Cancel,
}

impl From<bool> for FailFast {
    fn from(fast: bool) -> Self {
        if fast { Self::Finish } else { Self::Off }
    }
}

/// How a run is to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Course {
    pub(crate) fail_fast: FailFast,
    pub(crate) max_failures: Option<u32>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_concurrently_running: Option<u32>,
    pub(crate) drain: bool,
    pub(crate) canary: bool,
}

impl Course {
    pub(crate) fn rules(&self) -> Rules {
        let fast = match self.fail_fast {
            FailFast::Off => None,
            FailFast::Finish | FailFast::Cancel => Some(1),
        };
        Rules {
            max_failures: self.max_failures.or(fast),
            after_failures: (self.fail_fast == FailFast::Cancel).then_some(Cancel::Gracefully),
            deadline: self.timeout,
            canary: self.canary,
        }
    }

    /// After which ends of an attempt the executor starts by itself what was handed over behind it. Where failures end the
    /// run, none of them is to start anything.
    pub(super) fn after(&self) -> fn(AttemptId) -> After {
        match self.rules().max_failures {
            Some(_) => After::Success,
            None => After::AnyEnd,
        }
    }

    /// The time that the run may take, as people write it.
    pub(super) fn time(&self) -> String {
        let time = self.timeout.unwrap_or_default();
        match time.subsec_nanos() {
            0 => WallTime::from_seconds(time.as_secs()).to_string(),
            _ => format!("{time:?}"),
        }
    }
}

impl RunOptions {
    /// Whether nothing new starts once a task has failed for good, that is, when it is not tried again; by default all goes on
    /// that does not need it. What runs then finishes ([`FailFast::Finish`], or `true`) or is ended ([`FailFast::Cancel`]). An
    /// attempt that fails meanwhile is not followed by another. The run ends as failed and can be resumed.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = || RunOptions::default().progress(Progress::Off).state(state.path());
    /// # #[cfg(any())]
    /// let options = || RunOptions::default();
    /// let mut wf = Tool::new("demo").workflow("fails");
    /// wf.add_all((0..100).map(|id| Command::new("false").node_arg("id", id).max_attempts(1)));
    /// let run = wf.run(options().backend(jobmon::Backend::Sequential).fail_fast(true))?;
    /// assert_eq!((run.failed, run.cancelled), (1, 99));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn fail_fast(mut self, fail_fast: impl Into<FailFast>) -> Self {
        self.course.fail_fast = fail_fast.into();
        self
    }

    /// After so many tasks that failed for good in this run nothing new starts; by default none is one too many. What runs then
    /// finishes, or is ended where [`fail_fast`](Self::fail_fast) says [`FailFast::Cancel`]. The run ends as failed and can
    /// be resumed. 0 counts as 1.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = || RunOptions::default().progress(Progress::Off).state(state.path());
    /// # #[cfg(any())]
    /// let options = || RunOptions::default();
    /// let mut wf = Tool::new("demo").workflow("fails");
    /// wf.add_all((0..100).map(|id| Command::new("false").node_arg("id", id).max_attempts(1)));
    /// let run = wf.run(options().backend(jobmon::Backend::Sequential).max_failures(10))?;
    /// assert_eq!((run.failed, run.cancelled), (10, 90));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn max_failures(mut self, tasks: u32) -> Self {
        self.course.max_failures = Some(tasks.max(1));
        self
    }

    /// How long the run may take, counted from the call of `run`; by default as long as it takes. Then it ends as failed: its
    /// running tasks get TERM and, after the grace period, KILL. It can be resumed, and has its whole time again. For the time
    /// of single tasks there is `runtime`.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// use std::time::Duration;
    /// # let state = tempfile::tempdir()?;
    /// # let options = || RunOptions::default().progress(Progress::Off).state(state.path());
    /// # #[cfg(any())]
    /// let options = || RunOptions::default();
    /// let mut wf = Tool::new("demo").workflow("sleeps");
    /// wf.add(Command::new("sleep").arg(3600));
    /// let run = wf.run(options().timeout(Duration::from_millis(500)))?;
    /// assert_eq!(run.to_string().split(' ').next(), Some("FAILED"));
    /// assert_eq!(run.reason(), Some("it was stopped after 500ms, its `timeout`"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.course.timeout = Some(time);
        self
    }

    /// How many tasks run at once at most in this run, whatever the workflow says of it
    /// ([`Workflow::max_concurrently_running`](crate::Workflow::max_concurrently_running)). 0 starts nothing until another limit is
    /// set from outside.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let options = RunOptions::default().max_concurrently_running(4);
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn max_concurrently_running(mut self, tasks: u32) -> Self {
        self.course.max_concurrently_running = Some(tasks);
        self
    }

    /// Whether the first SIGINT or SIGTERM lets the running tasks finish, while nothing new starts; false by default, so that
    /// they are ended. The second signal ends them (TERM and, after the grace period, KILL), the third with KILL at once.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let options = RunOptions::default().drain(true); // each task is worth an hour
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn drain(mut self, drain: bool) -> Self {
        self.course.drain = drain;
        self
    }

    /// Whether of each template one task goes first, the first that can start, and the others only when it is done; false by
    /// default. It has all its attempts. If it fails for good, the others are not started: they are cancelled, what needs them is
    /// skipped, and the run ends as failed when nothing else is left. A template of which a task was done in an earlier run has
    /// no canary.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = || RunOptions::default().progress(Progress::Off).state(state.path());
    /// # #[cfg(any())]
    /// let options = || RunOptions::default();
    /// let mut wf = Tool::new("demo").workflow("misspelt");
    /// wf.add_all((0..1000).map(|id| Command::new("/bin/flase").node_arg("id", id)));
    /// let run = wf.run(options().canary(true))?;
    /// assert_eq!((run.failed, run.cancelled), (1, 999));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn canary(mut self, canary: bool) -> Self {
        self.course.canary = canary;
        self
    }
}
