//! Orders that wait, at the keeper, for the end of another attempt.

use crate::support::{State, lives, signal, wait_for};
use jobmon::prelude::*;
use rustix::process::Signal;
use std::process::Child;

/// A program that does not outlive its test, whatever becomes of that.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It has ended, where all is well.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts a program of which so many tasks wait for files, and waits until all intents are durable and the driver has
/// nothing left to do: the order of the last task is with the keeper then. Where it is not, what is tested must hold as
/// well.
fn at_rest(state: &State, what: &str, running: &[&str], attempts: usize) -> Started {
    let program = Started(state.program(what));
    wait_for("the tasks that wait for files", || {
        running.iter().all(|task| !state.lines(&format!("{task}.pid")).is_empty()).then_some(())
    });
    wait_for("the intents of all tasks", || {
        (state.query("SELECT count(*) FROM task_instance") == attempts.to_string()).then_some(())
    });
    let mut rest = (0, String::new());
    wait_for("a driver at rest", || {
        let now = switches(program.0.id());
        rest = if rest.1 == now { (rest.0 + 1, now) } else { (0, now) };
        (rest.0 == 25).then_some(())
    });
    assert!(state.lines("later").is_empty());
    program
}

/// How often the threads of a process have waited for something.
fn switches(pid: u32) -> String {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().map(|entry| entry.unwrap().path());
    let statuses = threads.map(|thread| std::fs::read_to_string(thread.join("status")).unwrap_or_default());
    statuses
        .map(|status| status.lines().filter(|line| line.contains("ctxt_switches")).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
}

/// How the attempts of a run ended, and which had been seen to run.
fn attempts(state: &State, run: u32) -> String {
    state.query(&format!(
        "SELECT task.name, task_instance.status, iif(started_at IS NULL, 'never started', 'started'), kind
         FROM task_instance JOIN task ON task.id = task_id WHERE workflow_run_id = {run} ORDER BY task_instance.id"
    ))
}

#[test]
fn an_order_that_waits_when_the_driver_is_killed_does_not_start() {
    let state = State::new();
    drop(at_rest(&state, "handed_over", &["first"], 3));
    let first = state.lines("first.pid").remove(0);
    wait_for("the end of the task that ran", || (!lives(&first)).then_some(()));

    std::fs::write(state.join("go"), "").unwrap();
    let said = wait_for("the lock, which the keeper holds until all is over", || {
        let output = state.program("handed_over").wait_with_output().unwrap();
        let refused = String::from_utf8_lossy(&output.stderr).contains("is being run already");
        (!refused).then_some(output)
    });
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    insta::assert_snapshot!(attempts(&state, 1), @"
    short DONE started -
    first CANCELLED started -
    later CANCELLED never started -
    ");
    insta::assert_snapshot!(attempts(&state, 2), @"
    first DONE started -
    later DONE started -
    ");
    assert_eq!(state.lines("later").len(), 1, "it started once, in the second run");
}

#[test]
fn an_order_that_waits_when_the_run_is_stopped_does_not_start() {
    let state = State::new();
    let mut program = at_rest(&state, "handed_over", &["first"], 3);
    signal(&program.0, Signal::INT);
    let status = wait_for("the end of the run", || program.0.try_wait().unwrap());
    assert!(!status.success());
    insta::assert_snapshot!(attempts(&state, 1), @"
    short DONE started -
    first CANCELLED started -
    later CANCELLED never started -
    ");
    assert_eq!(
        state.query("SELECT name, status FROM task ORDER BY id"),
        "short DONE\nfirst CANCELLED\nlater CANCELLED"
    );
    assert!(state.lines("later").is_empty());
}

#[test]
fn an_order_that_waits_for_one_starts_in_the_place_of_another_that_ends_before() {
    let state = State::new();
    // `first` goes on until `later` has started, which is to start when `first` ends.
    let mut program = at_rest(&state, "elsewhere", &["first", "second"], 4);
    std::fs::write(state.join("go"), "").unwrap();
    let status = wait_for("the end of the run", || program.0.try_wait().unwrap());
    assert!(status.success());
    insta::assert_snapshot!(attempts(&state, 1), @"
    short DONE started -
    first DONE started -
    second DONE started -
    later DONE started -
    ");
    assert_eq!(state.lines("later").len(), 1);
}

#[test]
fn a_limit_that_is_lowered_between_two_runs_holds_for_what_follows_at_once() {
    let state = State::new();
    // Each says how many are there with it; a process that has ended has removed its directory before.
    let script = "here=$0 own=$1; mkdir $here/$own.here; set -- $here/*.here; echo $# >> $here/$SEEN
        rmdir $here/$own.here; test -e $here/mended";
    let run = |limit: u32| {
        let mut wf = Tool::new("test").workflow("lowered").max_concurrently_running(limit);
        wf.add_all((0..60).map(|id| {
            let task = Command::new("sh").arg("-c").arg(script).arg(state.path()).arg(id);
            task.node_arg("id", id).env("SEEN", format!("seen{limit}")).max_attempts(1)
        }));
        wf.run(state.options().cores(4).resume(true)).unwrap()
    };
    assert_eq!(run(4).failed, 60);
    std::fs::write(state.join("mended"), "").unwrap();
    assert_eq!(run(1).done, 60);
    assert_eq!(state.lines("seen1"), ["1"; 60]);
}
