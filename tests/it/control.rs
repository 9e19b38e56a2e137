//! Runs that are steered from outside.

use crate::support::{State, lives, signal, wait_for};
use jobmon::control::{Control, ControlError, Request};
use jobmon::model::RunState;
use jobmon::prelude::*;
use jobmon::{Result, RunOutcome};
use rustix::process::Signal;
use std::thread::JoinHandle;
use std::time::Duration;

/// Far longer than any answer takes.
const PATIENCE: Duration = Duration::from_mins(2);

/// Tasks that each say that they run and wait for a file of their own.
fn gated(state: &State, tasks: &[(&str, u32)]) -> Workflow {
    let mut wf = Tool::new("test").workflow("gated");
    let script = "echo $1 >> $0/started; until test -e $0/$1.go; do sleep 0.01; done";
    for (template, id) in tasks {
        let task = Command::new("sh").arg("-c").arg(script).arg(state.path()).arg(format!("{template}{id}"));
        wf.add(task.template(*template).node_arg("id", id).name(format!("{template}{id}")));
    }
    wf
}

fn start(state: &State, tasks: &[(&str, u32)], cores: u32) -> JoinHandle<Result<RunOutcome>> {
    let (wf, options) = (gated(state, tasks), state.options().cores(cores).resume(true));
    std::thread::spawn(move || wf.run(options))
}

fn control(state: &State) -> Control {
    Control::at(state.path()).workflow("gated")
}

fn answer(request: std::result::Result<Request, ControlError>) -> String {
    request.unwrap().wait(PATIENCE).unwrap()
}

fn let_go(state: &State, task: &str) {
    std::fs::write(state.join(&format!("{task}.go")), "").unwrap();
}

fn started(state: &State, count: usize) -> Vec<String> {
    wait_for("tasks that start", || Some(state.lines("started")).filter(|lines| lines.len() >= count))
}

fn done(state: &State, count: i64) {
    let sql = "SELECT count(*) FROM task WHERE status = 'DONE'";
    wait_for("tasks that are done", || state.look(sql).filter(|found| *found == count));
}

#[test]
fn a_run_is_paused_and_limited_while_it_lasts() {
    let state = State::new();
    let tasks: Vec<(&str, u32)> = (0..6).map(|id| ("t", id)).collect();
    let run = start(&state, &tasks, 2);
    started(&state, 2);
    let control = control(&state);
    assert_eq!(answer(control.pause()), "nothing new starts, what runs goes on (2 tasks)");
    assert_eq!(answer(control.pause()), "the run is paused already");
    let_go(&state, "t0");
    let_go(&state, "t1");
    done(&state, 2);
    assert_eq!(answer(control.set_limit(1)), "1 at once at most, 0 now", "nothing had started");
    assert_eq!(state.query("SELECT max_concurrently_running FROM workflow"), "1");
    assert_eq!(started(&state, 3).len(), 3);
    assert_eq!(answer(control.unpause()), "the run was not paused");
    assert_eq!(answer(control.pause()), "nothing new starts, what runs goes on (1 task)");
    let_go(&state, "t2");
    done(&state, 3);
    assert_eq!(answer(control.unpause()), "1 at once at most, 0 now");
    started(&state, 4);
    assert_eq!(answer(control.set_limit(None)), "as many at once as the machine has room for, 1 now");
    started(&state, 5);
    assert_eq!(state.query("SELECT max_concurrently_running FROM workflow"), "-");
    (3..6).for_each(|id| let_go(&state, &format!("t{id}")));
    let run = run.join().unwrap().unwrap();
    assert_eq!((run.done, run.reason()), (6, None));
    let rows =
        state.query("SELECT request, argument, status, workflow_run_id, answered_at >= requested_at FROM control");
    insta::assert_snapshot!(rows, @"
    PAUSE - DONE 1 1
    PAUSE - DONE 1 1
    LIMIT 1 DONE 1 1
    UNPAUSE - DONE 1 1
    PAUSE - DONE 1 1
    UNPAUSE - DONE 1 1
    LIMIT - DONE 1 1
    ");
    let users = state.query("SELECT DISTINCT requested_by = user FROM control JOIN workflow_run USING (workflow_id)");
    assert_eq!(users, "1");
}

#[test]
fn a_template_is_paused_while_others_run() {
    let state = State::new();
    let run = start(&state, &[("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1)], 2);
    assert_eq!(started(&state, 2).len(), 2);
    let control = control(&state);
    assert_eq!(answer(control.set_template_limit("a", 0)), "nothing new starts of `a`, what runs goes on (2 tasks)");
    ["a0", "a1", "b0", "b1"].into_iter().for_each(|task| let_go(&state, task));
    done(&state, 4);
    assert_eq!(answer(control.set_template_limit("a", 1)), "1 of `a` at once at most, 0 now");
    assert_eq!(started(&state, 5)[4], "a2");
    assert_eq!(answer(control.set_template_limit("a", None)), "`a` has no limit of its own, 1 run at once now");
    let_go(&state, "a2");
    assert_eq!(run.join().unwrap().unwrap().done, 5);
}

/// How a run ended, what it says of that, and what the state file says.
fn ending(state: &State, run: &RunOutcome) -> String {
    let user = state.query("SELECT user FROM workflow_run LIMIT 1");
    let written = state.query("SELECT status, reason FROM workflow_run ORDER BY id DESC LIMIT 1");
    assert_eq!(written, format!("{} {}", run.status, run.reason().unwrap()));
    let tasks = state.query("SELECT name, status FROM task ORDER BY id").replace('\n', ", ");
    format!("{written}: {tasks}").replace(&format!(" by {user} "), " by USER ")
}

#[test]
fn a_run_is_drained_from_outside() {
    let state = State::new();
    let run = start(&state, &[("t", 0), ("t", 1)], 1);
    started(&state, 1);
    assert_eq!(answer(control(&state).drain()), "nothing new starts, what runs finishes (1 task)");
    assert_eq!(answer(control(&state).drain()), "the run is ending already");
    let refused = control(&state).set_limit(5).unwrap().wait(PATIENCE).unwrap_err();
    assert!(matches!(refused, ControlError::Refused { .. }));
    insta::assert_snapshot!(refused, @"cannot change the limit of workflow `test/gated`: the run is ending");
    let_go(&state, "t0");
    let run = run.join().unwrap().unwrap();
    insta::assert_snapshot!(ending(&state, &run), @"STOPPED it was drained by USER through `jobmon::control`: t0 DONE, t1 CANCELLED");
    let_go(&state, "t1");
    assert_eq!(start(&state, &[("t", 0), ("t", 1)], 1).join().unwrap().unwrap().done, 1);
}

#[test]
fn a_run_is_stopped_from_outside_gently_and_at_once() {
    let state = State::new();
    let run = start(&state, &[("t", 0), ("t", 1)], 1);
    started(&state, 1);
    answer(control(&state).drain());
    assert_eq!(answer(control(&state).stop()), "nothing new starts, what runs is ended (1 task)");
    let run = run.join().unwrap().unwrap();
    insta::assert_snapshot!(ending(&state, &run), @"STOPPED it was drained by USER through `jobmon::control`; it was stopped by USER through `jobmon::control`: t0 CANCELLED, t1 CANCELLED");

    let state = State::new();
    // They take no notice of TERM, and their grace is an hour.
    let program = state.program("forever");
    wait_for("the tasks", || (state.lines("task0.ready").len() + state.lines("task1.ready").len() == 2).then_some(()));
    let control = Control::at(state.path()).tool("test");
    answer(control.stop());
    answer(control.stop_now());
    let said = String::from_utf8(program.wait_with_output().unwrap().stderr).unwrap();
    assert!(
        said.contains("asks through `jobmon::control`: nothing new starts, what runs is ended at once (2 tasks)"),
        "{said}"
    );
    assert_eq!(state.query("SELECT status FROM workflow_run"), "STOPPED");
    let pids = [state.lines("task0.pids"), state.lines("task1.pids")].concat();
    assert!(pids.len() > 1 && !pids.iter().any(|pid| lives(pid)), "{pids:?}");
}

#[test]
fn who_asks_for_what_is_not_there_is_told() {
    let state = State::new();
    let nowhere = Control::at(state.join("nowhere")).pause().unwrap_err();
    assert!(nowhere.to_string().contains("there is no state file"), "{nowhere}");
    assert!(!state.join("nowhere").exists(), "asking makes nothing");
    let_go(&state, "fit0");
    start(&state, &[("fit", 0)], 1).join().unwrap().unwrap();
    for args in ["1", "2"] {
        let mut wf = Tool::new("test").workflow("other").args(args);
        wf.add(Command::new("true"));
        wf.run(state.options()).unwrap();
    }
    let errors = [
        control(&state).pause().unwrap_err(),
        control(&state).set_limit(3).unwrap_err(),
        control(&state).set_template_limit("fti", 3).unwrap_err(),
        Control::at(state.path()).workflow("gaetd").pause().unwrap_err(),
        Control::at(state.path()).workflow("other").args(3).pause().unwrap_err(),
        Control::at(state.path()).workflow("other").pause().unwrap_err(),
        Control::at(state.path()).stop().unwrap_err(),
    ];
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(errors.join("\n"), @"
    cannot pause workflow `test/gated`, which is not being run (its last run is DONE); start it again to go on with it
    cannot change the limit of workflow `test/gated`, which is not being run (its last run is DONE); limits are said by the program at each start: `max_concurrently_running`
    workflow `test/gated` has no template `fti`; did you mean `fit`?
    there is no workflow `gaetd` in the state; did you mean `gated`?
    there is no workflow `other` with the arguments `3` in the state; of this name there are: `test/other` (1), `test/other` (2)
    2 workflows may be meant by `other`: `test/other` (1) (number 2), `test/other` (2) (number 3); say `.workflow(..)`, `.tool(..)`, `.args(..)` or `.number(..)`
    3 workflows may be meant: `test/gated` (number 1), `test/other` (1) (number 2), `test/other` (2) (number 3); say `.workflow(..)`, `.tool(..)`, `.args(..)` or `.number(..)`
    ");
    assert_eq!(state.query("SELECT count(*) FROM control"), "0");
}

#[test]
fn what_a_dead_run_was_asked_is_not_done_by_the_next() {
    let state = State::new();
    let mut program = state.program("paused");
    wait_for("the task", || state.lines("ready").pop());
    signal(&program, Signal::STOP);
    let control = Control::at(state.path()).workflow("paused");
    let request = control.pause().unwrap();
    let unanswered = request.clone().wait(Duration::ZERO).unwrap_err();
    assert!(matches!(unanswered, ControlError::Unanswered { .. }), "{unanswered}");
    signal(&program, Signal::CONT);
    assert_eq!(
        request.wait(PATIENCE).unwrap(),
        "nothing new starts, what runs goes on (1 task)",
        "it is taken up afterwards"
    );
    assert!(answer(control.unpause()).starts_with("as many at once as the machine has room for"));
    signal(&program, Signal::STOP);
    let request = control.pause().unwrap();
    signal(&program, Signal::KILL);
    program.wait().unwrap();
    let ended = request.wait(PATIENCE).unwrap_err();
    assert!(matches!(ended, ControlError::Ended { .. }), "{ended}");
    let lease = std::fs::File::open(state.join("runs/1/lease")).unwrap();
    wait_for("the end of the keeper", || lease.try_lock().ok());
    drop(lease);
    let dead = control.pause().unwrap_err().to_string();
    assert!(dead.contains("the driver of its last run died"), "{dead}");
    let program = state.program("paused");
    wait_for("the task", || (state.lines("ready").len() == 2).then_some(()));
    let _go = state.open("go");
    assert!(program.wait_with_output().unwrap().status.success());
    let rows = state.query("SELECT workflow_run_id, request, status FROM control ORDER BY id");
    assert_eq!(rows, "1 PAUSE DONE\n1 UNPAUSE DONE\n1 PAUSE LOST");
}

/// Requests that come while a run ends are done, refused or lost, and never left open.
#[test]
fn what_comes_as_the_run_ends_is_answered_or_lost() {
    let state = State::new();
    let_go(&state, "t0");
    let run = start(&state, &[("t", 0)], 1);
    while !run.is_finished() {
        match control(&state).drain().and_then(|request| request.wait(PATIENCE)) {
            Ok(_) | Err(ControlError::Ended { .. } | ControlError::NotRunning { .. }) => {}
            Err(ControlError::NoState { .. } | ControlError::NoSuchWorkflow { .. } | ControlError::Store(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    let run = run.join().unwrap().unwrap();
    assert!(matches!(run.status, RunState::Done | RunState::Stopped));
    assert_eq!(state.query("SELECT count(*) FROM control WHERE status = 'REQUESTED'"), "0");
}

#[test]
fn a_run_that_may_start_nothing_says_so_and_waits_for_another_limit() {
    let state = State::new();
    let program = state.program("held");
    wait_for("the run", || state.look("SELECT 1 FROM workflow_run WHERE status = 'RUNNING'"));
    let control = Control::at(state.path());
    let refused = control.unpause().unwrap().wait(PATIENCE).unwrap_err();
    assert!(refused.to_string().contains("the run was not paused: 0 tasks is its limit"), "{refused}");
    assert_eq!(answer(control.set_limit(1)), "1 at once at most, 0 now");
    let output = program.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let note = "0 tasks may run at once, so nothing starts until `jobmon::control` sets another limit";
    assert_eq!(said.matches(note).count(), 1, "{said}");
}
