//! All that can be said of retries.
#![forbid(unsafe_code)]
#![deny(missing_docs, warnings, clippy::pedantic)]

use jobmon::model::{ExitMeaning, FailureKind, RetrySpec};
use jobmon::prelude::*;

/// Every word.
#[task_template(
    command = "fit {year}",
    exit(42) = no_retry,
    exit(75) = retry_without_spending,
    exit(137) = out_of_memory,
    exit(64..=70, 72) = no_retry,
    exit(124) = timeout,
    exit(3) = retry,
    retry(
        on = [out_of_memory, timeout, exit, signal, output_missing, start_failed, node_failed, preempted, vanished],
        at_most(exit = 2, preempted = 50),
        delay = "10s",
        backoff = 2.0,
        max_delay = "5m",
        jitter = true,
    )
)]
#[derive(Debug)]
pub struct Fit {
    /// The year.
    #[node_arg]
    pub year: u16,
}

macro_rules! policed {
    ($code:literal, $delay:literal) => {
        /// What comes through a macro.
        #[task_template(command = "fit", exit($code) = no_retry, retry(on = [], delay = $delay))]
        #[derive(Debug)]
        pub struct Through;
    };
}
policed!(42, "1m");

fn main() {
    let RetrySpec { on, at_most, exits, delay, backoff, max_delay, jitter } = Fit::SPEC.retry;
    assert_eq!(on.map(<[FailureKind]>::len), Some(9));
    assert_eq!(at_most, [(FailureKind::Exit, 2), (FailureKind::Preempted, 50)]);
    assert_eq!(exits.len(), 7);
    assert_eq!(exits[3], (64, 70, ExitMeaning::NoRetry));
    assert_eq!((delay, backoff, max_delay, jitter), (Some(10), Some(2.0), Some(300), Some(true)));
    assert_eq!(Through::SPEC.retry.exits, [(42, 42, ExitMeaning::NoRetry)]);
    assert_eq!((Through::SPEC.retry.on, Through::SPEC.retry.delay), (Some(&[][..]), Some(60)));
}
