//! What is written down of a run, one fact after the other.

use crate::id::{AttemptId, SlotId, TaskId};
use crate::model::{Ending, Resources, Stray, TaskStatus};
use crate::time::Timestamp;

/// One fact. Facts become durable in the order in which they were recorded, never one without those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A task is somewhere else now. Launched and Running follow from the records of the attempt.
    Task {
        /// The task.
        task: TaskId,
        /// Where it is.
        status: TaskStatus,
        /// Since when.
        at: Timestamp,
    },
    /// An attempt is to be started.
    Intent {
        /// The attempt.
        attempt: AttemptId,
        /// Its task.
        task: TaskId,
        /// The how manieth attempt at the task it is, from 1, over all runs.
        number: u32,
        /// The output files that it will write to.
        slot: SlotId,
        /// What it may use.
        granted: Resources,
        /// When.
        at: Timestamp,
    },
    /// An attempt runs.
    Started {
        /// The attempt.
        attempt: AttemptId,
        /// Its task.
        task: TaskId,
        /// Its main process.
        pid: u32,
        /// Since when.
        at: Timestamp,
    },
    /// A process of an attempt was found stopped.
    Suspended {
        /// The attempt.
        attempt: AttemptId,
        /// Its task.
        task: TaskId,
        /// The process.
        process: Stray,
        /// When it was found.
        at: Timestamp,
    },
    /// An attempt has ended.
    Ended {
        /// The attempt.
        attempt: AttemptId,
        /// Its task.
        task: TaskId,
        /// How.
        ending: Ending,
    },
    /// All tasks that are Registered or Queued are Cancelled.
    RestCancelled {
        /// When.
        at: Timestamp,
    },
}
