//! What signals do to a run.

use crate::support::{State, lives, signal, wait_for};
use crate::terminal::terminal;
use rustix::process::Signal;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command};

const PROGRAM: &str = env!("CARGO_BIN_EXE_jobmon-test-program");

/// The lines that a program says, read as they come.
pub(crate) fn hear(program: &mut Child) -> BufReader<ChildStderr> {
    BufReader::new(program.stderr.take().unwrap())
}

/// All that is said up to words that come.
pub(crate) fn until(heard: &mut impl BufRead, words: &str) -> String {
    let mut said = String::new();
    while !said.lines().last().unwrap_or("").contains(words) {
        assert!(heard.read_line(&mut said).unwrap() > 0, "{words:?} was not said: {said}");
    }
    said
}

fn how_it_ended(state: &State) -> String {
    state.query("SELECT status, reason FROM workflow_run ORDER BY id DESC LIMIT 1")
}

#[test]
fn a_run_that_drains_lets_finish_what_runs() {
    let state = State::new();
    state.fifo("first.go");
    let mut program = state.program("drained");
    let mut heard = hear(&mut program);
    wait_for("the task", || state.lines("first.ready").pop());
    signal(&program, Signal::INT);
    until(&mut heard, "SIGINT: nothing new starts, the running tasks finish; once more to end them");
    let go = state.open("first.go");
    assert_eq!(program.wait().unwrap().code(), Some(1));
    assert_eq!(state.query("SELECT name, status FROM task ORDER BY id"), "first DONE\nsecond CANCELLED");
    assert_eq!(how_it_ended(&state), "STOPPED it was stopped by SIGINT");
    drop(go);
    state.fifo("second.go");
    let program = state.program("drained");
    wait_for("the other task", || state.lines("second.ready").pop());
    let _go = state.open("second.go");
    assert!(program.wait_with_output().unwrap().status.success());
}

#[test]
fn each_further_signal_is_harder_on_what_runs() {
    let state = State::new();
    state.fifo("first.go");
    let mut program = state.program("drained");
    let mut heard = hear(&mut program);
    let pid = wait_for("the task", || state.lines("first.ready").pop());
    signal(&program, Signal::TERM);
    until(&mut heard, "SIGTERM: nothing new starts, the running tasks finish");
    signal(&program, Signal::TERM);
    until(&mut heard, "SIGTERM again: the running tasks are ended; once more to end them at once");
    assert_eq!(program.wait().unwrap().code(), Some(1));
    assert!(!lives(&pid));
    assert_eq!(state.query("SELECT name, status FROM task ORDER BY id"), "first CANCELLED\nsecond CANCELLED");
    assert_eq!(how_it_ended(&state), "STOPPED it was stopped by SIGTERM");
}

#[test]
fn sigquit_ends_at_once_and_in_order() {
    let state = State::new();
    // They take no notice of TERM, and their grace is an hour.
    let mut program = state.program("forever");
    wait_for("the tasks", || (state.lines("task0.ready").len() + state.lines("task1.ready").len() == 2).then_some(()));
    signal(&program, Signal::QUIT);
    assert_eq!(program.wait().unwrap().code(), Some(1));
    assert_eq!(how_it_ended(&state), "STOPPED it was stopped by SIGQUIT");
    let pids = [state.lines("task0.pids"), state.lines("task1.pids")].concat();
    assert!(pids.len() > 1 && !pids.iter().any(|pid| lives(pid)), "{pids:?}");
}

#[test]
fn a_run_goes_on_when_its_terminal_has_gone() {
    let state = State::new();
    let (keyboard, path) = terminal((24, 80));
    let open = || File::options().read(true).write(true).open(&path).unwrap();
    let mut program = Command::new("setsid");
    program.args(["--ctty", PROGRAM, "paused"]).arg(state.path()).env("TERM", "xterm").env_remove("NO_COLOR");
    let mut program = program.stdin(open()).stdout(open()).stderr(open()).spawn().unwrap();
    wait_for("the task", || state.lines("ready").pop());
    // With its last end at this side the terminal is hung up.
    drop(keyboard);
    let _go = state.open("go");
    wait_for("the end of the run", || state.look("SELECT 1 FROM workflow_run WHERE status = 'DONE'"));
    wait_for("the end of the program", || program.try_wait().unwrap());
    assert_eq!(state.query("SELECT status, count(*) FROM task GROUP BY status"), "DONE 2");
}

#[test]
fn sighup_alone_is_told_and_survived() {
    let state = State::new();
    let mut program = state.program("paused");
    let mut heard = hear(&mut program);
    wait_for("the task", || state.lines("ready").pop());
    signal(&program, Signal::HUP);
    until(&mut heard, "SIGHUP: the terminal has gone, the run goes on");
    let _go = state.open("go");
    assert_eq!(program.wait().unwrap().code(), Some(0));
}
