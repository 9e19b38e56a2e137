//! Which failures are tried again, how often, and after which delays.

use super::scaling::{asks, one};
use super::world::{Plan, World};
use crate::engine::{Event, Stop};
use crate::model::{
    Cancel, ExitMeaning, Failure, FailureKind, Record, Request, RetryPolicy, RunState, StartFailure, TaskState, Verdict,
};
use std::fmt::Write as _;
use std::time::Duration;

/// A failure of each kind, of each budget, and of each meaning of exit codes.
fn failures() -> Vec<Failure> {
    vec![
        Failure::OutOfMemory(None),
        Failure::Timeout(None),
        Failure::Exit(1),
        Failure::Exit(42),
        Failure::Exit(75),
        Failure::Exit(124),
        Failure::Exit(137),
        Failure::Signal(9),
        Failure::OutputMissing("it".into()),
        Failure::StartFailed(StartFailure::Permanent("no program".into())),
        Failure::StartFailed(StartFailure::Transient("no process".into())),
        Failure::ResourcesFailed("no".into()),
        Failure::NodeFailed,
        Failure::Preempted,
        Failure::Vanished,
    ]
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn exits() -> RetryPolicy {
    RetryPolicy::new()
        .exit(42, ExitMeaning::NoRetry)
        .exit(75, ExitMeaning::RetryWithoutSpending)
        .exit(124, ExitMeaning::Timeout)
        .exit(130..=140, ExitMeaning::OutOfMemory)
}

fn policies() -> Vec<(&'static str, RetryPolicy)> {
    vec![
        ("nothing", RetryPolicy::new()),
        ("exits", exits()),
        ("on exit", exits().on([FailureKind::Exit])),
        ("on others", exits().on([FailureKind::Timeout, FailureKind::OutOfMemory, FailureKind::Vanished])),
        ("on none", RetryPolicy::new().on([])),
        ("once each", FailureKind::ALL.into_iter().fold(exits(), |policy, kind| policy.at_most(kind, 1))),
        ("many each", FailureKind::ALL.into_iter().fold(exits(), |policy, kind| policy.at_most(kind, 20))),
        ("10s", RetryPolicy::new().delay(seconds(10))),
        ("10s x 2", exits().delay(seconds(10)).backoff(2.0).max_delay(seconds(60))),
    ]
}

fn policed(policy: RetryPolicy, max_attempts: u32) -> Plan {
    one(Request { retry: policy, ..asks("1G", "1h") }, max_attempts)
}

/// A task that fails so each time: how often it ran, how long it waited, and as what it failed.
fn fails_always(policy: RetryPolicy, failure: &Failure) -> String {
    let mut world = World::new(policed(policy, 3));
    world.run(|_| Verdict::Failed(failure.clone()));
    let ends = world.records.iter().filter_map(|record| match record {
        Record::Ended { ending, .. } => Some(ending),
        _ => None,
    });
    let kinds: Vec<FailureKind> = ends
        .map(|ending| match &ending.verdict {
            Verdict::Failed(failure) => failure.kind(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(kinds.iter().all(|kind| *kind == kinds[0]));
    assert_eq!(world.finished, Some(RunState::Failed));
    let waited = if world.mono.is_zero() { String::new() } else { format!(" {:?}", world.mono) };
    let read = if kinds[0] == failure.kind() { String::new() } else { format!(" {}", kinds[0].word()) };
    format!("{}{waited}{read}", kinds.len())
}

/// How often each failure lets a task of three attempts run under each policy, and how long it waits between them.
#[test]
fn every_failure_under_every_policy() {
    let policies = policies();
    let mut table = format!("{:16}", "");
    policies.iter().for_each(|(name, _)| write!(table, "| {name:20}").unwrap());
    for failure in failures() {
        let name = match &failure {
            Failure::Exit(code) => format!("EXIT {code}"),
            Failure::StartFailed(StartFailure::Permanent(_)) => "START_FAILED !".to_owned(),
            other => other.kind().word().to_owned(),
        };
        write!(table, "\n{name:16}").unwrap();
        for (_, policy) in &policies {
            write!(table, "| {:20}", fails_always(policy.clone(), &failure)).unwrap();
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(table.join("\n"), @"
                    | nothing             | exits               | on exit             | on others           | on none             | once each           | many each           | 10s                 | 10s x 2
    OUT_OF_MEMORY   | 3                   | 3                   | 1                   | 3                   | 1                   | 2                   | 3                   | 3 20s               | 3 30s
    TIMEOUT         | 3                   | 3                   | 1                   | 3                   | 1                   | 2                   | 3                   | 3 20s               | 3 30s
    EXIT 1          | 3                   | 3                   | 3                   | 1                   | 1                   | 2                   | 3                   | 3 20s               | 3 30s
    EXIT 42         | 3                   | 1                   | 1                   | 1                   | 1                   | 1                   | 1                   | 3 20s               | 1
    EXIT 75         | 3                   | 11 42.7s            | 11 42.7s            | 11 42.7s            | 1                   | 2 100ms             | 21 142.7s           | 3 20s               | 11 490s
    EXIT 124        | 3                   | 3 TIMEOUT           | 1 TIMEOUT           | 3 TIMEOUT           | 1                   | 2 TIMEOUT           | 3 TIMEOUT           | 3 20s               | 3 30s TIMEOUT
    EXIT 137        | 3                   | 3 OUT_OF_MEMORY     | 1 OUT_OF_MEMORY     | 3 OUT_OF_MEMORY     | 1                   | 2 OUT_OF_MEMORY     | 3 OUT_OF_MEMORY     | 3 20s               | 3 30s OUT_OF_MEMORY
    SIGNAL          | 3                   | 3                   | 1                   | 1                   | 1                   | 2                   | 3                   | 3 20s               | 3 30s
    OUTPUT_MISSING  | 3                   | 3                   | 1                   | 1                   | 1                   | 2                   | 3                   | 3 20s               | 3 30s
    START_FAILED !  | 1                   | 1                   | 1                   | 1                   | 1                   | 1                   | 1                   | 1                   | 1
    START_FAILED    | 11 42.7s            | 11 42.7s            | 1                   | 1                   | 1                   | 2 100ms             | 21 142.7s           | 11 100s             | 11 490s
    RESOURCES_FAILED| 1                   | 1                   | 1                   | 1                   | 1                   | 1                   | 1                   | 1                   | 1
    NODE_FAILED     | 11 42.7s            | 11 42.7s            | 1                   | 1                   | 1                   | 2 100ms             | 21 142.7s           | 11 100s             | 11 490s
    PREEMPTED       | 11 42.7s            | 11 42.7s            | 1                   | 1                   | 1                   | 2 100ms             | 21 142.7s           | 11 100s             | 11 490s
    VANISHED        | 11 42.7s            | 11 42.7s            | 1                   | 11 42.7s            | 1                   | 2 100ms             | 21 142.7s           | 11 100s             | 11 490s
    ");
}

#[test]
fn an_exit_code_that_says_so_scales_what_was_lacking_and_is_kept() {
    let mut world = World::new(policed(exits(), 3));
    let mut granted = Vec::new();
    world.run(|order| {
        granted.push(format!("{} {}", order.granted.memory.unwrap(), order.granted.runtime.unwrap()));
        match order.number {
            1 => Verdict::Failed(Failure::Exit(137)),
            2 => Verdict::Failed(Failure::Exit(124)),
            _ => Verdict::Failed(Failure::Exit(137)),
        }
    });
    insta::assert_snapshot!(granted.join(", "), @"1G 1h, 1.5G 1h, 1.5G 1h30m");
    insta::assert_snapshot!(world.log.last().unwrap(), @"0 failed: ran out of memory (exit 137): it had 1.5G");
}

/// The same after a crash: what was written down says what was lacking.
#[test]
fn what_an_exit_code_said_is_not_forgotten() {
    let mut world = World::new(policed(exits(), 3));
    world.commit(usize::MAX);
    let first = *world.running.first_key_value().unwrap().1;
    world.end(first.attempt, Verdict::Failed(Failure::Exit(137)));
    world.commit(usize::MAX);
    world.crash();
    world.commit(usize::MAX);
    let second = *world.running.first_key_value().unwrap().1;
    assert_eq!(second.granted.memory, Some("1.5G".parse().unwrap()));
}

/// Retries that spend nothing do not use up those that do.
#[test]
fn each_budget_is_its_own() {
    let mut world = World::new(policed(exits(), 3));
    let mut run = 0;
    world.run(|_| {
        run += 1;
        Verdict::Failed(match run {
            1..=10 => Failure::Exit(75),
            11..=20 => Failure::Vanished,
            21 | 22 => Failure::Exit(1),
            _ => return Verdict::Done,
        })
    });
    assert_eq!(world.engine.counts().of(TaskState::Done), 1, "{}", world.log.join("\n"));
}

#[test]
fn a_stop_does_not_wait_for_a_delay() {
    let mut world = World::new(policed(RetryPolicy::new().delay(seconds(3600)), 3));
    world.commit(usize::MAX);
    let first = *world.running.first_key_value().unwrap().0;
    world.end(first, Verdict::Failed(Failure::Exit(1)));
    world.commit(usize::MAX);
    assert_eq!(world.engine.next_wake(), Some(seconds(3600)));
    world.step(Event::Stop(Stop { running: Cancel::Gracefully }));
    world.commit(usize::MAX);
    assert_eq!(world.finished, Some(RunState::Stopped));
    assert_eq!(world.engine.counts().of(TaskState::Cancelled), 1);
    assert!(world.mono.is_zero());
}

/// Another run begins at once: it does not know of the delay.
#[test]
fn a_delay_is_of_one_run() {
    let mut world = World::new(policed(RetryPolicy::new().delay(seconds(3600)), 3));
    world.commit(usize::MAX);
    let first = *world.running.first_key_value().unwrap().0;
    world.end(first, Verdict::Failed(Failure::Exit(1)));
    world.commit(usize::MAX);
    world.crash();
    world.run(|_| Verdict::Done);
    assert_eq!(world.finished, Some(RunState::Done));
    assert!(world.mono.is_zero());
}
