//! How often a driver says that it lives, and how long others on other machines wait to hear it.

use crate::run::{RunError, RunOptions};
use std::time::Duration;

/// How often a driver says that it lives, and after which silence it counts as dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heartbeat {
    pub(crate) interval: Duration,
    pub(crate) deadline: Duration,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { interval: RunOptions::HEARTBEAT, deadline: RunOptions::HEARTBEAT_DEADLINE }
    }
}

impl Heartbeat {
    const SHORTEST: Duration = Duration::from_millis(10);
    const LONGEST: Duration = Duration::from_hours(24);
    /// A commit may come late, and a look at the state file too: less than this is no silence.
    const BEATS: u32 = 3;

    /// Refuses what would take living drivers for dead ones, or dead ones for living.
    pub(super) fn check(self) -> Result<(), RunError> {
        let Self { interval, deadline } = self;
        let reason = if interval < Self::SHORTEST {
            format!("a heartbeat is a commit, and comes every {:?} at most", Self::SHORTEST)
        } else if deadline > Self::LONGEST {
            "who waits for longer than a day waits in vain".to_owned()
        } else if deadline < interval.saturating_mul(Self::BEATS) {
            format!("the deadline is to be at least {} times the interval, since a heartbeat may be late", Self::BEATS)
        } else {
            return Ok(());
        };
        Err(RunError::Heartbeat { interval, deadline, reason })
    }
}

impl RunOptions {
    /// How often a driver says that it lives where nobody says otherwise.
    pub const HEARTBEAT: Duration = Duration::from_secs(10);
    /// How long a start waits to hear it where nobody says otherwise.
    pub const HEARTBEAT_DEADLINE: Duration = Duration::from_secs(90);

    /// How often the run writes into the state file that it lives, and for how long a start watches the heartbeat of a run on
    /// another machine before it takes the workflow over; every 10 s, and for 90 s, by default. On one machine a lock says
    /// who lives, at once. The machines that share a state directory should say the same. The interval is at least 10 ms, the
    /// deadline at least three intervals and at most a day.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// use std::time::Duration;
    /// # let state = tempfile::tempdir()?;
    /// # let options = || RunOptions::default().progress(Progress::Off).state(state.path());
    /// # #[cfg(any())]
    /// let options = || RunOptions::default();
    /// let mut wf = Tool::new("demo").workflow("beats");
    /// wf.add(Command::new("true"));
    /// // The file system is slow: fewer heartbeats, and more patience.
    /// wf.run(options().heartbeat(Duration::from_secs(60), Duration::from_secs(600)))?;
    /// let refused = wf.run(options().heartbeat(Duration::from_secs(60), Duration::from_secs(90))).unwrap_err();
    /// assert!(refused.to_string().contains("at least 3 times the interval"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn heartbeat(mut self, interval: Duration, deadline: Duration) -> Self {
        self.heartbeat = Heartbeat { interval, deadline };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_kept() {
        let said = |interval, deadline| {
            let heartbeat =
                Heartbeat { interval: Duration::from_millis(interval), deadline: Duration::from_millis(deadline) };
            heartbeat.check().map_or_else(|error| error.to_string(), |()| "fine".to_owned())
        };
        assert_eq!(Heartbeat::default().check().map_err(|error| error.to_string()), Ok(()));
        assert_eq!([said(10, 30), said(28_800_000, 86_400_000)], ["fine", "fine"]);
        insta::assert_snapshot!(said(0, 30), @"cannot run with a heartbeat every 0ns and a deadline of 30ms: a heartbeat is a commit, and comes every 10ms at most");
        insta::assert_snapshot!(said(10, 29), @"cannot run with a heartbeat every 10ms and a deadline of 29ms: the deadline is to be at least 3 times the interval, since a heartbeat may be late");
        insta::assert_snapshot!(said(10_000, 86_400_001), @"cannot run with a heartbeat every 10s and a deadline of 86400.001s: who waits for longer than a day waits in vain");
    }
}
