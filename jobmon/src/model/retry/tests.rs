use super::*;
use proptest::prelude::*;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The delays before the first retries, in seconds.
fn delays(policy: &RetryPolicy) -> Vec<u64> {
    (1..=6).map(|retry| policy.delay_before(retry, u64::from(retry)).as_secs()).collect()
}

#[test]
fn delays_are_none_fixed_or_grow_up_to_the_longest() {
    assert_eq!(delays(&RetryPolicy::new()), [0; 6]);
    let fixed = RetryPolicy::new().delay(seconds(10));
    assert_eq!(delays(&fixed), [10; 6]);
    let growing = fixed.clone().backoff(2.0);
    assert_eq!(delays(&growing), [10, 20, 40, 80, 160, 320]);
    assert_eq!(growing.delay_before(1000, 0), RetryPolicy::MAX_DELAY);
    assert_eq!(delays(&growing.max_delay(seconds(60))), [10, 20, 40, 60, 60, 60]);
    let long = RetryPolicy::new().delay(seconds(7200)).backoff(2.0);
    assert_eq!(delays(&long), [7200; 6], "what is asked for is waited for");
}

#[test]
fn scattered_delays_differ_and_are_the_same_again() {
    let policy = RetryPolicy::new().delay(seconds(1000)).jitter(true);
    let scattered: Vec<u64> = (0..6).map(|seed| policy.delay_before(1, seed).as_secs()).collect();
    insta::assert_snapshot!(format!("{scattered:?}"), @"[941, 783, 795, 556, 715, 693]");
}

#[test]
fn what_is_said_nearer_stands_over_the_rest_word_by_word() {
    let workflow = RetryPolicy::new()
        .on([FailureKind::Exit])
        .at_most(FailureKind::Exit, 5)
        .at_most(FailureKind::Timeout, 5)
        .exit(1..=9, ExitMeaning::NoRetry)
        .delay(seconds(1))
        .backoff(2.0)
        .jitter(true);
    let template = RetryPolicy::new().at_most(FailureKind::Exit, 2).exit(3, ExitMeaning::Retry).max_delay(seconds(30));
    let task = RetryPolicy::new().on([FailureKind::Signal]).delay(seconds(4)).jitter(false);
    let all = task.over(&template.over(&workflow));
    assert_eq!([FailureKind::Exit, FailureKind::Signal].map(|kind| all.retries(kind)), [false, true]);
    assert_eq!([FailureKind::Exit, FailureKind::Timeout].map(|kind| all.bound(kind)), [Some(2), Some(5)]);
    let meanings = [2, 3, 10, 300].map(|code| all.meaning(code));
    assert_eq!(meanings, [Some(ExitMeaning::NoRetry), Some(ExitMeaning::Retry), None, None]);
    assert_eq!(delays(&all), [4, 8, 16, 30, 30, 30]);
    assert_eq!(all.over(&RetryPolicy::new()), all);
    assert_eq!(RetryPolicy::new().over(&all), all);
}

#[test]
fn what_cannot_be_meant_is_told() {
    let policy = RetryPolicy::new()
        .on([FailureKind::Exit, FailureKind::ResourcesFailed])
        .at_most(FailureKind::Exit, 0)
        .at_most(FailureKind::Signal, 1)
        .exit(0, ExitMeaning::Retry)
        .exit(7..=8, ExitMeaning::Retry)
        .exit(8, ExitMeaning::NoRetry)
        .exit(RangeInclusive::new(9, 3), ExitMeaning::NoRetry)
        .backoff(0.5);
    insta::assert_snapshot!(policy.mistakes().join("\n"), @"
    a function that failed to compute resources is never asked again
    Exit at most 0 times: leave it out of `on` instead
    Signal has a bound, but `on` leaves it out
    exit code 0: 0 is success, which needs no policy
    exit code 8 was given a meaning before, by 7..=8
    exit codes 9..=3: there are none; the smaller one comes first
    a backoff of 0.5: it is what the delay is multiplied by, so it is above 1
    ");
    let alone = [
        RetryPolicy::new().backoff(2.0),
        RetryPolicy::new().max_delay(seconds(1)),
        RetryPolicy::new().jitter(true),
        RetryPolicy::new().delay(seconds(2)).max_delay(seconds(1)),
    ];
    let told: Vec<String> = alone.iter().filter_map(RetryPolicy::contradiction).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    `backoff` is said, but no `delay` that it could change
    `max_delay` is said, but no `delay` that it could change
    `jitter` is said, but no `delay` that it could change
    the delay of 2s is longer than the `max_delay` of 1s
    ");
    assert_eq!(RetryPolicy::new().jitter(false).contradiction(), None);
}

proptest! {
    /// No factor, number of retries or seed makes a delay that is longer than the longest, or shorter than half of what it
    /// would be.
    #[test]
    fn a_delay_is_within_its_bounds(
        (delay, most) in (0_u64..10_000, 0_u64..100_000),
        factor in 1.000_001_f64..1e300,
        (retry, seed) in (1_u32.., 0_u64..),
    ) {
        let most = seconds(delay.max(most));
        let still = RetryPolicy::new().delay(seconds(delay)).backoff(factor).max_delay(most);
        let whole = still.delay_before(retry, seed);
        prop_assert!(seconds(delay) <= whole && whole <= most);
        let scattered = still.jitter(true).delay_before(retry, seed);
        prop_assert!(whole.mul_f64(0.499) <= scattered && scattered <= whole);
    }
}
