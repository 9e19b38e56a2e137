//! An attempt at a task, from the order to start it to the report of its end.

use crate::id::{AttemptId, SlotId, TaskId};
use crate::model::{Failure, Resources};
use crate::time::Timestamp;
use std::path::PathBuf;
use std::time::Duration;

/// The order to start one attempt. Its intent is durable before it is given to an executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The attempt to start.
    pub attempt: AttemptId,
    /// The task that it is an attempt at.
    pub task: TaskId,
    /// The pair of output files that it writes to; no other attempt has it until this one has ended.
    pub slot: SlotId,
    /// Program and arguments, each as the process will see it.
    pub argv: Vec<String>,
    /// Variables put over the inherited environment, in order; a later one of a name wins.
    pub env: Vec<(String, String)>,
    /// The directory to start in; absolute.
    pub directory: PathBuf,
    /// A file that gets the standard output, whole or not at all, instead of the log; absolute.
    pub stdout: Option<PathBuf>,
    /// As `stdout`, for standard error. Where both name one file, both streams go into it as they come.
    pub stderr: Option<PathBuf>,
    /// What must be there when its main process has exited with 0, and not be what was there before: else it has failed by
    /// `OutputMissing`.
    pub outputs: Vec<Expected>,
    /// What it may use: an executor ends an attempt that takes more memory or time than it was granted, and says so by its
    /// failure, whatever its exit. Time counts from the start of this attempt. What is not said is not limited.
    pub granted: Resources,
    /// Start only after another attempt has ended, and in its place.
    pub after: Option<After>,
}

/// A file or directory that a success leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Where it is; absolute.
    pub path: PathBuf,
    /// Whether nothing need be in it.
    pub may_be_empty: bool,
}

/// The end of another attempt, after which an order may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Any end of it.
    AnyEnd(AttemptId),
    /// Only a success; after any other end the order is cancelled.
    Success(AttemptId),
}

/// How to end an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cancel {
    /// TERM first, KILL after the grace period.
    Gracefully,
    /// KILL at once.
    Now,
}

/// What an executor tells of attempts. Each launch ends in exactly one `Ended`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The attempt's main process exists.
    Started {
        /// The attempt.
        attempt: AttemptId,
        /// Its main process.
        pid: u32,
        /// When it was started.
        at: Timestamp,
    },
    /// A process of the attempt was found stopped, as by SIGSTOP: it does nothing until somebody lets it go on. Told once
    /// for each attempt, if at all.
    Suspended {
        /// The attempt.
        attempt: AttemptId,
        /// The process.
        process: Stray,
        /// When it was found.
        at: Timestamp,
    },
    /// The attempt has ended and nothing of it is left.
    Ended {
        /// The attempt.
        attempt: AttemptId,
        /// How.
        ending: Ending,
    },
    /// The executor has closed: nothing of it is left, nothing more will be reported.
    Closed,
}

/// How an attempt ended and what it used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Success, failure or cancellation.
    pub verdict: Verdict,
    /// When its last process had gone.
    pub at: Timestamp,
    /// What it used; all zero where it was never started, or where nobody lived to measure it.
    pub usage: Usage,
    /// What its main process had left running, which was ended.
    pub strays: Vec<Stray>,
}

/// The three ends of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its main process exited with 0 and its output is in its place.
    Done,
    /// It failed.
    Failed(Failure),
    /// It was ended by `cancel`, or never started because of it.
    Cancelled,
}

/// What an attempt used: all its processes together, the main one and whatever descends from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// From its start to the end of its last process.
    pub wall: Duration,
    /// Processor time in user mode of all its processes, whoever waited for them. Only those that nobody waits for, because
    /// their parent ignores SIGCHLD, the kernel leaves out.
    pub user: Duration,
    /// Processor time in system mode, of the same processes.
    pub system: Duration,
    /// The most memory that its processes held at once, in bytes: their resident sets together, pages that several share
    /// counted once. Exact for a single process. Of several it is the most that was seen by looking from time to time,
    /// for the first time after 50 ms, then ever more rarely up to once a second; and no less than the peak of each.
    pub peak_memory: u64,
}

/// A process of an attempt of which something is to be told: mostly one that outlived the main process and was ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// Its process id.
    pub pid: u32,
    /// Its name, as the kernel keeps it (at most 15 bytes).
    pub name: String,
}
