//! A workflow that goes well, and how many tasks run at once.

use crate::support::State;
use jobmon::prelude::*;

#[task_template(command = "sh -c 'echo $JOBMON_TASK_NAME; pwd' {id}", stdout = "{out}")]
struct Tell {
    #[node_arg]
    id: u32,
    #[task_arg]
    out: std::path::PathBuf,
}

#[test]
fn a_workflow_runs_and_is_written_down() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("two").args("round 1").attribute("owner", "me");
    let first = wf.add(Tell { id: 1, out: state.join("first") }.memory("1G").runtime("10m").attribute("release", 7));
    wf.add(Tell { id: 2, out: state.join("second") }.name("second").upstream(first).current_dir(state.path()));
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed, run.skipped, run.cancelled, run.resumed), (2, 0, 0, 0, 0));
    run.ok().unwrap();
    let usage = run.usage_of(first).unwrap();
    assert_eq!(usage.attempts, 1);
    assert!(usage.memory > 100_000 && usage.memory < 50_000_000, "{usage:?}");
    assert_eq!(std::fs::read_to_string(state.join("first")).unwrap().lines().next(), Some("tell id=1"));
    let second = std::fs::read_to_string(state.join("second")).unwrap();
    assert_eq!(second, format!("second\n{}\n", state.path().canonicalize().unwrap().display()));
    let tasks = state.query(
        "SELECT task.name, task.status, attempt, task_instance.status, exit_code, memory_bytes, runtime_seconds, cores
         FROM task JOIN task_instance ON task_id = task.id
         JOIN task_resources ON task_resources.id = task.task_resources_id ORDER BY task.id",
    );
    insta::assert_snapshot!(tasks, @r"
    tell id=1 DONE 1 DONE 0 1073741824 600 1
    second DONE 1 DONE 0 - - 1
    ");
    assert_eq!(state.query("SELECT name, args, status, bound FROM workflow"), "two round 1 DONE 1");
    assert_eq!(state.query("SELECT name, value FROM task_attribute"), "release 7");
    assert_eq!(state.query("SELECT name, value FROM workflow_attribute"), "owner me");
    assert_eq!(state.query("SELECT status, executor FROM workflow_run"), "DONE local");
    assert_eq!(state.query("SELECT name, value FROM node_arg ORDER BY task_id"), "id 1\nid 2");
    assert_eq!(state.query("SELECT upstream_task_id, downstream_task_id FROM edge"), "1 2");
}

#[test]
fn a_set_is_one_edge() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("set");
    let all = wf.add_all((0..5).map(|id| Command::new("true").node_arg("id", id)));
    let more = wf.add_all((5..8).map(|id| Command::new("true").node_arg("id", id).upstream(&all)));
    wf.add(Command::new("true").node_arg("id", 8).upstream(more));
    wf.run(state.options()).unwrap().ok().unwrap();
    assert_eq!(state.query("SELECT size FROM task_set ORDER BY id"), "5\n3");
    assert_eq!(state.query("SELECT count(*) FROM edge WHERE upstream_set_id IS NOT NULL"), "4");
    assert_eq!(state.query("SELECT count(*) FROM edge WHERE downstream_set_id IS NOT NULL"), "8");
}

/// Each task appends a line when it begins and one when it ends; at no time are more begun than `most`.
fn never_more_at_once(most: usize, limit: Option<u32>, options: RunOptions, state: &State) {
    let mut wf = Tool::new("test").workflow("limits");
    if let Some(limit) = limit {
        wf = wf.max_concurrently_running(limit);
    }
    for id in 0..20 {
        // The file is written by appends of a few bytes, which the kernel does one after the other.
        let script = "echo + >> $0; sleep 0.02; echo - >> $0";
        wf.add(Command::new("sh").arg("-c").arg(script).arg(state.join("log")).node_arg("id", id));
    }
    wf.run(options).unwrap().ok().unwrap();
    assert_eq!(peak(state), most);
}

/// How many tasks were begun and not ended at most.
fn peak(state: &State) -> usize {
    let (mut running, mut peak) = (0_usize, 0);
    for line in state.lines("log") {
        running = if line == "+" { running + 1 } else { running - 1 };
        peak = peak.max(running);
    }
    assert_eq!(running, 0);
    peak
}

/// Needs `taskset`, of util-linux; without it the test says so and proves nothing.
#[test]
fn as_many_run_at_once_as_the_affinity_of_the_process_allows() {
    let state = State::new();
    let mut program = std::process::Command::new("taskset");
    // The first processor that this process itself may use.
    let allowed = std::fs::read_to_string("/proc/self/status").unwrap();
    let allowed = allowed.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap().trim();
    let first = allowed.split([',', '-']).next().unwrap();
    let program = program.args(["-c", first, env!("CARGO_BIN_EXE_jobmon-test-program"), "cores"]).arg(state.path());
    let Ok(said) = program.output() else {
        eprintln!("taskset is not installed: the affinity was not checked");
        return;
    };
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    assert_eq!(peak(&state), 1);
}

#[test]
fn as_many_run_at_once_as_there_are_cores() {
    let state = State::new();
    never_more_at_once(3, None, state.options().cores(3), &state);
}

#[test]
fn as_many_run_at_once_as_the_workflow_allows() {
    let state = State::new();
    never_more_at_once(2, Some(2), state.options().cores(4), &state);
}

#[test]
fn one_after_the_other_in_sequence() {
    let state = State::new();
    never_more_at_once(1, None, state.options().backend(jobmon::Backend::Sequential), &state);
}

#[test]
fn run_inside_a_runtime_names_run_async() {
    let state = State::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut wf = Tool::new("test").workflow("async");
    wf.add(Command::new("true"));
    let refused = runtime.block_on(async { wf.run(state.options()) }).unwrap_err();
    assert!(refused.to_string().contains("run_async"), "{refused}");
    let run = runtime.block_on(wf.run_async(state.options())).unwrap();
    assert_eq!(run.done, 1);
}

#[test]
fn a_future_that_is_dropped_stops_its_run() {
    let state = State::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut wf = Tool::new("test").workflow("dropped");
    let script = "echo $$ > $0.pid; mv $0.pid $0; sleep 1000";
    wf.add(Command::new("sh").arg("-c").arg(script).arg(state.join("pid")));
    runtime.block_on(async {
        let run = wf.run_async(state.options());
        let begun = async {
            while !state.join("pid").exists() {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        };
        tokio::select! {
            _ = run => panic!("the task does not end by itself"),
            () = begun => {}
        }
    });
    let pid = state.lines("pid").remove(0);
    crate::support::wait_for("the task's end", || (!crate::support::lives(&pid)).then_some(()));
    crate::support::wait_for("the record of the stop", || {
        (state.query("SELECT status FROM workflow") == "STOPPED").then_some(())
    });
}

/// The program that shows the language, in a directory with three scripts that write down how they were called.
#[test]
fn the_program_of_the_design_runs_and_runs_nothing_twice() {
    let state = State::new();
    let script = "import sys\nopen('calls', 'a').write(' '.join(sys.argv) + '\\n')\nprint('the report')\n";
    for name in ["prep.py", "fit.py", "report.py"] {
        std::fs::write(state.join(name), script).unwrap();
    }
    let start = || {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_jobmon-test-program"));
        let said = program.args(["design", "-"]).current_dir(state.path()).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).unwrap()
    };
    assert!(start().contains(" 22 done;"));
    let calls = state.lines("calls");
    assert_eq!(calls.len(), 22);
    assert!(calls[..3].iter().all(|call| call.starts_with("prep.py --year 199")), "{calls:?}");
    let fit = "fit.py --location 3 --year 1992 --sex male --root out --draws 100 --threads 2 --verbose";
    assert!(calls.iter().any(|call| call == fit), "{calls:?}");
    assert_eq!(calls[21], "report.py --root out");
    assert_eq!(std::fs::read_to_string(state.join("out/report.txt")).unwrap(), "the report\n");
    let again = start();
    assert!(again.contains(" 0 done, 22 resumed; the report: Some("), "{again}");
    assert_eq!(state.lines("calls").len(), 22);
}
