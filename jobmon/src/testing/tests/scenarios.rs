//! Small stories of whole runs, from the first start to the last end.

use crate::model::RunState;
use crate::plan::{Command, TaskExt as _, Tool, Workflow};
use crate::run::{FailFast, RunOptions};
use crate::testing::{Mishap, Simulation, Which};
use std::time::Duration;

fn empty() -> Workflow {
    Tool::new("demo").workflow("w")
}

fn fit(id: u32) -> Command {
    Command::new("fit").template("fit").node_arg("id", id)
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn story(simulation: &Simulation, wf: &Workflow) -> String {
    simulation.run(wf).unwrap().to_string()
}

#[test]
fn what_fails_is_tried_again_and_what_needs_it_waits() {
    let mut wf = empty();
    let prep = wf.add(Command::new("prep").template("prep"));
    wf.add(fit(1).upstream(prep));
    insta::assert_snapshot!(story(&Simulation::new(1).fail("prep", 2), &wf), @"
    00:00 start prep #1
    00:01 fail prep #1: exited with code 1
    00:01 start prep #2
    00:02 fail prep #2: exited with code 1
    00:02 start prep #3
    00:03 done prep #3
    00:03 start fit id=1 #1
    00:04 done fit id=1 #1
    00:04 end DONE: 2 done
    ");
}

#[test]
fn what_needs_a_task_that_failed_for_good_is_skipped() {
    let mut wf = empty();
    let prep = wf.add(Command::new("prep").template("prep").max_attempts(2));
    let fits = wf.add_all((1..=2).map(|id| fit(id).upstream(prep)));
    wf.add(Command::new("report").template("report").upstream(&fits));
    wf.add(Command::new("log").template("log"));
    insta::assert_snapshot!(story(&Simulation::new(1).mishap("prep", Mishap::Signal(11), 2), &wf), @"
    00:00 start prep #1
    00:00 start log #1
    00:01 fail prep #1: was ended by signal 11 (SIGSEGV)
    00:01 done log #1
    00:01 start prep #2
    00:02 fail prep #2: was ended by signal 11 (SIGSEGV)
    00:02 give up prep
    00:02 skip fit id=1, which needs prep
    00:02 skip fit id=2, which needs prep
    00:02 skip report, which needs prep
    00:02 end FAILED: 1 done, 1 failed, 3 skipped
    ");
}

#[test]
fn what_ran_out_of_memory_or_time_gets_more_of_it() {
    let mut wf = empty();
    let hungry = wf.add(fit(1).memory("8G").runtime("1m"));
    let slow = wf.add(fit(2).memory("8G").runtime("1m"));
    let simulation =
        Simulation::new(1).durations(seconds(20)).out_of_memory_below(hungry, "15G").duration(slow, seconds(80));
    insta::assert_snapshot!(story(&simulation, &wf), @"
    00:00 start fit id=1 #1 with 8G for 1m
    00:00 start fit id=2 #1 with 8G for 1m
    00:10 fail fit id=1 #1: ran out of memory: it had 8G
    00:10 start fit id=1 #2 with 12G for 1m
    00:20 fail fit id=1 #2: ran out of memory: it had 12G
    00:20 start fit id=1 #3 with 18G for 1m
    00:40 done fit id=1 #3
    01:00 fail fit id=2 #1: ran out of time: it had 1m
    01:00 start fit id=2 #2 with 8G for 1m30s
    02:20 done fit id=2 #2
    02:20 end DONE: 2 done
    ");
}

#[test]
fn lost_nodes_and_preemption_spend_nothing() {
    let mut wf = empty();
    wf.add_all((1..=4).map(|id| fit(id).max_attempts(1)));
    let simulation = Simulation::new(1).slots(4).nodes(2).durations(seconds(60)).node_dies(1, seconds(30)).mishap(
        "fit",
        Mishap::Preemption,
        1,
    );
    insta::assert_snapshot!(story(&simulation, &wf), @"
    00:00.000 start fit id=1 #1
    00:00.000 start fit id=2 #1
    00:00.000 start fit id=3 #1
    00:00.000 start fit id=4 #1
    00:30.000 node 1 dies
    00:30.000 fail fit id=2 #1: the machine it ran on failed
    00:30.000 fail fit id=4 #1: the machine it ran on failed
    00:30.100 start fit id=2 #2
    00:30.100 start fit id=4 #2
    01:00.000 fail fit id=1 #1: was preempted
    01:00.000 fail fit id=3 #1: was preempted
    01:00.100 start fit id=1 #2
    01:00.100 start fit id=3 #2
    01:30.100 done fit id=2 #2
    01:30.100 done fit id=4 #2
    02:00.100 done fit id=1 #2
    02:00.100 done fit id=3 #2
    02:00.100 end DONE: 4 done
    ");
}

#[test]
fn fail_fast_lets_finish_what_runs_or_ends_it() {
    let mut wf = empty();
    let bad = wf.add(fit(0).max_attempts(1));
    wf.add_all((1..=4).map(fit));
    let simulation = Simulation::new(1).slots(2).durations(seconds(10)).duration(bad, seconds(3)).fail(bad, 1);
    let with = |fast: FailFast| simulation.clone().options(RunOptions::default().fail_fast(fast));
    insta::assert_snapshot!(story(&with(FailFast::Finish), &wf), @"
    00:00 start fit id=0 #1
    00:00 start fit id=1 #1
    00:03 fail fit id=0 #1: exited with code 1
    00:03 give up fit id=0
    00:03 stop: a task failed
    00:10 done fit id=1 #1
    00:10 end FAILED: 1 done, 1 failed, 3 cancelled
    ");
    insta::assert_snapshot!(story(&with(FailFast::Cancel), &wf), @"
    00:00 start fit id=0 #1
    00:00 start fit id=1 #1
    00:03 fail fit id=0 #1: exited with code 1
    00:03 give up fit id=0
    00:03 stop: a task failed
    00:03 cancel fit id=1 #1
    00:03 end FAILED: 1 failed, 4 cancelled
    ");
}

#[test]
fn limits_hold_and_may_change_on_the_way() {
    let mut wf = empty().max_concurrently_running(2);
    wf.add_all((1..=5).map(fit));
    let simulation = Simulation::new(1).durations(seconds(10)).limit_at(seconds(5), 1);
    insta::assert_snapshot!(story(&simulation, &wf), @"
    00:00 start fit id=1 #1
    00:00 start fit id=2 #1
    00:05 limit: 1 at once
    00:10 done fit id=1 #1
    00:10 done fit id=2 #1
    00:10 start fit id=3 #1
    00:20 done fit id=3 #1
    00:20 start fit id=4 #1
    00:30 done fit id=4 #1
    00:30 start fit id=5 #1
    00:40 done fit id=5 #1
    00:40 end DONE: 5 done
    ");
}

#[test]
fn the_urgent_goes_first_and_what_was_begun_is_finished() {
    let mut wf = empty();
    let preps = wf.add_all((1..=3).map(|id| Command::new("prep").template("prep").node_arg("id", id)));
    for (id, prep) in (1..).zip(preps.refs()) {
        wf.add(fit(id).upstream(prep));
    }
    wf.add(Command::new("urgent").template("urgent").priority(1));
    insta::assert_snapshot!(story(&Simulation::new(1).slots(1), &wf), @"
    00:00 start urgent #1
    00:01 done urgent #1
    00:01 start prep id=1 #1
    00:02 done prep id=1 #1
    00:02 start fit id=1 #1
    00:03 done fit id=1 #1
    00:03 start prep id=2 #1
    00:04 done prep id=2 #1
    00:04 start fit id=2 #1
    00:05 done fit id=2 #1
    00:05 start prep id=3 #1
    00:06 done prep id=3 #1
    00:06 start fit id=3 #1
    00:07 done fit id=3 #1
    00:07 end DONE: 7 done
    ");
}

#[test]
fn a_large_task_is_passed_by_small_ones_but_not_for_ever() {
    let mut wf = empty();
    wf.add_all((0..2).map(fit));
    let large = wf.add(Command::new("large").template("large").cores(2));
    wf.add_all((2..400).map(fit));
    // Ends do not fall together, so that two cores are never free at once by themselves.
    let simulation = Simulation::new(1).slots(2).durations(seconds(2)).duration(Which::from("large"), seconds(1));
    let simulation = simulation.duration("fit", crate::testing::Durations::between(seconds(1), seconds(3)));
    let trace = simulation.run(&wf).unwrap();
    let began = trace.attempts_of(large).next().unwrap().began;
    assert!(trace.never_together(large, "fit"));
    let before = trace.attempts().filter(|attempt| attempt.began < began).count();
    assert!((3..=100).contains(&before), "{before} began before the large one");
}

#[test]
fn a_run_whose_time_is_over_ends_as_failed_and_goes_on_later() {
    let mut wf = empty();
    wf.add_all((1..=2).map(fit));
    let state = tempfile::tempdir().unwrap();
    let simulation = Simulation::new(1).slots(1).durations(seconds(60)).state(state.path());
    let hasty = simulation.clone().options(RunOptions::default().timeout(seconds(90)));
    insta::assert_snapshot!(story(&hasty, &wf), @"
    00:00 start fit id=1 #1
    01:00 done fit id=1 #1
    01:00 start fit id=2 #1
    01:30 stop: the time is over
    01:30 cancel fit id=2 #1
    01:30 end FAILED: 1 done, 1 cancelled
    ");
    insta::assert_snapshot!(story(&simulation.options(RunOptions::default().resume(true)), &wf), @"
    00:00 resume with 1 done
    00:00 start fit id=2 #2
    01:00 done fit id=2 #2
    01:00 end DONE: 1 done, 1 done before
    ");
}

#[test]
fn ctrl_c_ends_what_runs_and_a_second_one_ends_it_at_once() {
    let mut wf = empty();
    wf.add_all((1..=2).map(fit));
    let simulation = Simulation::new(1).slots(1).durations(seconds(60)).ignore_term("fit").interrupt_at(seconds(10));
    insta::assert_snapshot!(story(&simulation, &wf), @"
    00:00 start fit id=1 #1
    00:10 stop: Ctrl-C
    00:20 cancel fit id=1 #1
    00:20 end STOPPED: 2 cancelled
    ");
    insta::assert_snapshot!(story(&simulation.interrupt_at(seconds(12)), &wf), @"
    00:00 start fit id=1 #1
    00:10 stop: Ctrl-C
    00:12 stop: Ctrl-C again
    00:12 cancel fit id=1 #1
    00:12 end STOPPED: 2 cancelled
    ");
}

#[test]
fn a_drained_run_finishes_what_runs() {
    let mut wf = empty();
    wf.add_all((1..=3).map(fit));
    let drain = RunOptions::default().drain(true);
    let simulation = Simulation::new(1).slots(2).durations(seconds(60)).options(drain).interrupt_at(seconds(10));
    insta::assert_snapshot!(story(&simulation, &wf), @"
    00:00 start fit id=1 #1
    00:00 start fit id=2 #1
    00:10 drain: Ctrl-C
    01:00 done fit id=1 #1
    01:00 done fit id=2 #1
    01:00 end STOPPED: 2 done, 1 cancelled
    ");
}

#[test]
fn a_canary_goes_first() {
    let mut wf = empty();
    wf.add_all((1..=3).map(fit));
    let simulation = Simulation::new(1).durations(seconds(10)).options(RunOptions::default().canary(true));
    insta::assert_snapshot!(story(&simulation, &wf), @"
    00:00 start fit id=1 #1
    00:10 done fit id=1 #1
    00:10 start fit id=2 #1
    00:10 start fit id=3 #1
    00:20 done fit id=2 #1
    00:20 done fit id=3 #1
    00:20 end DONE: 3 done
    ");
    insta::assert_snapshot!(story(&simulation.mishap("fit", Mishap::CannotStart, 1), &wf), @"
    00:00 fail fit id=1 #1: could not be started: there is no such program
    00:00 give up fit id=1
    00:00 hold back 2, since fit id=1 failed
    00:00 end FAILED: 1 failed, 2 cancelled
    ");
}

#[test]
fn a_crash_ends_what_runs_and_loses_nothing_that_was_done() {
    let mut wf = empty();
    let first = wf.add(fit(1));
    wf.add_all((2..=3).map(|id| fit(id).upstream(first)));
    let simulation = Simulation::new(1).durations(seconds(60)).crash_at(seconds(90));
    insta::assert_snapshot!(story(&simulation, &wf), @"
    00:00 start fit id=1 #1
    01:00 done fit id=1 #1
    01:00 start fit id=2 #1
    01:00 start fit id=3 #1
    01:30 cancel fit id=2 #1
    01:30 cancel fit id=3 #1
    01:30 crash between commits 12 and 13
    01:31 resume with 1 done
    01:31 start fit id=2 #2
    01:31 start fit id=3 #2
    02:31 done fit id=2 #2
    02:31 done fit id=3 #2
    02:31 end DONE: 2 done, 1 done before
    ");
}

#[test]
fn what_hangs_for_ever_is_told() {
    let mut wf = empty();
    wf.add_all((1..=2).map(fit));
    let error = Simulation::new(1).mishap("fit", Mishap::Hang, 1).run(&wf).unwrap_err();
    insta::assert_snapshot!(error, @"
    nothing more happens, and the workflow is not at its end: `fit id=1` and 1 more run for ever and have no limit of time: give their templates a `runtime`
    00:00 start fit id=1 #1
    00:00 start fit id=2 #1
    ");
    let limited = Simulation::new(1).mishap("fit", Mishap::Hang, 1);
    let mut wf = empty();
    wf.add(fit(1).runtime("5m"));
    assert_eq!(limited.run(&wf).unwrap().status(), RunState::Done, "the wall time ends it");
}

#[test]
fn rules_for_nobody_are_told_all_at_once() {
    let mut wf = empty();
    wf.add(fit(1));
    let mut other = empty();
    let stranger = other.add(fit(1));
    let error =
        Simulation::new(1).fail("fti", 1).fail(stranger, 1).out_of_memory_below("fit", "12").run(&wf).unwrap_err();
    insta::assert_snapshot!(error, @r#"
    a rule of the simulation says memory: `12` has no unit; write it as "8G", "512M" or "1.5 GiB"
    a rule of the simulation is for `fti`: no task of the workflow is of a template `fti`; its templates are `fit`
    a rule of the simulation is for task 0: it names a task of another workflow
    "#);
}
