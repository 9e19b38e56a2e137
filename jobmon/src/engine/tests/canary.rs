//! One task of each template goes first.

use super::halt::{once, quick, told};
use super::scenario::{fails, plan};
use super::world::{Plan, World};
use crate::engine::Order;
use crate::model::{Failure, Resources, RunState, Verdict};

/// Two templates, of which the second needs the first.
fn two_templates(slots: u32) -> Plan {
    let mut plan = plan("- - - 0 1 2", slots);
    plan.facts[3..].iter_mut().for_each(|facts| facts.template = 1);
    plan.limits.rules.canary = true;
    plan
}

#[test]
fn the_others_of_a_template_follow_when_its_first_task_is_done() {
    let mut world = World::new(two_templates(3));
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    0#1 done
    3#1 starts
    1#1 starts
    2#1 starts
    3#1 done
    1#1 done
    4#1 starts
    2#1 done
    5#1 starts
    4#1 done
    5#1 done
    DONE: 6 DONE
    ");
}

#[test]
fn a_canary_has_all_its_attempts_and_nobody_goes_in_its_place() {
    let mut world = World::new(two_templates(3));
    world.run(|order: Order| if order.number < 3 { Verdict::Failed(Failure::Vanished) } else { Verdict::Done });
    let canary = world.log.iter().position(|line| line == "0#3 done").unwrap();
    assert!(world.log[..canary].iter().all(|line| line.starts_with("0#")), "{}", world.log.join("\n"));
    assert_eq!(world.finished, Some(RunState::Done));
}

#[test]
fn the_others_of_a_template_are_not_started_when_its_first_task_fails() {
    let mut world = World::new(once(two_templates(3)));
    world.run(fails(3));
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    0#1 done
    3#1 starts
    1#1 starts
    2#1 starts
    3#1 exited with code 7
    3 failed: exited with code 7
    halt: 3 was the canary of 2 others
    1#1 done
    2#1 done
    FAILED: 3 DONE, 1 FAILED, 2 CANCELLED
    ");
}

#[test]
fn what_needs_the_others_of_a_failed_canary_is_skipped() {
    let mut world = World::new(once(two_templates(3)));
    world.run(fails(0));
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    0#1 exited with code 7
    0 failed: exited with code 7
    3 skipped because of 0
    4 skipped because of 0
    5 skipped because of 0
    halt: 0 was the canary of 2 others
    FAILED: 1 FAILED, 3 SKIPPED, 2 CANCELLED
    ");
}

#[test]
fn canaries_are_not_held_up_by_short_tasks_that_follow_each_other() {
    let mut plan = quick("- - - - - -", 2);
    plan.facts[3..].iter_mut().for_each(|facts| facts.template = 1);
    plan.limits.rules.canary = true;
    let mut world = World::new(plan);
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(told(&world), @"
    0#1 starts
    3#1 starts
    0#1 done
    1#1 starts
    2#1 is to follow 3
    3#1 done
    2#1 starts
    4#1 is to follow 1
    5#1 is to follow 2
    1#1 done
    4#1 starts
    2#1 done
    5#1 starts
    4#1 done
    5#1 done
    DONE: 6 DONE
    ");
}

#[test]
fn a_template_of_which_a_task_was_done_before_has_no_canary() {
    let mut world = World::new(two_templates(2));
    world.commit(usize::MAX);
    let canary = *world.running.first_key_value().unwrap().0;
    world.end(canary, Verdict::Done);
    world.commit(usize::MAX);
    world.crash();
    world.log.clear();
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(told(&world), @"
    3#2 starts
    1#2 starts
    3#2 done
    2#2 starts
    1#2 done
    4#1 starts
    2#2 done
    5#1 starts
    4#1 done
    5#1 done
    DONE: 6 DONE
    ");
}

#[test]
fn a_canary_whose_function_fails_is_one_that_failed() {
    let mut plan = two_templates(2);
    plan.facts.iter_mut().for_each(|facts| facts.asks = facts.template == 0);
    let mut world = World::new(plan);
    world.commit(usize::MAX);
    let questions = std::mem::take(&mut world.asked);
    world.answer(&questions[0], Err("no data"));
    world.answer(&questions[1], Ok(Resources::default()));
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(told(&world), @"
    0 failed: its resources could not be computed: no data
    3 skipped because of 0
    4 skipped because of 0
    5 skipped because of 0
    halt: 0 was the canary of 2 others
    FAILED: 1 FAILED, 3 SKIPPED, 2 CANCELLED
    ");
}
