//! Who starts next.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::queue::Class;
use crate::engine::state::{Engine, Live, Phase};
use crate::engine::{Action, Order};
use crate::id::{AttemptId, TaskId};
use crate::model::{Record, TaskStatus};

/// What could start now.
enum Choice {
    /// An attempt whose intent was recorded ahead, at this place of the list.
    Ahead(usize),
    /// The best queued task of this class.
    Queued(Class),
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
                Choice::Queued(class) => self.intend(class),
            };
            let Some(attempt) = attempt else { break };
            something_waits |= self.admit(attempt);
        }
        while self.ahead.len() < self.admission.limits.ahead as usize {
            let best = self.queue.best(|class| self.admission.has_room(class.template));
            let Some(attempt) = best.and_then(|(class, _)| self.intend(class)) else { break };
            self.ahead.push_back(attempt);
        }
        if something_waits {
            self.actions.push(Action::Commit);
        }
    }

    /// The first in order, or the first that fits where the very first does not and may be passed. What its own
    /// template holds back waits for nobody else, so it is passed without being counted.
    fn choose(&mut self) -> Option<Choice> {
        let place = self.ahead.iter().position(|attempt| self.admission.fits_in(self.cores_of(*attempt)));
        let queued = self.queue.best(|class| self.admission.fits(class)).map(|(class, task)| (task, class));
        let first = match self.ahead.front() {
            Some(attempt) => Some(self.live[attempt].task),
            None => self.queue.best(|class| self.admission.has_room(class.template)).map(|(_, task)| task),
        };
        let (chosen, choice) = match (place, queued) {
            (Some(place), _) => (self.live[&self.ahead[place]].task, Choice::Ahead(place)),
            (None, Some((task, class))) => (task, Choice::Queued(class)),
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

    /// Records the intent of an attempt at the best queued task of a class.
    fn intend(&mut self, class: Class) -> Option<AttemptId> {
        let Some(id) = self.attempt_ids.next() else {
            if !std::mem::replace(&mut self.asked_for_ids, true) {
                self.actions.push(Action::NeedAttemptIds);
            }
            return None;
        };
        let attempt = AttemptId(id);
        let task = self.queue.pop(class)?;
        let slot = self.free_slots.pop_first().expect("there are as many slots as attempts may live");
        let number = self.history.get(&task).map_or(0, |history| history.attempts) + 1;
        self.admission.intended(class);
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
        let (class, priority) = (self.class(task), self.facts[task.index()].priority);
        self.queue.push(task, class, priority, self.depth[task.index()]);
    }
}
