//! A policy, as people are told of it.

use super::{ExitMeaning, RetryPolicy};
use crate::model::FailureKind;
use crate::units::WallTime;
use std::fmt;

impl FailureKind {
    /// Its name in attributes and for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OutOfMemory => "out_of_memory",
            Self::Timeout => "timeout",
            Self::Exit => "exit",
            Self::Signal => "signal",
            Self::OutputMissing => "output_missing",
            Self::StartFailed => "start_failed",
            Self::ResourcesFailed => "resources_failed",
            Self::NodeFailed => "node_failed",
            Self::Preempted => "preempted",
            Self::Vanished => "vanished",
        }
    }
}

impl ExitMeaning {
    const fn name(self) -> &'static str {
        match self {
            Self::NoRetry => "no_retry",
            Self::Retry => "retry",
            Self::RetryWithoutSpending => "retry_without_spending",
            Self::OutOfMemory => "out_of_memory",
            Self::Timeout => "timeout",
        }
    }
}

impl fmt::Display for RetryPolicy {
    /// As an attribute says it; nothing where nothing is said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = Vec::new();
        if let Some(kinds) = &self.on {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            words.push(format!("on = [{}]", kinds.join(", ")));
        }
        let bounds: Vec<String> = self.at_most.iter().map(|(kind, most)| format!("{} = {most}", kind.name())).collect();
        if !bounds.is_empty() {
            words.push(format!("at_most({})", bounds.join(", ")));
        }
        let time = |time: std::time::Duration| {
            let whole = time.subsec_nanos() == 0;
            if whole { WallTime::from_seconds(time.as_secs()).to_string() } else { format!("{time:?}") }
        };
        words.extend(self.delay.map(|delay| format!("delay = {}", time(delay))));
        words.extend(self.backoff.map(|factor| format!("backoff = {factor}")));
        words.extend(self.max_delay.map(|most| format!("max_delay = {}", time(most))));
        words.extend(self.jitter.map(|jitter| format!("jitter = {jitter}")));
        words.extend(self.exits.iter().map(|(codes, meaning)| format!("exit({codes}) = {}", meaning.name())));
        f.write_str(&words.join(", "))
    }
}
