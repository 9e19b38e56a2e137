//! When to look at an attempt that may hold only so much memory: the nearer it comes to that, the sooner.

use std::time::Duration;

/// Watches the memory of an attempt where no cgroup does.
#[derive(Debug)]
pub(super) struct Guard {
    limit: u64,
    next: Duration,
    /// When it was last looked at, and what it held.
    last: (Duration, u64),
}

impl Guard {
    /// So many bytes a second, more or less, one thread gets from the kernel at most. Who was seen to get more is taken at
    /// its word.
    const FASTEST: u64 = 2 << 30;
    const SOONEST: Duration = Duration::from_millis(5);
    const LATEST: Duration = Duration::from_secs(1);
    /// So many times as much processor time as a look takes, this process is idle before the next: counting the pages of
    /// large processes that share them takes long.
    const REST: u32 = 9;

    /// For an attempt that was started now and may hold so many bytes.
    pub(super) fn new(started: Duration, limit: u64) -> Self {
        let mut guard = Self { limit, next: started, last: (started, 0) };
        guard.looked(started, started, Duration::ZERO, 0);
        guard
    }

    /// When the next look is due.
    pub(super) const fn deadline(&self) -> Duration {
        self.next
    }

    /// Whether so many bytes are more than it may hold.
    pub(super) const fn is_too_much(&self, held: u64) -> bool {
        held > self.limit
    }

    /// A look that lasted so long and took so much processor time found so many bytes.
    pub(super) fn looked(&mut self, before: Duration, after: Duration, took: Duration, held: u64) {
        let (then, had) = self.last;
        self.last = (before, held);
        let growth = u128::from(held.saturating_sub(had)) * 1_000_000;
        let seen = growth.checked_div(before.saturating_sub(then).as_micros()).unwrap_or(0);
        let pace = (2 * seen).max(Self::FASTEST.into());
        let room = u128::from(self.limit.saturating_sub(held)) * 1_000_000 / pace;
        let room = Duration::from_micros(u64::try_from(room).unwrap_or(u64::MAX));
        let pause = room.clamp(Self::SOONEST, Self::LATEST);
        self.next = (before + pause).max(after + took * Self::REST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// How much an attempt holds that gets so many bytes a second, when it is first seen to hold more than `limit`, and in
    /// how many looks of a millisecond each.
    fn caught(limit: u64, idle: Duration, speed: u64) -> (u64, u32) {
        let mut guard = Guard::new(ms(1000), limit);
        for looks in 1.. {
            let now = guard.deadline();
            let held = u128::from(speed) * now.saturating_sub(ms(1000) + idle).as_micros() / 1_000_000;
            let held = u64::try_from(held).unwrap();
            if guard.is_too_much(held) {
                return (held, looks);
            }
            guard.looked(now, now + ms(1), ms(1), held);
        }
        unreachable!("numbers do not end")
    }

    #[test]
    fn who_grows_fast_is_caught_soon_after_its_limit_whenever_it_begins() {
        for idle in [0, 1, 50, 98, 1003, 60_000] {
            let (held, _) = caught(200 * MIB, ms(idle), 1 << 30);
            assert!(held < 220 * MIB, "{} MiB after {idle} ms", held / MIB);
        }
        // As several threads may.
        let (held, _) = caught(200 * MIB, ms(60_000), 8 << 30);
        assert!(held < 900 * MIB, "{} MiB", held / MIB);
    }

    #[test]
    fn who_is_far_from_its_limit_is_looked_at_once_a_second() {
        let (held, looks) = caught(64 << 30, ms(0), 100 * MIB);
        assert!(held < (64 << 30) + 2 * MIB, "{held}");
        assert!(looks < 800, "{looks} looks in 655 s");
    }

    #[test]
    fn looks_that_take_long_are_rare() {
        let mut guard = Guard::new(ms(1000), 200 * MIB);
        assert_eq!(guard.deadline(), ms(1000) + Duration::from_micros(97_656));
        guard.looked(ms(2000), ms(2050), ms(40), 200 * MIB);
        assert_eq!(guard.deadline(), ms(2410));
        // What it waited for others on a busy machine is not its work.
        guard.looked(ms(3000), ms(3050), ms(0), 200 * MIB);
        assert_eq!(guard.deadline(), ms(3050));
    }

    #[test]
    fn no_limit_is_too_large_or_too_small() {
        for limit in [0, 1, u64::MAX] {
            let mut guard = Guard::new(ms(1000), limit);
            guard.looked(ms(1000), ms(1000), ms(0), u64::MAX);
            guard.looked(ms(1000), ms(1001), ms(0), 0);
            assert!(guard.deadline() <= ms(2001));
        }
    }
}
