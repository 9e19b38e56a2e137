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
fn changed_tasks_are_refused_by_name() {
    let state = State::new();
    workflow(false, &state).run(state.options()).unwrap();
    let mut changed = workflow(false, &state);
    changed.add(Command::new("true").node_arg("id", 99).name("new one"));
    let refused = changed.run(state.options().resume(true)).unwrap_err().to_string();
    assert!(refused.contains("1 added (`new one`)"), "{refused}");
    assert_eq!(state.query("SELECT status FROM workflow"), "DONE", "a refusal changes nothing");
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
