//! When a simulated driver dies.

use crate::testing::seed::{Accident, Seed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// On which side of a commit a driver dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Nothing of it is on disk.
    Before,
    /// All of it is on disk, and nobody was told.
    After,
    /// The seed decides.
    Either,
}

/// When the driver dies: at commits, which are counted over all starts, and at instants.
#[derive(Clone, Debug)]
pub(super) struct Crashes {
    pub(super) at_commits: Vec<(u64, Side)>,
    /// In their order.
    pub(super) at: Vec<Duration>,
    pub(super) rate: f64,
    seed: Seed,
    commits: Arc<Mutex<Commits>>,
}

#[derive(Debug, Default)]
struct Commits {
    count: u64,
    /// What was decided of the last of them.
    dies: Option<Side>,
    /// How many of the instants are over.
    instants: usize,
}

impl Crashes {
    /// The number of this rule.
    const RULE: u32 = 0;

    pub(super) fn new(seed: Seed) -> Self {
        Self { at_commits: Vec::new(), at: Vec::new(), rate: 0.0, seed, commits: Arc::default() }
    }

    /// Whether the driver may die at all.
    pub(super) fn may_strike(&self) -> bool {
        !self.at_commits.is_empty() || !self.at.is_empty() || self.rate > 0.0
    }

    /// The same rules for another simulation, which begins to count anew.
    pub(super) fn anew(&self) -> Self {
        Self { commits: Arc::default(), ..self.clone() }
    }

    /// A commit is about to be made; true if the driver dies before it.
    pub(super) fn strikes_before_next(&self) -> bool {
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        commits.count += 1;
        commits.dies = self.decide(commits.count);
        commits.dies == Some(Side::Before)
    }

    /// Whether the driver dies right after the last commit, and before anybody is told of it.
    pub(super) fn strikes_after_last(&self) -> bool {
        self.commits.lock().unwrap_or_else(PoisonError::into_inner).dies == Some(Side::After)
    }

    /// The next instant at which the driver dies.
    pub(super) fn next_instant(&self) -> Option<Duration> {
        self.at.get(self.commits.lock().unwrap_or_else(PoisonError::into_inner).instants).copied()
    }

    /// The driver died at that instant.
    pub(super) fn instant_is_over(&self) {
        self.commits.lock().unwrap_or_else(PoisonError::into_inner).instants += 1;
    }

    /// The driver is started again.
    pub(super) fn forget_last(&self) {
        self.commits.lock().unwrap_or_else(PoisonError::into_inner).dies = None;
    }

    /// The number of the last commit, and on which side of it the driver died, if it did.
    pub(super) fn last(&self) -> (u64, Option<Side>) {
        let commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        (commits.count, commits.dies)
    }

    fn decide(&self, commit: u64) -> Option<Side> {
        let wanted = self.at_commits.iter().find(|(at, _)| *at == commit).map(|(_, side)| *side);
        let chance = || {
            let accident = Accident { rule: Self::RULE, task: 0, number: commit };
            self.seed.strikes(accident, self.rate, || format!("the driver dies at commit {commit}"))
        };
        let side = wanted.or_else(|| chance().then_some(Side::Either))?;
        let before = self.seed.draw(Self::RULE, 1, commit) < 0.5;
        Some(match side {
            Side::Either if before => Side::Before,
            Side::Either => Side::After,
            Side::Before | Side::After => side,
        })
    }

    /// Whether all that runs goes with the driver, and nobody writes down how it ended; else the keeper lives a moment longer.
    pub(super) fn takes_all(&self, crash: u64) -> bool {
        self.seed.draw(Self::RULE, 2, crash) < 0.25
    }
}
