//! A template that is known to be valid.

use crate::parse::{Raw, RawField};

/// What is known of a template after all rules were checked.
pub(crate) struct Template<'a> {
    pub(crate) raw: &'a Raw,
    pub(crate) name: String,
    pub(crate) command: Command,
    /// The arguments, in the order of the fields.
    pub(crate) args: Vec<Arg<'a>>,
    pub(crate) upstreams: Vec<&'a RawField>,
}

/// What is run.
pub(crate) enum Command {
    /// A text that is split into words.
    Text(String),
    /// The words.
    Words(Vec<String>),
    /// A script for bash.
    Shell(String),
}

/// A field that is an argument.
pub(crate) struct Arg<'a> {
    pub(crate) field: &'a RawField,
    pub(crate) role: Role,
    /// The places in which the command uses it: at least one, each once.
    pub(crate) places: Vec<Place>,
}

/// What an argument is to its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Node,
    Task,
    Op,
}

/// Where a placeholder stands. Each place has its rule of what may stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// `{x}`.
    Plain,
    /// `{x}` in an optional group.
    Optional,
    /// `{x}...`.
    List,
    /// `{x}?`.
    Guard,
    /// `{x}` in a script.
    Script,
    /// `{x}` in the path of a file or the value of a variable.
    Text,
}
