//! Intent before deed, outcome before consequence: by the order of system calls.

use crate::support::State;
use std::io::Write;
use std::process::Command;

/// What the test looks at, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// A write to the state file's log.
    Write,
    /// The log is made durable.
    Sync,
    /// A task is started.
    Spawn,
    /// A task's main process has ended.
    Exit,
}

/// Needs `strace`; without it, or where it may not trace, the test says so and proves nothing.
#[test]
fn each_spawn_follows_a_sync_of_its_intent_and_of_the_outcome_before() {
    let may_trace =
        Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success());
    if !may_trace {
        // What a test that passes prints by a macro is not shown.
        let told = b"strace is not installed or may not trace: the order of system calls was not checked\n";
        std::io::stderr().write_all(told).unwrap();
        return;
    }
    let state = State::new();
    let trace = state.join("trace");
    let traced = Command::new("strace")
        .args(["-f", "-y", "-o"])
        .arg(&trace)
        .args(["-e", "trace=pwrite64,write,fsync,fdatasync,execve"])
        .arg(env!("CARGO_BIN_EXE_jobmon-test-program"))
        .args(["three".as_ref(), state.path()])
        .output()
        .unwrap();
    assert!(traced.status.success(), "{}", String::from_utf8_lossy(&traced.stderr));
    let calls = calls(&std::fs::read_to_string(&trace).unwrap());
    let spawns: Vec<usize> = (0..calls.len()).filter(|at| calls[*at] == Call::Spawn).collect();
    assert_eq!(spawns.len(), 3, "{calls:?}");
    for (number, spawn) in spawns.iter().enumerate() {
        let before = &calls[..*spawn];
        // Since the end of the task before (for the first: since the beginning) its outcome and this one's intent were
        // written, and then made durable, and nothing was written after that.
        let since = before.iter().rposition(|call| *call == Call::Exit).unwrap_or(0);
        let before = &before[since..];
        let write = before.iter().rposition(|call| *call == Call::Write);
        let sync = before.iter().rposition(|call| *call == Call::Sync);
        assert!(write.is_some() && sync > write, "task {number}: {before:?}");
    }
}

/// Reads a trace whose lines begin with the number of a process.
fn calls(trace: &str) -> Vec<Call> {
    let mut tasks: Vec<&str> = Vec::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        let of_log = rest.contains("jobmon.db-wal>");
        if rest.starts_with("execve(") && rest.contains("[\"true\"]") {
            tasks.push(pid);
            calls.push(Call::Spawn);
        } else if rest.starts_with("+++ exited") && tasks.contains(&pid) {
            calls.push(Call::Exit);
        } else if of_log && (rest.starts_with("pwrite64(") || rest.starts_with("write(")) {
            calls.push(Call::Write);
        } else if of_log && (rest.starts_with("fdatasync(") || rest.starts_with("fsync(")) {
            calls.push(Call::Sync);
        }
    }
    calls
}
