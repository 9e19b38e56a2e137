//! How fast tasks are done of late, and how long the rest will take.

use crate::model::{Counts, TaskState};
use std::time::Duration;

/// How fast tasks are done of late: an average in which what lies further back counts less.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// When it was looked at last, and how many tasks had been done or had failed by then.
    last: Option<(Duration, usize)>,
    /// For how long tasks have been running.
    active: f64,
    /// Sum of the weighted rates, and of the weights.
    rates: f64,
    weights: f64,
}

impl Pace {
    /// What lies so many seconds back counts a third; where tasks take long, half of all the time that there was.
    const MEMORY: f64 = 10.0;

    /// Takes in how far tasks are.
    pub(super) fn look(&mut self, elapsed: Duration, counts: &Counts) {
        let ended = counts.of(TaskState::Done) + counts.of(TaskState::Failed);
        let running = counts.of(TaskState::Launched) + counts.of(TaskState::Running);
        let Some((at, before)) = self.last.replace((elapsed, ended)) else { return };
        let time = elapsed.saturating_sub(at).as_secs_f64();
        let fresh = ended.saturating_sub(before);
        if time == 0.0 {
            // What ended meanwhile is counted the next time.
            self.last = Some((at, before));
            return;
        }
        // While nothing of it runs, nothing of it is slow.
        if running == 0 && fresh == 0 {
            return;
        }
        self.active += time;
        let keep = (-time / Self::MEMORY.max(self.active / 2.0)).exp();
        #[expect(clippy::cast_precision_loss, reason = "a rate is shown with two digits")]
        let rate = fresh as f64 / time;
        self.rates = self.rates * keep + rate * (1.0 - keep);
        self.weights = self.weights * keep + (1.0 - keep);
    }

    /// Tasks a second, where any were done.
    pub(super) fn rate(&self) -> Option<f64> {
        Some(self.rates / self.weights).filter(|rate| rate.is_finite() && *rate > 1e-6)
    }

    /// How long so many tasks will take, where that can be told.
    pub(super) fn left(&self, tasks: usize) -> Option<Duration> {
        #[expect(clippy::cast_precision_loss, reason = "the time that is left is shown with two digits")]
        let seconds = self.rate().map(|rate| tasks as f64 / rate).filter(|_| tasks > 0)?;
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(done: usize, running: usize) -> Counts {
        let mut counts = Counts::default();
        (0..done).for_each(|_| counts.add(TaskState::Done));
        (0..running).for_each(|_| counts.add(TaskState::Running));
        counts
    }

    #[test]
    fn what_was_done_before_and_idle_time_do_not_count() {
        let mut pace = Pace::default();
        pace.look(Duration::ZERO, &counts(1000, 0));
        pace.look(Duration::from_secs(100), &counts(1000, 0));
        assert_eq!((pace.rate(), pace.left(5)), (None, None));
        for (second, done) in (101..111).zip((1002..).step_by(2)) {
            pace.look(Duration::from_secs(second), &counts(done, 2));
        }
        let rate = pace.rate().unwrap();
        assert!((rate - 2.0).abs() < 1e-9, "{rate}");
        assert_eq!(pace.left(60).unwrap().as_secs(), 30);
        assert_eq!(pace.left(0), None);
    }
}
