//! Which orders wait, which run where, and which ends are not durable yet: the keeper's decisions, without its deeds.

use crate::exec::local::message::Head;
use crate::id::AttemptId;
use crate::model::{After, Cancel, Ending, Failure, Usage, Verdict};
use crate::time::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::mem;

/// An order to start an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) head: Head,
    /// The whole message, for the slot process.
    pub(super) message: Vec<u8>,
}

/// What the keeper is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Give the order to this slot process, which starts it at once, or after the attempt that it has.
    Start { slot: usize, message: Vec<u8> },
    /// Tell this slot process to end these attempts, or not to start them.
    Cancel { slot: usize, attempts: Vec<AttemptId>, how: Cancel },
    /// Tell this slot process not to start these attempts.
    CallBack { slot: usize, attempts: Vec<AttemptId> },
    /// Tell the driver.
    Tell { attempt: AttemptId, ending: Ending },
}

/// What a slot process has to do.
#[derive(Clone, Debug, Default)]
struct Place {
    running: Option<Head>,
    /// It starts this one by itself once the running one has ended, so that nobody is waited for between the two.
    next: Option<Head>,
    /// Its process has died, and what it has left is being ended.
    is_dead: bool,
}

/// All attempts that the keeper knows of.
#[derive(Debug, Default)]
pub(super) struct Roster {
    slots: Vec<Place>,
    /// In the order of starting.
    ready: VecDeque<Order>,
    /// Orders that wait for the end of another attempt, by that attempt.
    held: BTreeMap<AttemptId, Vec<Order>>,
    /// Ends that the driver has not called durable.
    unrecorded: BTreeMap<AttemptId, Ending>,
    closing: bool,
    abandoned: bool,
    deeds: Vec<Deed>,
}

impl Roster {
    /// Opens so many slots.
    pub(super) fn open(&mut self, slots: usize) {
        self.slots.resize_with(slots, Place::default);
    }

    /// What is to be done because of all that was told since the last call.
    pub(super) fn deeds(&mut self) -> Vec<Deed> {
        mem::take(&mut self.deeds)
    }

    /// An order came in.
    pub(super) fn launch(&mut self, now: Timestamp, order: Order) {
        if self.abandoned {
            return self.end(now, order.head.attempt, never_started(now));
        }
        match order.head.after {
            Some(After::AnyEnd(first) | After::Success(first)) if self.is_expected(first) => {
                self.held.entry(first).or_default().push(order);
                if let Some(slot) = self.slot_of(first) {
                    self.look_ahead(slot);
                }
            }
            Some(After::Success(first)) if !self.is_done(first) => {
                self.end(now, order.head.attempt, never_started(now));
            }
            Some(After::AnyEnd(_) | After::Success(_)) | None => self.ready.push_back(order),
        }
        self.fill();
    }

    /// Attempts are to end, and orders are called back.
    pub(super) fn cancel(&mut self, now: Timestamp, attempts: &[AttemptId], how: Cancel) {
        // What waits first: nothing is to start because another has been ended.
        let (running, waiting): (Vec<AttemptId>, Vec<AttemptId>) =
            attempts.iter().partition(|attempt| self.slot_of(**attempt).is_some());
        for attempt in waiting.into_iter().chain(running) {
            if let Some(slot) = self.slot_of(attempt).or_else(|| self.slot_before(attempt)) {
                self.deeds.push(Deed::Cancel { slot, attempts: vec![attempt], how });
            } else if self.forgo(attempt) {
                self.end(now, attempt, never_started(now));
            }
        }
        self.fill();
    }

    /// Orders are called back; what runs goes on.
    pub(super) fn call_back(&mut self, now: Timestamp, attempts: &[AttemptId]) {
        for &attempt in attempts {
            if let Some(slot) = self.slot_before(attempt) {
                self.deeds.push(Deed::CallBack { slot, attempts: vec![attempt] });
            } else if self.forgo(attempt) {
                self.end(now, attempt, never_started(now));
            }
        }
        self.fill();
    }

    /// These ends are durable.
    pub(super) fn recorded(&mut self, attempts: &[AttemptId]) {
        for attempt in attempts {
            self.unrecorded.remove(attempt);
        }
    }

    /// The driver wants no more: once all attempts have ended, so does the keeper.
    pub(super) fn close(&mut self) {
        self.closing = true;
    }

    /// The driver is gone: what runs is to end, what waits does not start.
    pub(super) fn abandon(&mut self, now: Timestamp) {
        if mem::replace(&mut self.abandoned, true) {
            return;
        }
        let waiting = self.ready.drain(..).chain(mem::take(&mut self.held).into_values().flatten());
        let waiting: Vec<AttemptId> = waiting.map(|order| order.head.attempt).collect();
        for attempt in waiting {
            self.end(now, attempt, never_started(now));
        }
        for (slot, place) in self.slots.iter().enumerate() {
            // In one message: what is next does not start when the running one has ended.
            let attempts: Vec<AttemptId> = place.heads().map(|head| head.attempt).collect();
            if !attempts.is_empty() {
                self.deeds.push(Deed::Cancel { slot, attempts, how: Cancel::Gracefully });
            }
        }
    }

    /// Whether it is this attempt that runs in this slot.
    pub(super) fn runs(&self, slot: usize, attempt: AttemptId) -> bool {
        self.slots[slot].running.as_ref().is_some_and(|head| head.attempt == attempt)
    }

    /// An attempt that a slot has, or was to have next, has ended.
    pub(super) fn ended(&mut self, now: Timestamp, slot: usize, attempt: AttemptId, ending: Ending) {
        let place = &mut self.slots[slot];
        if place.running.as_ref().is_some_and(|head| head.attempt == attempt) {
            place.running = place.next.take();
        } else if place.next.as_ref().is_some_and(|head| head.attempt == attempt) {
            place.next = None;
        } else {
            return;
        }
        self.look_ahead(slot);
        self.end(now, attempt, ending);
        self.fill();
    }

    /// A slot's process has died. False where it had nothing to do.
    pub(super) fn died(&mut self, slot: usize) -> bool {
        let place = &mut self.slots[slot];
        place.is_dead = place.running.is_some();
        place.is_dead
    }

    /// Nothing is left of what a slot process that died had started. Which of its two attempts that was it cannot tell any
    /// more.
    pub(super) fn lost(&mut self, now: Timestamp, slot: usize) {
        for head in mem::take(&mut self.slots[slot]).heads() {
            self.end(now, head.attempt, vanished(now));
        }
        self.fill();
    }

    /// What a slot has to do.
    pub(super) fn heads(&self, slot: usize) -> impl Iterator<Item = &Head> {
        self.slots[slot].heads()
    }

    /// Whether no attempt runs or waits, and none will come.
    pub(super) fn is_finished(&self) -> bool {
        (self.closing || self.abandoned) && self.ready.is_empty() && self.held.is_empty() && self.is_idle()
    }

    /// The ends that nobody else remembers.
    pub(super) fn unrecorded(&self) -> &BTreeMap<AttemptId, Ending> {
        &self.unrecorded
    }

    fn is_idle(&self) -> bool {
        self.slots.iter().all(|place| place.running.is_none())
    }

    fn slot_of(&self, attempt: AttemptId) -> Option<usize> {
        (0..self.slots.len()).find(|slot| self.runs(*slot, attempt))
    }

    /// The slot that starts this attempt next.
    fn slot_before(&self, attempt: AttemptId) -> Option<usize> {
        let is_it = |place: &Place| place.next.as_ref().is_some_and(|head| head.attempt == attempt);
        self.slots.iter().position(is_it)
    }

    fn is_waiting(&self, attempt: AttemptId) -> bool {
        let mut orders = self.ready.iter().chain(self.held.values().flatten());
        orders.any(|order| order.head.attempt == attempt)
    }

    fn is_expected(&self, attempt: AttemptId) -> bool {
        self.slot_of(attempt).or_else(|| self.slot_before(attempt)).is_some() || self.is_waiting(attempt)
    }

    /// Whether an attempt has ended well. The driver may order what comes after an end before it has read of it, but
    /// not after it has called it durable; so the end is still here.
    fn is_done(&self, attempt: AttemptId) -> bool {
        self.unrecorded.get(&attempt).is_some_and(|ending| ending.verdict == Verdict::Done)
    }

    /// Takes an order out that waits; false if there is none.
    fn forgo(&mut self, attempt: AttemptId) -> bool {
        let is_it = |order: &Order| order.head.attempt == attempt;
        if let Some(place) = self.ready.iter().position(is_it) {
            self.ready.remove(place);
            return true;
        }
        for orders in self.held.values_mut() {
            if let Some(place) = orders.iter().position(is_it) {
                orders.remove(place);
                return true;
            }
        }
        false
    }

    /// An attempt has ended, and with it those that can no longer start. What may now start goes before all others,
    /// into what the ended one held.
    fn end(&mut self, now: Timestamp, attempt: AttemptId, ending: Ending) {
        let mut ends = VecDeque::from([(attempt, ending)]);
        while let Some((attempt, ending)) = ends.pop_front() {
            let done = ending.verdict == Verdict::Done;
            for order in self.held.remove(&attempt).unwrap_or_default().into_iter().rev() {
                match order.head.after {
                    Some(After::Success(_)) if !done => ends.push_back((order.head.attempt, never_started(now))),
                    _ => self.ready.push_front(order),
                }
            }
            self.unrecorded.insert(attempt, ending.clone());
            self.deeds.push(Deed::Tell { attempt, ending });
        }
    }

    fn fill(&mut self) {
        while let Some(slot) = self.slots.iter().position(|place| place.running.is_none()) {
            let Some(Order { head, message }) = self.ready.pop_front() else { return };
            self.slots[slot].running = Some(head);
            self.deeds.push(Deed::Start { slot, message });
            self.look_ahead(slot);
        }
    }

    /// Gives a slot process that has something to do what comes after it, where that is known.
    fn look_ahead(&mut self, slot: usize) {
        let Place { running: Some(Head { attempt, .. }), next: None, is_dead: false } = &self.slots[slot] else {
            return;
        };
        if let Some(held) = self.held.get_mut(attempt)
            && !held.is_empty()
        {
            let Order { head, message } = held.remove(0);
            self.slots[slot].next = Some(head);
            self.deeds.push(Deed::Start { slot, message });
        }
    }
}

impl Place {
    fn heads(&self) -> impl Iterator<Item = &Head> {
        self.running.iter().chain(&self.next)
    }
}

/// The end of an order that never became a process.
pub(super) fn never_started(now: Timestamp) -> Ending {
    Ending { verdict: Verdict::Cancelled, at: now, usage: Usage::default(), strays: Vec::new() }
}

/// The end of an attempt that nobody saw.
pub(in crate::exec::local) fn vanished(now: Timestamp) -> Ending {
    Ending { verdict: Verdict::Failed(Failure::Vanished), at: now, usage: Usage::default(), strays: Vec::new() }
}
