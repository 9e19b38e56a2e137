//! A second start.

use crate::support::{State, wait_for};
use jobmon::prelude::*;
use jobmon::{Error, run::RunError};
use rustix::process::Signal;

fn workflow(fails: bool, state: &State) -> Workflow {
    let mut wf = Tool::new("test").workflow("again");
    let script = "echo $1 >> $0; test $1 != 2 || test ! -e $0.fails";
    if fails {
        std::fs::write(state.join("log.fails"), "").unwrap();
    } else if state.join("log.fails").exists() {
        std::fs::remove_file(state.join("log.fails")).unwrap();
    }
    for id in 0..4 {
        wf.add(
            Command::new("sh").arg("-c").arg(script).arg(state.join("log")).arg(id).node_arg("id", id).max_attempts(1),
        );
    }
    wf
}

#[test]
fn a_second_start_is_refused_with_a_hint_and_goes_on_with_resume() {
    let state = State::new();
    let run = workflow(true, &state).run(state.options()).unwrap();
    assert_eq!((run.done, run.failed), (3, 1));
    let refused = workflow(false, &state).run(state.options()).unwrap_err();
    assert!(matches!(refused, Error::Run(RunError::WorkflowAlreadyExists { status: "FAILED", .. })), "{refused}");
    assert!(refused.to_string().contains("resume(true)"), "{refused}");
    let run = workflow(false, &state).run(state.options().resume(true)).unwrap();
    assert_eq!((run.done, run.failed, run.resumed), (1, 0, 3));
    assert_eq!(state.query("SELECT attempt FROM task_instance WHERE task_id = 3"), "1\n2");
    let refused = workflow(false, &state).run(state.options()).unwrap_err();
    assert!(matches!(refused, Error::Run(RunError::WorkflowAlreadyComplete { .. })), "{refused}");
    let run = workflow(false, &state).run(state.options().resume(true)).unwrap();
    assert_eq!((run.done, run.resumed), (0, 4));
    run.ok().unwrap();
    assert_eq!(state.query("SELECT count(*) FROM workflow_run"), "2", "a complete workflow is not run again");
    let mut log = state.lines("log");
    log.sort_unstable();
    assert_eq!(log, ["0", "1", "2", "2", "3"], "what is done never runs again");
}

#[test]
fn a_complete_workflow_still_tells_what_its_tasks_used() {
    let state = State::new();
    let build = || {
        let mut wf = Tool::new("test").workflow("used");
        let task = wf.add(Command::new("true"));
        (wf, task)
    };
    build().0.run(state.options()).unwrap();
    let (wf, task) = build();
    let run = wf.run(state.options().resume(true)).unwrap();
    assert_eq!(run.usage_of(task).unwrap().attempts, 1);
}

#[test]
fn a_unique_workflow_is_a_new_one_each_time() {
    let state = State::new();
    for _ in 0..2 {
        let mut wf = Tool::new("test").workflow("fresh").unique();
        wf.add(Command::new("true"));
        assert_eq!(wf.run(state.options()).unwrap().done, 1);
    }
    assert_eq!(state.query("SELECT count(*) FROM workflow"), "2");
}

#[test]
fn a_workflow_that_is_being_run_is_refused_and_says_by_whom() {
    let state = State::new();
    let mut first = state.program("forever");
    wait_for("the tasks", || (state.lines("task0.ready").len() + state.lines("task1.ready").len() == 2).then_some(()));
    let second = state.program("forever").wait_with_output().unwrap();
    let told = String::from_utf8(second.stderr).unwrap();
    assert!(!second.status.success());
    assert!(told.contains("is being run already by run 1"), "{told}");
    assert!(told.contains(&format!("process {}", first.id())), "{told}");
    // Twice, by two signals: two of a kind may come as one.
    crate::support::signal(&first, Signal::INT);
    crate::support::signal(&first, Signal::TERM);
    first.wait().unwrap();
}

#[test]
fn a_foreign_state_file_is_told_and_left_alone() {
    let state = State::new();
    std::fs::write(
        state.join("jobmon.db"),
        "this is no database, but it is long enough to be looked at as one ".repeat(20),
    )
    .unwrap();
    let mut wf = Tool::new("test").workflow("foreign");
    wf.add(Command::new("true"));
    let before = std::fs::read(state.join("jobmon.db")).unwrap();
    let refused = wf.run(state.options()).unwrap_err().to_string();
    assert!(refused.contains("is not a state file of jobmon"), "{refused}");
    assert_eq!(std::fs::read(state.join("jobmon.db")).unwrap(), before);
}

#[test]
fn a_run_that_was_taken_over_ends_its_tasks_and_records_nothing_more() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("taken");
    let script = "echo $$ > $0.tmp; mv $0.tmp $0; while :; do sleep 1000; done";
    wf.add(Command::new("sh").arg("-c").arg(script).arg(state.join("pid")));
    let options = state.options();
    let run = std::thread::spawn(move || wf.run(options));
    let pid = wait_for("the task", || state.lines("pid").pop());
    let other = rusqlite::Connection::open(state.join("jobmon.db")).unwrap();
    other.execute("UPDATE workflow SET lease_epoch = lease_epoch + 1", []).unwrap();
    drop(other);
    // The heartbeat is the next thing that it would write.
    let lost = run.join().unwrap().unwrap_err();
    assert!(matches!(lost, Error::Store(jobmon::store::StoreError::LeaseLost { .. })), "{lost}");
    assert!(!crate::support::lives(&pid));
    assert_eq!(state.query("SELECT ended_at FROM task_instance"), "-");
    assert!(state.join("runs/1/1/ends").exists(), "the keeper left word of how the attempt ended");
}

/// Where the program was started through the loader, `/proc/self/exe` is the loader, and no keeper can be had. Needs the
/// loader of x86-64 glibc; without it the test says so and proves nothing.
#[test]
fn a_run_that_cannot_begin_says_so_in_the_state_file() {
    let state = State::new();
    let loader = "/lib64/ld-linux-x86-64.so.2";
    if !std::path::Path::new(loader).exists() {
        eprintln!("{loader} is not there: a run that cannot begin was not tried");
        return;
    }
    let program = env!("CARGO_BIN_EXE_jobmon-test-program");
    let said = std::process::Command::new(loader).args([program, "three"]).arg(state.path()).output().unwrap();
    assert!(!said.status.success());
    assert_eq!(state.query("SELECT status FROM workflow"), "STOPPED");
    let told = state.query("SELECT status, reason FROM workflow_run");
    assert!(told.starts_with("STOPPED "), "{told}");
    let again = state.program("three").wait_with_output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
}

/// The file refuses a row in the middle of the run, as it would on a broken disk: the run ends with an error, and what
/// its task did is not forgotten.
#[test]
fn a_run_whose_state_cannot_be_written_ends_and_loses_nothing() {
    let state = State::new();
    let build = || {
        let mut wf = Tool::new("test").workflow("refused");
        let script = "echo run >> $0.runs; until test -e $0.go; do :; done";
        wf.add(Command::new("sh").arg("-c").arg(script).arg(state.join("task")));
        wf
    };
    let (wf, options) = (build(), state.options());
    let run = std::thread::spawn(move || wf.run(options));
    wait_for("the task", || (!state.lines("task.runs").is_empty()).then_some(()));
    let other = rusqlite::Connection::open(state.join("jobmon.db")).unwrap();
    other.busy_timeout(std::time::Duration::from_mins(1)).unwrap();
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON task_instance BEGIN SELECT RAISE(ABORT, 'refused'); END";
    other.execute_batch(refuse).unwrap();
    std::fs::write(state.join("task.go"), "").unwrap();
    wait_for("the end of the run", || run.is_finished().then_some(()));
    let failed = run.join().unwrap().unwrap_err();
    assert!(matches!(failed, Error::Store(jobmon::store::StoreError::Statement { .. })), "{failed}");
    assert!(format!("{failed:?}").contains("refused"), "{failed:?}");
    other.execute_batch("DROP TRIGGER refuse").unwrap();
    let run = build().run(state.options().resume(true)).unwrap();
    run.ok().unwrap();
    assert_eq!(state.query("SELECT DISTINCT status FROM task"), "DONE");
    let done = state.query("SELECT count(*) FROM task_instance WHERE status = 'DONE'");
    assert_eq!(done, "1");
    assert_eq!(state.query("SELECT count(*) FROM task_instance WHERE ended_at IS NULL"), "0");
}
