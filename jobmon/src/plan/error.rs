//! The mistakes that can be made in a workflow, told all at once.

use crate::model::{Place, ValueMistake};
use crate::units::Memory;
use jobmon_syntax::units::UnitError;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// One mistake in a workflow, with the place in the program where it was made.
///
/// ```
/// # use jobmon::prelude::*;
/// # let mut wf = Tool::new("demo").workflow("w");
/// use jobmon::plan::PlanError;
/// wf.add(Command::new("fit").cores(0));
/// let mistakes = wf.check().unwrap_err();
/// assert!(matches!(mistakes.0[..], [PlanError::NoCores { .. }]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The workflow has no task.
    #[error("the workflow has no task; add one with `add` or `add_all`")]
    Empty,
    /// The tool or the workflow has no name.
    #[error("the {what} has no name")]
    NoName {
        /// Which of the two.
        what: &'static str,
    },
    /// A name of the workflow, or of a part of it, cannot be one.
    #[error("the {what} {text:?} {reason}")]
    BadTitle {
        /// What it names.
        what: &'static str,
        /// The name.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The name of a task's attribute cannot be one.
    #[error("{place}: the attribute {name:?} of `{task}` {reason}")]
    Attribute {
        /// Where the task was added.
        place: Place,
        /// The task's name.
        task: String,
        /// The attribute's name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A task's arguments equal those of another.
    #[error("{place}: `{task}` has the same {what} as the task added at {other}; {}", if *what == "command" { "give them a node argument by `.node_arg(..)` to tell them apart, or add the task once" } else { "a node argument tells a task from its siblings: give one of them another, or add the task once" })]
    DuplicateNodeArgs {
        /// Where the task was added.
        place: Place,
        /// Its name.
        task: String,
        /// What is the same: the node arguments, or the command where there are none.
        what: &'static str,
        /// Where the other was added.
        other: Place,
    },
    /// Two tasks write to one file.
    #[error(
        "{place}: the {stream} of `{task}` goes to {path:?}, as what `{other_task}` writes does, which was added at {other}: the output of one would be lost; put an argument that tells them apart in the path"
    )]
    SameFile {
        /// Where the task was added.
        place: Place,
        /// Its name.
        task: String,
        /// Which of its streams.
        stream: &'static str,
        /// The file.
        path: String,
        /// The name of the other task.
        other_task: String,
        /// Where the other was added.
        other: Place,
    },
    /// What a task writes cannot be put where it is to go.
    #[error("{place}: the {stream} of `{task}` can't go to {path:?}: {reason}")]
    File {
        /// Where the task was added.
        place: Place,
        /// Its name.
        task: String,
        /// Which of its streams.
        stream: &'static str,
        /// The path.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A task has no program to run.
    #[error("{place}: the program of `{task}` is the empty word; give its name or path")]
    NoProgram {
        /// Where the task was added.
        place: Place,
        /// Its name.
        task: String,
    },
    /// A task's name is another task's name.
    #[error("{place}: a task named `{name}` was added at {other} already; names must differ")]
    DuplicateName {
        /// Where the task was added.
        place: Place,
        /// The name.
        name: String,
        /// Where the other was added.
        other: Place,
    },
    /// A name that a task cannot have.
    #[error("{place}: {name:?} can't be a task's name: {reason}")]
    BadName {
        /// Where the task was added.
        place: Place,
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two templates have one name.
    #[error(
        "{place}: two templates are named `{name}`: the one at {first} and the one at {second}; give one another name with `name = \"..\"`"
    )]
    DuplicateTemplate {
        /// Where the first task of the second template was added.
        place: Place,
        /// The name.
        name: String,
        /// Where the first template is declared.
        first: Place,
        /// Where the second template is declared.
        second: Place,
    },
    /// A handle belongs to another workflow.
    #[error("{place}: an upstream of `{task}` is a task of another workflow")]
    ForeignHandle {
        /// Where the task was added.
        place: Place,
        /// Its name.
        task: String,
    },
    /// A set was joined with one of another workflow.
    #[error("{place}: a set of tasks can't be joined or compared with one of another workflow")]
    ForeignSet {
        /// Where they were joined.
        place: Place,
    },
    /// A look-up that should have found one task did not.
    #[error("{place}: {error}")]
    LookUp {
        /// Where it was looked up.
        place: Place,
        /// What was found.
        error: LookUpError,
    },
    /// Tasks wait for each other.
    #[error("{place}: a cycle: {}", path.join(" -> "))]
    Cycle {
        /// Where a task of it was added.
        place: Place,
        /// The names of its tasks, each before the one that waits for it; the first one is named again at the end.
        path: Vec<String>,
    },
    /// An argument's value cannot be used.
    #[error("{place}: `{arg}` of `{task}`: {mistake}")]
    Value {
        /// Where the task was added.
        place: Place,
        /// The task's name.
        task: String,
        /// The argument.
        arg: String,
        /// What is wrong.
        mistake: ValueMistake,
    },
    /// A task may never run.
    #[error("{place}: `{task}` has 0 attempts, so it would never run; 1 runs it once")]
    NoAttempts {
        /// Where the task was added.
        place: Place,
        /// Its name.
        task: String,
    },
    /// A task asks for no core.
    #[error("{place}: `{task}` asks for 0 cores; a task needs one at least")]
    NoCores {
        /// Where the task was added.
        place: Place,
        /// Its name.
        task: String,
    },
    /// A request would not grow.
    #[error("{place}: the {what} of `{task}` is multiplied by {factor}; a scale is above 1: 1.5 is half as much again")]
    Scale {
        /// Where the task was added.
        place: Place,
        /// Its name.
        task: String,
        /// What of it.
        what: &'static str,
        /// The multiplier.
        factor: String,
    },
    /// A task asks for more memory than the tasks of a run may have together.
    #[error(
        "{place}: `{task}` asks for {asked} of memory, but there are {there_is} for all tasks together{}; ask for less, or run it where there is more (`RunOptions::memory` says how much there is)",
        and_others(*others)
    )]
    NeverFits {
        /// Where the task was added.
        place: Place,
        /// Its name.
        task: String,
        /// What it asks for.
        asked: Memory,
        /// What there is.
        there_is: Memory,
        /// How many more tasks of its template ask for as much.
        others: usize,
    },
    /// A size or time cannot be read.
    #[error("{place}: the {what} of `{task}`: {error}")]
    Unit {
        /// Where the task was added.
        place: Place,
        /// Its name.
        task: String,
        /// Which resource.
        what: &'static str,
        /// What is wrong.
        error: UnitError,
    },
    /// What is said of a task's retries cannot be meant so.
    #[error("{place}: the retry policy of `{task}`: {reason}")]
    Retry {
        /// Where the task was added.
        place: Place,
        /// Its name.
        task: String,
        /// What is wrong.
        reason: String,
    },
    /// What is said of the retries of all tasks cannot be meant so.
    #[error("the retry policy of the workflow: {reason}")]
    WorkflowRetry {
        /// What is wrong.
        reason: String,
    },
    /// A variable's name cannot be one.
    #[error("{place}: `{task}` sets the environment variable {name:?}: {reason}")]
    Variable {
        /// Where the task was added.
        place: Place,
        /// The task's name.
        task: String,
        /// The variable.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A task's directory cannot be used.
    #[error("{place}: the directory {directory:?} of `{task}` {reason}")]
    Directory {
        /// Where the task was added.
        place: Place,
        /// The task's name.
        task: String,
        /// The directory.
        directory: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

fn and_others(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => " (1 more task like it)".to_owned(),
        others => format!(" ({others} more tasks like it)"),
    }
}

impl PlanError {
    /// Where in the program the mistake was made; `None` where it has no one place.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").cores(0));
    /// let place = wf.check().unwrap_err().0[0].place();
    /// assert!(place.is_some_and(|place| place.line > 0));
    /// ```
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Empty | Self::NoName { .. } | Self::BadTitle { .. } | Self::WorkflowRetry { .. } => None,
            Self::DuplicateNodeArgs { place, .. }
            | Self::Attribute { place, .. }
            | Self::SameFile { place, .. }
            | Self::File { place, .. }
            | Self::NoProgram { place, .. }
            | Self::DuplicateName { place, .. }
            | Self::BadName { place, .. }
            | Self::DuplicateTemplate { place, .. }
            | Self::ForeignHandle { place, .. }
            | Self::ForeignSet { place }
            | Self::LookUp { place, .. }
            | Self::Cycle { place, .. }
            | Self::Value { place, .. }
            | Self::NoAttempts { place, .. }
            | Self::NoCores { place, .. }
            | Self::Scale { place, .. }
            | Self::NeverFits { place, .. }
            | Self::Unit { place, .. }
            | Self::Retry { place, .. }
            | Self::Variable { place, .. }
            | Self::Directory { place, .. } => Some(*place),
        }
    }
}

/// All mistakes of a workflow at once.
///
/// ```
/// # use jobmon::prelude::*;
/// # let mut wf = Tool::new("demo").workflow("w");
/// wf.add(Command::new("fit").cores(0).memory("lots"));
/// let mistakes = wf.check().unwrap_err();
/// assert_eq!(mistakes.0.len(), 2);
/// assert!(mistakes.to_string().starts_with("there are 2 mistakes in the workflow:"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanErrors(pub Vec<PlanError>);

impl PlanErrors {
    /// How many are shown one by one.
    const SHOWN: usize = 50;
}

impl fmt::Display for PlanErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "there is a mistake in the workflow:")?,
            many => write!(f, "there are {many} mistakes in the workflow:")?,
        }
        self.0.iter().take(Self::SHOWN).try_for_each(|error| write!(f, "\n  {error}"))?;
        match self.0.len().saturating_sub(Self::SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl std::error::Error for PlanErrors {}

/// Why a look-up did not find the one task that was asked for.
///
/// ```
/// # use jobmon::prelude::*;
/// # let mut wf = Tool::new("demo").workflow("w");
/// use jobmon::plan::LookUpError;
/// let tasks = wf.add_all((0..3).map(|id| Command::new("fit").node_arg("id", id)));
/// assert_eq!(tasks.try_one(|_| false), Err(LookUpError::None { of: 3 }));
/// assert_eq!(tasks.try_one(|_| true), Err(LookUpError::Several { matches: 3, of: 3 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookUpError {
    /// No task matches.
    #[error("none of the {of} tasks matches, where one was to be found")]
    None {
        /// How many tasks were looked at.
        of: usize,
    },
    /// Several tasks match.
    #[error("{matches} of the {of} tasks match, where one was to be found")]
    Several {
        /// How many match.
        matches: usize,
        /// How many tasks were looked at.
        of: usize,
    },
}

/// The mistakes of a workflow so far, shared with the sets that it gave out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mistakes(Arc<Mutex<Vec<PlanError>>>);

impl Mistakes {
    pub(crate) fn add(&self, error: PlanError) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }

    pub(crate) fn all(&self) -> Vec<PlanError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
