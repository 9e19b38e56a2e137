//! Whether there is another attempt after a failure, and when.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::state::History;
use crate::model::{ExitMeaning, Failure, FailureKind, RetryPolicy, StartFailure};
use std::time::Duration;

/// Who pays for a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Budget {
    /// The task: one of its attempts is spent.
    Task,
    /// Nobody: there is no second attempt, mostly since it could not differ.
    None,
    /// Nobody, since an exit code asks for another attempt and its policy gives it: that has a bound of its own.
    Free,
    /// The machine: no attempt is spent, and it has a bound of its own.
    Machine,
}

/// Who pays, once it is known what exit codes say of what was lacking.
fn budget(failure: &Failure, policy: &RetryPolicy) -> Budget {
    let asked = |budget| if policy.retries(failure.kind()) { budget } else { Budget::None };
    match failure {
        Failure::Exit(code) => match policy.meaning(*code) {
            Some(ExitMeaning::NoRetry) => Budget::None,
            Some(ExitMeaning::Retry) => Budget::Task,
            Some(ExitMeaning::RetryWithoutSpending) => Budget::Free,
            Some(ExitMeaning::OutOfMemory | ExitMeaning::Timeout) | None => asked(Budget::Task),
        },
        Failure::OutOfMemory(_)
        | Failure::Timeout(_)
        | Failure::ToldByExit(..)
        | Failure::Signal(_)
        | Failure::OutputMissing(_) => asked(Budget::Task),
        Failure::StartFailed(StartFailure::Permanent(_)) | Failure::ResourcesFailed(_) => Budget::None,
        Failure::StartFailed(StartFailure::Transient(_))
        | Failure::NodeFailed
        | Failure::Preempted
        | Failure::Vanished => asked(Budget::Machine),
    }
}

impl History {
    /// So many failures that are the machine's fault a task survives in one run, and so many exits that spend no attempt,
    /// where its policy says nothing else of their kind.
    const UNSPENT: u32 = 10;

    /// Takes note of a failure in this run; gives the delay before the next attempt, `None` where there is none.
    pub(super) fn failed(
        &mut self,
        failure: &Failure,
        policy: &RetryPolicy,
        max_attempts: u32,
        seed: u64,
    ) -> Option<Duration> {
        let kind = failure.kind();
        let of_kind = self.count(kind);
        let bound = policy.bound(kind);
        let within = bound.is_none_or(|bound| of_kind <= bound);
        let (again, unspent) = match budget(failure, policy) {
            Budget::None => return None,
            Budget::Task => {
                self.spent += 1;
                (self.spent < max_attempts, None)
            }
            Budget::Free => {
                self.free += 1;
                (bound.is_some() || self.free <= Self::UNSPENT, Some(self.free))
            }
            Budget::Machine => {
                // What has a bound of its own is not counted among the others.
                self.machine += u32::from(bound.is_none());
                let count = bound.map_or(self.machine, |_| of_kind);
                (bound.is_some() || self.machine <= Self::UNSPENT, Some(count))
            }
        };
        let failures = self.by_kind.iter().sum();
        let delay = policy.delay_before(failures, seed).max(unspent.map_or(Duration::ZERO, unspent_delay));
        (again && within).then_some(delay)
    }

    /// Counts a failure of this kind; gives how many there were in this run.
    fn count(&mut self, kind: FailureKind) -> u32 {
        let count = &mut self.by_kind[kind as usize];
        *count += 1;
        *count
    }
}

/// What spends no attempt is given time, as a machine that cannot start a process: 0.1 s at first, twice as long each
/// time, 10 s at most.
fn unspent_delay(failures: u32) -> Duration {
    Duration::from_millis(100).saturating_mul(1 << failures.saturating_sub(1).min(10)).min(Duration::from_secs(10))
}
