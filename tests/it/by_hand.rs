//! The command that last words give, pasted into bash.

use crate::support::{State, lives, wait_for};
use jobmon::prelude::*;
use std::io::Write as _;
use std::process::{Command as Process, Stdio};

/// Writes down what it sees: directory, words, variables, and what it can read.
const SCRIPT: &str = r#"{ pwd; printf '%s\0' "$@"; env -0 | grep -zE '^(JOBMON_|OWN|OTHER)' | grep -zv RUN_TOKEN | sort -z; cat; } > seen
    test "$JOBMON_ATTEMPT" = 0"#;

/// What `bash` does with a line that is typed into it.
fn paste(command: &str, interactive: bool) {
    let mut bash = Process::new("bash");
    bash.args(["--norc", "--noprofile"]).args(interactive.then_some("-i"));
    bash.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut bash = bash.spawn().unwrap();
    let history = if interactive { "set -o history -o histexpand\necho before!\n" } else { "" };
    bash.stdin.take().unwrap().write_all(format!("{history}{command}\nexit 0\n").as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
}

#[test]
fn the_command_of_a_failed_task_does_in_bash_what_the_task_did() {
    let state = State::new();
    let here = state.join("it's a \"direc$tory\"");
    std::fs::create_dir(&here).unwrap();
    let nasty = [
        "",
        " ",
        "'",
        "\"",
        "\\",
        "a b",
        "$HOME",
        "`id`",
        "$(id)",
        "!!",
        "'!x'",
        "*",
        "~",
        "#no",
        "a=b",
        "if",
        "-n",
        "é🦀",
        "two\nlines",
        "tab\there",
        "\u{1b}[31m'!\\",
        "\u{85}\u{202e}",
        "{a,b}",
        "end\n",
    ];
    let mut wf = Tool::new("test").workflow("paste");
    let mut task = Command::new("bash").arg("-c").arg(SCRIPT).arg("script");
    for word in nasty {
        task = task.arg(word);
    }
    let task = task.node_arg("id", 1).name("it 'is' !").memory("1G").max_attempts(1).current_dir(&here);
    let task = wf.add(task.env("OWN", "x '!' \n\t$y").env("OTHER", "").env("OWN", "x '!' \n\t$z"));
    let run = wf.run(state.options()).unwrap();
    let expected = std::fs::read(here.join("seen")).unwrap();
    assert!(expected.len() > 300, "{}", String::from_utf8_lossy(&expected));

    let told = run.ok().unwrap_err().to_string();
    let shown = told.split_once("run it by hand:\n").unwrap().1.split("\n\nstarted again").next().unwrap();
    let typed = run.status_of(task).unwrap().command.unwrap().to_string();
    for (what, command, interactive) in
        [("shown", shown, false), ("typed", &typed, false), ("shown", shown, true), ("typed", &typed, true)]
    {
        std::fs::remove_file(here.join("seen")).unwrap();
        paste(command, interactive);
        let seen = std::fs::read(here.join("seen")).unwrap();
        assert_eq!(String::from_utf8_lossy(&seen), String::from_utf8_lossy(&expected), "{what}: {command}");
    }
}

#[test]
fn what_is_started_by_hand_is_not_ended_by_the_next_start_after_a_crash() {
    let state = State::new();
    // It fails where there is no fifo to wait at.
    let script = "test -p $1/hold || exit 1; echo $$ > $1/pid; : < $1/hold";
    let mut wf = Tool::new("test").workflow("token");
    let failed = wf.add(Command::new("sh").arg("-c").arg(script).arg("sh").arg(state.path()).max_attempts(1));
    let run = wf.run(state.options()).unwrap();
    let command = run.status_of(failed).unwrap().command.unwrap();
    state.fifo("hold");
    let mut by_hand = Process::new("bash").arg("-c").arg(command.to_string()).spawn().unwrap();
    let pid = wait_for("it runs", || state.lines("pid").pop());
    std::fs::rename(state.join("hold"), state.join("held")).unwrap();
    // As a crash leaves it.
    let database = rusqlite::Connection::open(state.join("jobmon.db")).unwrap();
    assert_eq!(database.execute("UPDATE workflow_run SET status = 'RUNNING'", []).unwrap(), 1);
    drop(database);
    let again = wf.run(state.options().resume(true)).unwrap();
    assert_eq!(again.failed, 1);
    assert!(lives(&pid), "it was ended");
    drop(state.open("held"));
    assert!(by_hand.wait().unwrap().success());
}

#[test]
fn a_program_whose_path_has_an_equals_sign_is_started_all_the_same() {
    let state = State::new();
    let program = state.join("year=1990");
    std::os::unix::fs::symlink("/bin/sh", &program).unwrap();
    let mut wf = Tool::new("test").workflow("equals");
    let task = Command::new(&program).arg("-c").arg("echo $0 >> $1; exit 1").arg("x=y").arg(state.join("seen"));
    let task = wf.add(task.max_attempts(1));
    let run = wf.run(state.options()).unwrap();
    paste(&run.status_of(task).unwrap().command.unwrap().to_string(), false);
    assert_eq!(state.lines("seen"), ["x=y", "x=y"]);
}
