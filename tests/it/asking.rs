//! Tasks whose requests are computed by functions of the program.

use crate::support::{State, signal, wait_for};
use jobmon::model::{Asked, Asking, FailureKind, Scale};
use jobmon::prelude::*;
use jobmon::units::{Memory, WallTime};
use rustix::process::Signal;
use std::sync::{Arc, Mutex};

/// Memory in MiB, cores, and why each attempt failed, of all tasks.
fn attempts(state: &State) -> String {
    state.query(
        "SELECT task.name, coalesce(memory_bytes / 1048576, '-'), cores, coalesce(kind, task_instance.status)
         FROM task_instance JOIN task ON task.id = task_id
         JOIN task_resources ON task_resources.id = task_instance.task_resources_id ORDER BY task.id, attempt",
    )
}

#[test]
fn a_function_reads_what_the_task_before_wrote() {
    let state = State::new();
    let sizes = state.join("sizes");
    let mut wf = Tool::new("test").workflow("reads");
    let script = "printf '16M 24M' > $0";
    let first = wf.add(Command::new("sh").args(["-c", script]).arg(&sizes).name("first"));
    for (at, name) in ["one", "two"].into_iter().enumerate() {
        let sizes = sizes.clone();
        let size = move |_: &Asking| -> Result<Asked, Box<dyn std::error::Error>> {
            let sizes = std::fs::read_to_string(&sizes)?;
            Ok(Asked::new().memory(sizes.split(' ').nth(at).ok_or("too few sizes")?.parse()?))
        };
        let task = Command::new("sh").args(["-c", "test $JOBMON_MEMORY_BYTES -gt 1"]).node_arg("at", at).name(name);
        wf.add(task.upstream(first).resources_from(size).memory("1G").cores(2));
    }
    wf.run(state.options().cores(2)).unwrap().ok().unwrap();
    assert_eq!(attempts(&state), "first - 1 DONE\none 16 2 DONE\ntwo 24 2 DONE");
}

#[test]
fn nothing_is_no_answer() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("nothing");
    let memory = |_: &Asking| Ok::<_, String>(Asked::new().memory(Memory::from_bytes(0)));
    let time = |_: &Asking| Ok::<_, String>(Asked::new().runtime(WallTime::from_seconds(0)));
    wf.add(Command::new("true").name("memory").resources_from(memory));
    wf.add(Command::new("true").arg("time").name("time").resources_from(time));
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed), (0, 2));
    let told = run.errors().to_string();
    assert!(told.contains("asks for no memory") && told.contains("asks for no time"), "{told}");
}

#[test]
fn it_is_told_of_the_attempt_before_and_asked_again() {
    let state = State::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&told);
    let more = move |asking: &Asking| {
        let kind = asking.failure.as_ref().map(jobmon::model::Failure::kind);
        noted.lock().unwrap().push((asking.task.clone(), asking.attempt, kind));
        let runtime = if kind == Some(FailureKind::Exit) { 3600 } else { 60 };
        let memory = asking.granted.and_then(|granted| granted.memory).map_or(8 << 20, |memory| memory.bytes() * 2);
        Ok::<_, String>(Asked::new().memory(Memory::from_bytes(memory)).runtime(WallTime::from_seconds(runtime)))
    };
    let mut wf = Tool::new("test").workflow("again");
    wf.add(Command::new("sh").args(["-c", "exit $((3 - JOBMON_ATTEMPT))"]).name("it").resources_from(more));
    wf.run(state.options()).unwrap().ok().unwrap();
    assert_eq!(attempts(&state), "it 8 1 EXIT\nit 16 1 EXIT\nit 32 1 DONE");
    let exit = Some(FailureKind::Exit);
    let it = || "it".to_owned();
    assert_eq!(*told.lock().unwrap(), [(it(), 1, None), (it(), 2, exit), (it(), 3, exit)]);
}

/// What functions are told of the attempt before is remembered over runs; what was stopped, or failed in a function, is no such
/// attempt.
#[test]
fn it_is_told_of_the_attempt_before_in_an_earlier_run_too() {
    let state = State::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let run = |fails: bool| {
        let mut wf = Tool::new("test").workflow("resumed").max_attempts(1);
        for (name, script) in [("exit", "exit 3"), ("time", "exec sleep 3600"), ("good", "exit 0")] {
            let noted = Arc::clone(&told);
            let more = move |asking: &Asking| {
                let granted = asking.granted.and_then(|granted| granted.memory).map(|memory| memory.to_string());
                let failure = asking.failure.as_ref().map(ToString::to_string);
                noted.lock().unwrap().push(format!("{}#{}: {granted:?} {failure:?}", asking.task, asking.attempt));
                if fails {
                    return Err("nothing is known".to_owned());
                }
                let memory = asking.granted.and_then(|granted| granted.memory).map_or(8 << 20, |had| had.bytes() * 2);
                Ok(Asked::new().memory(Memory::from_bytes(memory)))
            };
            let task = Command::new("sh").arg("-c").arg(script).name(name).resources_from(more);
            wf.add(if name == "time" { task.runtime("1s").runtime_scale(Scale::By(1.01)) } else { task });
        }
        wf.run(state.options().resume(true).cores(1)).unwrap();
        let mut told = std::mem::take(&mut *told.lock().unwrap());
        told.sort();
        told.join("\n")
    };
    insta::assert_snapshot!(run(false), @"
    exit#1: None None
    good#1: None None
    time#1: None None
    ");
    insta::assert_snapshot!(run(false), @r#"
    exit#2: Some("8M") Some("exited with code 3")
    time#2: Some("8M") Some("ran out of time: it had 1s")
    "#);
    insta::assert_snapshot!(run(true), @r#"
    exit#3: Some("16M") Some("exited with code 3")
    time#3: Some("16M") Some("ran out of time: it had 2s")
    "#);
    insta::assert_snapshot!(run(false), @r#"
    exit#4: Some("16M") Some("exited with code 3")
    time#4: Some("16M") Some("ran out of time: it had 2s")
    "#);
    insta::assert_snapshot!(attempts(&state), @"
    exit 8 1 EXIT
    exit 16 1 EXIT
    exit - 1 RESOURCES_FAILED
    exit 32 1 EXIT
    time 8 1 TIMEOUT
    time 16 1 TIMEOUT
    time - 1 RESOURCES_FAILED
    time 32 1 TIMEOUT
    good 8 1 DONE
    ");
}

/// Its error or panic is what the task failed by; nothing of the task is run, what needs it is skipped.
#[test]
fn what_a_function_fails_by_is_told_as_the_tasks_failure() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("fails");
    let nothing = |asking: &Asking| Err::<Asked, _>(format!("no size is known of {}", asking.task));
    let touch = |name: &str| Command::new("touch").arg(state.join(name)).name(name);
    let error = wf.add(touch("error").resources_from(nothing));
    wf.add(touch("panic").resources_from(|_: &Asking| -> Result<Asked, String> { panic!("too hard") }));
    let large = |_: &Asking| Ok::<_, String>(Asked::new().memory("2G".parse().unwrap()));
    wf.add(touch("large").resources_from(large));
    wf.add(touch("after").upstream(error));
    wf.add(touch("other"));
    let run = wf.run(state.options().memory("1G".parse().unwrap())).unwrap();
    assert_eq!((run.done, run.failed, run.skipped), (1, 3, 1), "{run}");
    assert_eq!(run.status_of(error).unwrap().attempts, 1);
    let kinds = state.query("SELECT DISTINCT kind FROM task_instance WHERE status = 'FAILED'");
    assert_eq!(kinds, "RESOURCES_FAILED");
    let there: Vec<&str> =
        ["error", "panic", "large", "after", "other"].into_iter().filter(|name| state.join(name).exists()).collect();
    assert_eq!(there, ["other"]);
    let told = run.ok().unwrap_err().to_string();
    for reason in [
        "`error` failed: its resources could not be computed: no size is known of error",
        "`panic` failed: its resources could not be computed: the function panicked: too hard",
        "`large` failed: its resources could not be computed: the function asks for 2G of memory, but there are 1G for",
    ] {
        assert!(told.contains(reason), "{told}");
    }
}

/// More functions than are called at once, none of which answers before all tasks without one are done.
#[test]
fn functions_hold_up_nobody_else() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("slow");
    let done = state.join("done");
    for id in 0..20 {
        let done = done.clone();
        let waits = move |_: &Asking| {
            wait_for("the other task", || done.exists().then_some(()));
            Ok::<_, String>(Asked::new())
        };
        wf.add(Command::new("true").node_arg("id", id).resources_from(waits));
    }
    wf.add(Command::new("touch").arg(&done));
    wf.run(state.options()).unwrap().ok().unwrap();
}

/// A signal ends the run although a function never answers; the next run asks again.
#[test]
fn a_signal_does_not_wait_for_a_function() {
    let state = State::new();
    for _ in 0..2 {
        let program = state.program("pensive");
        wait_for("the function", || state.join("thinks").exists().then_some(()));
        std::fs::remove_file(state.join("thinks")).unwrap();
        signal(&program, Signal::INT);
        let said = String::from_utf8(program.wait_with_output().unwrap().stderr).unwrap();
        assert!(said.contains("stopped by SIGINT"), "{said}");
        assert_eq!(state.query("SELECT status FROM task"), "CANCELLED");
    }
    assert_eq!(state.query("SELECT count(*) FROM task_instance"), "0");
}
