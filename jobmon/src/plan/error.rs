//! The mistakes that can be made in a workflow, told all at once.

use crate::config::{At, ConfigError};
use crate::model::{Place, Refusal, ValueMistake};
use crate::plan::mistakes::LookUpError;
use crate::units::Memory;
use jobmon_syntax::units::UnitError;

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
    #[error("{place}: the {what} has no name; give it one, by which a run that is started again finds what was done")]
    NoName {
        /// Where the workflow was begun.
        place: Place,
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
        "{place}: two templates are named `{name}`: the one at {first} and the one at {second}; give one another name with `name = \"..\"`, or a command with `.template(\"..\")`"
    )]
    DuplicateTemplate {
        /// Where the first task of the second template was added.
        place: Place,
        /// The name.
        name: String,
        /// Where the first template is declared; of commands, where the first was added.
        first: Place,
        /// The same of the second template.
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
    /// A handle is of no task of the workflow.
    #[error("{place}: the handle is of no task of this workflow")]
    NoTask {
        /// Where it was used.
        place: Place,
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
    /// The steps of a request do not climb.
    #[error(
        "{place}: the {what} of `{task}` grows by the steps [{steps}]; give at least one, each more than the one before"
    )]
    Steps {
        /// Where it was said.
        place: Place,
        /// Of whom.
        task: String,
        /// What of it.
        what: &'static str,
        /// The steps.
        steps: String,
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
    /// A file of settings or a variable has a mistake, or names what is not there.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A task asks for what its queue does not give.
    #[error(
        "{place}: `{task}` asks for {}, but the queue `{}` gives {}{}{}",
        refusal.asked,
        refusal.queue,
        refusal.limit,
        if *fallback { ", and none of its fallback queues takes it" } else { "" },
        and_others(*others)
    )]
    Queue {
        /// Where the task was added.
        place: Place,
        /// Its name.
        task: String,
        /// Why the queue does not take it.
        refusal: Refusal,
        /// Whether it has fallback queues.
        fallback: bool,
        /// How many more tasks of its template ask for as much.
        others: usize,
    },
    /// A queue or a cluster has no name.
    #[error("{place}: the {what} of `{task}` has a name that is empty or holds a control character")]
    BadSetting {
        /// Where it was said.
        place: Place,
        /// Of what.
        task: String,
        /// What of it.
        what: &'static str,
    },
    /// Something is said of a template that no task has.
    #[error("{place}: no task is of a template `{name}`{}", suggested(near.as_deref()))]
    NoTemplate {
        /// Where it was said.
        place: Place,
        /// The name.
        name: String,
        /// A template that may be meant.
        near: Option<String>,
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
    /// What is said of retries cannot be meant so.
    #[error("{place}: the retry policy of `{task}`: {reason}")]
    Retry {
        /// Where it was said, or the task was added.
        place: Place,
        /// The name of the task, template, workflow or tool.
        task: String,
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

fn suggested(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
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
            Self::Config(error) => match &error.at {
                At::Call(place) => Some((*place).into()),
                At::Attribute(place) => Some(**place),
                At::BuiltIn | At::File(_) | At::Variable(_) => None,
            },
            Self::Empty | Self::BadTitle { .. } => None,
            Self::NoName { place, .. }
            | Self::DuplicateNodeArgs { place, .. }
            | Self::Attribute { place, .. }
            | Self::SameFile { place, .. }
            | Self::File { place, .. }
            | Self::NoProgram { place, .. }
            | Self::DuplicateName { place, .. }
            | Self::BadName { place, .. }
            | Self::DuplicateTemplate { place, .. }
            | Self::ForeignHandle { place, .. }
            | Self::ForeignSet { place }
            | Self::NoTask { place }
            | Self::LookUp { place, .. }
            | Self::Cycle { place, .. }
            | Self::Value { place, .. }
            | Self::NoAttempts { place, .. }
            | Self::NoCores { place, .. }
            | Self::Scale { place, .. }
            | Self::Steps { place, .. }
            | Self::NeverFits { place, .. }
            | Self::Queue { place, .. }
            | Self::BadSetting { place, .. }
            | Self::NoTemplate { place, .. }
            | Self::Unit { place, .. }
            | Self::Retry { place, .. }
            | Self::Variable { place, .. }
            | Self::Directory { place, .. } => Some(*place),
        }
    }
}
