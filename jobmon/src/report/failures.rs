//! What became of tasks, as people and programs are told.

use crate::model::TaskState;
use crate::report::ByHand;
use std::path::PathBuf;

/// What became of one task.
///
/// ```
/// use jobmon::prelude::*;
/// use jobmon::model::TaskState;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// let mut wf = Tool::new("demo").workflow("report");
/// let task = wf.add(Command::new("false").max_attempts(2));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
/// let report = run.status_of(task).ok_or("it is of another workflow")?;
/// assert_eq!((report.state, report.attempts), (TaskState::Failed, 2));
/// println!("{}", report.command.ok_or("it never ran")?); // what to paste into bash
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskReport {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub state: TaskState,
    /// How many attempts at it ran, over all runs.
    pub attempts: u32,
    /// How many of them were made by the run that made the last one.
    pub attempts_in_run: u32,
    /// Why its last attempt failed, in words; `None` where it did not.
    pub reason: Option<String>,
    /// The last lines of its last attempt's standard error, harmless to print: without escape sequences, long lines cut.
    pub stderr: Vec<String>,
    /// The file with all of its last attempt's standard error, or of its standard output where that is all there is;
    /// `None` where it said nothing, or where its output went to files of its own.
    pub log: Option<PathBuf>,
    /// What to type into bash to do what its last attempt did; `None` where there was none.
    pub command: Option<ByHand>,
    /// Whether the command of its template is no longer the one that its last attempt ran: `command` is what this program
    /// would run.
    pub command_changed: bool,
    /// The failed task for which it was skipped, if it was.
    pub skipped_because: Option<String>,
}

/// The failures of a run, those together that are alike.
///
/// ```
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// let mut wf = Tool::new("demo").workflow("failures");
/// wf.add(Command::new("false").max_attempts(1));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
/// assert!(run.errors().to_string().contains("exited with code 1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// What failed in which way: the most numerous group first.
    pub groups: Vec<FailureGroup>,
    /// How many further tasks failed, whose output was not looked at, so that nobody waits for a hundred thousand files.
    pub unread: usize,
}

/// Failures that are alike: their last lines differ in nothing but numbers, paths, quoted texts and the tasks' own
/// arguments.
///
/// ```
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// let mut wf = Tool::new("demo").workflow("groups");
/// let failing = wf.add(Command::new("false").name("first").max_attempts(1));
/// wf.add(Command::new("true").upstream(failing));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
/// let group = &run.errors().groups[0];
/// assert_eq!((&group.tasks[..], group.skipped.count), (&["first".to_owned()][..], 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureGroup {
    /// The names of the tasks, in the order of adding.
    pub tasks: Vec<String>,
    /// The first of them.
    pub example: TaskReport,
    /// Why they failed, in words: as the first, but for the codes that they exited with where those differ.
    pub reason: String,
    /// A file with the example's command, where that is too long to be shown.
    pub script: Option<PathBuf>,
    /// What was not run because of them.
    pub skipped: Skipped,
}

impl Failures {
    /// So many groups are shown in full.
    pub(crate) const IN_FULL: usize = 5;
}

/// Tasks that were not run because others failed.
///
/// ```
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// let mut wf = Tool::new("demo").workflow("skipped");
/// let failing = wf.add(Command::new("false").max_attempts(1));
/// wf.add(Command::new("true").name("after it").upstream(failing));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
/// assert_eq!(run.errors().groups[0].skipped.first, ["after it"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many.
    pub count: usize,
    /// The names of the first few.
    pub first: Vec<String>,
}

impl Skipped {
    /// So many names are kept.
    const NAMES: usize = 3;

    /// Adds a task; its name is asked for only if it is kept.
    pub(crate) fn add(&mut self, name: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < Self::NAMES {
            self.first.push(name());
        }
    }
}
