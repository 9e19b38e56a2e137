//! Where there is no process, no descriptor to be had: what cannot start now is tried again, and spends no attempt.

use crate::support::{State, parent, wait_for};
use jobmon::prelude::*;
use rustix::process::{Resource, Uid};
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_jobmon-test-program");

/// The failures to start of a task, which are to spend nothing.
const REFUSED: &str = "SELECT count(*) FROM task_instance JOIN task ON task.id = task_id WHERE kind = 'START_FAILED'";

#[test]
fn a_program_that_is_being_written_starts_when_it_is_whole() {
    let state = State::new();
    std::fs::copy("/bin/true", state.join("program")).unwrap();
    std::fs::set_permissions(state.join("program"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let writer = std::fs::OpenOptions::new().append(true).open(state.join("program")).unwrap();
    let mut wf = Tool::new("test").workflow("written");
    wf.add(Command::new(state.join("program")).max_attempts(1));
    std::thread::scope(|scope| {
        let run = scope.spawn(|| wf.run(state.options()).unwrap().ok().unwrap());
        wait_for("it is refused three times", || state.look(REFUSED).filter(|refused| *refused >= 3));
        drop(writer);
        run.join().unwrap();
    });
    let told = state.query("SELECT DISTINCT description FROM error_log");
    assert!(told.ends_with("program: it is being written"), "{told}");
    // Each time it is waited for longer.
    let waits = state.query(
        "SELECT (created_at - lag(ended_at) OVER (ORDER BY id)) / 100000 FROM task_instance ORDER BY id LIMIT 3 OFFSET 1",
    );
    let waits: Vec<i64> = waits.lines().map(|wait| wait.parse().unwrap()).collect();
    assert!(waits[0] >= 1 && waits[1] >= 2 && waits[2] >= 4, "{waits:?} tenths of a second");
}

/// A user that nobody else is: root is exempt from the limit of processes.
const USER: u32 = 54_321;

/// A program, run by somebody whom limits bind, in a directory that anybody may enter: where the tests are need be none.
fn bound(program: impl AsRef<OsStr>) -> Program {
    let mut bound = Program::new(program);
    bound.current_dir("/");
    if rustix::process::geteuid().is_root() {
        bound.uid(USER);
    }
    bound
}

/// The test program where whom limits bind may start it; all of the state is made theirs.
fn copy(state: &State) -> PathBuf {
    let program = state.join("app");
    std::fs::copy(PROGRAM, &program).unwrap();
    if rustix::process::geteuid().is_root() {
        let files = std::fs::read_dir(state.path()).unwrap().map(|entry| entry.unwrap().path());
        for file in files.chain([state.path().to_owned()]) {
            rustix::fs::chown(&file, Some(Uid::from_raw(USER)), None).unwrap();
        }
    }
    program
}

/// Makes the limit of `process` as `limit` says, which has the form of `prlimit`'s options.
fn limit(process: &str, limit: &str) {
    let done = bound("prlimit").args(["--pid", process, limit]).status().unwrap();
    assert!(done.success());
}

/// Which process is to want for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Keeper,
    Slot,
}

/// Runs two tasks at once, of which one cannot start while the keeper, or the slot process that is there, can have no more
/// of `what`; gives why, in words.
fn refused(whose: Whose, what: &str) -> String {
    let state = State::new();
    state.fifo("go");
    state.fifo("end");
    let program = copy(&state);
    let program = wait_for("the copy is not being written any more", || {
        let mut start = bound(&program);
        start.arg("gated").arg(state.path()).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().ok()
    });
    let slot = wait_for("the first task runs", || state.lines("slot").pop());
    let process = match whose {
        Whose::Keeper => parent(&slot),
        Whose::Slot => slot,
    };
    let (least, most) = match what {
        "nofile" => (free_descriptor(&process), rustix::process::getrlimit(Resource::Nofile).maximum),
        _ => (1, rustix::process::getrlimit(Resource::Nproc).maximum),
    };
    limit(&process, &format!("--{what}={least}:"));
    let go = state.open("go");
    wait_for("one is refused three times", || state.look(REFUSED).filter(|refused| *refused >= 3));
    limit(&process, &format!("--{what}={}:", most.map_or("unlimited".to_owned(), |most| most.to_string())));
    wait_for("both run", || {
        state.look("SELECT count(*) FROM task WHERE status = 'RUNNING'").filter(|running| *running == 2)
    });
    let end = state.open("end");
    let output = program.wait_with_output().unwrap();
    drop((go, end));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(state.query("SELECT DISTINCT status FROM task"), "DONE");
    state.query("SELECT DISTINCT description FROM error_log")
}

/// The least number that is no descriptor of a process.
fn free_descriptor(process: &str) -> u64 {
    (0..1000).find(|number| std::fs::symlink_metadata(format!("/proc/{process}/fd/{number}")).is_err()).unwrap()
}

#[test]
fn where_no_process_is_to_be_had_a_task_waits_for_one() {
    let told = [Whose::Keeper, Whose::Slot].map(|whose| refused(whose, "nproc"));
    let told = told.join("\n").replace("/usr/bin/sh", "/bin/sh");
    insta::assert_snapshot!(told, @r"
    could not be started: cannot start a slot process: there is no process to be had; the limit is `ulimit -u` or the cgroup's `pids.max` (Resource temporarily unavailable (os error 11))
    could not be started: cannot start /bin/sh: there is no process to be had; the limit is `ulimit -u` or the cgroup's `pids.max` (Resource temporarily unavailable (os error 11))
    ");
}

#[test]
fn where_no_descriptor_is_to_be_had_a_task_waits_for_one() {
    insta::assert_snapshot!(refused(Whose::Keeper, "nofile"), @"could not be started: cannot start a slot process: there is no descriptor to be had; the limit is `ulimit -n` (Too many open files (os error 24))");
}

#[test]
fn where_no_process_is_to_be_had_at_all_a_program_says_so() {
    let state = State::new();
    let program = copy(&state);
    // The program itself has room only, then a thread of it, then another or the keeper.
    for limit in 1..=3 {
        let mut start = bound("prlimit");
        start.arg(format!("--nproc={limit}:{limit}")).arg(&program).arg("three").arg(state.path());
        let output = start.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && !told.contains("panicked"), "with {limit}: {told}");
        assert!(told.contains(": there is no process to be had; the limit is `ulimit -u`"), "with {limit}: {told}");
    }
    // Whatever was begun goes on where there is room.
    let output = bound(&program).arg("three").arg(state.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(state.query("SELECT status, count(*) FROM task GROUP BY status"), "DONE 3");
}

/// Runs the test program with so few descriptors; what it wrote to standard error, and whether it did well.
fn with_descriptors(limit: u32, what: &str, state: &Path) -> (bool, String) {
    let mut program = Program::new("prlimit");
    program.arg(format!("--nofile={limit}:{limit}")).arg(PROGRAM).arg(what).arg(state);
    let output = program.stdin(Stdio::null()).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn with_too_few_descriptors_a_program_says_so_and_loses_nothing() {
    let state = State::new();
    let mut enough = 0;
    for limit in 4..40 {
        let (done, told) = with_descriptors(limit, "three", state.path());
        assert!(!told.contains("panicked"), "with {limit}: {told}");
        if done {
            enough = limit;
            break;
        }
        let words = ["Too many open files", "unable to open database file", "cannot open shared object", "descriptor"];
        assert!(words.iter().any(|words| told.contains(words)), "with {limit}: {told}");
    }
    assert!(enough > 4, "the limit was never too low, or always");
    let ran = state.query(
        "SELECT name, count(*) FROM task_instance JOIN task ON task.id = task_id
                           WHERE task_instance.status = 'DONE' GROUP BY task.id",
    );
    assert_eq!(ran.lines().filter(|line| line.ends_with(" 1")).count(), 3, "{ran}");
}

#[test]
fn where_the_keeper_has_too_few_descriptors_tasks_wait_for_others() {
    let state = State::new();
    let (done, told) = with_descriptors(40, "wide", state.path());
    assert!(done, "{told}");
    assert_eq!(state.query("SELECT status, count(*) FROM task GROUP BY status"), "DONE 60");
    let told = state.query("SELECT DISTINCT description FROM error_log");
    insta::assert_snapshot!(told, @"could not be started: cannot start a slot process: there is no descriptor to be had; the limit is `ulimit -n` (Too many open files (os error 24))");
}
