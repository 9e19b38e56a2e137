//! How much may run at once, and for how long smaller tasks may pass one that does not fit.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::Limits;
use crate::engine::canary::Canary;
use crate::engine::queue::Class;
use crate::id::TaskId;
use crate::model::Resources;

/// What an attempt books of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Booking {
    pub(super) cores: u32,
    /// In MiB. What asks for none books none.
    pub(super) memory: u32,
}

impl Booking {
    /// What is booked for these resources where there is so much; who asks for more than there is has everything to itself.
    pub(super) fn of(granted: Resources, limits: &Limits) -> Self {
        let memory = granted.memory.map_or(0, |memory| rounded(mebibytes(memory.bytes())));
        Self { cores: granted.cores.min(limits.cores), memory: memory.min(limits.mebibytes()) }
    }

    /// Whether what another attempt booked is enough.
    pub(super) const fn fits_into(self, other: Self) -> bool {
        self.cores <= other.cores && self.memory <= other.memory
    }
}

fn mebibytes(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(u32::MAX)
}

/// Up to the next of 32 steps between two powers of two: requests of a million different sizes are few different bookings,
/// and at most a thirty-second part of the memory is booked in vain.
const fn rounded(mebibytes: u32) -> u32 {
    if mebibytes <= 64 {
        return mebibytes;
    }
    let step = 1 << (mebibytes.ilog2() - 5);
    match mebibytes.checked_next_multiple_of(step) {
        Some(rounded) => rounded,
        None => u32::MAX,
    }
}

impl Limits {
    /// The memory that there is, in MiB; whatever is asked for fits where nothing is said of it.
    fn mebibytes(&self) -> u32 {
        self.memory.map_or(u32::MAX, |memory| u32::try_from(memory.bytes() >> 20).unwrap_or(u32::MAX))
    }
}

/// What is in use, and who has waited for how many others.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    pub(super) limits: Limits,
    /// Whether nothing may start, whatever the limits say.
    pub(super) held: bool,
    used_slots: u32,
    used_cores: u32,
    /// In MiB.
    used_memory: u64,
    /// For each template, how many of its attempts live, those whose intent was recorded ahead included. Those that are not
    /// counted have no limit, and had none.
    live: Vec<Option<u32>>,
    /// How far the canary of each template is; none where there are none.
    pub(super) canaries: Vec<Canary>,
    /// The task that should start next but does not fit, and how many passed it.
    waiting: Option<(TaskId, u32)>,
}

impl Admission {
    /// So many tasks may pass one that does not fit; then it has its turn.
    const PASSES: u32 = 64;

    pub(super) fn new(limits: Limits) -> Self {
        let live = limits.templates.iter().map(|limit| (limit.is_some() || limits.rules.canary).then_some(0)).collect();
        let canaries = if limits.rules.canary { vec![Canary::Awaited; limits.templates.len()] } else { Vec::new() };
        Self { limits, held: false, used_slots: 0, used_cores: 0, used_memory: 0, live, canaries, waiting: None }
    }

    fn slots(&self) -> u32 {
        if self.held {
            return 0;
        }
        self.limits.max_concurrently_running.unwrap_or(u32::MAX).min(self.limits.slots)
    }

    fn limit(&self, template: u32) -> Option<u32> {
        self.limits.templates.get(template as usize).copied().flatten()
    }

    /// Whether the attempts at a template's tasks are counted.
    pub(super) fn is_counted(&self, template: u32) -> bool {
        self.live[template as usize].is_some()
    }

    /// Whether a task is the one of its template that others wait for.
    pub(super) fn is_canary(&self, template: u32, task: TaskId) -> bool {
        self.canaries.get(template as usize) == Some(&Canary::Sent(task))
    }

    /// From now on they are; so many live.
    pub(super) fn count(&mut self, template: u32, live: u32) {
        self.live[template as usize] = Some(live);
    }

    fn live_of(&self, template: u32) -> u32 {
        self.live[template as usize].unwrap_or(0)
    }

    /// Whether the template of this class lets one more of it start.
    pub(super) fn has_room(&self, class: Class) -> bool {
        let Some(template) = class.template else { return true };
        let waits = self.canaries.get(template as usize).is_some_and(|canary| canary.holds_back(class.is_canary));
        !waits && self.limit(template).is_none_or(|limit| self.live_of(template) < limit)
    }

    /// Whether more of a template live than may, since its limit was lowered.
    pub(super) fn is_over_of(&self, template: u32) -> bool {
        self.limit(template).is_some_and(|limit| self.live_of(template) > limit)
    }

    pub(super) fn fits(&self, class: Class) -> bool {
        self.has_room(class) && self.fits_in(class.booking)
    }

    /// An attempt of this class was born: it counts for its template from its intent on.
    pub(super) fn intended(&mut self, class: Class) {
        if let Some(live) = class.template.and_then(|template| self.live[template as usize].as_mut()) {
            *live += 1;
        }
    }

    /// An attempt of this class has ended, whether it was admitted or not.
    pub(super) fn ended(&mut self, class: Class) {
        if let Some(live) = class.template.and_then(|template| self.live[template as usize].as_mut()) {
            *live -= 1;
        }
    }

    /// Whether not even an attempt that books nothing would fit.
    pub(super) fn is_full(&self) -> bool {
        !self.fits_in(Booking { cores: 0, memory: 0 })
    }

    /// Whether the machine has room for an attempt of which the template has no more to say.
    pub(super) fn fits_in(&self, booking: Booking) -> bool {
        self.used_slots < self.slots()
            && self.used_cores + booking.cores <= self.limits.cores
            && (booking.memory == 0
                || self.used_memory + u64::from(booking.memory) <= u64::from(self.limits.mebibytes()))
    }

    /// Whether more run than may, since the limit was lowered.
    pub(super) fn is_over(&self) -> bool {
        self.used_slots > self.slots()
    }

    pub(super) fn take(&mut self, task: TaskId, booking: Booking) {
        self.used_slots += 1;
        self.used_cores += booking.cores;
        self.used_memory += u64::from(booking.memory);
        if self.waiting.is_some_and(|(waiting, _)| waiting == task) {
            self.waiting = None;
        }
    }

    pub(super) fn give_back(&mut self, booking: Booking) {
        self.used_slots -= 1;
        self.used_cores -= booking.cores;
        self.used_memory -= u64::from(booking.memory);
    }

    /// Whether another task may start before `first`, which does not fit; counts it if so.
    pub(super) fn may_pass(&mut self, first: TaskId) -> bool {
        let passed = match self.waiting {
            Some((waiting, passed)) if waiting == first => passed,
            _ => 0,
        };
        self.waiting = Some((first, passed.saturating_add(1)));
        passed < Self::PASSES
    }

    #[cfg(test)]
    pub(super) fn live(&self) -> &[Option<u32>] {
        &self.live
    }

    #[cfg(test)]
    pub(super) const fn used(&self) -> (u32, u32, u64) {
        (self.used_slots, self.used_cores, self.used_memory)
    }
}
