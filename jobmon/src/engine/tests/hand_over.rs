//! Attempts that the executor starts by itself when others end.

use super::scenario::{fails, plan, story};
use super::world::{Plan, World};
use crate::engine::{Event, Stop};
use crate::id::AttemptId;
use crate::model::{Cancel, Verdict};

/// One task after the other, each so short that the next is handed over.
fn quick(needs: &str, slots: u32) -> Plan {
    let mut plan = plan(needs, slots);
    plan.limits.hand_over = true;
    plan.limits.ahead = 4;
    plan
}

#[test]
fn the_next_short_task_is_handed_over_once_the_pace_is_known() {
    insta::assert_snapshot!(story(quick("- - - -", 1), |_| Verdict::Done), @"
    0#1 starts
    0#1 done
    1#1 starts
    2#1 is to follow 1
    3#1 is to follow 2
    1#1 done
    2#1 starts
    2#1 done
    3#1 starts
    3#1 done
    DONE
    ");
}

#[test]
fn behind_a_task_that_takes_its_time_one_is_handed_over() {
    let mut world = World::new(quick("- - - -", 1));
    world.wall = std::time::Duration::from_millis(100);
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(world.log.join("\n"), @"
    0#1 starts
    0#1 done
    1#1 starts
    2#1 is to follow 1
    1#1 done
    2#1 starts
    3#1 is to follow 2
    2#1 done
    3#1 starts
    3#1 done
    ");
}

#[test]
fn what_was_handed_over_is_called_back_where_it_could_start_elsewhere() {
    let mut world = World::new(quick("- - - -", 2));
    world.commit(usize::MAX);
    // The first end makes the pace; then the task after which nothing was to follow ends.
    for newest in [false, true] {
        let running = &world.running;
        let attempt = if newest { running.last_key_value() } else { running.first_key_value() };
        let attempt = *attempt.unwrap().0;
        world.end(attempt, Verdict::Done);
        world.commit(usize::MAX);
    }
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(world.log.join("\n"), @"
    0#1 starts
    1#1 starts
    0#1 done
    2#1 starts
    3#1 is to follow 1
    2#1 done
    4 comes back
    3#1 starts
    1#1 done
    3#1 done
    ");
}

#[test]
fn a_stop_takes_back_what_was_handed_over() {
    let mut world = World::new(quick("- - - -", 1));
    world.commit(usize::MAX);
    let attempt = *world.running.first_key_value().unwrap().0;
    world.end(attempt, Verdict::Done);
    world.step(Event::Stop(Stop { running: Cancel::Gracefully }));
    world.run(|_| Verdict::Cancelled);
    insta::assert_snapshot!(world.log.join("\n"), @"
    0#1 starts
    0#1 done
    1#1 starts
    cancel 1
    1#1 cancelled
    ");
}

/// The attempt that runs since the longest time, or the shortest.
fn oldest(world: &World) -> AttemptId {
    *world.running.first_key_value().unwrap().0
}

fn newest(world: &World) -> AttemptId {
    *world.running.last_key_value().unwrap().0
}

#[test]
fn what_may_follow_success_only_has_its_turn_again_after_a_failure() {
    let mut plan = quick("- - -", 1);
    // Each may run once: what never started has not run.
    plan.facts.iter_mut().for_each(|facts| facts.max_attempts = 1);
    let mut world = World::new(plan);
    world.only_success = true;
    world.run(fails(1));
    insta::assert_snapshot!(world.log.join("\n"), @"
    0#1 starts
    0#1 done
    1#1 starts
    2#1 is to follow 1
    1#1 exited with code 7
    1 failed: exited with code 7
    3 comes back
    2#2 starts
    2#2 done
    ");
}

#[test]
fn what_needs_the_failed_task_is_skipped_and_what_was_to_follow_it_runs() {
    let mut plan = quick("- - 1 -", 1);
    plan.facts.iter_mut().for_each(|facts| facts.max_attempts = 1);
    let mut world = World::new(plan);
    world.only_success = true;
    world.run(fails(1));
    insta::assert_snapshot!(world.log.join("\n"), @"
    0#1 starts
    0#1 done
    1#1 starts
    3#1 is to follow 1
    1#1 exited with code 7
    1 failed: exited with code 7
    2 skipped because of 1
    3 comes back
    3#2 starts
    3#2 done
    ");
}

/// Two that run, each with one that is to follow it.
fn two_with_followers() -> World {
    let mut world = World::new(quick("- - - - - -", 2));
    world.commit(usize::MAX);
    world.end(oldest(&world), Verdict::Done);
    world.commit(usize::MAX);
    world
}

#[test]
fn a_lowered_limit_takes_back_what_was_to_follow_and_ends_nothing() {
    let mut world = two_with_followers();
    world.limit(Some(1));
    world.end(newest(&world), Verdict::Done);
    world.log.push("one runs, as many as may".to_owned());
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(world.log.join("\n"), @"
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
    2#1 done
    3#1 is to follow 1
    4#1 is to follow 3
    one runs, as many as may
    1#1 done
    3#1 starts
    5#1 is to follow 4
    3#1 done
    4#1 starts
    4#1 done
    5#1 starts
    5#1 done
    ");
}

#[test]
fn a_limit_of_0_starts_nothing_until_it_is_raised() {
    let mut world = two_with_followers();
    world.limit(Some(0));
    while !world.running.is_empty() {
        world.end(oldest(&world), Verdict::Done);
        world.commit(usize::MAX);
    }
    world.step(Event::Tick);
    world.log.push("nothing runs; the limit is raised".to_owned());
    world.limit(Some(2));
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(world.log.join("\n"), @"
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
    1#1 done
    2#1 done
    nothing runs; the limit is raised
    3#1 starts
    4#1 starts
    5#1 is to follow 3
    3#1 done
    5#1 starts
    4#1 done
    5#1 done
    ");
}

#[test]
fn a_lowered_limit_keeps_back_what_still_waits_for_the_disk() {
    let mut world = World::new(quick("- -", 2));
    world.limit(Some(1));
    world.run(|_| Verdict::Done);
    insta::assert_snapshot!(world.log.join("\n"), @"
    0#1 starts
    0#1 done
    1#1 starts
    1#1 done
    ");
}

#[test]
fn a_stop_takes_back_all_that_wait() {
    let mut world = two_with_followers();
    world.step(Event::Stop(Stop { running: Cancel::Gracefully }));
    world.run(|_| Verdict::Cancelled);
    insta::assert_snapshot!(format!("{}\n{:?}", world.log.join("\n"), world.engine.counts()), @"
    0#1 starts
    1#1 starts
    0#1 done
    2#1 starts
    3#1 is to follow 1
    4#1 is to follow 2
    5#1 is to follow 3
    cancel 5
    4 comes back
    5 comes back
    6 comes back
    1#1 cancelled
    2#1 cancelled
    Counts([0, 0, 0, 0, 1, 0, 0, 5])
    ");
}
