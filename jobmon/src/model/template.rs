//! What a task template declares, as the macro writes it down.

use crate::model::{RetrySpec, ScaleSpec};
use crate::units::{Memory, WallTime};
use std::panic::Location;

/// A task template as its attribute declares it. Written by `#[task_template]`.
///
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit {year}", memory = "8G")]
/// struct Fit { #[node_arg] year: u16 }
///
/// assert_eq!((Fit::SPEC.name, Fit::SPEC.version, Fit::SPEC.memory), ("fit", 1, Some(8 << 30)));
/// # let _ = Fit { year: 1990 };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TemplateSpec {
    /// Its name: by default the struct's in snake case.
    pub name: &'static str,
    /// Raised on purpose to make its tasks other tasks; 1 by default.
    pub version: u32,
    /// The struct's doc comment.
    pub doc: &'static str,
    /// Its command.
    pub command: CommandSpec,
    /// Its arguments, in the order in which `visit` gives their values.
    pub args: &'static [ArgSpec],
    /// Memory asked for, in bytes.
    pub memory: Option<u64>,
    /// Run time asked for, in seconds.
    pub runtime: Option<u64>,
    /// Cores asked for.
    pub cores: Option<u32>,
    /// The queue that its tasks go to.
    pub queue: Option<&'static str>,
    /// How many of its tasks run at once at most; 0 starts none.
    pub max_concurrently_running: Option<u32>,
    /// How often a task may run before it has failed.
    pub max_attempts: Option<u32>,
    /// How the memory grows after an attempt ran out of it.
    pub scale_memory: Option<ScaleSpec<Memory>>,
    /// How the run time grows after an attempt ran out of it.
    pub scale_runtime: Option<ScaleSpec<WallTime>>,
    /// The file that gets the standard output, as a text with placeholders.
    pub stdout: Option<&'static str>,
    /// The file that gets the standard error, as a text with placeholders.
    pub stderr: Option<&'static str>,
    /// The files that a success leaves, as texts with placeholders.
    pub outputs: &'static [&'static str],
    /// Whether these may be empty; no by default.
    pub output_may_be_empty: Option<bool>,
    /// Variables of the environment: names, and values as texts with placeholders.
    pub env: &'static [(&'static str, &'static str)],
    /// Which failures are tried again, and when.
    pub retry: RetrySpec,
    /// Where it is declared.
    pub at: Place,
}

impl TemplateSpec {
    /// A template that says nothing, for what a declaration leaves out.
    pub const DEFAULTS: Self = Self {
        name: "",
        version: 1,
        doc: "",
        command: CommandSpec::Text(""),
        args: &[],
        memory: None,
        runtime: None,
        cores: None,
        queue: None,
        max_concurrently_running: None,
        max_attempts: None,
        scale_memory: None,
        scale_runtime: None,
        stdout: None,
        stderr: None,
        outputs: &[],
        output_may_be_empty: None,
        env: &[],
        retry: RetrySpec::NOTHING,
        at: Place { file: "", line: 0, column: 0 },
    };
}

/// A command as it is declared, in the grammar of `jobmon_syntax::command`.
///
/// ```
/// use jobmon::model::CommandSpec;
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit {year}", memory = "8G")]
/// struct Fit { #[node_arg] year: u16 }
///
/// assert_eq!(Fit::SPEC.command, CommandSpec::Text("fit {year}"));
/// # let _ = Fit { year: 1990 };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandSpec {
    /// A text that is split into words.
    Text(&'static str),
    /// The words.
    Words(&'static [&'static str]),
    /// A script for bash.
    Shell(&'static str),
}

/// One argument of a template.
///
/// ```
/// use jobmon::model::{ArgSpec, Role};
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit {year}", memory = "8G")]
/// struct Fit { #[node_arg] year: u16 }
///
/// assert_eq!(Fit::SPEC.args, [ArgSpec { name: "year", role: Role::Node }]);
/// # let _ = Fit { year: 1990 };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArgSpec {
    /// The field's name.
    pub name: &'static str,
    /// What it is to the task.
    pub role: Role,
}

/// What an argument is to its task.
///
/// ```
/// use jobmon::model::Role;
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit {year}", memory = "8G")]
/// struct Fit { #[node_arg] year: u16 }
///
/// assert_eq!(Fit::SPEC.args[0].role, Role::Node);
/// # let _ = Fit { year: 1990 };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Tells a task from its siblings in the workflow.
    Node,
    /// Data: changing it makes another task.
    Task,
    /// How it runs: changing it does not.
    Op,
}

/// A place in a source file.
///
/// ```
/// use jobmon::model::Place;
/// let place = Place { file: "src/main.rs", line: 10, column: 5 };
/// assert_eq!(place.to_string(), "src/main.rs:10:5");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, as the compiler names it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1; 0 where unknown.
    pub column: u32,
}

impl From<&'static Location<'static>> for Place {
    fn from(location: &'static Location<'static>) -> Self {
        Self { file: location.file(), line: location.line(), column: location.column() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.column {
            0 => write!(f, "{}:{}", self.file, self.line),
            column => write!(f, "{}:{}:{column}", self.file, self.line),
        }
    }
}
