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

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfMemory(None) => write!(f, "ran out of memory"),
            Self::OutOfMemory(Some(granted)) => write!(f, "ran out of memory: it had {granted}"),
            Self::Timeout(None) => write!(f, "ran out of time"),
            Self::Timeout(Some(granted)) => write!(f, "ran out of time: it had {granted}"),
            Self::Exit(code) => write!(f, "exited with code {code}"),
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
