//! Limits that change while a run lasts. Lowering them ends nothing that runs; what has not started yet is called back.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::Action;
use crate::engine::state::{Engine, Live, Phase};
use crate::id::AttemptId;
use std::cmp::Reverse;

impl Engine {
    /// Another limit. What has its place among those that run, but still waits for the disk, may lose it.
    pub(super) fn limit(&mut self, tasks: Option<u32>) {
        self.admission.limits.max_concurrently_running = tasks;
        let waits = |live: &Live| live.admitted && live.phase == Phase::Intended;
        let waiting: Vec<AttemptId> =
            self.live.iter().filter(|(_, live)| waits(live)).map(|(attempt, _)| *attempt).collect();
        for attempt in waiting.into_iter().rev() {
            if !self.admission.is_over() {
                return;
            }
            self.admission.give_back(self.booking_of(attempt));
            self.ahead.insert((Reverse(self.urgency_of(attempt)), attempt));
            if let Some(live) = self.live.get_mut(&attempt) {
                live.admitted = false;
            }
        }
    }

    /// Another limit of a template. What was to start of it and is one too many has its turn again later: its intent is
    /// taken back, and what was handed over is called back.
    pub(super) fn limit_template(&mut self, template: u32, tasks: Option<u32>) {
        if template as usize >= self.by_template.len() {
            return self.ignore(format!("there is no template {template} to limit"));
        }
        self.count(template);
        self.admission.limits.templates[template as usize] = tasks;
        if self.stopping.is_some() {
            return;
        }
        let of_it = |live: &Live| live.class.template == Some(template);
        let not_launched = |live: &Live| matches!(live.phase, Phase::Intended | Phase::Durable);
        let waiting = self.live.iter().filter(|(_, live)| of_it(live) && not_launched(live));
        let mut waiting: Vec<_> = waiting.map(|(attempt, _)| (self.urgency_of(*attempt), *attempt)).collect();
        waiting.sort_unstable();
        for (urgency, attempt) in waiting {
            if !self.admission.is_over_of(template) {
                return;
            }
            self.ahead.remove(&(Reverse(urgency), attempt));
            self.attempt_ended(attempt, self.cancelled_now());
        }
        if self.admission.is_over_of(template) {
            self.call_back_all(of_it);
        }
    }

    /// From now on the tasks of a template are counted.
    fn count(&mut self, template: u32) {
        if self.admission.is_counted(template) {
            return;
        }
        let of_it = self.live.values_mut().filter(|live| self.facts[live.task.index()].template == template);
        let live = of_it.map(|live| live.class.template = Some(template)).count();
        self.admission.count(template, u32::try_from(live).unwrap_or(u32::MAX));
        for (_, _, Reverse(task)) in self.queue.take() {
            self.enqueue(task);
        }
    }

    /// Where something is free and nothing else could start, what waits for the end of another is called back. Where more
    /// run than may, all that waits so is: nothing is to start when one of them ends.
    pub(super) fn call_back(&mut self) {
        if self.admission.is_over() {
            return self.call_back_all(|_| true);
        }
        if !self.ahead.is_empty() || self.queue.best(|class| self.admission.has_room(class)).is_some() {
            return;
        }
        for attempt in self.followers() {
            let fits = self.admission.fits_in(self.booking_of(attempt));
            // Who is followed by another comes home after that one. One at a time: it comes home before the next is looked at.
            if fits && self.live[&attempt].follower.is_none() && self.note_called_back(attempt) {
                return self.actions.push(Action::CallBack(vec![attempt]));
            }
        }
    }

    /// Calls back all that waits for the end of another, of which this holds, and what waits behind that.
    pub(super) fn call_back_all(&mut self, meant: impl Fn(&Live) -> bool) {
        let is_meant = |attempt: &AttemptId| {
            let live = &self.live[attempt];
            let behind = match live.phase {
                Phase::HandedOver { after, .. } => self.live.get(&after),
                Phase::Intended | Phase::Durable | Phase::Launched | Phase::Running => None,
            };
            let behind = behind.filter(|before| matches!(before.phase, Phase::HandedOver { .. }));
            meant(live) || behind.is_some_and(&meant)
        };
        let followers: Vec<AttemptId> = self.followers().into_iter().filter(is_meant).collect();
        let called_back: Vec<AttemptId> =
            followers.into_iter().filter(|attempt| self.note_called_back(*attempt)).collect();
        if !called_back.is_empty() {
            self.actions.push(Action::CallBack(called_back));
        }
    }

    /// What waits for the end of another. Those that others wait for come last: nobody waits for what is not there.
    fn followers(&self) -> Vec<AttemptId> {
        let mut followers: Vec<AttemptId> = self.live.values().filter_map(|live| live.follower).collect();
        followers.sort_by_key(|follower| self.live[follower].follower.is_some());
        followers
    }

    /// False where it is not to be called back, or was before.
    fn note_called_back(&mut self, attempt: AttemptId) -> bool {
        match self.live.get_mut(&attempt).map(|live| &mut live.phase) {
            Some(Phase::HandedOver { called_back: was @ false, .. }) => {
                *was = true;
                self.followed_by_none.remove(&attempt);
                true
            }
            Some(
                Phase::HandedOver { called_back: true, .. }
                | Phase::Intended
                | Phase::Durable
                | Phase::Launched
                | Phase::Running,
            )
            | None => false,
        }
    }
}
