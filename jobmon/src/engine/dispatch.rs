//! Who starts next.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::state::{Engine, Live, Phase};
use crate::engine::{Action, Order};
use crate::id::{AttemptId, TaskId};
use crate::model::{Record, TaskStatus};

/// What could start now.
enum Choice {
    /// An attempt whose intent was recorded ahead, at this place of the list.
    Ahead(usize),
    /// The best queued task that uses so many cores.
    Queued(u32),
}

impl Engine {
    /// Fills what is free, and records a few intents ahead.
    pub(super) fn dispatch(&mut self) {
        if self.stopping.is_some() {
            return;
        }
        let mut something_waits = false;
        while let Some(choice) = self.choose() {
            let attempt = match choice {
                Choice::Ahead(place) => self.ahead.remove(place),
                Choice::Queued(cores) => self.intend(cores),
            };
            let Some(attempt) = attempt else { break };
            something_waits |= self.admit(attempt);
        }
        while self.ahead.len() < self.admission.limits.ahead as usize {
            let best = self.queue.best(|_| true);
            let Some(attempt) = best.and_then(|(cores, _)| self.intend(cores)) else { break };
            self.ahead.push_back(attempt);
        }
        if something_waits {
            self.actions.push(Action::Commit);
        }
    }

    /// The first in order, or the first that fits where the very first does not and may be passed.
    fn choose(&mut self) -> Option<Choice> {
        let place = self.ahead.iter().position(|attempt| self.admission.fits(self.cores_of(*attempt)));
        let queued = self.queue.best(|cores| self.admission.fits(cores)).map(|(cores, task)| (task, cores));
        let first = match self.ahead.front() {
            Some(attempt) => Some(self.live[attempt].task),
            None => self.queue.best(|_| true).map(|(_, task)| task),
        };
        let (chosen, choice) = match (place, queued) {
            (Some(place), _) => (self.live[&self.ahead[place]].task, Choice::Ahead(place)),
            (None, Some((task, cores))) => (task, Choice::Queued(cores)),
            (None, None) => return None,
        };
        match first {
            Some(first) if first != chosen && !self.admission.may_pass(first) => None,
            _ => Some(choice),
        }
    }

    fn cores_of(&self, attempt: AttemptId) -> u32 {
        self.facts[self.live[&attempt].task.index()].cores
    }

    /// Gives an attempt its place among those that run; true if it still has to wait for its intent.
    fn admit(&mut self, attempt: AttemptId) -> bool {
        let cores = self.cores_of(attempt);
        let live = self.live.get_mut(&attempt).expect("it was chosen among the live ones");
        live.admitted = true;
        let (task, phase) = (live.task, live.phase);
        self.admission.take(task, cores);
        if phase == Phase::Durable {
            self.launch(attempt);
        }
        phase == Phase::Intended
    }

    /// Records the intent of an attempt at the best queued task that uses so many cores.
    fn intend(&mut self, cores: u32) -> Option<AttemptId> {
        let Some(id) = self.attempt_ids.next() else {
            if !std::mem::replace(&mut self.asked_for_ids, true) {
                self.actions.push(Action::NeedAttemptIds);
            }
            return None;
        };
        let attempt = AttemptId(id);
        let task = self.queue.pop(cores)?;
        let slot = self.free_slots.pop_first().expect("there are as many slots as attempts may live");
        let number = self.history.get(&task).map_or(0, |history| history.attempts) + 1;
        self.apply(task, TaskStatus::Launched { attempt });
        self.live.insert(attempt, Live { task, number, slot, phase: Phase::Intended, admitted: false });
        self.record(Record::Intent { attempt, task, number, slot, at: self.now.wall });
        self.intents.push_back((self.recorded, attempt));
        Some(attempt)
    }

    pub(super) fn launch(&mut self, attempt: AttemptId) {
        let live = self.live.get_mut(&attempt).expect("only live attempts are launched");
        live.phase = Phase::Launched;
        let order = Order { attempt, task: live.task, number: live.number, slot: live.slot };
        self.actions.push(Action::Launch(order));
    }

    pub(super) fn wake_delayed(&mut self) {
        while let Some((at, task)) = self.delayed.first().copied()
            && at <= self.now.mono
        {
            self.delayed.pop_first();
            self.enqueue(task);
        }
    }

    pub(super) fn enqueue(&mut self, task: TaskId) {
        self.queue.push(task, self.facts[task.index()], self.depth[task.index()]);
    }
}
