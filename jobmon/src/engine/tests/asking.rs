//! Tasks whose requests are computed before each attempt.

use super::scenario::plan;
use super::world::{Plan, World};
use crate::engine::{Event, Stop};
use crate::model::{Cancel, Failure, Request, Resources, RunState, TaskState, Verdict};
use crate::units::Memory;

/// Tasks of which the numbered ones have a function.
fn asking(needs: &str, who: &[usize]) -> Plan {
    let mut plan = plan(needs, 2);
    who.iter().for_each(|task| plan.facts[*task].asks = true);
    let resources = Resources { memory: Some(mib(100)), ..Resources::default() };
    plan.requests = vec![Request { resources, ..Request::default() }];
    plan.limits.memory = Some(mib(1024));
    plan
}

fn mib(mib: u64) -> Memory {
    Memory::from_bytes(mib << 20)
}

fn asks(memory: u64) -> Resources {
    Resources { memory: Some(mib(memory)), ..Resources::default() }
}

/// What is asked now: task, attempt, and what was before.
fn asked(world: &World) -> Vec<String> {
    let before = |before: &Option<(Resources, Failure)>| {
        before.as_ref().map(|(granted, failure)| format!(" after {failure} with {}", granted.memory.unwrap()))
    };
    let told = world.asked.iter().map(|question| {
        format!("{}#{}{}", question.task, question.number, before(&question.before).unwrap_or_default())
    });
    told.collect()
}

#[test]
fn a_task_is_asked_when_all_before_it_is_durably_done_and_before_each_attempt() {
    let mut world = World::new(asking("- 0", &[1]));
    world.commit(usize::MAX);
    assert_eq!(asked(&world), [""; 0]);
    let first = *world.running.first_key_value().unwrap().0;
    world.end(first, Verdict::Done);
    assert_eq!(asked(&world), [""; 0], "the end of the one before is not durable");
    world.commit(usize::MAX);
    assert_eq!(asked(&world), ["1#1"]);
    assert!(world.running.is_empty());
    for (number, failure) in [(200, Failure::Exit(1)), (300, Failure::OutOfMemory(Some(mib(300))))] {
        world.answer(&world.asked[0].clone(), Ok(asks(number)));
        world.commit(usize::MAX);
        let (attempt, order) = world.running.first_key_value().unwrap();
        assert_eq!(order.granted.memory, Some(mib(number)));
        world.end(*attempt, Verdict::Failed(failure));
        world.commit(usize::MAX);
    }
    assert_eq!(asked(&world), ["1#3 after ran out of memory: it had 300M with 300M"]);
    // What was too little is not asked for again, whatever the function says.
    world.answer(&world.asked[0].clone(), Ok(asks(250)));
    world.commit(usize::MAX);
    assert_eq!(world.running.first_key_value().unwrap().1.granted.memory, Some(mib(450)));
    world.run(|_| Verdict::Done);
    assert_eq!(world.finished, Some(RunState::Done));
}

#[test]
fn others_go_on_while_a_function_thinks() {
    let mut world = World::new(asking("- - -", &[0]));
    world.commit(usize::MAX);
    for _ in 0..2 {
        let attempt = *world.running.first_key_value().unwrap().0;
        world.end(attempt, Verdict::Done);
        world.commit(usize::MAX);
    }
    assert_eq!((world.engine.counts().of(TaskState::Done), world.finished), (2, None));
    world.run(|_| Verdict::Done);
    assert_eq!(world.finished, Some(RunState::Done));
}

#[test]
fn a_function_that_fails_fails_its_task_and_is_not_asked_again() {
    let mut world = World::new(asking("- 0 -", &[0]));
    world.commit(usize::MAX);
    world.answer(&world.asked[0].clone(), Err("no such file"));
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(world.log.join("\n"), @"
    2#1 starts
    0 failed: its resources could not be computed: no such file
    1 skipped because of 0
    2#1 done
    ");
    assert_eq!(world.finished, Some(RunState::Failed));
}

#[test]
fn what_can_never_be_given_fails_with_the_reason() {
    let mut world = World::new(asking("- - -", &[0, 1]));
    world.commit(usize::MAX);
    world.answer(&world.asked[0].clone(), Ok(asks(2000)));
    world.answer(&world.asked[0].clone(), Ok(Resources { cores: 0, ..Resources::default() }));
    world.run(|_| Verdict::Done);
    let failed: Vec<&str> = world.log.iter().map(String::as_str).filter(|line| line.contains("failed")).collect();
    insta::assert_snapshot!(failed.join("\n"), @"
    0 failed: its resources could not be computed: the function asks for 2000M of memory, but there are 1G for all tasks together
    1 failed: its resources could not be computed: the function asks for 0 cores, and a task needs one at least
    ");
}

#[test]
fn a_stop_does_not_wait_for_an_answer_and_a_late_one_is_passed_over() {
    let mut world = World::new(asking("- 0", &[0]));
    world.commit(usize::MAX);
    let question = world.asked[0].clone();
    world.step(Event::Stop(Stop { running: Cancel::Gracefully }));
    world.commit(usize::MAX);
    assert_eq!(world.finished, Some(RunState::Stopped));
    assert_eq!(world.engine.counts().of(TaskState::Cancelled), 2);
    world.answer(&question, Ok(asks(1)));
    assert_eq!(world.log, [""; 0]);
}

#[test]
fn another_run_asks_again() {
    let mut world = World::new(asking("-", &[0]));
    world.commit(usize::MAX);
    world.answer(&world.asked[0].clone(), Ok(asks(200)));
    world.commit(usize::MAX);
    assert_eq!(world.running.len(), 1);
    world.crash();
    world.commit(usize::MAX);
    assert_eq!(asked(&world), ["0#2"]);
    world.run(|_| Verdict::Done);
    assert_eq!(world.finished, Some(RunState::Done));
}
