//! Runs that start less than they could, or end before all is done.

use super::scenario::{fails, plan};
use super::world::{Plan, World};
use crate::engine::{Event, Stop};
use crate::model::{Cancel, Failure, RunState, TaskState, Verdict};
use std::time::Duration;

/// What is told, and what became of the tasks.
pub(super) fn told(world: &World) -> String {
    let counts = TaskState::ALL.iter().filter(|state| world.engine.counts().of(**state) > 0);
    let counts = counts.map(|state| format!("{} {state}", world.engine.counts().of(*state)));
    let state = world.finished.expect("the run has ended");
    format!("{}\n{state}: {}", world.log.join("\n"), counts.collect::<Vec<_>>().join(", "))
}

pub(super) fn once(mut plan: Plan) -> Plan {
    plan.facts.iter_mut().for_each(|facts| facts.max_attempts = 1);
    plan
}

/// Short tasks, of which some are handed over before those before them have ended.
pub(super) fn quick(needs: &str, slots: u32) -> Plan {
    let mut plan = plan(needs, slots);
    plan.limits.hand_over = true;
    plan.limits.ahead = 4;
    plan
}

#[test]
fn after_a_failure_for_good_nothing_new_starts_and_what_runs_finishes() {
    let mut plan = once(plan("- - - 1 -", 2));
    plan.limits.rules.max_failures = Some(1);
    let mut world = World::new(plan);
    world.run(fails(0));
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    1#1 starts
    0#1 exited with code 7
    0 failed: exited with code 7
    halt: 1 failed, what runs: None
    1#1 done
    FAILED: 1 DONE, 1 FAILED, 3 CANCELLED
    ");
}

#[test]
fn what_runs_is_ended_where_that_is_wanted() {
    let mut plan = once(plan("- - - 0", 2));
    plan.limits.rules.max_failures = Some(1);
    plan.limits.rules.after_failures = Some(Cancel::Gracefully);
    let mut world = World::new(plan);
    let verdict = fails(0);
    world.run(|order| if order.task.0 == 1 { Verdict::Cancelled } else { verdict(order) });
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    1#1 starts
    0#1 exited with code 7
    0 failed: exited with code 7
    3 skipped because of 0
    cancel 1
    halt: 1 failed, what runs: Some(Gracefully)
    1#1 cancelled
    FAILED: 1 FAILED, 1 SKIPPED, 2 CANCELLED
    ");
}

/// Handed over is only what may follow a success, so that no failure starts anything.
#[test]
fn what_was_handed_over_is_called_back_after_a_failure() {
    let mut plan = once(quick("- - - - - -", 1));
    plan.limits.rules.max_failures = Some(1);
    let mut world = World::new(plan);
    world.run(fails(1));
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    0#1 done
    1#1 starts
    2#1 is to follow 1
    3#1 is to follow 2
    1#1 exited with code 7
    1 failed: exited with code 7
    halt: 1 failed, what runs: None
    3 comes back
    4 comes back
    FAILED: 1 DONE, 1 FAILED, 4 CANCELLED
    ");
}

#[test]
fn an_attempt_that_fails_while_a_run_ends_is_not_followed_by_another() {
    let mut plan = plan("- - -", 2);
    plan.facts[0].max_attempts = 1;
    plan.limits.rules.max_failures = Some(1);
    let mut world = World::new(plan);
    world.run(|_| Verdict::Failed(Failure::Exit(1)));
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    1#1 starts
    0#1 exited with code 1
    0 failed: exited with code 1
    halt: 1 failed, what runs: None
    1#1 exited with code 1
    FAILED: 1 FAILED, 2 CANCELLED
    ");
}

#[test]
fn some_may_fail_but_not_more() {
    let mut plan = once(plan("- - - - -", 1));
    plan.limits.rules.max_failures = Some(2);
    plan.limits.ahead = 0;
    let mut world = World::new(plan);
    world.run(|order| if order.task.0 % 2 == 0 { Verdict::Failed(Failure::Exit(1)) } else { Verdict::Done });
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    0#1 exited with code 1
    0 failed: exited with code 1
    1#1 starts
    1#1 done
    2#1 starts
    2#1 exited with code 1
    2 failed: exited with code 1
    halt: 2 failed, what runs: None
    FAILED: 1 DONE, 2 FAILED, 2 CANCELLED
    ");
}

#[test]
fn the_last_failure_of_all_stops_nothing() {
    let mut plan = once(plan("- 0", 1));
    plan.limits.rules.max_failures = Some(1);
    let mut world = World::new(plan);
    world.run(fails(0));
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    0#1 exited with code 7
    0 failed: exited with code 7
    1 skipped because of 0
    FAILED: 1 FAILED, 1 SKIPPED
    ");
}

#[test]
fn a_run_ends_when_its_time_is_over() {
    let mut plan = plan("- - 0", 1);
    plan.limits.rules.deadline = Some(Duration::from_mins(1));
    let mut world = World::new(plan);
    world.commit(usize::MAX);
    assert_eq!(world.engine.next_wake(), Some(Duration::from_mins(1)));
    world.mono = Duration::from_secs(59);
    world.step(Event::Tick);
    assert_eq!(world.finished, None);
    world.mono = Duration::from_mins(1);
    world.step(Event::Tick);
    world.step(Event::Tick);
    world.run(|_| Verdict::Cancelled);
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    cancel 1
    halt: the time is over
    0#1 cancelled
    FAILED: 3 CANCELLED
    ");
}

#[test]
fn the_time_of_a_paused_run_passes() {
    let mut plan = plan("- -", 1);
    plan.limits.max_concurrently_running = Some(0);
    plan.limits.rules.deadline = Some(Duration::from_mins(1));
    let mut world = World::new(plan);
    world.run(|_| Verdict::Done);
    assert_eq!((world.mono, world.finished), (Duration::from_mins(1), Some(RunState::Failed)));
}

#[test]
fn who_drains_may_still_stop_and_who_came_first_says_what_it_ends_as() {
    let mut world = World::new(quick("- - - - - -", 2));
    world.commit(usize::MAX);
    let first = *world.running.first_key_value().unwrap().0;
    world.end(first, Verdict::Done);
    world.commit(usize::MAX);
    assert_eq!(world.engine.stopping(), None);
    world.step(Event::Drain);
    assert_eq!(world.engine.stopping(), Some(None));
    world.step(Event::Drain);
    world.step(Event::Stop(Stop { running: Cancel::Gracefully }));
    assert_eq!(world.engine.stopping(), Some(Some(Cancel::Gracefully)));
    world.step(Event::Drain);
    world.step(Event::Stop(Stop { running: Cancel::Now }));
    world.run(|_| Verdict::Cancelled);
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    1#1 starts
    0#1 done
    2#1 starts
    3#1 is to follow 1
    4#1 is to follow 2
    5#1 is to follow 3
    5 comes back
    6 comes back
    4 comes back
    cancel 2
    cancel 2
    1#1 cancelled
    2#1 cancelled
    STOPPED: 1 DONE, 5 CANCELLED
    ");
}

/// What happens cannot be written: what was handed over is called back, and what ends is followed by nothing.
#[test]
fn a_run_that_is_held_starts_nothing_until_it_goes_on() {
    let mut world = World::new(quick("- - - - - -", 2));
    world.commit(usize::MAX);
    world.end(*world.running.first_key_value().unwrap().0, Verdict::Done);
    world.commit(usize::MAX);
    world.log.push("held".to_owned());
    world.step(Event::Hold(true));
    while let Some(attempt) = world.running.last_key_value().map(|(attempt, _)| *attempt) {
        world.end(attempt, Verdict::Done);
    }
    assert_eq!((world.engine.running(None), world.finished), (0, None));
    world.log.push("goes on".to_owned());
    world.step(Event::Hold(false));
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    1#1 starts
    0#1 done
    2#1 starts
    3#1 is to follow 1
    4#1 is to follow 2
    5#1 is to follow 3
    held
    5 comes back
    6 comes back
    4 comes back
    2#1 done
    1#1 done
    goes on
    3#1 starts
    4#1 starts
    5#1 is to follow 3
    3#1 done
    5#1 starts
    4#1 done
    5#1 done
    DONE: 6 DONE
    ");
}

#[test]
fn a_run_that_is_drained_when_nothing_more_could_start_is_done() {
    let mut world = World::new(plan("- -", 2));
    world.commit(usize::MAX);
    world.step(Event::Drain);
    world.run(|_| Verdict::Done);
    assert_eq!(world.finished, Some(RunState::Done));
}

#[test]
fn a_template_is_paused_and_goes_on_while_others_run() {
    let mut plan = quick("- - - - - - -", 2);
    plan.facts[4..].iter_mut().for_each(|facts| facts.template = 1);
    let mut world = World::new(plan);
    world.commit(usize::MAX);
    world.end(*world.running.first_key_value().unwrap().0, Verdict::Done);
    world.commit(usize::MAX);
    world.log.push("the first template is paused".to_owned());
    world.limit_template(0, Some(0));
    while let Some(attempt) = world.running.last_key_value().map(|(attempt, _)| *attempt) {
        world.end(attempt, Verdict::Done);
        world.commit(usize::MAX);
    }
    world.log.push("and goes on".to_owned());
    world.limit_template(0, Some(1));
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    1#1 starts
    0#1 done
    2#1 starts
    3#1 is to follow 1
    4#1 is to follow 2
    5#1 is to follow 3
    6#1 is to follow 4
    the first template is paused
    6 comes back
    4 comes back
    5#1 is to follow 1
    2#1 done
    4#1 starts
    4#1 done
    6#1 starts
    6#1 done
    6 comes back
    5#1 starts
    5#1 done
    1#1 done
    and goes on
    3#2 starts
    3#2 done
    DONE: 7 DONE
    ");
}

#[test]
fn a_limit_of_a_template_that_is_not_there_is_passed_over() {
    let mut world = World::new(plan("-", 1));
    world.step(Event::LimitTemplate { template: 7, tasks: Some(1) });
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(told(&world), @"
    ignored: there is no template 7 to limit
    0#1 starts
    0#1 done
    DONE: 1 DONE
    ");
}
