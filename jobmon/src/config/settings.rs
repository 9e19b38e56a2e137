//! What can be said of how tasks run, and where it was said.

use crate::model::{Cluster, Place, Queue, Scale};
use crate::units::{Cores, Memory, WallTime};
use std::fmt;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is said of how tasks run, key by key. What is not said is left to others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The memory that a task asks for.
    pub memory: Option<Said<Memory>>,
    /// The time that a task asks for.
    pub runtime: Option<Said<WallTime>>,
    /// The cores that a task uses.
    pub cores: Option<Said<Cores>>,
    /// How often a task may run before it has failed; at least 1.
    pub max_attempts: Option<Said<u32>>,
    /// How its memory grows.
    pub memory_scale: Option<Said<Scale<Memory>>>,
    /// How its run time grows.
    pub runtime_scale: Option<Said<Scale<WallTime>>>,
    /// The queue that it is submitted to.
    pub queue: Option<Said<Queue>>,
    /// The cluster that it runs on.
    pub cluster: Option<Said<Cluster>>,
}

/// A value and where it was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// Where it was said.
    pub at: At,
}

impl<T> Said<T> {
    /// A value with its place.
    pub const fn new(value: T, at: At) -> Self {
        Self { value, at }
    }
}

/// Where something was said.
///
/// ```
/// use jobmon::config::At;
/// assert_eq!(At::BuiltIn.to_string(), "built in");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// Nowhere: it is so where nobody says anything.
    BuiltIn,
    /// By a call, here.
    Call(&'static Location<'static>),
    /// By the attribute of the template that is declared here.
    Attribute(&'static Place),
    /// In a file.
    File(Arc<FilePlace>),
    /// By a variable of the environment.
    Variable(Arc<str>),
}

impl At {
    /// By what places are put in order: files last, by their lines.
    pub(crate) fn place(&self) -> (Option<PathBuf>, u32, u32) {
        match self {
            Self::File(place) => (Some(place.file.to_path_buf()), place.line, place.column),
            Self::BuiltIn | Self::Call(_) | Self::Attribute(_) | Self::Variable(_) => (None, 0, 0),
        }
    }

    /// The file that it is in, if it is in one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(place) => Some(&place.file),
            Self::BuiltIn | Self::Call(_) | Self::Attribute(_) | Self::Variable(_) => None,
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => write!(f, "built in"),
            Self::Call(place) => write!(f, "{}", Place::from(*place)),
            Self::Attribute(place) => write!(f, "#[task_template] at {place}"),
            Self::File(place) => write!(f, "{place}"),
            Self::Variable(name) => write!(f, "the variable {name}"),
        }
    }
}

/// A place in a file that was read.
///
/// ```
/// use jobmon::config::FilePlace;
/// let place = FilePlace { file: std::sync::Arc::new("jobmon.toml".into()), line: 3, column: 1 };
/// assert_eq!(place.to_string(), "jobmon.toml:3:1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlace {
    /// The file, as it was found.
    pub file: Arc<PathBuf>,
    /// The line, from 1; 0 where it is the whole file.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl fmt::Display for FilePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { file, line: 0, .. } => write!(f, "{}", file.display()),
            Self { file, line, column } => write!(f, "{}:{line}:{column}", file.display()),
        }
    }
}

impl Settings {
    /// How often a task may run where nobody says it.
    pub const MAX_ATTEMPTS: u32 = 3;

    /// What holds where nobody says anything.
    pub fn built_in() -> Self {
        Self {
            memory: None,
            runtime: None,
            cores: Some(Said::new(Cores::ONE, At::BuiltIn)),
            max_attempts: Some(Said::new(Self::MAX_ATTEMPTS, At::BuiltIn)),
            memory_scale: Some(Said::new(Scale::USUAL, At::BuiltIn)),
            runtime_scale: Some(Said::new(Scale::USUAL, At::BuiltIn)),
            queue: None,
            cluster: Some(Said::new(Cluster::LOCAL, At::BuiltIn)),
        }
    }
}
