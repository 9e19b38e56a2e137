//! Runs that start less than they could, or end before all is done.

use crate::support::{State, lives, wait_for};
use jobmon::model::RunState;
use jobmon::prelude::*;
use jobmon::{Backend, FailFast, RunOptions, RunOutcome};
use std::time::Duration;

/// What became of the tasks, of the run and of the workflow, and why.
fn told(state: &State, run: &RunOutcome) -> String {
    let tasks = state.query("SELECT name, status FROM task ORDER BY id");
    let ended = state.query("SELECT status, reason FROM workflow_run ORDER BY id DESC LIMIT 1");
    let words = state.query("SELECT status FROM workflow");
    let reason = state.query("SELECT coalesce(reason, '') FROM workflow_run ORDER BY id DESC LIMIT 1");
    assert_eq!(run.reason().unwrap_or(""), reason);
    assert_eq!(run.status.word(), words);
    format!("{tasks}\n{ended}")
}

fn task(name: &str, script: &str, state: &State) -> jobmon::Task<Command> {
    let command = Command::new("sh").arg("-c").arg(script).arg(state.path());
    command.name(name).node_arg("name", name).max_attempts(1)
}

/// A task that fails once another one waits at the fifo `go`, that one, and a third behind them.
fn failing(state: &State) -> Workflow {
    if !state.join("go").exists() {
        state.fifo("go");
    }
    let mut wf = Tool::new("test").workflow("failing");
    wf.add(task("fails", "until test -e $0/ready; do sleep 0.01; done; test -e $0/mended", state));
    wf.add(task("waits", "echo $$ > $0/ready; : < $0/go", state));
    wf.add(task("third", "true", state));
    wf
}

#[test]
fn after_a_failure_what_runs_finishes_and_the_rest_comes_with_the_next_run() {
    let state = State::new();
    let wf = failing(&state);
    let options = state.options().cores(2).fail_fast(true);
    let run = std::thread::spawn(move || wf.run(options));
    wait_for("the failure", || state.look("SELECT 1 FROM task WHERE status = 'FAILED'"));
    let go = state.open("go");
    let run = run.join().unwrap().unwrap();
    insta::assert_snapshot!(told(&state, &run), @"
    fails FAILED
    waits DONE
    third CANCELLED
    FAILED nothing new was started after a task failed (`fail_fast`)
    ");
    assert!(run.ok().unwrap_err().to_string().contains("nothing new was started after a task failed"));
    std::fs::write(state.join("mended"), "").unwrap();
    let run = failing(&state).run(state.options().cores(2).resume(true).fail_fast(true)).unwrap();
    assert_eq!((run.done, run.resumed, run.reason()), (2, 1, None));
    drop(go);
}

#[test]
fn after_a_failure_what_runs_is_ended_where_that_is_wanted() {
    let state = State::new();
    let run = failing(&state).run(state.options().cores(2).fail_fast(FailFast::Cancel)).unwrap();
    insta::assert_snapshot!(told(&state, &run), @"
    fails FAILED
    waits CANCELLED
    third CANCELLED
    FAILED nothing new was started after a task failed (`fail_fast`)
    ");
    assert!(!lives(&state.lines("ready")[0]));
}

#[test]
fn so_many_may_fail_and_no_more() {
    let state = State::new();
    let build = || {
        let mut wf = Tool::new("test").workflow("many");
        wf.add_all((0..200).map(|id| Command::new("false").node_arg("id", id).max_attempts(1)));
        wf
    };
    let options = |options: RunOptions| options.resume(true).max_failures(7);
    // Short tasks follow each other by themselves: after a failure none does.
    for backend in [Backend::Local, Backend::Sequential] {
        let run = build().run(options(state.options().cores(1)).backend(backend)).unwrap();
        assert_eq!((run.failed, run.cancelled, run.status), (7, 193, RunState::Failed));
        assert_eq!(run.reason(), Some("nothing new was started after 7 tasks failed (`max_failures`)"));
    }
    assert_eq!(state.query("SELECT count(*) FROM task_instance WHERE status = 'FAILED'"), "14");
}

#[test]
fn a_run_has_its_time_and_can_be_resumed() {
    let state = State::new();
    let build = || {
        let mut wf = Tool::new("test").workflow("timed");
        wf.add(task("hangs", "echo $$ >> $0/pids; test -e $0/mended || while :; do sleep 1000; done", &state));
        wf.add(task("later", "true", &state));
        wf
    };
    let second = Duration::from_secs(1);
    let run = build().run(state.options().cores(1).timeout(second)).unwrap();
    insta::assert_snapshot!(told(&state, &run), @"
    hangs CANCELLED
    later CANCELLED
    FAILED it was stopped after 1s, its `timeout`
    ");
    assert!(state.lines("pids").iter().all(|pid| !lives(pid)));
    std::fs::write(state.join("mended"), "").unwrap();
    let run = build().run(state.options().resume(true).timeout(Duration::from_hours(1))).unwrap();
    assert_eq!((run.done, run.reason()), (2, None));
}

#[test]
fn the_options_limit_of_tasks_at_once_goes_before_the_workflows() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("narrow").max_concurrently_running(10);
    let script = "echo + >> $0/log; sleep 0.01; echo - >> $0/log";
    wf.add_all((0..5).map(|id| Command::new("sh").arg("-c").arg(script).arg(state.path()).node_arg("id", id)));
    let run = wf.run(state.options().cores(4).max_concurrently_running(1)).unwrap();
    assert_eq!(run.done, 5);
    assert_eq!(state.lines("log"), ["+", "-"].repeat(5));
    assert_eq!(state.query("SELECT max_concurrently_running FROM workflow"), "1");
}

/// Two templates of five tasks, the second of which needs the first; some fail as files say.
fn canaries(state: &State) -> Workflow {
    let mut wf = Tool::new("test").workflow("canaries");
    let script = "echo $1 $2 begin >> $0/log; test ! -e $0/$1.bad || exit 3; sleep 0.02; echo $1 $2 end >> $0/log";
    let one = |template: &str, id: u32| {
        let command = Command::new("sh").arg("-c").arg(script).arg(state.path()).arg(template).arg(id);
        command.template(template).node_arg("id", id).max_attempts(2)
    };
    let cuts = wf.add_all((0..5).map(|id| one("cut", id)));
    wf.add_all((0..5).map(|id| one("fit", id).upstream(cuts.clone())));
    wf
}

#[test]
fn one_task_of_each_template_goes_first() {
    let state = State::new();
    let run = canaries(&state).run(state.options().cores(4).canary(true)).unwrap();
    assert_eq!(run.done, 10);
    let log = state.lines("log");
    for template in ["cut", "fit"] {
        let of_it: Vec<&String> = log.iter().filter(|line| line.starts_with(template)).collect();
        assert_eq!((of_it[0], of_it[1]), (&format!("{template} 0 begin"), &format!("{template} 0 end")), "{log:?}");
    }
}

#[test]
fn a_canary_that_fails_keeps_the_others_of_its_template_from_failing_too() {
    let state = State::new();
    std::fs::write(state.join("fit.bad"), "").unwrap();
    let run = canaries(&state).run(state.options().cores(4).canary(true)).unwrap();
    assert_eq!((run.done, run.failed, run.cancelled, run.status), (5, 1, 4, RunState::Failed));
    insta::assert_snapshot!(run.reason().unwrap(), @"`fit id=0`, the canary of `fit`, failed, so that 4 others were not started");
    let log = state.lines("log");
    assert_eq!(log.iter().filter(|line| line.starts_with("fit")).count(), 2, "one task, twice: {log:?}");
    std::fs::remove_file(state.join("fit.bad")).unwrap();
    let run = canaries(&state).run(state.options().cores(4).canary(true).resume(true)).unwrap();
    assert_eq!((run.done, run.resumed), (5, 5));
}
