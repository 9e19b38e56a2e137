//! What the engine is told.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::id::TaskId;
use crate::model::{Cancel, Failure, Report, Resources, TooLittle};
use std::ops::Range;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// What the database knows of a task from earlier runs; before `Start`.
    Recall {
        /// The task.
        task: TaskId,
        /// Whether it is done.
        done: bool,
        /// How many attempts at it there were.
        attempts: u32,
        /// What was not enough for them.
        too_little: TooLittle,
    },
    /// How the last attempt of earlier runs at a task failed, for its function; before `Start`.
    RecallFailure {
        /// The task.
        task: TaskId,
        /// What the attempt was granted.
        granted: Resources,
        /// How it failed.
        failure: Failure,
    },
    /// All is recalled; begin.
    Start {
        /// Whether the database knows already that tasks without upstreams are Queued.
        roots_recorded: bool,
    },
    /// Numbers for attempts, which nobody else uses.
    AttemptIds(Range<i64>),
    /// The first `n` of all records are durable.
    Durable(u64),
    /// An executor reports.
    Report(Report),
    /// From now on the workflow allows so many tasks at once: 0 starts nothing, `None` leaves it to the machine. What runs
    /// goes on.
    Limit(Option<u32>),
    /// From now on so many tasks of a template may run at once: 0 starts none of it, `None` leaves it to the other limits.
    LimitTemplate {
        /// The place of the template in `Limits::templates`.
        template: u32,
        /// So many.
        tasks: Option<u32>,
    },
    /// From now on nothing new starts, whatever the limits say, until it is said that it may: what happens cannot be written.
    Hold(bool),
    /// What the function of a task asks for, or why it failed.
    Answered {
        /// The task.
        task: TaskId,
        /// The answer.
        answer: Result<Resources, Box<str>>,
    },
    /// Somebody wants the run to end when what runs has ended: nothing new starts.
    Drain,
    /// Somebody wants the run to stop.
    Stop(Stop),
    /// Time has passed.
    Tick,
}

/// How the run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// What happens to the tasks that run.
    pub running: Cancel,
}
