//! What is wrong with a policy.

use super::{ExitCodes, RetryPolicy};
use crate::model::FailureKind;

impl RetryPolicy {
    /// What is wrong with what one place says, in words.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut told = Vec::new();
        if self.on.as_ref().is_some_and(|kinds| kinds.contains(&FailureKind::ResourcesFailed))
            || self.at_most.contains_key(&FailureKind::ResourcesFailed)
        {
            told.push("a function that failed to compute resources is never asked again".to_owned());
        }
        for (kind, retries) in &self.at_most {
            match (retries, self.retries(*kind)) {
                (0, _) => told.push(format!("{} at most 0 times: leave it out of `on` instead", kind.name())),
                (_, false) => told.push(format!("{} has a bound, but `on` leaves it out", kind.name())),
                (_, true) => {}
            }
        }
        for (at, (codes, _)) in self.exits.iter().enumerate() {
            if codes.first == 0 {
                told.push(format!("exit code {codes}: 0 is success, which needs no policy"));
            } else if codes.first > codes.last {
                told.push(format!("exit codes {codes}: there are none; the smaller one comes first"));
            }
            let before = self.exits[..at].iter().map(|(before, _)| before);
            if let Some(before) = before.into_iter().find(|before| before.overlap(*codes)) {
                told.push(format!("exit code {codes} was given a meaning before, by {before}"));
            }
        }
        if let Some(factor) = self.backoff
            && !(factor > 1.0 && factor.is_finite())
        {
            told.push(format!("a backoff of {factor}: it is what the delay is multiplied by, so it is above 1"));
        }
        told
    }

    /// What is wrong with all that is said of a task together.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let alone = [
            ("backoff", self.backoff.is_some()),
            ("max_delay", self.max_delay.is_some()),
            ("jitter", self.jitter == Some(true)),
        ];
        match (self.delay, self.max_delay) {
            (None, _) => alone
                .into_iter()
                .find(|(_, said)| *said)
                .map(|(what, _)| format!("`{what}` is said, but no `delay` that it could change")),
            (Some(delay), Some(most)) if most < delay => {
                Some(format!("the delay of {delay:?} is longer than the `max_delay` of {most:?}"))
            }
            (Some(_), _) => None,
        }
    }
}

impl ExitCodes {
    const fn overlap(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}
