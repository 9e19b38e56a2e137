//! Tasks whose requests are computed by functions: each is asked before each attempt at it.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::state::{Engine, Live};
use crate::engine::{Action, Question};
use crate::id::{AttemptId, SlotId, TaskId};
use crate::model::{Ending, Failure, Record, Request, Resources, TaskStatus, Usage, Verdict};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Who is to be asked, and what was answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Asking {
    /// Who is to be asked once so many records are durable: a function may read what is done.
    due: VecDeque<(u64, TaskId)>,
    /// Whose answer is waited for.
    open: BTreeSet<TaskId>,
    /// Whose answer comes too late to be of use.
    unwanted: BTreeSet<TaskId>,
    /// What the next attempt at a task asks for.
    answers: BTreeMap<TaskId, Resources>,
    /// Whose function failed, and why, until that is written down.
    failed: BTreeMap<TaskId, Box<str>>,
    /// What the attempt before was granted and how it failed, of tasks that are asked.
    before: BTreeMap<TaskId, (Resources, Failure)>,
}

impl Asking {
    /// How many tasks wait for their request.
    pub(super) fn len(&self) -> usize {
        self.due.len() + self.open.len() + self.failed.len()
    }

    /// What the next attempt at a task asks for, if that was computed.
    pub(super) fn answer(&self, task: TaskId) -> Option<Resources> {
        self.answers.get(&task).copied()
    }

    /// Keeps why an attempt failed for the function that is asked next.
    pub(super) fn remember(&mut self, task: TaskId, live: &Live, failure: &Failure) {
        self.before.insert(task, (live.granted, failure.clone()));
    }

    /// The same of an earlier run.
    pub(super) fn recall(&mut self, task: TaskId, granted: Resources, failure: Failure) {
        self.before.insert(task, (granted, failure));
    }

    /// Nothing is to be asked of a task any more.
    pub(super) fn forget(&mut self, task: TaskId) {
        self.answers.remove(&task);
        self.before.remove(&task);
    }

    /// A task will not be started any more: it is not to be asked, and its answer is not waited for.
    pub(super) fn withdraw(&mut self, task: TaskId) {
        self.due.retain(|(_, other)| *other != task);
        if self.open.remove(&task) {
            self.unwanted.insert(task);
        }
        self.failed.remove(&task);
        self.forget(task);
    }

    /// Nobody is to be asked any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Engine {
    /// A task waits for nothing but its turn; before that its function is asked, if it has one.
    pub(super) fn ready(&mut self, task: TaskId) {
        if !self.facts[task.index()].asks {
            return self.enqueue(task);
        }
        self.asking.answers.remove(&task);
        self.asking.due.push_back((self.recorded, task));
        if self.durable < self.recorded {
            self.actions.push(Action::Commit);
        }
    }

    /// Asks those of whom all that they may read is durable.
    pub(super) fn ask(&mut self) {
        if self.stopping.is_some() {
            return;
        }
        while let Some((record, task)) = self.asking.due.front().copied()
            && record <= self.durable
        {
            self.asking.due.pop_front();
            self.asking.open.insert(task);
            let number = self.next_number(task);
            let before = self.asking.before.get(&task).cloned();
            let resources = self.requests[self.facts[task.index()].request as usize].resources;
            self.actions.push(Action::Ask(Question { task, number, resources, before }));
        }
    }

    /// A function has answered.
    pub(super) fn answered(&mut self, task: TaskId, answer: Result<Resources, Box<str>>) {
        if !self.asking.open.remove(&task) {
            // A run that stops does not wait for functions.
            if self.stopping.is_some() || self.asking.unwanted.remove(&task) {
                return;
            }
            return self.ignore(format!("{task:?} was not asked"));
        }
        match answer.and_then(|asked| self.checked(task, asked)) {
            Ok(asked) => {
                self.asking.answers.insert(task, asked);
                self.enqueue(task);
            }
            Err(reason) => {
                self.asking.failed.insert(task, reason);
            }
        }
    }

    /// What can never be given is told, as it is of requests that are known before.
    fn checked(&self, task: TaskId, asked: Resources) -> Result<Resources, Box<str>> {
        let request = &self.requests[self.facts[task.index()].request as usize];
        let request = Request { resources: asked, ..request.clone() };
        let limits = &self.admission.limits;
        match (asked.memory, limits.memory, request.refused()) {
            _ if asked.cores == 0 => Err("the function asks for 0 cores, and a task needs one at least".into()),
            _ if asked.memory.is_some_and(|memory| memory.bytes() == 0) => {
                Err("the function asks for no memory; `None` leaves it without a limit".into())
            }
            _ if asked.runtime.is_some_and(|runtime| runtime.seconds() == 0) => {
                Err("the function asks for no time; `None` leaves it without a limit".into())
            }
            (Some(memory), Some(there_is), _) if memory > there_is => Err(format!(
                "the function asks for {memory} of memory, but there are {there_is} for all tasks together"
            )
            .into()),
            (_, _, Some(refusal)) => Err(format!(
                "the function asks for {}, but the queue `{}` gives {}",
                refusal.asked, refusal.queue, refusal.limit
            )
            .into()),
            (_, _, None) => Ok(asked),
        }
    }

    /// Writes down whose function failed: as an attempt that never started, so that the reason is found where others are.
    pub(super) fn fail_refused(&mut self) {
        // Each of them may be one failure too many.
        while let Some(task) = self.asking.failed.first_key_value().map(|(task, _)| *task)
            && self.stopping.is_none()
        {
            let Some(attempt) = self.next_attempt_id() else { return };
            let Some(reason) = self.asking.failed.remove(&task) else { return };
            self.refuse(task, attempt, Failure::ResourcesFailed(reason));
        }
    }

    /// No output is ever written by it, so that any slot will do.
    fn refuse(&mut self, task: TaskId, attempt: AttemptId, failure: Failure) {
        let (number, at) = (self.next_number(task), self.now.wall);
        self.apply(task, TaskStatus::Launched { attempt });
        let granted = self.granted(task);
        self.record(Record::Intent { attempt, task, number, slot: SlotId(0), granted, at });
        let verdict = Verdict::Failed(failure.clone());
        let ending = Ending { verdict, at, usage: Usage::default(), strays: Vec::new() };
        self.record(Record::Ended { attempt, task, ending });
        self.history.entry(task).or_default().attempts = number;
        self.task_failed(task, failure);
    }
}
