//! Nothing that a task started survives its attempt, the run, or the driver.

use crate::support::{State, lives, signal, wait_for};
use jobmon::prelude::*;
use rustix::process::Signal;
use std::io::{BufRead as _, BufReader};
use std::time::Duration;

/// Each of two tasks leaves a process behind that has a session of its own, is nobody's child, ignores TERM and has an
/// empty environment.
#[test]
fn what_a_task_leaves_behind_is_ended_and_told_with_the_task() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("strays");
    let script = r#"
        (setsid env -i sh -c 'trap "" TERM HUP INT; echo $$ > "$1.tmp"; mv "$1.tmp" "$1"; while :; do sleep 1000; done' sh "$1" &)
        until test -e "$1"; do :; done"#;
    for id in 0..2 {
        let file = state.join(&format!("stray{id}"));
        wf.add(
            Command::new("sh").arg("-c").arg(script).arg("sh").arg(file).node_arg("id", id).name(format!("task {id}")),
        );
    }
    let run = wf.run(state.options().cores(2).grace(Duration::from_millis(100))).unwrap();
    assert_eq!(run.done, 2);
    for id in 0..2 {
        let pid = state.lines(&format!("stray{id}")).remove(0);
        assert!(!lives(&pid), "the stray of task {id} is gone");
        let told = state.query(&format!(
            "SELECT description FROM error_log JOIN task_instance ON task_instance.id = task_instance_id
             JOIN task ON task.id = task_id WHERE task.name = 'task {id}'"
        ));
        assert!(told.contains(&format!("process {pid} (sh) was left running and was ended")), "{told}");
    }
}

/// Starts the program whose tasks hang, and waits until all their processes are there.
fn hanging(state: &State, what: &str) -> (std::process::Child, Vec<String>) {
    let program = state.program(what);
    let pids = wait_for("the processes of the tasks", || {
        let pids: Vec<String> = (0..2).flat_map(|id| state.lines(&format!("task{id}.pids"))).collect();
        let ready = (0..2).all(|id| !state.lines(&format!("task{id}.ready")).is_empty());
        (ready && pids.len() == 6).then_some(pids)
    });
    assert!(pids.iter().all(|pid| lives(pid)), "{pids:?}");
    (program, pids)
}

fn all_gone(pids: &[String]) {
    wait_for("the end of all processes", || pids.iter().all(|pid| !lives(pid)).then_some(()));
}

#[test]
fn ctrl_c_ends_everything_after_the_grace_period_and_says_so() {
    let state = State::new();
    let (program, pids) = hanging(&state, "stubborn");
    signal(&program, Signal::INT);
    let said = program.wait_with_output().unwrap();
    assert!(pids.iter().all(|pid| !lives(pid)), "nothing is left when the program ends");
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("stopped by SIGINT"), "{said}");
    assert_eq!(state.query("SELECT status, reason FROM workflow_run"), "STOPPED it was stopped by SIGINT");
    assert_eq!(state.query("SELECT DISTINCT status FROM task"), "CANCELLED");
    assert_eq!(state.query("SELECT DISTINCT status FROM task_instance"), "CANCELLED");
}

#[test]
fn ctrl_c_twice_does_not_wait_for_the_grace_period() {
    let state = State::new();
    // The grace period of this program is an hour.
    let (mut program, pids) = hanging(&state, "forever");
    let mut said = BufReader::new(program.stderr.take().unwrap()).lines();
    signal(&program, Signal::INT);
    let heard = said.find(|line| line.as_ref().unwrap().contains("once more to end them at once"));
    assert!(heard.is_some(), "the first signal is answered");
    assert!(pids.iter().all(|pid| lives(pid)), "the tasks ignore TERM");
    signal(&program, Signal::TERM);
    wait_for("the end of the program", || program.try_wait().unwrap());
    assert!(pids.iter().all(|pid| !lives(pid)));
    assert_eq!(state.query("SELECT status FROM workflow"), "STOPPED");
}

#[test]
fn kill_minus_9_of_the_driver_leaves_nothing_and_the_next_start_goes_on() {
    let state = State::new();
    let (mut program, pids) = hanging(&state, "stubborn");
    program.kill().unwrap();
    program.wait().unwrap();
    all_gone(&pids);
    // The next start waits for the keeper's last words.
    for id in 0..2 {
        for name in [format!("task{id}.pids"), format!("task{id}.ready")] {
            drop(std::fs::remove_file(state.join(&name)));
        }
    }
    let (program, again) = hanging(&state, "stubborn");
    assert_eq!(state.query("SELECT status FROM workflow_run ORDER BY id"), "LOST\nRUNNING");
    let first = state.query("SELECT status, count(*) FROM task_instance WHERE workflow_run_id = 1 GROUP BY status");
    assert_eq!(first, "CANCELLED 2", "the keeper wrote down how they ended");
    signal(&program, Signal::INT);
    program.wait_with_output().unwrap();
    assert!(again.iter().all(|pid| !lives(pid)));
}

#[test]
fn the_lock_outlives_a_killed_driver_until_its_tasks_are_gone() {
    let state = State::new();
    let (mut program, pids) = hanging(&state, "forever");
    program.kill().unwrap();
    program.wait().unwrap();
    // The tasks ignore TERM and the grace period is an hour: they live, so nobody else may run them.
    assert!(pids.iter().any(|pid| lives(pid)));
    let mut waiting = state.program("forever");
    let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines().map(Result::unwrap);
    let told = said.find(|line| line.contains("waiting for")).expect("it says for whom it waits");
    // The keeper would wait for an hour: it is ended with all that is below it, the processes of the tasks first.
    let keeper = told.split(" (jobmon-keeper)").next().and_then(|before| before.split_whitespace().last());
    let mut all = vec![keeper.expect("it names the keeper").to_owned()];
    for at in 0.. {
        let Some(pid) = all.get(at) else { break };
        let below = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        all.extend(below.split_whitespace().map(str::to_owned));
    }
    assert!(pids.iter().all(|pid| all.contains(pid)), "{pids:?} are among {all:?}");
    for pid in all.iter().rev() {
        if let Some(pid) = pid.parse().ok().and_then(rustix::process::Pid::from_raw) {
            // It may have ended by itself.
            rustix::process::kill_process(pid, Signal::KILL).ok();
        }
    }
    all_gone(&all);
    // Then the one that waited runs it.
    wait_for("the next run", || state.look("SELECT id FROM workflow_run WHERE id = 2 AND status = 'RUNNING'"));
    signal(&waiting, Signal::INT);
    signal(&waiting, Signal::TERM);
    waiting.wait().unwrap();
}
