//! How a workflow is to be run.

use crate::config::Files;
use crate::report::Progress;
use crate::run::course::Course;
use crate::run::heartbeat::Heartbeat;
use crate::units::Memory;
use std::path::PathBuf;
use std::time::Duration;

/// What runs the tasks.
///
/// ```
/// use jobmon::Backend;
/// use jobmon::prelude::*;
/// let one_by_one = RunOptions::default().backend(Backend::Sequential);
/// # let _ = one_by_one;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// This machine, as many tasks at once as it has cores.
    #[default]
    Local,
    /// This machine, one task after the other in the order of adding: for debugging.
    Sequential,
}

/// How a workflow is to be run.
///
/// ```
/// use jobmon::prelude::*;
/// let options = RunOptions::default().resume(true).progress(Progress::Off);
/// # let _ = options;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOptions {
    pub(crate) resume: bool,
    pub(crate) accept_changes: bool,
    pub(crate) state: Option<PathBuf>,
    pub(crate) backend: Backend,
    pub(crate) progress: Progress,
    pub(crate) cores: Option<u32>,
    pub(crate) memory: Option<Memory>,
    pub(crate) grace: Duration,
    pub(crate) signals: bool,
    pub(crate) files: Option<Files>,
    pub(crate) course: Course,
    pub(crate) heartbeat: Heartbeat,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            resume: false,
            accept_changes: false,
            state: None,
            backend: Backend::Local,
            progress: Progress::Auto,
            cores: None,
            memory: None,
            grace: Self::GRACE,
            signals: true,
            files: None,
            course: Course::default(),
            heartbeat: Heartbeat::default(),
        }
    }
}

impl RunOptions {
    /// The time between TERM and KILL where nobody says another.
    pub const GRACE: Duration = Duration::from_secs(10);

    /// As if nothing were said: the same as [`default`](Self::default).
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// assert_eq!(RunOptions::new(), RunOptions::default());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether to go on with a workflow that was begun before; false by default, so that a second start by mistake is
    /// told. What is done is never run again. A workflow that was never begun is begun.
    ///
    /// What earlier runs left running is ended first, so that nothing runs twice at once: on this machine nothing of a run
    /// outlives its driver. Where the tasks are not those that the workflow was begun with, it is refused, and
    /// [`accept_changes`](Self::accept_changes) says what then.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = || RunOptions::default().progress(Progress::Off).state(state.path());
    /// let mut wf = Tool::new("demo").workflow("once");
    /// wf.add(Command::new("true"));
    /// # #[cfg(any())]
    /// let options = || RunOptions::default();
    /// assert_eq!(wf.run(options())?.done, 1);
    /// assert!(wf.run(options()).is_err(), "it is complete already");
    /// let again = wf.run(options().resume(true))?;
    /// assert_eq!((again.done, again.resumed), (0, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Whether to go on though the tasks are not those that the workflow was begun with; false by default, so that a change
    /// by mistake is told. It means `resume(true)` too.
    ///
    /// What is done and still belongs is kept. What runs is new, or waits for other tasks than it did, or hangs on a task
    /// that runs again, directly or not. What the program no longer has is retired: it counts no more, and its attempts stay
    /// on record; if it comes back later, it is as done as it was unless something that it waits for was done anew since.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = || RunOptions::default().progress(Progress::Off).state(state.path());
    /// # #[cfg(any())]
    /// let options = || RunOptions::default();
    /// let fits = |years: std::ops::Range<u16>| {
    ///     let mut wf = Tool::new("demo").workflow("fits");
    ///     let fits = wf.add_all(years.map(|year| Command::new("true").node_arg("year", year).template("fit")));
    ///     wf.add(Command::new("true").template("report").upstream(fits));
    ///     wf
    /// };
    /// assert_eq!(fits(1990..1993).run(options())?.done, 4);
    /// assert!(fits(1991..1994).run(options().resume(true)).is_err(), "1990 is gone, 1993 is new");
    /// let run = fits(1991..1994).run(options().accept_changes(true))?;
    /// assert_eq!((run.done, run.resumed), (2, 2)); // 1993 and the report
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn accept_changes(mut self, accept: bool) -> Self {
        self.accept_changes = accept;
        self
    }

    /// Which files of settings are read, whatever the workflow says; see [`Workflow::config`](crate::Workflow::config).
    ///
    /// ```
    /// use jobmon::config::Files;
    /// use jobmon::prelude::*;
    /// let (none, one) = (RunOptions::default().config(Files::None), RunOptions::default().config("site.toml"));
    /// # let _ = (none, one);
    /// ```
    #[must_use]
    pub fn config(mut self, files: impl Into<Files>) -> Self {
        self.files = Some(files.into());
        self
    }

    /// The state directory: by default `JOBMON_HOME`, else `home` of the files of settings, else `.jobmon` in the working
    /// directory.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let options = RunOptions::default().state("/scratch/me/jobmon");
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn state(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state = Some(directory.into());
        self
    }

    /// What runs the tasks: [`Backend::Local`] by default.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let options = RunOptions::default().backend(jobmon::Backend::Sequential);
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Whether and how to tell how far the run is; [`Progress::Auto`] by default.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let options = RunOptions::default().progress(Progress::Plain);
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// How many cores the tasks may use together; by default as many as this process may use (by its affinity and its
    /// cgroup), or as it was granted where it is itself a task. At least 1.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let options = RunOptions::default().cores(2); // two tasks of one core at once
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn cores(mut self, cores: u32) -> Self {
        self.cores = Some(cores.max(1));
        self
    }

    /// How much memory the tasks that ask for some may use together; by default as much as this machine has, or its cgroup
    /// allows, or as was granted where the process is itself a task. Tasks that ask for none are not counted.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// let options = RunOptions::default().cores(4).memory("16G".parse()?);
    /// # let _ = options;
    /// # Ok::<(), jobmon::units::UnitError>(())
    /// ```
    #[must_use]
    pub fn memory(mut self, memory: Memory) -> Self {
        self.memory = Some(memory);
        self
    }

    /// The time between TERM and KILL when tasks are ended; 10 s by default.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// use std::time::Duration;
    /// let options = RunOptions::default().grace(Duration::from_secs(60)); // tasks save their work when they get TERM
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Whether signals are heard while the run lasts; true by default. SIGINT (Ctrl-C) and SIGTERM stop it: once, the running
    /// tasks get TERM and after the grace period KILL (or finish, with [`drain`](Self::drain)); once more, KILL at once.
    /// SIGQUIT (Ctrl-\) stops it with KILL at once. SIGHUP does nothing, so that a run goes on whose terminal has gone; a program
    /// that handles SIGHUP itself still does. What the program ignores stays ignored, and afterwards all signals do what they
    /// did before.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let options = RunOptions::default().handle_signals(false); // the program has handlers of its own
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn handle_signals(mut self, handle: bool) -> Self {
        self.signals = handle;
        self
    }
}
