//! Tasks that are moved by hand between runs.

use crate::support::{State, wait_for};
use jobmon::control::{Control, ControlError, Tasks};
use jobmon::model::TaskState;
use jobmon::prelude::*;
use rustix::process::Signal;

/// Three cuts, three fits that each need one of them, and a report that needs all fits, as a set. Those fail that files say.
fn workflow(state: &State) -> Workflow {
    let mut wf = Tool::new("test").workflow("mended");
    let script = "echo $1 >> $0/log; test ! -e $0/$1.bad";
    let one = |template: &str, id: u32| {
        let name = format!("{template}{id}");
        let command = Command::new("sh").arg("-c").arg(script).arg(state.path()).arg(&name);
        command.template(template).node_arg("id", id).name(name).max_attempts(1)
    };
    let cuts: Vec<_> = (0..3).map(|id| wf.add(one("cut", id))).collect();
    let fits = wf.add_all((0..3).zip(cuts).map(|(id, cut)| one("fit", id).upstream(cut)));
    wf.add(one("report", 0).upstream(fits));
    wf
}

fn control(state: &State) -> Control {
    Control::at(state.path()).workflow("mended")
}

fn break_(state: &State, task: &str) {
    std::fs::write(state.join(&format!("{task}.bad")), "").unwrap();
}

fn tasks(state: &State) -> String {
    let rows = state.query("SELECT name, status FROM task ORDER BY id").replace('\n', ", ");
    format!("{}: {rows}", state.query("SELECT status FROM workflow"))
}

/// What ran since the last look.
fn ran(state: &State) -> String {
    let mut lines = state.lines("log");
    std::fs::remove_file(state.join("log")).unwrap_or_default();
    lines.sort_unstable();
    lines.join(" ")
}

#[test]
fn what_is_set_done_is_not_run_and_what_needs_it_is() {
    let state = State::new();
    break_(&state, "cut1");
    workflow(&state).run(state.options()).unwrap();
    insta::assert_snapshot!(tasks(&state), @"FAILED: cut0 DONE, cut1 FAILED, cut2 DONE, fit0 DONE, fit1 SKIPPED, fit2 DONE, report0 SKIPPED");
    ran(&state);
    assert_eq!(control(&state).set_done(&Tasks::named("cut1")).unwrap(), 1);
    assert_eq!(control(&state).set_done(&Tasks::named("cut1")).unwrap(), 0, "it is done already");
    insta::assert_snapshot!(tasks(&state), @"FAILED: cut0 DONE, cut1 DONE, cut2 DONE, fit0 DONE, fit1 SKIPPED, fit2 DONE, report0 SKIPPED");
    let run = workflow(&state).run(state.options().resume(true)).unwrap();
    assert_eq!((run.done, run.resumed), (2, 5));
    assert_eq!(ran(&state), "fit1 report0");
    run.ok().unwrap();
}

#[test]
fn a_workflow_whose_last_tasks_are_set_done_is_done() {
    let state = State::new();
    break_(&state, "report0");
    workflow(&state).run(state.options()).unwrap();
    assert_eq!(control(&state).set_done(&Tasks::all().in_state(TaskState::Failed)).unwrap(), 1);
    assert!(tasks(&state).starts_with("DONE: "), "{}", tasks(&state));
    let run = workflow(&state).run(state.options().resume(true)).unwrap();
    assert_eq!((run.done, run.resumed), (0, 7));
    assert_eq!(state.query("SELECT count(*) FROM workflow_run"), "1");
}

#[test]
fn what_is_reset_runs_again_with_all_that_needs_it() {
    let state = State::new();
    workflow(&state).run(state.options()).unwrap();
    assert_eq!(ran(&state), "cut0 cut1 cut2 fit0 fit1 fit2 report0");
    assert_eq!(control(&state).reset(&Tasks::of_template("cut").node_arg("id", 1)).unwrap(), 3);
    insta::assert_snapshot!(tasks(&state), @"STOPPED: cut0 DONE, cut1 REGISTERED, cut2 DONE, fit0 DONE, fit1 REGISTERED, fit2 DONE, report0 REGISTERED");
    let run = workflow(&state).run(state.options().resume(true)).unwrap();
    assert_eq!((run.done, run.resumed), (3, 4));
    assert_eq!(ran(&state), "cut1 fit1 report0");
    let numbers = state.query("SELECT id FROM task WHERE name IN ('fit0', 'fit2')");
    let numbers = numbers.lines().map(|line| line.parse().unwrap());
    assert_eq!(control(&state).reset(&Tasks::numbered(numbers)).unwrap(), 3);
    workflow(&state).run(state.options().resume(true)).unwrap().ok().unwrap();
    assert_eq!(ran(&state), "fit0 fit2 report0");
    assert_eq!(control(&state).reset(&Tasks::all()).unwrap(), 7);
    workflow(&state).run(state.options().resume(true)).unwrap().ok().unwrap();
    assert_eq!(state.query("SELECT count(*) FROM task_instance"), "20", "what was is kept");
}

#[test]
fn who_moved_what_is_written_down() {
    let state = State::new();
    break_(&state, "cut1");
    workflow(&state).run(state.options()).unwrap();
    control(&state).set_done(&Tasks::named("cut1")).unwrap();
    control(&state).reset(&Tasks::of_template("fit").in_state(TaskState::Done)).unwrap();
    insta::assert_snapshot!(state.query("SELECT request, argument, status, answer, workflow_run_id FROM control"), @"
    SET_DONE `cut1` DONE 1 of 1 tasks were not done and are now -
    RESET of `fit` that is DONE DONE 3 of 3 tasks, with those that need them, were set back -
    ");
    let users = "SELECT DISTINCT requested_by = user, requested_at >= ended_at FROM control JOIN workflow_run USING (workflow_id)";
    assert_eq!(state.query(users), "1 1");
}

#[test]
fn tasks_that_are_not_there_are_told() {
    let state = State::new();
    workflow(&state).run(state.options()).unwrap();
    let errors = [
        control(&state).reset(&Tasks::named("reprot0")).unwrap_err(),
        control(&state).reset(&Tasks::of_template("cats")).unwrap_err(),
        control(&state).set_done(&Tasks::of_template("cut").node_arg("id", 7)).unwrap_err(),
        control(&state).set_done(&Tasks::all().in_state(TaskState::Failed)).unwrap_err(),
        control(&state).set_done(&Tasks::numbered([77])).unwrap_err(),
    ];
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(errors.join("\n"), @"
    workflow `test/mended` has no task `reprot0`; did you mean `report0`?
    workflow `test/mended` has no task of `cats`; there are `cut`, `fit`, `report`
    workflow `test/mended` has no task of `cut` with id=7
    workflow `test/mended` has no task that is FAILED
    workflow `test/mended` has no task with the number 77
    ");
}

#[test]
fn while_a_run_is_under_way_no_task_is_moved() {
    let state = State::new();
    let mut program = state.program("paused");
    wait_for("the task", || state.lines("ready").pop());
    let control = Control::at(state.path());
    for refused in [control.set_done(&Tasks::all()), control.reset(&Tasks::all())] {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, ControlError::IsRunning { .. }));
        let told = refused.to_string();
        assert!(told.contains(&format!("process {}", program.id())) && told.contains("jobmon-keeper"), "{told}");
    }
    crate::support::signal(&program, Signal::KILL);
    program.wait().unwrap();
    // The keeper ends the task and writes down how; the hand is stronger than that.
    let moved = wait_for("the end of the keeper", || control.set_done(&Tasks::of_template("part")).ok());
    assert_eq!(moved, 1);
    assert_eq!(state.query("SELECT status, kind FROM task_instance"), "LOST VANISHED");
    assert!(state.program("paused").wait_with_output().unwrap().status.success(), "what waits at the fifo is not run");
    assert_eq!(state.query("SELECT status FROM workflow_run ORDER BY id"), "LOST\nDONE");
    assert_eq!(state.query("SELECT DISTINCT status FROM task"), "DONE");
}
