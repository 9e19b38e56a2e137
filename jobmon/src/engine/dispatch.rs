//! Who starts next.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::admission::Booking;
use crate::engine::queue::{Class, Urgency};
use crate::engine::state::{Engine, Live, Phase};
use crate::engine::{Action, Order};
use crate::id::{AttemptId, TaskId};
use crate::model::{Record, TaskStatus};
use std::cmp::Reverse;
use std::time::Duration;

/// What could start now.
enum Choice {
    /// An attempt whose intent was recorded ahead.
    Ahead(AttemptId),
    /// The most urgent queued task of this class.
    Queued(Class),
}

impl Engine {
    /// Only where attempts are as short as this is anything gained by handing over; where they take longer, an order
    /// that was handed over would let a more urgent one wait.
    const HAND_OVER_BELOW: Duration = Duration::from_secs(1);
    /// Attempts as short as this end before what follows them could be ordered on a busy machine: two are handed over behind
    /// each that runs.
    const HAND_OVER_TWO_BELOW: Duration = Duration::from_millis(20);

    /// Fills what is free, records a few intents ahead, and hands over.
    pub(super) fn dispatch(&mut self) {
        if self.stopping.is_some() {
            return;
        }
        let mut something_waits = false;
        while let Some(choice) = self.choose() {
            let attempt = match choice {
                Choice::Ahead(attempt) => {
                    self.ahead.remove(&(Reverse(self.urgency_of(attempt)), attempt));
                    attempt
                }
                Choice::Queued(class) => match self.intend(class) {
                    Some(attempt) => attempt,
                    None => break,
                },
            };
            something_waits |= self.admit(attempt);
        }
        while self.ahead.len() < self.wanted_ahead() {
            let best = self.queue.best(|class| self.admission.has_room(class));
            let Some(attempt) = best.and_then(|(_, class)| self.intend(class)) else { break };
            self.ahead.insert((Reverse(self.urgency_of(attempt)), attempt));
        }
        if something_waits {
            self.actions.push(Action::Commit);
        }
        self.hand_over();
        self.call_back();
    }

    /// Whether attempts are so short that the time between an end and the next start counts.
    fn is_quick(&self) -> bool {
        self.pace.is_some_and(|pace| pace < Self::HAND_OVER_BELOW)
    }

    /// Intents ahead hold output files and look like work that was begun: no more of them than help.
    fn wanted_ahead(&self) -> usize {
        if self.admission.held {
            return 0;
        }
        let limits = &self.admission.limits;
        let wanted = if self.is_quick() { limits.ahead } else { limits.ahead.min(limits.slots) };
        wanted as usize
    }

    /// The most urgent, or the most urgent that fits where the very first does not and may be passed. Where attempts are
    /// short, one whose intent is durable goes before one that would have to wait for the disk. What its own template holds
    /// back waits for its siblings, so that nobody passes it.
    fn choose(&mut self) -> Option<Choice> {
        // Most events of a busy machine find it full: nothing is gone through then.
        if self.admission.is_full() {
            return None;
        }
        let fits = |attempt: &AttemptId| self.admission.fits_in(self.booking_of(*attempt));
        let ready = |attempt: &AttemptId| self.live[attempt].phase == Phase::Durable;
        let mut ahead = self.ahead.iter().filter(|(_, attempt)| fits(attempt));
        let durable = if self.is_quick() { ahead.clone().find(|(_, attempt)| ready(attempt)) } else { None };
        let queued = self.queue.best(|class| self.admission.fits(class));
        let (chosen, choice) = match (durable.or_else(|| ahead.next()), queued) {
            (Some((Reverse(urgency), attempt)), queued)
                if durable.is_some() || queued.is_none_or(|(queued, _)| queued < *urgency) =>
            {
                (*urgency, Choice::Ahead(*attempt))
            }
            (_, queued) => queued.map(|(urgency, class)| (urgency, Choice::Queued(class)))?,
        };
        let queued = self.queue.best(|class| self.admission.has_room(class)).map(|best| best.0);
        let first = [self.ahead.first().map(|(Reverse(urgency), _)| *urgency), queued];
        let first = first.into_iter().flatten().max().filter(|first| *first > chosen);
        // Nobody is passed who could start as well and only waits for the disk.
        let first = first.map(|first| first.2.0).filter(|task| !self.admission.fits_in(self.class(*task).booking));
        match first {
            Some(first) if !self.admission.may_pass(first) => None,
            _ => Some(choice),
        }
    }

    /// Gives the executor attempts that it starts by itself when running ones end, into whose place they fit.
    fn hand_over(&mut self) {
        if !self.admission.limits.hand_over || !self.is_quick() || self.admission.is_over() {
            return;
        }
        let durable = |engine: &Self| {
            let mut durable = engine.ahead.iter().filter(|(_, attempt)| engine.live[attempt].phase == Phase::Durable);
            durable.next().copied()
        };
        while let Some((urgency, attempt)) = durable(self) {
            let booking = self.booking_of(attempt);
            let Some(after) = self.place_behind(booking) else { break };
            self.ahead.remove(&(urgency, attempt));
            if self.without_follower.remove(&after) {
                self.followed_by_none.insert(attempt);
            }
            self.followed_by_none.remove(&after);
            if let Some(before) = self.live.get_mut(&after) {
                before.follower = Some(attempt);
            }
            self.order(attempt, Some(after));
        }
    }

    /// An attempt behind which another finds its place: one that runs, else one that follows one that does.
    fn place_behind(&self, booking: Booking) -> Option<AttemptId> {
        let fits = |before: &&AttemptId| booking.fits_into(self.booking_of(**before));
        let running = self.without_follower.iter().find(fits);
        let two = self.pace.is_some_and(|pace| pace < Self::HAND_OVER_TWO_BELOW);
        running.or_else(|| self.followed_by_none.iter().filter(|_| two).find(fits)).copied()
    }

    pub(super) fn urgency_of(&self, attempt: AttemptId) -> Urgency {
        let task = self.live[&attempt].task;
        self.queue.urgency(task, self.facts[task.index()], self.depth[task.index()])
    }

    pub(super) fn booking_of(&self, attempt: AttemptId) -> Booking {
        self.live[&attempt].class.booking
    }

    /// Gives an attempt its place among those that run; true if it still has to wait for its intent.
    fn admit(&mut self, attempt: AttemptId) -> bool {
        let live = self.live.get_mut(&attempt).expect("it was chosen among the live ones");
        live.admitted = true;
        let (task, phase) = (live.task, live.phase);
        self.admission.take(task, live.class.booking);
        if phase == Phase::Durable {
            self.launch(attempt);
        }
        phase == Phase::Intended
    }

    /// Records the intent of an attempt at the best queued task of a class.
    fn intend(&mut self, class: Class) -> Option<AttemptId> {
        let attempt = self.next_attempt_id()?;
        let task = self.queue.pop(class)?;
        let class = self.send_canary(class, task);
        let slot = self.free_slots.pop_first().expect("there are as many slots as attempts may live");
        let number = self.next_number(task);
        self.admission.intended(class);
        self.apply(task, TaskStatus::Launched { attempt });
        let granted = self.granted(task);
        let phase = Phase::Intended;
        let live = Live { task, number, slot, granted, class, phase, admitted: false, follower: None };
        self.live.insert(attempt, live);
        self.record(Record::Intent { attempt, task, number, slot, granted, at: self.now.wall });
        self.intents.push_back((self.recorded, attempt));
        Some(attempt)
    }

    /// A number that no attempt has yet; more are asked for where there are none.
    pub(super) fn next_attempt_id(&mut self) -> Option<AttemptId> {
        let id = self.attempt_ids.next();
        if id.is_none() && !std::mem::replace(&mut self.asked_for_ids, true) {
            self.actions.push(Action::NeedAttemptIds);
        }
        id.map(AttemptId)
    }

    /// The how manieth attempt at the task the next one is.
    pub(super) fn next_number(&self, task: TaskId) -> u32 {
        self.history.get(&task).map_or(0, |history| history.attempts) + 1
    }

    pub(super) fn launch(&mut self, attempt: AttemptId) {
        self.order(attempt, None);
        self.without_follower.insert(attempt);
    }

    fn order(&mut self, attempt: AttemptId, after: Option<AttemptId>) {
        let live = self.live.get_mut(&attempt).expect("only live attempts are ordered");
        live.phase = match after {
            Some(after) => Phase::HandedOver { after, called_back: false },
            None => Phase::Launched,
        };
        let Live { task, number, slot, granted, .. } = *live;
        let order = Order { attempt, task, number, slot, granted, after };
        self.actions.push(Action::Launch(order));
    }

    /// An attempt has ended, and the one that was to follow it has its place: the executor starts it by itself.
    pub(super) fn follow(&mut self, follower: AttemptId) {
        let Some(live) = self.live.get_mut(&follower) else { return };
        live.phase = Phase::Launched;
        live.admitted = true;
        let (task, booking) = (live.task, live.class.booking);
        self.admission.take(task, booking);
        self.followed_by_none.remove(&follower);
        match live.follower {
            Some(next) => self.keep_place(next),
            None => self.keep_place(follower),
        }
    }

    /// An attempt that waited behind another has ended: what was to follow it follows that one instead.
    pub(super) fn close_up(&mut self, before: AttemptId, follower: Option<AttemptId>) {
        if let Some(live) = self.live.get_mut(&before) {
            live.follower = follower;
        }
        if let Some(Live { phase: Phase::HandedOver { after, .. }, .. }) =
            follower.and_then(|next| self.live.get_mut(&next))
        {
            *after = before;
        }
        self.keep_place(follower.unwrap_or(before));
    }

    /// Writes down that another may be ordered after this attempt, where that is so.
    fn keep_place(&mut self, attempt: AttemptId) {
        let Some(live) = self.live.get(&attempt).filter(|live| live.follower.is_none()) else { return };
        match live.phase {
            Phase::Launched | Phase::Running => {
                self.without_follower.insert(attempt);
            }
            Phase::HandedOver { after, called_back: false }
                if self
                    .live
                    .get(&after)
                    .is_some_and(|before| matches!(before.phase, Phase::Launched | Phase::Running)) =>
            {
                self.followed_by_none.insert(attempt);
            }
            Phase::HandedOver { .. } | Phase::Intended | Phase::Durable => {}
        }
    }

    /// An attempt that was called back before it started has its turn again.
    pub(super) fn came_back(&mut self, attempt: AttemptId, mut live: Live, after: AttemptId) {
        self.close_up(after, live.follower.take());
        live.phase = Phase::Durable;
        self.live.insert(attempt, live);
        self.ahead.insert((Reverse(self.urgency_of(attempt)), attempt));
        self.actions.push(Action::Forget(vec![attempt]));
    }

    pub(super) fn wake_delayed(&mut self) {
        while let Some((at, task)) = self.delayed.first().copied()
            && at <= self.now.mono
        {
            self.delayed.pop_first();
            self.ready(task);
        }
    }

    pub(super) fn enqueue(&mut self, task: TaskId) {
        let urgency = self.queue.urgency(task, self.facts[task.index()], self.depth[task.index()]);
        self.queue.push(self.class(task), urgency);
    }
}
