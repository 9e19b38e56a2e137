//! What is said wrong is told; nothing panics and nothing goes on for ever.

use crate::model::{Asked, Asking};
use crate::plan::{Command, TaskExt as _, Tool, Workflow};
use crate::run::RunOptions;
use crate::testing::{Durations, Exploration, Mishap, ReportFault, Simulation, SubmissionFault, Which};
use std::cell::Cell;
use std::time::Duration;

fn fits(count: u32) -> Workflow {
    let mut wf = Tool::new("test").workflow("w");
    let fits = wf.add_all((0..count).map(|id| Command::new("fit").template("fit").node_arg("id", id)));
    wf.add(Command::new("report").template("report").upstream(&fits));
    wf
}

#[test]
fn rules_that_cannot_strike_are_told_all_at_once() {
    let simulation = Simulation::new(1)
        .slots(0)
        .nodes(2)
        .node_dies(2, Duration::ZERO)
        .crash_at_commit(0)
        .crashes(f64::NAN)
        .sometimes("fit", Mishap::Exit(1), -0.1)
        .reports(ReportFault::Doubled, 2.0)
        .submissions(SubmissionFault::Unclear, f64::INFINITY)
        .mishap("report", Mishap::NoOutput, 1);
    insta::assert_snapshot!(simulation.run(&fits(1)).unwrap_err(), @"
    a rule of the simulation is for `report`: it says `NoOutput`, and none of its tasks has an `output` to leave out
    the probability of `Exit(1)` for `fit` is -0.1, and must be from 0 to 1
    the probability of reports that are `Doubled` is 2, and must be from 0 to 1
    the probability of orders that are `Unclear` is inf, and must be from 0 to 1
    the probability of crashes is NaN, and must be from 0 to 1
    a cluster without slots runs nothing: `slots` takes a number from 1
    node 2 is to die, and the nodes are 0 to 1: `nodes` says how many there are
    the driver is to die at commit 0, and commits are counted from 1
    ");
    insta::assert_snapshot!(Simulation::new(1).nodes(0).run(&fits(1)).unwrap_err(), @"a cluster without nodes runs nothing: `nodes` takes a number from 1");
}

#[test]
fn a_driver_that_always_dies_is_told() {
    let error = Simulation::new(1).crashes(1.0).run(&fits(1)).unwrap_err().to_string();
    let first = error.lines().next().unwrap();
    insta::assert_snapshot!(first, @"nothing more happens, and the workflow is not at its end: the driver has died 500 times since a task was done");
}

#[test]
fn no_time_is_too_long() {
    let (ever, wf) = (Duration::MAX, fits(3));
    let simulations = [
        Simulation::new(1).durations(ever).queue_delay(ever).commit_time(ever),
        Simulation::new(1).durations(Durations::exponential(ever)).reports(ReportFault::Late(ever), 1.0),
        Simulation::new(1).durations(Durations::between(ever, ever)).submissions(SubmissionFault::Refused(ever), 1.0),
        Simulation::new(1).durations(Durations::by(move |_| ever)).node_dies(0, ever).crash_at(ever),
        Simulation::new(1)
            .durations(ever)
            .ignore_term(Which::all())
            .interrupt_at(ever)
            .options(RunOptions::default().grace(ever)),
    ];
    let ends: Vec<_> = simulations.iter().map(|simulation| simulation.run(&wf).unwrap().status().to_string()).collect();
    assert_eq!(ends, ["DONE", "DONE", "DONE", "DONE", "STOPPED"]);
}

#[test]
fn what_was_done_before_is_done_and_what_runs_again_breaks_nothing() {
    let state = tempfile::tempdir().unwrap();
    let again = |wf: &Workflow| {
        let options = RunOptions::default().resume(true).accept_changes(true);
        Simulation::new(1).state(state.path()).options(options).run(wf).unwrap()
    };
    assert_eq!(again(&fits(2)).done(), [true; 3]);
    let complete = again(&fits(2));
    assert_eq!((complete.done(), complete.attempts().len()), (vec![true; 3], 0));
    let grown = again(&fits(3));
    assert_eq!((grown.done(), grown.starts("fit"), grown.starts("report")), (vec![true; 4], 1, 1));
}

#[test]
fn a_task_without_outputs_leaves_none_and_succeeds() {
    let mut wf = fits(1);
    let table = wf.add(Command::new("table").template("table").output("table.csv"));
    let trace = Simulation::new(1).mishap(Which::all(), Mishap::NoOutput, 1).run(&wf).unwrap();
    assert_eq!((trace.starts("fit"), trace.starts(table)), (1, 2));
}

#[test]
fn resources_that_cannot_be_computed_are_told() {
    let mut wf = Tool::new("test").workflow("w");
    let asked = |_: &Asking| Err::<Asked, _>("no survey.csv".to_owned());
    wf.add(Command::new("fit").template("fit").resources_from(asked));
    insta::assert_snapshot!(Simulation::new(1).run(&wf).unwrap(), @"
    00:00 give up fit: its resources could not be computed: no survey.csv
    00:00 end FAILED: 1 failed
    ");
}

#[test]
#[should_panic(
    expected = "the trace is asked about `fits`: no task of the workflow is of a template `fits`; its templates are `fit`, `report`"
)]
fn a_question_about_nobody_is_no_success() {
    let trace = Simulation::new(1).run(&fits(1)).unwrap();
    let _ = trace.never_together("fits", "report");
}

#[test]
#[should_panic(expected = "it names a task of another workflow")]
fn a_question_about_another_workflow_is_no_success() {
    let mut other = fits(1);
    let fit = other.add(Command::new("fit"));
    let _ = Simulation::new(1).run(&fits(1)).unwrap().is_done(fit);
}

#[test]
fn a_test_that_depends_on_more_than_its_seed_is_told() {
    let (calls, wf) = (Cell::new(0), fits(1));
    let finding = Exploration::new().seeds(10).find(|seed| {
        Simulation::new(seed).sometimes("fit", Mishap::Preemption, 0.9).run(&wf).unwrap();
        calls.set(calls.get() + 1);
        assert!(calls.get() != 3, "the third call fails");
    });
    insta::assert_snapshot!(finding.unwrap(), @"
    seed 2 fails, with 3 accidents:
      fit id=0 #1 is preempted
      fit id=0 #2 is preempted
      fit id=0 #3 is preempted
    the third call fails
    it did not fail again with the same seed: the test depends on more than its seed
    see it again: JOBMON_SEED='2' cargo test testing::tests::mistakes::a_test_that_depends_on_more_than_its_seed_is_told
    ");
}

#[test]
fn commands_are_told_on_a_small_machine_too() {
    let mut wf = Tool::new("test").workflow("w");
    wf.add(Command::new("fit").template("fit").memory("900T"));
    assert!(wf.check().is_err());
    insta::assert_snapshot!(crate::testing::commands(&wf).unwrap(), @"fit: fit");
}
