//! What the engine wants done.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::id::{AttemptId, SlotId, TaskId};
use crate::model::{Cancel, Failure, Record, Resources, RunState};

/// Something to do. Actions are carried out in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write a fact down. Records are counted from 1; `Event::Durable` says how many are durable.
    Record(Record),
    /// Something waits for the records so far: make them durable now.
    Commit,
    /// Start an attempt, whose intent is durable.
    Launch(Order),
    /// End attempts that were launched.
    Cancel {
        /// Which.
        attempts: Vec<AttemptId>,
        /// How.
        how: Cancel,
    },
    /// Call back attempts that were to start after others and have not; those that have go on.
    CallBack(Vec<AttemptId>),
    /// These ends are durable: the executor may forget them.
    Forget(Vec<AttemptId>),
    /// Ask the function of a task what its next attempt asks for; `Event::Answered` says it.
    Ask(Question),
    /// More numbers for attempts are needed.
    NeedAttemptIds,
    /// Says why what could start is not started: nothing is to be done.
    Halt(Cause),
    /// A report was late, doubled or of something unknown, and was passed over.
    Ignore(String),
    /// The run has ended; nothing follows.
    Finish(RunState),
}

/// Why tasks are not started that could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// As many tasks have failed for good as the run lets fail.
    Failures {
        /// So many.
        tasks: usize,
        /// What happens to those that run; `None` lets them finish.
        running: Option<Cancel>,
    },
    /// The run has taken as long as it may. What runs is ended.
    Deadline,
    /// The first task of a template failed for good, and no other of it is started.
    Canary {
        /// The task that failed.
        task: TaskId,
        /// How many others there are.
        others: usize,
    },
}

/// What the function of a task is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The task.
    pub task: TaskId,
    /// The how manieth attempt at the task it is for, from 1, over all runs.
    pub number: u32,
    /// What it asks for where the function says nothing.
    pub resources: Resources,
    /// What the attempt before was granted, and how it failed, if there was one, in this run or an earlier one.
    pub before: Option<(Resources, Failure)>,
}

/// An attempt to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its task.
    pub task: TaskId,
    /// The how manieth attempt at the task it is, from 1, over all runs.
    pub number: u32,
    /// The output files that it writes to.
    pub slot: SlotId,
    /// What it may use.
    pub granted: Resources,
    /// Start it when this attempt ends, in its place; at once if there is none.
    pub after: Option<AttemptId>,
}
