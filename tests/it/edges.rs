//! Processes that do what few do. None makes a run hang, lose something, or panic.

use crate::support::{State, lives, parent, signal, wait_for};
use jobmon::prelude::*;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

const PROGRAM: &str = env!("CARGO_BIN_EXE_jobmon-test-program");

/// A task that runs once; in its script `$1` is the state directory.
fn shell(state: &State, script: &str) -> jobmon::Task<Command> {
    Command::new("sh").arg("-c").arg(script).arg("sh").arg(state.path()).max_attempts(1)
}

/// What the first attempt of a state said.
fn said(state: &State, stream: &str) -> String {
    let file = state.join("runs/1/1/logs/0").join(format!("1.{stream}"));
    String::from_utf8(std::fs::read(file).unwrap_or_default()).unwrap()
}

fn pid(text: &str) -> Pid {
    Pid::from_raw(text.parse().unwrap()).unwrap()
}

/// The command lines of all processes that name a path.
fn processes_of(path: &Path) -> Vec<String> {
    let path = path.to_str().unwrap();
    let lines = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(path)).collect()
}

#[test]
fn ten_megabytes_of_output_are_kept_and_the_last_of_them_are_told() {
    const BYTES: usize = 10 << 20;
    let state = State::new();
    let mut wf = Tool::new("test").workflow("much output");
    let write = format!("head -c {BYTES} /dev/zero | tr '\\0'");
    wf.add(shell(&state, &format!("{write} o; {write} e >&2; exit 1")));
    let run = wf.run(state.options()).unwrap();
    for (stream, letter) in [("out", "o"), ("err", "e")] {
        assert!(said(&state, stream) == letter.repeat(BYTES), "{stream} is not what was written");
    }
    let told = run.ok().unwrap_err().to_string();
    assert!(told.contains("eeee") && told.len() < 10_000, "{} bytes are told", told.len());
}

#[test]
fn what_is_written_after_the_main_process_has_ended_is_kept() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("late output");
    // It knows that the main process was waited for when it cannot be signalled any more, and is then not to be hurried.
    let late = "main=$$; (trap '' TERM; while kill -0 $main 2> /dev/null; do :; done; echo late) & echo early";
    wf.add(shell(&state, late));
    wf.run(state.options()).unwrap().ok().unwrap();
    assert_eq!(said(&state, "out"), "early\nlate\n");
}

#[test]
fn a_task_that_closes_its_files_goes_on_and_its_exit_counts() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("closed files");
    for code in [0, 3] {
        let script = "exec <&- >&- 2>&-; mkdir $1/worked$2; exit $2";
        wf.add(shell(&state, script).arg(code.to_string()));
    }
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed), (1, 1));
    assert_eq!(state.query("SELECT exit_code FROM task_instance ORDER BY task_id"), "0\n3");
    assert!(state.join("worked0").exists() && state.join("worked3").exists());
}

#[test]
fn a_task_that_stops_itself_is_told_and_goes_on_when_it_is_let() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("stops itself");
    wf.add(shell(&state, "kill -STOP $$; echo goes on"));
    std::thread::scope(|scope| {
        let run = scope.spawn(|| wf.run(state.options()).unwrap().ok().unwrap());
        wait_for("it is told", || state.look("SELECT suspended_at FROM task_instance"));
        let task = state.look("SELECT pid FROM task_instance").unwrap();
        kill_process(pid(&task.to_string()), Signal::CONT).unwrap();
        run.join().unwrap();
    });
    assert_eq!(said(&state, "out"), "goes on\n");
    assert_eq!(state.query("SELECT status, suspended_at < ended_at FROM task_instance"), "DONE 1");
}

#[test]
fn a_stopped_process_is_shown_to_the_user_and_ended_with_the_run() {
    let state = State::new();
    let mut program = state.program("halts");
    let mut lines = BufReader::new(program.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut told: Vec<String> = lines.by_ref().filter(|line| line.contains("is stopped")).take(2).collect();
    told.sort();
    let pids = state.lines("pids");
    for (line, name) in told.iter().zip(["`its child`", "`itself`"]) {
        let number = pids.iter().find(|pid| line.contains(&format!("process {pid} (sh)"))).unwrap();
        let hint = format!("{name}: its process {number} (sh) is stopped and does nothing until `kill -CONT {number}`");
        assert!(line.ends_with(&hint), "{line}");
    }
    signal(&program, Signal::INT);
    lines.for_each(drop);
    assert!(!program.wait().unwrap().success());
    assert!(!pids.iter().any(|pid| lives(pid)), "{pids:?}");
    assert_eq!(state.query("SELECT DISTINCT status FROM task"), "CANCELLED");
}

#[test]
fn ten_thousand_children_are_ended_with_their_task_and_told() {
    let state = State::new();
    state.fifo("never");
    let mut wf = Tool::new("test").workflow("many children");
    let script = "i=0; while [ $i -lt 10000 ]; do (: < $1/never) & i=$((i+1)); done; echo all";
    wf.add(shell(&state, script));
    wf.run(state.options()).unwrap().ok().unwrap();
    assert_eq!(said(&state, "out"), "all\n");
    assert_eq!(processes_of(state.path()), Vec::<String>::new());
    let told = state.query("SELECT count(*) FROM error_log WHERE description LIKE '%was left running and was ended'");
    assert_eq!(told, "10000");
}

#[test]
fn a_directory_may_vanish_under_a_task_but_no_other_can_start_in_it() {
    let state = State::new();
    std::fs::create_dir(state.join("work")).unwrap();
    let mut wf = Tool::new("test").workflow("vanishes");
    let first = wf.add(shell(&state, "rmdir $1/work; echo goes on").current_dir(state.join("work")));
    wf.add(Command::new("true").current_dir(state.join("work")).name("second").upstream(first));
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed, said(&state, "out").as_str()), (1, 1, "goes on\n"));
    let told = run.ok().unwrap_err().to_string();
    let expected = format!("the directory to start in does not exist: {}", state.join("work").display());
    assert!(told.contains(&expected), "{told}");
}

#[test]
fn the_directory_of_the_program_may_vanish_while_it_runs_and_before() {
    let state = State::new();
    let there = state.join("there");
    std::fs::create_dir(&there).unwrap();
    let mut program = std::process::Command::new(PROGRAM);
    let output = program.arg("vanish").arg(state.path()).current_dir(&there).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(&format!("the directory to start in does not exist: {}", there.display())), "{told}");
    assert_eq!(state.query("SELECT status FROM task ORDER BY id"), "DONE\nFAILED");

    let script = "mkdir $1/gone; cd $1/gone; rmdir $1/gone; exec $0 vanish $1";
    let mut program = std::process::Command::new("sh");
    let output = program.arg("-c").arg(script).arg(PROGRAM).arg(state.path()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("working directory") && told.contains("No such file or directory"), "{told}");

    // From a directory that is there it goes on.
    let output = std::process::Command::new(PROGRAM).arg("vanish").arg(state.path()).output().unwrap();
    assert!(output.status.success());
    assert_eq!(state.query("SELECT DISTINCT status FROM task"), "DONE");
}

#[test]
fn a_task_finds_no_input_and_leaves_the_programs_own() {
    let state = State::new();
    let mut program = std::process::Command::new(PROGRAM);
    program.arg("reads").arg(state.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut program = program.spawn().unwrap();
    program.stdin.take().unwrap().write_all(b"mine\n").unwrap();
    let output = program.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "own: mine\n\n");
    assert!(said(&state, "out").starts_with("input 1\n"), "{}", said(&state, "out"));
}

#[test]
fn a_task_has_no_terminal_though_its_program_has_one() {
    let state = State::new();
    let (mut keyboard, path) = crate::terminal::terminal((24, 80));
    let open = || std::fs::File::options().read(true).write(true).open(&path).unwrap();
    // It makes the terminal the one of the program's session.
    let mut program = std::process::Command::new("setsid");
    let script = "\"$0\" reads \"$1\" && : < /dev/tty && echo has one > \"$1/tty\"";
    program.args(["--ctty", "sh", "-c", script, PROGRAM]).arg(state.path());
    let mut program = program.stdin(open()).stdout(open()).stderr(open()).spawn().unwrap();
    keyboard.write_all(b"mine\n").unwrap();
    wait_for("the end of the program", || program.try_wait().unwrap());
    assert_eq!(state.lines("tty"), ["has one"], "the program had no terminal itself");
    assert_eq!(said(&state, "out"), "input 1\nterminal 2\n");
    assert!(said(&state, "err").contains("/dev/tty: No such device or address"), "{}", said(&state, "err"));
}

#[test]
fn an_executable_that_is_replaced_goes_on_even_when_its_keeper_dies() {
    let state = State::new();
    state.fifo("go");
    let program = state.join("app");
    std::fs::copy(PROGRAM, &program).unwrap();
    let started = wait_for("the copy is not being written any more", || {
        let mut program = std::process::Command::new(&program);
        program.arg("replaced").arg(state.path()).stderr(Stdio::piped()).spawn().ok()
    });
    let slots = |many: usize| wait_for("the task runs", || Some(state.lines("slots")).filter(|all| all.len() == many));
    let first = slots(1).remove(0);
    std::fs::write(state.join("new"), "#!/bin/sh\nexit 99\n").unwrap();
    std::fs::set_permissions(state.join("new"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::rename(state.join("new"), &program).unwrap();
    kill_process(pid(&parent(&first)), Signal::KILL).unwrap();
    slots(2);
    let go = state.open("go");
    let output = started.wait_with_output().unwrap();
    drop(go);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let attempts =
        "SELECT name, task_instance.status FROM task_instance JOIN task ON task.id = task_id ORDER BY task_instance.id";
    assert_eq!(state.query(attempts), "first LOST\nfirst DONE\nsecond DONE");
}

#[test]
fn a_script_that_is_replaced_while_it_runs_ends_as_it_began() {
    let state = State::new();
    state.fifo("go");
    let executable = |name: &str, text: &str| {
        std::fs::write(state.join(name), text).unwrap();
        std::fs::set_permissions(state.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    executable("task", "#!/bin/sh\necho ready > $1/ready\n: < $1/go\necho old\n");
    let mut wf = Tool::new("test").workflow("script");
    wf.add(Command::new(state.join("task")).arg(state.path()));
    std::thread::scope(|scope| {
        let run = scope.spawn(|| wf.run(state.options()).unwrap().ok().unwrap());
        wait_for("it runs", || state.lines("ready").pop());
        executable("new", "#!/bin/sh\necho new\n");
        std::fs::rename(state.join("new"), state.join("task")).unwrap();
        let go = state.open("go");
        run.join().unwrap();
        drop(go);
    });
    assert_eq!(said(&state, "out"), "old\n");
}
