//! What a program says while it runs a workflow, and at the end: real runs, as a person sees them.

use crate::support::{State, signal, wait_for};
use jobmon::Backend;
use jobmon::model::TaskState;
use jobmon::prelude::*;
use rustix::process::Signal;
use std::io::{BufRead as _, BufReader};
use std::process::Output;

/// What a program said on standard error and, behind it, on standard output, without what differs from run to run.
fn told(state: &State, output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (err, out) = (text(&output.stderr), text(&output.stdout));
    // Where the machine is slow there are lines of progress, one a second; they have a test of their own.
    let is_timed =
        |line: &&str| line.starts_with("jobmon: ") && line.contains(" tasks done") && line.contains(" after ");
    let lines: Vec<&str> = err.lines().filter(|line| !is_timed(line)).collect();
    let told = format!("{}\n[{}] {out}", lines.join("\n"), output.status.code().unwrap());
    redacted(state, &told)
}

/// What was told without what differs from run to run and from machine to machine.
pub(crate) fn redacted(state: &State, told: &str) -> String {
    // Where a command is broken depends on how long paths are.
    let mut told = told.replace(" \\\n      ", " ");
    told = told.replace(&state.path().display().to_string(), "STATE");
    let here = std::env::current_dir().unwrap();
    told = told.replace(&here.display().to_string(), "HERE");
    for token in state.query("SELECT token FROM workflow_run").lines() {
        told = told.replace(token, "TOKEN");
    }
    // Seconds, with their fraction: "in 0.3 s".
    let mut parts = told.split(" in ");
    let mut redacted = parts.next().unwrap().to_owned();
    for part in parts {
        let seconds = part.split_once(" s").filter(|(number, _)| number.parse::<f64>().is_ok());
        redacted.push_str(" in ");
        redacted.push_str(&seconds.map_or_else(|| part.to_owned(), |(_, rest)| format!("TIME{rest}")));
    }
    redacted
}

fn said(state: &State, what: &str) -> String {
    told(state, &state.program(what).wait_with_output().unwrap())
}

#[test]
fn all_well() {
    insta::assert_snapshot!(said(&State::new(), "well"), @"
    jobmon: test/well: 3 tasks; the state is in STATE
    jobmon: test/well: DONE in TIME: 3 done
    [0] DONE in TIME: 3 done
    ");
}

#[test]
fn one_failure_then_resumed_then_already_complete() {
    let state = State::new();
    insta::assert_snapshot!(said(&state, "one"), @r"
    jobmon: test/one: 4 tasks; the state is in STATE
    jobmon: `part id=1` failed: exited with code 3; see STATE/runs/1/1/logs/0/3.err
    jobmon: test/one: FAILED in TIME: 2 done, 1 failed, 1 skipped
    Error: not all tasks are done: FAILED in TIME: 2 done, 1 failed, 1 skipped

    `part id=1` failed: exited with code 3 (2 attempts)
      | part 1: no such column
      log: STATE/runs/1/1/logs/0/3.err
      skipped because of it: 1 task (`sum id=7`)
      run it by hand:
        cd HERE && env 'SURVEY=part 1' JOBMON_WORKFLOW_ID=1 JOBMON_WORKFLOW_RUN_ID=1 JOBMON_TASK_ID=2 JOBMON_TASK_INSTANCE_ID=3 'JOBMON_TASK_NAME=part id=1' JOBMON_ATTEMPT=2 JOBMON_CORES=1 sh -c 'test $0 != part-1 || test -e $1/mended || {
                echo reading $0; printf '\''part 1: \033[31mno such column\033[0m\n'\'' >&2; exit 3; }' part-1 STATE </dev/null

    started again with `RunOptions::resume(true)`, it goes on with what is not done
    [1] FAILED in TIME: 2 done, 1 failed, 1 skipped
    ");
    let again = said(&state, "one");
    assert!(again.contains("exited with code 3 (2 attempts, 4 over all runs)\n"), "{again}");
    std::fs::write(state.join("mended"), "").unwrap();
    insta::assert_snapshot!(said(&state, "one"), @"
    jobmon: test/one: 4 tasks, 2 of them done before; the state is in STATE
    jobmon: test/one: DONE in TIME: 2 done, 2 resumed
    [0] DONE in TIME: 2 done, 2 resumed
    ");
    insta::assert_snapshot!(said(&state, "one"), @"
    jobmon: test/one: 4 tasks were all done before; the state is in STATE
    [0] DONE in TIME: 0 done, 4 resumed
    ");
}

#[test]
fn five_hundred_failures_of_three_kinds() {
    insta::assert_snapshot!(said(&State::new(), "kinds"), @r#"
    jobmon: test/kinds: 506 tasks; the state is in STATE
    jobmon: `part id=0` failed: exited with code 1; see STATE/runs/1/1/logs/0/1.err
    jobmon: `part id=1` failed: exited with code 1; see STATE/runs/1/1/logs/0/2.err
    jobmon: `part id=2` failed: exited with code 1; see STATE/runs/1/1/logs/0/3.err
    jobmon: `part id=3` failed: exited with code 1; see STATE/runs/1/1/logs/0/4.err
    jobmon: `part id=4` failed: exited with code 1; see STATE/runs/1/1/logs/0/5.err
    jobmon: `part id=5` failed: exited with code 1; see STATE/runs/1/1/logs/0/6.err
    jobmon: `part id=6` failed: was ended by signal 9 (SIGKILL)
    jobmon: `part id=7` failed: was ended by signal 9 (SIGKILL)
    jobmon: `part id=8` failed: was ended by signal 9 (SIGKILL)
    jobmon: `part id=9` failed: exited with code 28; see STATE/runs/1/1/logs/0/10.err
    jobmon: more tasks failed; they are counted
    jobmon: test/kinds: FAILED in TIME: 4 done, 500 failed, 2 skipped
    Error: not all tasks are done: FAILED in TIME: 4 done, 500 failed, 2 skipped

    300 tasks failed alike, the first is `part id=0`: exited with code 1 (1 attempt)
      | Traceback of part-0:
      | ValueError: no rows for 'part-0' in STATE/part-0.csv
      log: STATE/runs/1/1/logs/0/1.err
      skipped because of them: 2 tasks (`sum id=0`, `sum id=1`)
      run it by hand:
        cd HERE && env 'SURVEY=part 0' JOBMON_WORKFLOW_ID=1 JOBMON_WORKFLOW_RUN_ID=1 JOBMON_TASK_ID=1 JOBMON_TASK_INSTANCE_ID=1 'JOBMON_TASK_NAME=part id=0' JOBMON_ATTEMPT=1 JOBMON_CORES=1 sh -c 'echo "Traceback of $0:" >&2; echo "ValueError: no rows for '\''$0'\'' in $1/$0.csv" >&2; exit 1' part-0 STATE </dev/null

    150 tasks failed alike, the first is `part id=6`: was ended by signal 9 (SIGKILL) (1 attempt)
      run it by hand:
        cd HERE && env 'SURVEY=part 6' JOBMON_WORKFLOW_ID=1 JOBMON_WORKFLOW_RUN_ID=1 JOBMON_TASK_ID=7 JOBMON_TASK_INSTANCE_ID=7 'JOBMON_TASK_NAME=part id=6' JOBMON_ATTEMPT=1 JOBMON_CORES=1 sh -c 'kill -9 $$' part-6 STATE </dev/null

    50 tasks failed alike, the first is `part id=9`: exited with code 28 (1 attempt)
      | worker 19.cluster ran out of disk
      log: STATE/runs/1/1/logs/0/10.err
      run it by hand:
        cd HERE && env 'SURVEY=part 9' JOBMON_WORKFLOW_ID=1 JOBMON_WORKFLOW_RUN_ID=1 JOBMON_TASK_ID=10 JOBMON_TASK_INSTANCE_ID=10 'JOBMON_TASK_NAME=part id=9' JOBMON_ATTEMPT=1 JOBMON_CORES=1 sh -c 'echo "worker 1${0#part-}.cluster ran out of disk" >&2; exit 28' part-9 STATE </dev/null

    started again with `RunOptions::resume(true)`, it goes on with what is not done
    [1] FAILED in TIME: 4 done, 500 failed, 2 skipped
    "#);
}

#[test]
fn everything_skipped() {
    insta::assert_snapshot!(said(&State::new(), "skipped"), @"
    jobmon: test/skipped: 21 tasks; the state is in STATE
    jobmon: `prepare` failed: could not be started: program `no-such-program` not found in PATH (/usr/bin:/bin)
    jobmon: test/skipped: FAILED in TIME: 0 done, 1 failed, 20 skipped
    Error: not all tasks are done: FAILED in TIME: 0 done, 1 failed, 20 skipped

    `prepare` failed: could not be started: program `no-such-program` not found in PATH (/usr/bin:/bin) (1 attempt)
      skipped because of it: 20 tasks (`command id=0`, `command id=1`, `command id=2`, ..)
      run it by hand:
        cd STATE && env PATH=/usr/bin:/bin JOBMON_WORKFLOW_ID=1 JOBMON_WORKFLOW_RUN_ID=1 JOBMON_TASK_ID=1 JOBMON_TASK_INSTANCE_ID=1 JOBMON_TASK_NAME=prepare JOBMON_ATTEMPT=1 JOBMON_CORES=1 no-such-program --all </dev/null

    started again with `RunOptions::resume(true)`, it goes on with what is not done
    [1] FAILED in TIME: 0 done, 1 failed, 20 skipped
    ");
}

#[test]
fn stopped_by_ctrl_c() {
    let state = State::new();
    let program = state.program("paused");
    wait_for("the task", || state.lines("ready").pop());
    signal(&program, Signal::INT);
    insta::assert_snapshot!(told(&state, &program.wait_with_output().unwrap()), @"
    jobmon: test/paused: 2 tasks; the state is in STATE
    jobmon: SIGINT: nothing new starts, the running tasks are ended; once more to end them at once
    jobmon: test/paused: STOPPED in TIME: 0 done, 2 cancelled
    Error: not all tasks are done: STOPPED in TIME: 0 done, 2 cancelled; it was stopped by SIGINT
    started again with `RunOptions::resume(true)`, it goes on with what is not done
    [1] STOPPED in TIME: 0 done, 2 cancelled
    ");
}

#[test]
fn a_template_that_starts_nothing_is_named() {
    let state = State::new();
    let program = state.program("stalled");
    wait_for("the task that runs", || state.look("SELECT 1 FROM task WHERE status = 'DONE'"));
    signal(&program, Signal::INT);
    let said = program.wait_with_output().unwrap();
    let said = String::from_utf8(said.stderr).unwrap();
    let note = "jobmon: `stalled` lets 0 of its tasks run at once, so none of them starts, nor what needs them";
    assert!(said.lines().any(|line| line == note), "{said}");
    assert_eq!(state.query("SELECT status, count(*) FROM task GROUP BY status"), "CANCELLED 2\nDONE 1");
}

#[test]
fn a_line_a_second_says_how_far_it_is() {
    let state = State::new();
    let mut program = state.program("paused");
    let mut lines = BufReader::new(program.stderr.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.find(|line| line.contains("1 running after ")).unwrap();
    assert!(first.starts_with("jobmon: test/paused: 0 of 2 tasks done, 1 running after "), "{first}");
    let _go = state.open("go");
    let last = lines.last().unwrap();
    assert!(last.starts_with("jobmon: test/paused: DONE in ") && last.ends_with(" s: 2 done"), "{last}");
    assert!(program.wait().unwrap().success());
}

#[test]
fn programs_are_told_the_same() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("typed");
    let script = "echo \"row $0 is bad\" >&2; test $0 -gt 2 -o $JOBMON_ATTEMPT = 2";
    let tasks: Vec<_> = (0..4)
        .map(|id| wf.add(Command::new("sh").arg("-c").arg(script).arg(id).node_arg("id", id).max_attempts(2 - id / 2)))
        .collect();
    let other = wf.add(Command::new("sh").arg("-c").arg("echo only out; exit 9").name("other").max_attempts(1));
    let needs = wf.add(Command::new("true").name("needs").upstream([tasks[2], other]));
    let silent = wf.add(Command::new("true").arg("silent").name("silent"));
    let run = wf.run(state.options().backend(Backend::Sequential)).unwrap();
    let groups: Vec<_> = run.errors().groups.iter().map(|group| (&group.tasks, group.skipped.count)).collect();
    insta::assert_debug_snapshot!(groups, @r#"
    [
        (
            [
                "command id=2",
            ],
            1,
        ),
        (
            [
                "other",
            ],
            0,
        ),
    ]
    "#);
    assert_eq!(run.errors().unread, 0);

    let report = run.status_of(tasks[2]).unwrap();
    assert_eq!(report, run.errors().groups[0].example);
    assert_eq!((report.state, report.attempts), (TaskState::Failed, 1));
    assert_eq!(report.reason.as_deref(), Some("exited with code 1"));
    assert_eq!(report.stderr, ["row 2 is bad"]);
    assert_eq!(std::fs::read_to_string(report.log.unwrap()).unwrap(), "row 2 is bad\n");
    assert_eq!(report.command.unwrap().argv[3], "2");

    let report = run.status_of(other).unwrap();
    assert!(report.stderr.is_empty());
    assert_eq!(std::fs::read_to_string(report.log.unwrap()).unwrap(), "only out\n");

    let report = run.status_of(needs).unwrap();
    assert_eq!((report.state, report.attempts, report.command), (TaskState::Skipped, 0, None));
    assert_eq!(report.skipped_because, Some(run.status_of(tasks[2]).unwrap().name));

    // It failed once and then succeeded: why it failed is no longer of interest.
    let report = run.status_of(tasks[0]).unwrap();
    assert_eq!((report.state, report.attempts, report.reason), (TaskState::Done, 2, None));
    let report = run.status_of(silent).unwrap();
    assert_eq!((report.state, report.log), (TaskState::Done, None));

    let foreign = Tool::new("test").workflow("foreign").add(Command::new("true"));
    assert_eq!(run.status_of(foreign), None);
}

#[test]
fn of_very_many_failures_some_of_each_kind_are_looked_at() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("many");
    // None of them can be started, so that this takes no time. The reason of each names another program.
    wf.add_all((0..1200).map(|id| Command::new(format!("/no/such/program{id}")).node_arg("id", id)));
    let rare = Command::new("true").current_dir("/no/such/directory").name("rare");
    wf.add(rare);
    let run = wf.run(state.options()).unwrap();
    assert_eq!(run.failed, 1201);
    let groups: Vec<_> = run.errors().groups.iter().map(|group| (&*group.example.name, group.tasks.len())).collect();
    assert_eq!(groups, [("command id=0", 999), ("rare", 1)]);
    assert_eq!(run.errors().unread, 201);
    let told = run.ok().unwrap_err().to_string();
    assert!(told.contains("\nand 201 more tasks that failed, whose output was not looked at\n"), "{told}");
}

#[test]
fn what_a_task_wrote_cannot_act_on_the_terminal() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("harmless");
    let script = r"printf 'ok\033[2J\033]0;title\007 \001 \377\n%05000d' 7 >&2; exit 1";
    let task = Command::new("sh").arg("-c").arg(script).arg("\u{1b}[31m").max_attempts(1);
    wf.add(task);
    let run = wf.run(state.options()).unwrap();
    let told = run.ok().unwrap_err().to_string();
    assert!(!told.contains(|c: char| c.is_control() && c != '\n'), "{told:?}");
    assert!(told.contains("  | ok \\u{1} \u{fffd}\n"), "{told}");
    assert!(told.contains(".. (4800 more)\n"), "{told}");
}

#[test]
fn of_a_line_that_is_longer_than_what_is_looked_at_the_end_is_told() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("long line");
    let script = "head -c 20000 /dev/zero | tr '\\0' x >&2; echo ': it failed' >&2; exit 1";
    wf.add(Command::new("sh").arg("-c").arg(script).max_attempts(1));
    let told = wf.run(state.options()).unwrap().ok().unwrap_err().to_string();
    let line = told.lines().find_map(|line| line.strip_prefix("  | ")).unwrap();
    assert!(line.starts_with(".. xxx") && line.ends_with("xxx: it failed"), "{told}");
    assert_eq!(line.len(), 203, "{told}");
}

#[test]
fn codes_of_failures_that_are_alike_are_all_told() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("codes");
    let task = |name: &str, id: u32, code: u32| {
        let task = Command::new("sh").arg("-c").arg(format!("echo {name} >&2; exit {code}")).node_arg("id", id);
        task.template(name.to_owned()).max_attempts(1)
    };
    wf.add_all((0..3).map(|id| task("two", id, 1 + id % 2)));
    wf.add_all((0..6).map(|id| task("many", id, 1 + id)));
    let run = wf.run(state.options()).unwrap();
    let reasons: Vec<&str> = run.errors().groups.iter().map(|group| &*group.reason).collect();
    assert_eq!(reasons, ["exited with 6 different codes, such as 1, 2, 3", "exited with code 1 or 2"]);
    let told = run.ok().unwrap_err().to_string();
    assert!(
        told.contains("\n3 tasks failed alike, the first is `two id=0`: exited with code 1 or 2 (1 attempt)\n"),
        "{told}"
    );
}

#[test]
fn a_command_that_is_too_long_to_be_shown_is_in_a_file() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("huge");
    let script = "echo $# ${#20} >> $0; exit 1";
    let seen = state.join("seen");
    let task = Command::new("sh").arg("-c").arg(script).arg(&seen).args((0..20).map(|_| "x".repeat(100_000)));
    let task = wf.add(task.max_attempts(1));
    let run = wf.run(state.options()).unwrap();
    let told = run.ok().unwrap_err().to_string();
    assert!(told.len() < 4096, "{} bytes are told", told.len());
    let (_, by_hand) = told.split_once("  run it by hand (the command has 200").unwrap();
    let command = by_hand.lines().nth(1).unwrap();
    let file = state.join("runs/1/1/logs/0/1.sh");
    assert_eq!(command, format!("    bash {}", file.display()));
    assert_eq!(run.errors().groups[0].script.as_deref(), Some(&*file));
    assert_eq!(std::fs::read_to_string(file).unwrap(), run.status_of(task).unwrap().command.unwrap().to_string());
    let status = std::process::Command::new("bash").arg("-c").arg(command).status().unwrap();
    assert_eq!(status.code(), Some(1));
    assert_eq!(state.lines("seen"), ["20 100000", "20 100000"]);
}

#[test]
fn of_a_name_that_is_long_only_the_begin_is_told() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("names");
    wf.add(Command::new("sh").arg("-c").arg("exit 1").arg("x".repeat(10_000)).max_attempts(1));
    let told = wf.run(state.options()).unwrap().ok().unwrap_err().to_string();
    let headline = told.lines().find(|line| line.contains(" failed: ")).unwrap();
    assert!(headline.starts_with("`sh -c 'exit 1' xxx") && headline.len() < 200, "{told}");
}

mod before {
    use jobmon::prelude::*;

    #[task_template(command = "sh -c {script} before", max_attempts = 1)]
    pub(super) struct Step {
        #[node_arg]
        pub(super) script: String,
    }
}

mod after {
    use jobmon::prelude::*;

    #[task_template(command = "sh -c {script} after", max_attempts = 1)]
    pub(super) struct Step {
        #[node_arg]
        pub(super) script: String,
    }
}

#[test]
fn that_a_command_has_changed_since_is_told() {
    let state = State::new();
    let workflow = || Tool::new("test").workflow("changed");
    let mut wf = workflow();
    let task = wf.add(before::Step { script: "exit 0".to_owned() });
    let status = wf.run(state.options()).unwrap().status_of(task).unwrap();
    assert!(!status.command_changed);
    assert_eq!(status.command.unwrap().argv, ["sh", "-c", "exit 0", "before"]);
    let mut wf = workflow();
    let task = wf.add(after::Step { script: "exit 0".to_owned() });
    let status = wf.run(state.options().resume(true)).unwrap().status_of(task).unwrap();
    assert!(status.command_changed);
    assert_eq!(status.command.unwrap().argv, ["sh", "-c", "exit 0", "after"]);
}

#[test]
fn that_tasks_left_processes_behind_is_told_briefly() {
    let state = State::new();
    state.fifo("never");
    insta::assert_snapshot!(said(&state, "leaves"), @"
    jobmon: test/leaves: 3 tasks; the state is in STATE
    jobmon: 2 tasks (`part id=1`, `part id=2`) left 3 processes running, which were ended
    jobmon: test/leaves: DONE in TIME: 3 done
    [0] DONE in TIME: 3 done
    ");
}
