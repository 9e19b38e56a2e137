//! The machine on which a simulated driver runs: its clock and its state directory.

use crate::run::Patience;
use crate::testing::SimulationError;
use crate::time::{Clock, Now, Timestamp};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A time that can be added to others: a thousand years at most, which no run lasts.
pub(super) const fn bounded(time: Duration) -> Duration {
    const LONGEST: Duration = Duration::from_hours(24 * 365 * 1000);
    if time.as_secs() < LONGEST.as_secs() { time } else { LONGEST }
}

/// Time that passes when somebody says so.
#[derive(Debug, Default)]
pub(super) struct VirtualClock {
    microseconds: AtomicU64,
}

impl VirtualClock {
    pub(super) fn mono(&self) -> Duration {
        Duration::from_micros(self.microseconds.load(Ordering::Relaxed))
    }

    pub(super) fn set(&self, to: Duration) {
        self.microseconds.store(microseconds(to), Ordering::Relaxed);
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Clock for VirtualClock {
    fn now(&self) -> Now {
        let mono = self.mono();
        Now { mono, wall: Timestamp(i64::try_from(mono.as_micros()).unwrap_or(i64::MAX)) }
    }
}

/// Others are waited for in virtual time.
impl Patience for VirtualClock {
    fn tell(&self, _: &dyn Display) {}

    fn pass(&self, time: Duration) -> Result<(), &'static str> {
        /// A child that another thread is about to make another program may hold a lock for a moment of real time.
        const MOMENT: Duration = Duration::from_millis(20);
        self.set(self.mono().saturating_add(time));
        std::thread::park_timeout(time.min(MOMENT));
        Ok(())
    }
}

/// Where the state of a simulated run is kept.
#[derive(Debug)]
pub(super) enum StateDirectory {
    /// Until the simulation has ended.
    Own(TempDir),
    /// As somebody said.
    Given(PathBuf),
}

impl StateDirectory {
    /// Memory is faster than any disk, where there is some.
    const MEMORY: &'static str = "/dev/shm";

    pub(super) fn new(given: Option<&Path>) -> Result<Self, SimulationError> {
        if let Some(path) = given {
            return Ok(Self::Given(path.to_owned()));
        }
        let directory = |path: &Path| tempfile::Builder::new().prefix("jobmon-simulation-").tempdir_in(path);
        let disk = std::env::temp_dir();
        let made = directory(Path::new(Self::MEMORY)).or_else(|_| directory(&disk));
        made.map(Self::Own).map_err(|source| SimulationError::Directory { path: disk, source })
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Own(directory) => directory.path(),
            Self::Given(path) => path,
        }
    }
}
