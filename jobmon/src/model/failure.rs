//! Why an attempt at a task did not succeed.

use crate::units::{Memory, WallTime};
use std::fmt;

/// Why an attempt failed. Each kind has a budget of its own.
///
/// ```
/// use jobmon::model::Failure;
/// assert_eq!(Failure::Signal(11).to_string(), "was ended by signal 11 (SIGSEGV)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It needed more memory than it had been given: so much, where that is known.
    OutOfMemory(Option<Memory>),
    /// It ran longer than it had been given: so long, where that is known.
    Timeout(Option<WallTime>),
    /// Its main process ended with this exit code, which is not 0.
    Exit(i32),
    /// Its main process ended with this exit code, which says that it lacked something.
    ToldByExit(i32, Lack),
    /// Its main process was ended by this signal.
    Signal(i32),
    /// It ended well but its output could not be put in its place, or was not there.
    OutputMissing(Box<str>),
    /// It could not be started.
    StartFailed(StartFailure),
    /// The function that computes its resources failed.
    ResourcesFailed(Box<str>),
    /// The machine that ran it failed.
    NodeFailed,
    /// Its place was taken by other work.
    Preempted,
    /// It is gone and nobody saw how it ended.
    Vanished,
}

/// What an attempt had too little of, and how much it had been given, where that is known.
///
/// ```
/// use jobmon::model::{Failure, Lack};
/// let failure = Failure::ToldByExit(137, Lack::Memory(None)); // by `exit(137) = out_of_memory`
/// assert_eq!(failure.to_string(), "ran out of memory (exit 137)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Memory.
    Memory(Option<Memory>),
    /// Time.
    Time(Option<WallTime>),
}

/// Why an attempt could not be started, and whether a second try could differ.
///
/// ```
/// use jobmon::model::{Failure, StartFailure};
/// let failure = Failure::StartFailed(StartFailure::Permanent("no program fitt in PATH".into()));
/// assert_eq!(failure.to_string(), "could not be started: no program fitt in PATH");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartFailure {
    /// Program not found, not executable, arguments too long: a second try cannot differ.
    Permanent(Box<str>),
    /// No process, memory or descriptor to be had: the machine's fault, not the task's.
    Transient(Box<str>),
}

/// What is common to failures of one kind: policies speak of kinds, and the state file keeps them.
///
/// ```
/// use jobmon::model::{Failure, FailureKind};
///
/// assert_eq!(Failure::Exit(3).kind(), FailureKind::Exit);
/// assert_eq!(FailureKind::OutOfMemory.word(), "OUT_OF_MEMORY");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// [`Failure::OutOfMemory`], or an exit code that says so.
    OutOfMemory,
    /// [`Failure::Timeout`], or an exit code that says so.
    Timeout,
    /// [`Failure::Exit`].
    Exit,
    /// [`Failure::Signal`].
    Signal,
    /// [`Failure::OutputMissing`].
    OutputMissing,
    /// [`Failure::StartFailed`].
    StartFailed,
    /// [`Failure::ResourcesFailed`].
    ResourcesFailed,
    /// [`Failure::NodeFailed`].
    NodeFailed,
    /// [`Failure::Preempted`].
    Preempted,
    /// [`Failure::Vanished`].
    Vanished,
}

impl FailureKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 10] = [
        Self::OutOfMemory,
        Self::Timeout,
        Self::Exit,
        Self::Signal,
        Self::OutputMissing,
        Self::StartFailed,
        Self::ResourcesFailed,
        Self::NodeFailed,
        Self::Preempted,
        Self::Vanished,
    ];

    /// The word for it in the state file.
    ///
    /// ```
    /// assert_eq!(jobmon::model::FailureKind::OutOfMemory.word(), "OUT_OF_MEMORY");
    /// ```
    pub const fn word(self) -> &'static str {
        match self {
            Self::OutOfMemory => "OUT_OF_MEMORY",
            Self::Timeout => "TIMEOUT",
            Self::Exit => "EXIT",
            Self::Signal => "SIGNAL",
            Self::OutputMissing => "OUTPUT_MISSING",
            Self::StartFailed => "START_FAILED",
            Self::ResourcesFailed => "RESOURCES_FAILED",
            Self::NodeFailed => "NODE_FAILED",
            Self::Preempted => "PREEMPTED",
            Self::Vanished => "VANISHED",
        }
    }
}

impl Failure {
    /// Its kind.
    ///
    /// ```
    /// use jobmon::model::{Failure, FailureKind};
    /// assert_eq!(Failure::Exit(3).kind(), FailureKind::Exit);
    /// ```
    pub const fn kind(&self) -> FailureKind {
        match self {
            Self::OutOfMemory(_) | Self::ToldByExit(_, Lack::Memory(_)) => FailureKind::OutOfMemory,
            Self::Timeout(_) | Self::ToldByExit(_, Lack::Time(_)) => FailureKind::Timeout,
            Self::Exit(_) => FailureKind::Exit,
            Self::Signal(_) => FailureKind::Signal,
            Self::OutputMissing(_) => FailureKind::OutputMissing,
            Self::StartFailed(_) => FailureKind::StartFailed,
            Self::ResourcesFailed(_) => FailureKind::ResourcesFailed,
            Self::NodeFailed => FailureKind::NodeFailed,
            Self::Preempted => FailureKind::Preempted,
            Self::Vanished => FailureKind::Vanished,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfMemory(had) => write!(f, "ran out of memory{}", Had(had.as_ref())),
            Self::Timeout(had) => write!(f, "ran out of time{}", Had(had.as_ref())),
            Self::Exit(code) => write!(f, "exited with code {code}"),
            Self::ToldByExit(code, Lack::Memory(had)) => {
                write!(f, "ran out of memory (exit {code}){}", Had(had.as_ref()))
            }
            Self::ToldByExit(code, Lack::Time(had)) => write!(f, "ran out of time (exit {code}){}", Had(had.as_ref())),
            Self::Signal(signal) => write!(f, "was ended by signal {signal}{}", signal_name(*signal)),
            Self::OutputMissing(reason) => write!(f, "left no output: {reason}"),
            Self::StartFailed(StartFailure::Permanent(reason) | StartFailure::Transient(reason)) => {
                write!(f, "could not be started: {reason}")
            }
            Self::ResourcesFailed(reason) => write!(f, "its resources could not be computed: {reason}"),
            Self::NodeFailed => write!(f, "the machine it ran on failed"),
            Self::Preempted => write!(f, "was preempted"),
            Self::Vanished => write!(f, "vanished: nobody saw how it ended"),
        }
    }
}

/// How much there was, where that is known.
struct Had<'a, Q>(Option<&'a Q>);

impl<Q: fmt::Display> fmt::Display for Had<'_, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |had| write!(f, ": it had {had}"))
    }
}

/// The name of a signal in brackets, for the ones that people meet.
fn signal_name(signal: i32) -> &'static str {
    match signal {
        1 => " (SIGHUP)",
        2 => " (SIGINT)",
        3 => " (SIGQUIT)",
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL)",
        10 => " (SIGUSR1)",
        11 => " (SIGSEGV)",
        12 => " (SIGUSR2)",
        13 => " (SIGPIPE)",
        14 => " (SIGALRM)",
        15 => " (SIGTERM)",
        24 => " (SIGXCPU)",
        25 => " (SIGXFSZ)",
        31 => " (SIGSYS)",
        _ => "",
    }
}
