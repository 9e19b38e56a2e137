//! Random graphs, random ends, crashes at random moments.

use super::world::{Plan, World};
use crate::engine::{Event, Limits, Rules, Stop, TaskFacts};
use crate::id::TaskId;
use crate::model::{
    Cancel, ExitMeaning, Failure, FailureKind, Request, Resources, RetryPolicy, RunState, TaskState, TaskStatus,
    Verdict,
};
use crate::units::{Memory, WallTime};
use proptest::prelude::*;
use std::time::Duration;

/// How often a task fails before it succeeds; more often than it may run means always.
type Plans = (Plan, Vec<u32>);

fn requests() -> impl Strategy<Value = Request> {
    let memory = proptest::option::of(1_u64..9000).prop_map(|mib| mib.map(|mib| Memory::from_bytes(mib << 20)));
    (1_u32..4, memory, proptest::option::of(1_u64..100), policies()).prop_map(|(cores, memory, runtime, retry)| {
        Request {
            resources: Resources { cores, memory, runtime: runtime.map(WallTime::from_seconds), queue: None },
            retry,
            ..Request::default()
        }
    })
}

/// Policies with delays and exit codes, under which a task ends as without: what they bound does not happen here so often.
fn policies() -> impl Strategy<Value = RetryPolicy> {
    // What runs out of all the memory that there is fails for good, so that no code says so here.
    let exits = prop_oneof![Just(None), Just(Some(ExitMeaning::Retry)), Just(Some(ExitMeaning::Timeout))];
    (proptest::option::of(0_u64..100), proptest::option::of(1.1_f64..3.0), any::<bool>(), exits).prop_map(
        |(delay, backoff, jitter, exit)| {
            let policy = RetryPolicy::new().jitter(jitter).at_most(FailureKind::Signal, 6);
            let policy = delay.map_or(policy.clone(), |delay| policy.delay(Duration::from_millis(delay)));
            let policy = backoff.map_or(policy.clone(), |factor| policy.backoff(factor));
            exit.map_or(policy.clone(), |meaning| policy.exit(1, meaning))
        },
    )
}

fn plans() -> impl Strategy<Value = Plans> {
    let tasks = proptest::collection::vec((requests(), 1_u32..4, -1_i32..2, 0_u32..6), 1..14);
    let templates = proptest::collection::vec(proptest::option::of(1_u32..3), 0..4);
    (
        tasks,
        proptest::collection::vec((any::<u32>(), any::<u32>()), 0..30),
        1_u32..4,
        0_usize..3,
        any::<u32>(),
        (0_u32..3, templates),
    )
        .prop_map(|(tasks, pairs, slots, sets, seed, (ahead, templates))| {
            let count = tasks.len() as u32;
            let facts = (0_u32..).zip(&tasks).map(|(at, (_, max_attempts, priority, _))| TaskFacts {
                request: at,
                max_attempts: *max_attempts,
                priority: *priority,
                template: seed.rotate_left(at) % 4,
                asks: seed.rotate_right(at) % 3 == 0,
            });
            let facts = facts.collect();
            let mut edges: Vec<(u32, u32)> = pairs
                .iter()
                .map(|(one, other)| (one % count, other % count))
                .filter(|(one, other)| one != other)
                .map(|(one, other)| (one.min(other), one.max(other)))
                .collect();
            // A set holds the first few tasks and frees the last.
            for set in 0..sets as u32 {
                let members = 1 + (seed.rotate_left(set * 7) % count);
                edges.extend((0..members.min(count - 1)).map(|task| (task, count + set)));
                edges.push((count + set, count - 1));
            }
            let limits = Limits {
                slots,
                cores: slots,
                memory: (seed % 3 > 0).then(|| Memory::from_bytes(u64::from(1 + seed % 7) << 30)),
                max_concurrently_running: None,
                ahead,
                hand_over: ahead > 0,
                templates,
                rules: Rules::default(),
            };
            let requests = tasks.iter().map(|(request, ..)| request.clone()).collect();
            let failures = tasks.iter().map(|(_, _, _, failures)| *failures).collect();
            (Plan { facts, requests, edges, sets, limits }, failures)
        })
}

/// One thing that happens, and to whom.
fn happenings() -> impl Strategy<Value = Vec<(u8, u8)>> {
    proptest::collection::vec((0_u8..100, any::<u8>()), 0..200)
}

/// What each task must come to: done, failed, or skipped because something before it failed.
fn expected(plan: &Plan, failures: &[u32]) -> Vec<TaskState> {
    let mut states: Vec<TaskState> = Vec::new();
    for task in (0..plan.facts.len() as u32).map(TaskId) {
        let upstreams = plan.upstreams(task);
        let lost = upstreams.iter().any(|upstream| states[upstream.index()] != TaskState::Done);
        states.push(match lost {
            true => TaskState::Skipped,
            false if failures[task.index()] < 6 && failures[task.index()] < plan.facts[task.index()].max_attempts => {
                TaskState::Done
            }
            false => TaskState::Failed,
        });
    }
    states
}

/// Lets things happen, one after the other, and then the run come to its end.
fn play(world: &mut World, failures: &[u32], happenings: &[(u8, u8)], crashes: bool) {
    let always: Vec<bool> = (0..failures.len()).map(|at| failures[at] >= world.plan.facts[at].max_attempts).collect();
    let mut failed = vec![0; failures.len()];
    let mut verdict = |task: TaskId| {
        let at = task.index();
        if always[at] || failed[at] < failures[at] {
            failed[at] += 1;
            return Verdict::Failed(if failed[at].is_multiple_of(2) { Failure::Exit(1) } else { Failure::Signal(9) });
        }
        Verdict::Done
    };
    for (what, whom) in happenings {
        if world.finished.is_some() && !(crashes && *what < 6) {
            continue;
        }
        let at = usize::from(*whom) % world.running.len().max(1);
        let someone = world.running.values().nth(at).copied();
        match (what, someone) {
            (0..6, _) if crashes => world.crash(),
            (0..3, _) => world.limit((*whom % 4 < 3).then_some(u32::from(*whom % 4))),
            (3..6, _) => {
                let template = u32::from(*whom / 4) % world.plan.templates();
                world.limit_template(template, (*whom % 4 < 3).then_some(u32::from(*whom % 4)));
            }
            (6..34, _) => world.commit(usize::from(*whom % 5)),
            (34..36, _) => world.step(Event::Hold(whom % 2 == 0)),
            (36..40, _) => {
                if let Some(question) = world.asked.get(usize::from(*whom) % world.asked.len().max(1)).cloned() {
                    world.answer(&question, Ok(question.resources));
                }
            }
            (40..55, Some(order)) => world.start(order.attempt),
            (55.., Some(order)) => world.end(order.attempt, verdict(order.task)),
            _ => world.step(Event::Tick),
        }
    }
    if world.finished.is_none() {
        world.step(Event::Hold(false));
        world.limit(None);
        (0..world.plan.templates()).for_each(|template| world.limit_template(template, None));
    }
    world.run(|order| verdict(order.task));
}

proptest! {
    #[test]
    fn every_run_ends_as_it_must((plan, failures) in plans(), happenings in happenings()) {
        let expected = expected(&plan, &failures);
        let mut world = World::new(plan);
        play(&mut world, &failures, &happenings, false);
        let states: Vec<TaskState> = world.engine.statuses().iter().map(TaskStatus::state).collect();
        prop_assert_eq!(states, expected);
    }

    #[test]
    fn a_crash_anywhere_changes_nothing_of_the_end((plan, failures) in plans(), happenings in happenings()) {
        let expected = expected(&plan, &failures);
        let mut world = World::new(plan);
        play(&mut world, &failures, &happenings, true);
        let states: Vec<TaskState> = world.engine.statuses().iter().map(TaskStatus::state).collect();
        prop_assert_eq!(states, expected);
    }

    #[test]
    fn a_stopped_run_ends_and_can_be_taken_up((plan, failures) in plans(), happenings in happenings()) {
        let expected = expected(&plan, &failures);
        let mut world = World::new(plan);
        for (_, whom) in &happenings[..happenings.len().min(5)] {
            world.commit(usize::from(*whom % 5));
        }
        world.step(Event::Stop(Stop { running: Cancel::Gracefully }));
        world.run(|_| Verdict::Cancelled);
        prop_assert_eq!(world.finished, Some(RunState::Stopped));
        world.crash();
        play(&mut world, &failures, &happenings, false);
        let states: Vec<TaskState> = world.engine.statuses().iter().map(TaskStatus::state).collect();
        prop_assert_eq!(states, expected);
    }

    /// Others of a template begin when one of it is done (the world looks after that), and none of them is left waiting.
    #[test]
    fn with_canaries_every_run_ends_and_loses_no_more_than_it_must((mut plan, failures) in plans(), happenings in happenings(), crashes in any::<bool>()) {
        plan.limits.rules.canary = true;
        let expected = expected(&plan, &failures);
        let mut world = World::new(plan);
        play(&mut world, &failures, &happenings, crashes);
        let states: Vec<TaskState> = world.engine.statuses().iter().map(TaskStatus::state).collect();
        for (at, (state, expected)) in states.iter().zip(&expected).enumerate() {
            let template = world.plan.facts[at].template;
            let siblings = || states.iter().zip(&world.plan.facts).filter(|(_, facts)| facts.template == template);
            let lost = siblings().any(|(state, _)| *state == TaskState::Failed);
            match state {
                TaskState::Cancelled => prop_assert!(lost && siblings().all(|(state, _)| *state != TaskState::Done)),
                TaskState::Skipped => prop_assert!(states.contains(&TaskState::Failed)),
                state => prop_assert_eq!(state, expected),
            }
        }
        if !expected.contains(&TaskState::Failed) {
            prop_assert_eq!(states, expected);
        }
    }

    /// Nothing starts any more (the world looks after that), and what runs comes to its end.
    #[test]
    fn a_drained_run_ends_with_what_runs_and_can_be_taken_up((plan, failures) in plans(), happenings in happenings()) {
        let expected = expected(&plan, &failures);
        let mut world = World::new(plan);
        for (_, whom) in &happenings[..happenings.len().min(5)] {
            world.commit(usize::from(*whom % 5));
            if let Some(attempt) = world.running.keys().next().copied().filter(|_| whom % 2 == 0) {
                world.end(attempt, Verdict::Done);
            }
        }
        if world.finished.is_none() {
            world.step(Event::Drain);
            let running = world.running.len();
            let mut ended = 0;
            world.run(|_| {
                ended += 1;
                Verdict::Done
            });
            prop_assert_eq!(running, ended);
            prop_assert!(matches!(world.finished, Some(RunState::Stopped | RunState::Done)));
        }
        world.crash();
        play(&mut world, &failures, &happenings, false);
        let always = expected.iter().all(|state| *state == TaskState::Done);
        let done = world.engine.statuses().iter().all(|status| *status == TaskStatus::Done);
        prop_assert!(done || !always);
    }

    /// No more tasks fail than may, but for those that run when the last one does.
    #[test]
    fn a_run_ends_soon_after_as_many_failures_as_may_be((mut plan, failures) in plans(), happenings in happenings(), most in 1_u32..4, cancel in any::<bool>()) {
        plan.limits.rules.max_failures = Some(most);
        plan.limits.rules.after_failures = cancel.then_some(Cancel::Gracefully);
        let slots = plan.limits.slots;
        let all = expected(&plan, &failures).iter().filter(|state| **state == TaskState::Failed).count();
        let mut world = World::new(plan);
        play(&mut world, &failures, &happenings, false);
        let failed = world.engine.counts().of(TaskState::Failed);
        prop_assert!(failed >= all.min(most as usize) && failed <= all.min((most + slots - 1) as usize));
        prop_assert_eq!(world.finished == Some(RunState::Done), failed == 0);
        prop_assert!(world.engine.counts().of(TaskState::Cancelled) == 0 || failed >= most as usize);
    }
}
