//! Small stories, as text.

use super::world::{Plan, World};
use crate::engine::{Event, Limits, Order, Rules, Stop, TaskFacts};
use crate::id::TaskId;
use crate::model::{Cancel, Failure, Request, Resources, RunState, StartFailure, TaskState, TaskStatus, Verdict};

/// `"- 0 0 1,2"` is four tasks: the first waits for none, two for the first, the last for both.
pub(super) fn plan(needs: &str, slots: u32) -> Plan {
    let mut edges = Vec::new();
    let tasks: Vec<&str> = needs.split_whitespace().collect();
    for (task, needs) in (0..).zip(&tasks) {
        edges.extend(needs.split(',').filter_map(|need| need.parse().ok()).map(|need: u32| (need, task)));
    }
    let facts = vec![TaskFacts { request: 0, max_attempts: 3, priority: 0, template: 0, asks: false }; tasks.len()];
    let limits = Limits {
        slots,
        cores: slots,
        memory: None,
        max_concurrently_running: None,
        ahead: 1,
        hand_over: false,
        templates: Vec::new(),
        rules: Rules::default(),
    };
    Plan { facts, requests: vec![Request::default()], edges, sets: 0, limits }
}

pub(super) fn story(plan: Plan, verdict: impl FnMut(Order) -> Verdict) -> String {
    let mut world = World::new(plan);
    world.run(verdict);
    let state = world.finished.expect("the run has ended");
    format!("{}\n{state}", world.log.join("\n"))
}

pub(super) fn fails(task: u32) -> impl Fn(Order) -> Verdict {
    move |order| if order.task.0 == task { Verdict::Failed(Failure::Exit(7)) } else { Verdict::Done }
}

#[test]
fn what_was_begun_is_finished_first() {
    let mut plan = plan("- - 0 1", 1);
    plan.limits.ahead = 0;
    insta::assert_snapshot!(story(plan, |_| Verdict::Done), @"
    0#1 starts
    0#1 done
    2#1 starts
    2#1 done
    1#1 starts
    1#1 done
    3#1 starts
    3#1 done
    DONE
    ");
}

#[test]
fn what_needs_a_failed_task_is_skipped_and_the_rest_goes_on() {
    insta::assert_snapshot!(story(plan("- 0 0 1,2 -", 2), fails(1)), @"
    0#1 starts
    4#1 starts
    0#1 done
    1#1 starts
    4#1 done
    2#1 starts
    1#1 exited with code 7
    1#2 starts
    2#1 done
    1#2 exited with code 7
    1#3 starts
    1#3 exited with code 7
    1 failed: exited with code 7
    3 skipped because of 1
    FAILED
    ");
}

#[test]
fn a_task_that_fails_twice_succeeds_with_its_third_attempt() {
    let verdict = |order: Order| if order.number < 3 { Verdict::Failed(Failure::Signal(11)) } else { Verdict::Done };
    insta::assert_snapshot!(story(plan("-", 1), verdict), @"
    0#1 starts
    0#1 was ended by signal 11 (SIGSEGV)
    0#2 starts
    0#2 was ended by signal 11 (SIGSEGV)
    0#3 starts
    0#3 done
    DONE
    ");
}

#[test]
fn what_cannot_be_started_is_not_tried_again() {
    let missing = || Failure::StartFailed(StartFailure::Permanent("no such program".into()));
    insta::assert_snapshot!(story(plan("- 0", 1), |_| Verdict::Failed(missing())), @"
    0#1 starts
    0#1 could not be started: no such program
    0 failed: could not be started: no such program
    1 skipped because of 0
    FAILED
    ");
}

#[test]
fn the_machines_faults_spend_no_attempt_and_are_waited_out() {
    let verdict = |order: Order| if order.number < 6 { Verdict::Failed(Failure::Vanished) } else { Verdict::Done };
    let mut world = World::new(plan("-", 1));
    world.run(verdict);
    insta::assert_snapshot!(world.log.last().unwrap(), @"0#6 done");
    insta::assert_debug_snapshot!(world.mono, @"3.1s");
}

#[test]
fn the_machines_faults_have_a_bound() {
    let mut world = World::new(plan("-", 1));
    world.run(|_| Verdict::Failed(Failure::NodeFailed));
    insta::assert_snapshot!(world.log[world.log.len() - 2..].join("\n"), @"
    0#11 the machine it ran on failed
    0 failed: the machine it ran on failed
    ");
}

#[test]
fn a_stop_cancels_what_runs_and_what_waits() {
    let mut world = World::new(plan("- - - 0", 2));
    world.commit(usize::MAX);
    world.step(Event::Stop(Stop { running: Cancel::Gracefully }));
    world.step(Event::Stop(Stop { running: Cancel::Gracefully }));
    world.step(Event::Stop(Stop { running: Cancel::Now }));
    world.run(|_| Verdict::Cancelled);
    insta::assert_snapshot!(format!("{}\n{:?}", world.log.join("\n"), world.engine.counts()), @"
    0#1 starts
    1#1 starts
    cancel 2
    cancel 2
    0#1 cancelled
    1#1 cancelled
    Counts([0, 0, 0, 0, 0, 0, 0, 4])
    ");
}

#[test]
fn reports_of_the_unknown_are_written_down_and_passed_over() {
    let mut world = World::new(plan("-", 1));
    world.commit(usize::MAX);
    let attempt = *world.running.first_key_value().unwrap().0;
    world.start(attempt);
    world.start(attempt);
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(world.log.join("\n"), @"
    0#1 starts
    ignored: attempt 1 is reported to run, but none was launched
    0#1 done
    ");
}

#[test]
fn what_is_stopped_is_written_down_and_left_to_go_on() {
    let mut world = World::new(plan("-", 1));
    world.commit(usize::MAX);
    let attempt = *world.running.first_key_value().unwrap().0;
    world.suspend(attempt);
    world.start(attempt);
    world.suspend(attempt);
    world.end(attempt, Verdict::Done);
    world.suspend(attempt);
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(world.log.join("\n"), @"
    0#1 starts
    0: it is stopped
    0: it is stopped
    0#1 done
    ignored: attempt 1 is reported to be stopped, but it does not run
    ");
}

#[test]
fn a_large_task_is_passed_by_small_ones_but_not_for_ever() {
    let mut large = plan(&"- ".repeat(200), 2);
    large.facts[1].request = 1;
    let resources = Resources { cores: 2, ..Resources::default() };
    large.requests.push(Request { resources, ..Request::default() });
    let mut world = World::new(large);
    world.run(|_| Verdict::Done);
    let starts = world.log.iter().filter(|line| line.ends_with("starts"));
    let place = starts.enumerate().find(|(_, line)| line.starts_with("1#")).unwrap().0;
    assert!((2..=70).contains(&place), "the large task starts as number {place}");
}

#[test]
fn priority_goes_before_order() {
    let mut plan = plan("- - -", 1);
    plan.facts[2].priority = 1;
    plan.limits.ahead = 0;
    insta::assert_snapshot!(story(plan, |_| Verdict::Done), @"
    2#1 starts
    2#1 done
    0#1 starts
    0#1 done
    1#1 starts
    1#1 done
    DONE
    ");
}

#[test]
fn a_template_has_a_limit_of_its_own() {
    let mut plan = plan("- - - -", 3);
    plan.limits.templates = vec![Some(1), None];
    plan.facts[3].template = 1;
    insta::assert_snapshot!(story(plan, |_| Verdict::Done), @"
    0#1 starts
    3#1 starts
    0#1 done
    1#1 starts
    3#1 done
    1#1 done
    2#1 starts
    2#1 done
    DONE
    ");
}

#[test]
fn a_limit_of_0_starts_none_of_a_template_and_holds_up_no_other() {
    let mut plan = plan(&"- ".repeat(200), 2);
    plan.limits.templates = vec![Some(0), Some(5)];
    plan.facts[1..].iter_mut().for_each(|facts| facts.template = 1);
    let mut world = World::new(plan);
    while world.engine.counts().of(TaskState::Done) < 199 {
        world.commit(usize::MAX);
        let (attempt, _) = world.running.first_key_value().unwrap();
        world.end(*attempt, Verdict::Done);
    }
    assert_eq!(*world.engine.status(TaskId(0)), TaskStatus::Queued);
    world.step(Event::Stop(Stop { running: Cancel::Gracefully }));
    world.commit(usize::MAX);
    assert_eq!(world.finished, Some(RunState::Stopped));
}
