//! What can go wrong with a run.

use crate::exec::local::{StartError, because_lacking};
use crate::id::{RunId, WorkflowId};
use crate::model::{Cluster, RunState};
use crate::plan::PlanErrors;
use crate::report::Failures;
use crate::run::ControlError;
use crate::store::{Difference, StoreError};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The result of what this crate does.
///
/// ```no_run
/// fn main() -> jobmon::Result<()> {
///     use jobmon::prelude::*;
///     let mut wf = Tool::new("demo").workflow("main");
///     wf.add(Command::new("true"));
///     wf.run(RunOptions::default().resume(true))?.ok()
/// }
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Anything that can go wrong. `Debug` prints as `Display` does, with the causes, since that is what `main` shows.
///
/// ```
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let wf = Tool::new("demo").workflow("nothing");
/// match wf.run(options) {
///     Err(jobmon::Error::Plan(mistakes)) => assert_eq!(mistakes.0.len(), 1), // it has no task
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There are mistakes in the workflow.
    #[error(transparent)]
    Plan(#[from] PlanErrors),
    /// The workflow cannot be run, or not now.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The state cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The executor cannot be started.
    #[error(transparent)]
    Executor(#[from] StartError),
    /// A run cannot be steered, or tasks not moved by hand.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The workflow ran, and not all of its tasks are done.
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Why a workflow was not run.
///
/// ```
/// use jobmon::prelude::*;
/// use jobmon::run::RunError;
/// # let state = tempfile::tempdir()?;
/// # let options = || RunOptions::default().progress(Progress::Off).state(state.path());
/// # #[cfg(any())]
/// let options = || RunOptions::default();
/// let mut wf = Tool::new("demo").workflow("twice");
/// wf.add(Command::new("true"));
/// wf.run(options())?;
/// let again = wf.run(options()).unwrap_err();
/// assert!(matches!(again, jobmon::Error::Run(RunError::WorkflowAlreadyComplete { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// `run` blocks, which would stop the other tasks of the runtime that it is called in.
    #[error("`run` was called inside an async runtime, which it would block; call `run_async` there and await it")]
    InsideRuntime,
    /// The workflow was begun before.
    #[error(
        "workflow {name} exists already and {}; go on with it by `RunOptions::resume(true)`, or run it anew with other `.args(..)` or `.unique()`",
        if *status == "RUNNING" { "its last run died" } else { "is not complete" }
    )]
    WorkflowAlreadyExists {
        /// Tool, workflow and arguments.
        name: String,
        /// Where it is, as the database says it.
        status: &'static str,
    },
    /// The workflow is complete.
    #[error(
        "workflow {name} is complete already; `RunOptions::resume(true)` makes this no error, other `.args(..)` or `.unique()` run it anew"
    )]
    WorkflowAlreadyComplete {
        /// Tool, workflow and arguments.
        name: String,
    },
    /// Another run drives the workflow.
    #[error("workflow {name} is being run already{}; wait for that run or stop it first", told(who.as_ref(), holders))]
    AlreadyRunning {
        /// Tool, workflow and arguments.
        name: String,
        /// Who runs it, and since when, as far as the state file says it.
        who: Option<String>,
        /// The processes that hold the workflow's lock, as far as this user may see them.
        holders: Vec<(u32, String)>,
    },
    /// The driver of the last run has gone, and its tasks could not be ended in time.
    #[error(
        "the driver of the last run of workflow {name} has gone, but its tasks are still being ended by {}; nothing was run. They may hang on a file system that does not answer: start again when they are gone",
        list(holders)
    )]
    StillEnding {
        /// Tool, workflow and arguments.
        name: String,
        /// The processes that hold the workflow's lock: number and name.
        holders: Vec<(u32, String)>,
    },
    /// The driver of the last run has gone, but a process that it forked has what it had open, and so its lock.
    #[error(
        "the driver of the last run of workflow {name} has gone, but what its program forked still holds its lock: {}; nothing was run. End it (`kill {}`) and start again; a program that forks without starting another program should do so before it runs a workflow",
        list(holders), holders.iter().map(|(pid, _)| pid.to_string()).collect::<Vec<_>>().join(" ")
    )]
    LockInherited {
        /// Tool, workflow and arguments.
        name: String,
        /// The processes that hold the workflow's lock: number and name.
        holders: Vec<(u32, String)>,
    },
    /// The start waited for others, and was to wait no longer.
    #[error("{by} ended the start of workflow {name}, which waited for {whom}; nothing was run")]
    WaitEnded {
        /// Tool, workflow and arguments.
        name: String,
        /// Who was waited for.
        whom: String,
        /// What ended it: the name of a signal.
        by: &'static str,
    },
    /// Heartbeats were asked for that say nothing.
    #[error("cannot run with a heartbeat every {interval:?} and a deadline of {deadline:?}: {reason}")]
    Heartbeat {
        /// How often a driver says that it lives.
        interval: Duration,
        /// For how long a start waits to hear it.
        deadline: Duration,
        /// What is wrong with them.
        reason: String,
    },
    /// The tasks are not those that the workflow was begun with.
    #[error(
        "the tasks of workflow {name} (number {workflow}) are not those that it was begun with; nothing was run\n{difference}\nundo the change, or go on with it by `RunOptions::accept_changes(true)`, by which {}; other `.args(..)` or `.unique()` begin a workflow of its own",
        again(difference)
    )]
    TasksChanged {
        /// Tool, workflow and arguments.
        name: String,
        /// Its number.
        workflow: WorkflowId,
        /// What changed.
        difference: Box<Difference>,
    },
    /// A start that was to take changed tasks over died, and this program has other ones.
    #[error(
        "a start of workflow {name} (number {workflow}) died while it took changed tasks over, and this program has other tasks; nothing was run. Start the program of then again, or go on with this one by `RunOptions::accept_changes(true)`"
    )]
    ChangesUnfinished {
        /// Tool, workflow and arguments.
        name: String,
        /// Its number.
        workflow: WorkflowId,
    },
    /// Processes of an earlier run cannot be ended, so its tasks might run twice at once.
    #[error(
        "processes of run {run}, whose driver died, still live and cannot be ended: {}; nothing was run. They may hang on a file system that does not answer: start again when they are gone",
        list(left)
    )]
    Remnants {
        /// The earlier run.
        run: RunId,
        /// The processes: number and name.
        left: Vec<(u32, String)>,
    },
    /// A task is to run where this run does not go.
    #[error(
        "`{task}` is to run on the cluster `{cluster}`, but this run is on this machine, the cluster `local`; clusters cannot be run on yet: say `.cluster(\"local\")` to run it here"
    )]
    OtherCluster {
        /// A task of it.
        task: String,
        /// The cluster.
        cluster: Cluster,
    },
    /// The executor ended in the middle of the run.
    #[error(
        "the executor ended in the middle of the run; its tasks are ended, what they did is taken in at the next start"
    )]
    ExecutorLost,
    /// The working directory cannot be told.
    #[error("cannot tell the working directory; it may have been deleted")]
    WorkingDirectory {
        /// The cause.
        source: io::Error,
    },
    /// A directory or file of the run cannot be made.
    #[error("cannot prepare {}", path.display())]
    Prepare {
        /// The directory or file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The machine has no thread or descriptor left for a run.
    #[error("cannot {what}{}", because_lacking(source))]
    Machine {
        /// What was attempted.
        what: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// The thread of `run_async` ended without a result: a panic in it.
    #[error("the run's thread panicked; please report this as a bug of jobmon")]
    Panicked,
}

pub(super) fn told(who: Option<&String>, holders: &[(u32, String)]) -> String {
    let who = who.map(|who| format!(" by {who}")).unwrap_or_default();
    if holders.is_empty() {
        return who;
    }
    format!("{who}; its lock is held by {}", list(holders))
}

fn list(processes: &[(u32, String)]) -> String {
    let processes: Vec<String> = processes.iter().map(|(pid, name)| format!("{pid} ({name})")).collect();
    processes.join(", ")
}

/// What becomes of done tasks if changes are accepted.
fn again(difference: &Difference) -> String {
    match difference.again {
        0 => "no done task runs again".to_owned(),
        1 => "1 done task runs again".to_owned(),
        again => format!("{again} done tasks run again"),
    }
}

/// A run that ended with tasks that are not done.
///
/// ```
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// let mut wf = Tool::new("demo").workflow("unfinished");
/// wf.add(Command::new("false").max_attempts(1));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
/// match run.ok() {
///     Err(jobmon::Error::Unfinished(unfinished)) => assert_eq!(unfinished.failures.groups.len(), 1),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// How the run ended.
    pub state: RunState,
    /// The line that sums the run up.
    pub summary: String,
    /// Why it stopped, where it was stopped.
    pub reason: Option<String>,
    /// What failed.
    pub failures: Arc<Failures>,
}

impl std::error::Error for Unfinished {}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not all tasks are done: {}", self.summary)?;
        if let Some(reason) = &self.reason {
            write!(f, "; {reason}")?;
        }
        if *self.failures != Failures::default() {
            write!(f, "\n\n{}\n", self.failures)?;
        }
        write!(f, "\nstarted again with `RunOptions::resume(true)`, it goes on with what is not done")
    }
}
