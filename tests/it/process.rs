//! What a task's process sees.

use crate::support::State;
use jobmon::prelude::*;
use std::path::PathBuf;

/// Writes its arguments down, each ended by a NUL byte.
#[task_template(
    command = "sh -c 'printf \"%s\\0\" \"$@\"' sh {plain} x{plain}y [--opt {opt}] [{flag}? --flag] {many}...",
    stdout = "{out}"
)]
struct Show {
    #[node_arg]
    plain: String,
    #[task_arg]
    opt: Option<String>,
    #[op_arg]
    flag: bool,
    #[task_arg]
    many: Vec<String>,
    #[task_arg]
    out: PathBuf,
}

#[test]
fn values_arrive_byte_for_byte() {
    let state = State::new();
    let nasty = [
        r#"x; rm -rf / $(boom) 'q" *"#.to_owned(),
        "a\nnewline".to_owned(),
        String::new(),
        "x".repeat(100 * 1024),
        "żółć 火 🦀 \u{7f}\u{1}".to_owned(),
        "{plain} [x] -- \\ ` ~ #".to_owned(),
    ];
    let mut wf = Tool::new("test").workflow("values");
    for (at, value) in nasty.iter().enumerate() {
        wf.add(Show {
            plain: value.clone(),
            opt: (at % 2 == 0).then(|| value.clone()),
            flag: at % 3 == 0,
            many: nasty[..at].to_vec(),
            out: state.join(&at.to_string()),
        });
    }
    wf.run(state.options()).unwrap().ok().unwrap();
    for (at, value) in nasty.iter().enumerate() {
        let mut expected = vec![value.clone(), format!("x{value}y")];
        if at % 2 == 0 {
            expected.extend(["--opt".to_owned(), value.clone()]);
        }
        if at % 3 == 0 {
            expected.push("--flag".to_owned());
        }
        expected.extend(nasty[..at].iter().cloned());
        let seen = std::fs::read(state.join(&at.to_string())).unwrap();
        let seen: Vec<&[u8]> = seen.strip_suffix(b"\0").unwrap().split(|byte| *byte == 0).collect();
        let expected: Vec<&[u8]> = expected.iter().map(String::as_bytes).collect();
        assert_eq!(seen, expected, "the values of task {at}");
    }
}

#[test]
fn the_environment_says_what_was_granted() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("environment");
    // What the tests are run with is inherited like any other variable.
    let script = "env | grep -E '^(JOBMON_|OWN)' | grep -v ^JOBMON_CONFIG | sort > $0";
    let task = Command::new("sh").arg("-c").arg(script).arg(state.join("env")).node_arg("id", 7);
    wf.add(task.name("it").memory("2G").runtime("1h").cores(1).env("OWN", "a b"));
    wf.run(state.options()).unwrap().ok().unwrap();
    let token = state.query("SELECT token FROM workflow_run");
    let seen = state.lines("env").join("\n").replace(&token, "TOKEN");
    insta::assert_snapshot!(seen, @r"
    JOBMON_ATTEMPT=1
    JOBMON_CORES=1
    JOBMON_MEMORY_BYTES=2147483648
    JOBMON_RUNTIME_SECONDS=3600
    JOBMON_RUN_TOKEN=TOKEN
    JOBMON_TASK_ID=1
    JOBMON_TASK_INSTANCE_ID=1
    JOBMON_TASK_NAME=it
    JOBMON_WORKFLOW_ID=1
    JOBMON_WORKFLOW_RUN_ID=1
    OWN=a b
    ");
}

#[test]
fn a_task_has_a_session_of_its_own_and_no_descriptor_of_ours() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("session");
    // A shell may hold what it puts aside for a redirection at 10.
    let script = "cut -d' ' -f1,6 /proc/$$/stat > $0
        for fd in 3 4 5 6 7 8 9 11 12 13 14 15 16; do test ! -e /proc/$$/fd/$fd || echo leak $fd >> $0; done
        readlink /proc/$$/fd/0 >> $0";
    wf.add(Command::new("sh").arg("-c").arg(script).arg(state.join("seen")));
    wf.run(state.options()).unwrap().ok().unwrap();
    let seen = state.lines("seen");
    let (pid, session) = seen[0].split_once(' ').unwrap();
    assert_eq!(pid, session, "the task leads its own session");
    assert_eq!(seen[1..], ["/dev/null"]);
}

#[test]
fn output_is_kept_under_the_name_of_the_attempt_and_silence_leaves_no_file() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("output");
    wf.add(Command::new("sh").arg("-c").arg("echo out; echo err >&2"));
    wf.add(Command::new("true"));
    wf.run(state.options()).unwrap().ok().unwrap();
    let logs = state.join("runs/1/1/logs/0");
    assert_eq!(std::fs::read_to_string(logs.join("1.out")).unwrap(), "out\n");
    assert_eq!(std::fs::read_to_string(logs.join("1.err")).unwrap(), "err\n");
    assert_eq!(std::fs::read_dir(logs).unwrap().count(), 2);
}

#[test]
fn an_output_file_is_there_whole_or_not_at_all() {
    #[task_template(command = "sh -c 'echo half; exit {code}'", stdout = "{out}", max_attempts = 1)]
    struct Write {
        #[node_arg]
        code: u8,
        #[task_arg]
        out: PathBuf,
    }
    let state = State::new();
    let mut wf = Tool::new("test").workflow("whole");
    wf.add(Write { code: 0, out: state.join("deep/er/good") });
    wf.add(Write { code: 1, out: state.join("bad") });
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed), (1, 1));
    assert_eq!(std::fs::read_to_string(state.join("deep/er/good")).unwrap(), "half\n");
    let left: Vec<_> = std::fs::read_dir(state.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("bad")), "{left:?}");
}

#[test]
fn what_is_no_file_is_never_replaced_by_an_output_and_a_link_stays_one() {
    #[task_template(command = "echo {id}", stdout = "{out}")]
    struct Say {
        #[node_arg]
        id: u8,
        #[task_arg]
        out: PathBuf,
    }
    let state = State::new();
    std::fs::create_dir(state.join("directory")).unwrap();
    std::fs::write(state.join("real"), "old").unwrap();
    std::os::unix::fs::symlink(state.join("real"), state.join("link")).unwrap();
    std::os::unix::fs::symlink("/dev/null", state.join("device")).unwrap();
    let mut wf = Tool::new("test").workflow("targets");
    for (id, name) in (0..).zip(["directory", "device", "link"]) {
        wf.add(Say { id, out: state.join(name) });
    }
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed), (1, 2));
    assert_eq!(std::fs::read_to_string(state.join("real")).unwrap(), "2\n");
    assert!(std::fs::symlink_metadata(state.join("link")).unwrap().is_symlink());
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    for group in &run.errors().groups {
        let reason = group.example.reason.as_deref().unwrap();
        assert!(group.example.attempts == 1 && reason.contains("no file"), "{reason}");
    }
}

#[test]
fn a_programs_own_child_is_not_reaped_and_its_signals_are_its_own_again() {
    let state = State::new();
    let said = state.program("child").wait_with_output().unwrap();
    assert_eq!(String::from_utf8(said.stdout).unwrap(), "own child: Some(42)\n");
    let said = state.program("after").wait_with_output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let caught: Vec<&str> = said.lines().filter_map(|line| line.split_whitespace().last()).collect();
    assert_eq!(caught.len(), 2);
    assert_eq!(caught[0], caught[1]);
}

#[test]
fn a_program_that_is_a_task_takes_its_grant_as_its_machine_and_hands_none_of_it_on() {
    let state = State::new();
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_jobmon-test-program"));
    program.arg("environment").arg(state.path());
    // As if it were a task of another workflow.
    program.envs([("JOBMON_TASK_INSTANCE_ID", "99"), ("JOBMON_MEMORY_BYTES", "12345"), ("JOBMON_CORES", "1")]);
    assert!(program.status().unwrap().success());
    let seen = state.lines("seen");
    assert!(seen.iter().any(|line| line == "JOBMON_TASK_INSTANCE_ID=1"), "{seen:?}");
    assert!(!seen.iter().any(|line| line.starts_with("JOBMON_MEMORY_BYTES")), "{seen:?}");
}
