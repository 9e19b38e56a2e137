//! What tasks used, as it is measured and told.

use crate::support::{State, wait_for};
use jobmon::model::{AttemptState, Usage};
use jobmon::prelude::*;
use jobmon::run::TaskUsage;
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_jobmon-test-program");
const MB: u64 = 1_000_000;

/// Runs a script with `$program`, the test program, and `$here`, its directory, in which are the fifos `go` and `burnt`.
fn scripted(state: &State, script: &str) -> Workflow {
    for name in ["go", "burnt"] {
        state.fifo(name);
    }
    let mut wf = Tool::new("test").workflow("usage");
    let script = format!("program=$1 here=$2; echo $PPID > $here/slot; {script}");
    wf.add(Command::new("sh").arg("-c").arg(script).arg("sh").arg(PROGRAM).arg(state.path()).name("task"));
    wf
}

/// What the only task of a state used.
fn used(state: &State) -> (u64, Duration) {
    let row = state.query("SELECT peak_memory_bytes, user_microseconds + system_microseconds FROM task_instance");
    let (memory, cpu) = row.split_once(' ').unwrap();
    (memory.parse().unwrap(), Duration::from_micros(cpu.parse().unwrap()))
}

/// Runs a workflow whose task lets `ready` lines be written to `ready` and then waits at the fifo `go`, until its slot
/// process has surely looked at it meanwhile; gives what the task used.
fn looked_at(state: &State, ready: usize, script: &str) -> u64 {
    let wf = scripted(state, script);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| wf.run(state.options()).unwrap().ok().unwrap());
        wait_for("all are ready", || (state.lines("ready").len() == ready).then_some(()));
        // Nothing ends and no order comes, so that it is only to look that the slot process wakes.
        let slot = state.lines("slot").remove(0);
        let before = sleeps(&slot);
        wait_for("it looks", || (sleeps(&slot) >= before + 3).then_some(()));
        // Open until the end, so that none comes too late.
        let go = state.open("go");
        run.join().unwrap();
        drop(go);
    });
    used(state).0
}

/// How often a process has gone to sleep.
fn sleeps(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
    line.trim().parse().unwrap()
}

#[test]
fn the_memory_of_the_driver_is_not_its_tasks() {
    let state = State::new();
    let said = state.program("heavy").wait_with_output().unwrap();
    let memory: u64 = String::from_utf8(said.stdout).unwrap().trim().parse().unwrap();
    assert!((1..20 * MB).contains(&memory), "{memory}");
}

#[test]
fn two_children_count_together() {
    let state = State::new();
    let memory = looked_at(&state, 2, "$program hold $here & $program hold $here & wait");
    assert!((190 * MB..260 * MB).contains(&memory), "{memory}");
}

#[test]
fn what_does_not_descend_from_the_main_process_any_more_counts() {
    let state = State::new();
    let memory = looked_at(&state, 2, "(setsid $program hold $here &); $program hold $here");
    assert!((190 * MB..260 * MB).contains(&memory), "{memory}");
}

#[test]
fn pages_that_processes_share_count_once() {
    let state = State::new();
    // Ten processes that have the same 20 MB, one of which once had more.
    let script = "large=$(head -c 20000000 /dev/zero | tr '\\0' x)
        grep -e VmHWM -e VmRSS /proc/$$/status > $here/shell
        for child in 1 2 3 4 5 6 7 8 9; do (echo ready >> $here/ready; : < $here/go) & done
        wait";
    let memory = looked_at(&state, 9, script);
    let shell = state.lines("shell");
    let [peak, resident]: [u64; 2] = std::array::from_fn(|at| {
        let words: Vec<&str> = shell[at].split_ascii_whitespace().collect();
        words[1].parse::<u64>().unwrap() * 1024
    });
    assert!(10 * resident > peak + 40 * MB, "counted ten times it would be seen: {resident} of {peak}");
    assert!((peak - peak / 10..peak + 20 * MB).contains(&memory), "{memory} of {peak}");
}

#[test]
fn a_single_process_is_measured_exactly_however_short_it_lives() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("short");
    let task = wf.add(Command::new(PROGRAM).arg("hold").arg(state.path()));
    // It need not wait for anybody.
    std::fs::write(state.join("go"), "").unwrap();
    let run = wf.run(state.options()).unwrap();
    let memory = run.usage_of(task).unwrap().memory;
    assert!((100 * MB..130 * MB).contains(&memory), "{memory}");
}

#[test]
fn what_a_grandchild_burns_is_counted_once_whoever_waits_for_it() {
    for script in [
        "sh -c '$0 burn $1 & : < $1/burnt; wait' $program $here; true",
        // Its parent is gone, so that the slot process waits for it.
        "($program burn $here &); : < $here/burnt",
        // Nobody waits for it before all have ended.
        "$program burn $here & : < $here/burnt",
    ] {
        let state = State::new();
        scripted(&state, script).run(state.options()).unwrap().ok().unwrap();
        let cpu = used(&state).1;
        assert!((Duration::from_secs(1)..Duration::from_secs(3)).contains(&cpu), "{script}: {cpu:?}");
    }
}

#[task_template(command = "sh -c {script} {id}", max_attempts = 2)]
struct Step {
    #[node_arg]
    id: u32,
    #[task_arg]
    script: String,
}

fn steps(wf: &mut Workflow, scripts: &[&str]) -> TaskSet<Step> {
    wf.add_all((0..).zip(scripts).map(|(id, script)| Step { id, script: (*script).to_owned() }))
}

#[test]
fn each_attempt_is_told_with_how_it_ended() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("attempts");
    let set = steps(&mut wf, &["exit 5", "kill -9 $$", "test $JOBMON_ATTEMPT = 2"]);
    let unstartable = wf.add(Command::new("/no/such/program"));
    let skipped = wf.add(Command::new("true").node_arg("id", 1).upstream(unstartable));
    let run = wf.run(state.options()).unwrap();
    let host = state.query("SELECT host FROM workflow_run");
    let told = |task: TaskRef<Step>| {
        let attempts = run.attempts_of(task).into_iter().map(|attempt| {
            assert_eq!(attempt.host, host);
            let used = attempt.used.unwrap();
            assert!(attempt.started.is_some() && used.peak_memory > 0 && used.wall > Duration::ZERO);
            let reason = attempt.reason.unwrap_or_default();
            format!("{} {} {:?} {:?} {reason}", attempt.number, attempt.state, attempt.exit_code, attempt.signal)
        });
        attempts.collect::<Vec<_>>().join("\n")
    };
    let told: Vec<String> = set.refs().into_iter().map(told).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    1 FAILED Some(5) None exited with code 5
    2 FAILED Some(5) None exited with code 5
    1 FAILED None Some(9) was ended by signal 9 (SIGKILL)
    2 FAILED None Some(9) was ended by signal 9 (SIGKILL)
    1 FAILED Some(1) None exited with code 1
    2 DONE Some(0) None
    ");
    let never = run.attempts_of(unstartable);
    assert_eq!((never.len(), never[0].state, never[0].started), (1, AttemptState::Failed, None));
    assert!(never[0].reason.as_ref().unwrap().contains("there is no such file"), "{never:?}");
    assert_eq!((run.usage_of(unstartable), run.usage_of(skipped)), (None, None));
    assert_eq!(run.attempts_of(skipped), []);
}

#[test]
fn a_task_is_told_over_all_its_attempts() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("over all");
    let set = steps(&mut wf, &["exit 1"]);
    let task = set.refs()[0];
    let run = wf.run(state.options()).unwrap();
    let attempts: Vec<Usage> = run.attempts_of(task).into_iter().filter_map(|attempt| attempt.used).collect();
    let sum = |of: fn(&Usage) -> Duration| attempts.iter().map(of).sum::<Duration>();
    let expected = TaskUsage {
        attempts: 2,
        memory: attempts.iter().map(|attempt| attempt.peak_memory).max().unwrap(),
        wall: sum(|attempt| attempt.wall),
        user: sum(|attempt| attempt.user),
        system: sum(|attempt| attempt.system),
    };
    assert_eq!(run.usage_of(task), Some(expected));
}

#[test]
fn the_usages_of_a_set_come_in_its_order_and_without_what_never_ran() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("usages");
    let set = steps(&mut wf, &["true", "exit 1", "true", "true"]);
    let bad = set.one(|step| step.script == "exit 1");
    wf.add_upstream(set.one(|step| step.id == 3), bad);
    let run = wf.run(state.options()).unwrap();
    // In an order that is not that of the database, too.
    let odd = set.filter(|step| step.id == 2).union(&set);
    for (set, order) in [(&set, vec![(0, 1), (1, 2), (2, 1)]), (&odd, vec![(2, 1), (0, 1), (1, 2)])] {
        let told: Vec<(u32, u32)> = run.usages(set).map(|(_, step, usage)| (step.id, usage.attempts)).collect();
        assert_eq!(told, order);
        assert!(run.usages(set).all(|(task, _, usage)| run.usage_of(task) == Some(usage)));
    }
    let none = set.filter(|_| false);
    assert_eq!((run.usages(&none).count(), run.usage_summary(&none).count), (0, 0));
}

#[test]
fn a_summary_is_that_of_what_each_task_used() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("summary");
    let set = steps(&mut wf, &["true", "exit 1", "sleep 0.05", "true", "true"]);
    let run = wf.run(state.options()).unwrap();
    let used: Vec<TaskUsage> = run.usages(&set).map(|(_, _, usage)| usage).collect();
    let summary = run.usage_summary(&set);
    assert_eq!((used.len(), summary.count), (5, 5));
    let mut memory: Vec<u64> = used.iter().map(|used| used.memory).collect();
    memory.sort_unstable();
    assert_eq!(summary.memory.min(), Some(memory[0]));
    assert_eq!(summary.memory.median(), Some(memory[2]));
    assert_eq!(summary.memory.quantile(0.75), Some(memory[3]));
    assert_eq!(summary.memory.max(), Some(memory[4]));
    assert_eq!(summary.wall.max(), used.iter().map(|used| used.wall).max());
    assert!(summary.wall.max() >= Some(Duration::from_millis(50)));
    assert_eq!(summary.cpu.min(), used.iter().map(TaskUsage::cpu).min());
    let told = summary.to_string();
    assert!(told.starts_with("5 tasks\n  memory: min "), "{told}");
    assert_eq!(run.usage_summary(&set.filter(|_| false)).to_string(), "no task ran");
}

#[test]
fn what_nobody_lived_to_measure_is_not_taken_for_nothing() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("unmeasured");
    // The first time it kills its slot process and the keeper, so that nobody knows what became of it.
    let kill = "test $JOBMON_ATTEMPT = 2 || { read -r _ _ _ keeper _ < /proc/$PPID/stat
        kill -STOP $keeper; kill -9 $PPID $keeper; }";
    let set = steps(&mut wf, &["true", kill, "true"]);
    let run = wf.run(state.options().backend(jobmon::Backend::Sequential)).unwrap();
    run.ok().unwrap();
    let lost = set.refs()[1];
    let attempts = run.attempts_of(lost);
    let told: Vec<(AttemptState, bool)> =
        attempts.iter().map(|attempt| (attempt.state, attempt.used.is_some())).collect();
    assert_eq!(told, [(AttemptState::Lost, false), (AttemptState::Done, true)]);
    let (usage, measured) = (run.usage_of(lost).unwrap(), attempts[1].used.unwrap());
    assert_eq!((usage.memory, usage.wall), (measured.peak_memory, measured.wall));
    // As if the run had been stopped before there was another attempt.
    let database = rusqlite::Connection::open(state.join("jobmon.db")).unwrap();
    database.execute("DELETE FROM task_instance WHERE attempt = 2", []).unwrap();
    assert_eq!((run.usage_of(lost), run.attempts_of(lost).len()), (None, 1));
    let summary = run.usage_summary(&set);
    assert_eq!((summary.count, run.usages(&set).count()), (2, 2));
    assert!(summary.memory.min() > Some(0) && summary.wall.min() > Some(Duration::ZERO), "{summary}");
}

#[test]
fn a_workflow_that_was_complete_tells_the_same() {
    let state = State::new();
    let scripts = ["true", "test $JOBMON_ATTEMPT = 2", "true"];
    let mut wf = Tool::new("test").workflow("complete");
    let set = steps(&mut wf, &scripts);
    let run = wf.run(state.options()).unwrap();
    // As a program that is started again.
    let mut again = Tool::new("test").workflow("complete");
    let same = steps(&mut again, &scripts);
    let complete = again.run(state.options().resume(true)).unwrap();
    assert_eq!((complete.done, complete.resumed), (0, 3));
    assert_eq!(complete.usage_summary(&same), run.usage_summary(&set));
    assert_eq!(complete.usage_summary(&same).count, 3);
    for (before, after) in set.refs().into_iter().zip(same.refs()) {
        assert_eq!(complete.usage_of(after), run.usage_of(before));
        assert_eq!(complete.attempts_of(after), run.attempts_of(before));
        assert!(!complete.attempts_of(after).is_empty());
    }
}

#[test]
fn of_another_workflow_nothing_is_told() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("one");
    steps(&mut wf, &["true"]);
    let run = wf.run(state.options()).unwrap();
    let mut other = Tool::new("test").workflow("other");
    let strangers = steps(&mut other, &["true"]);
    let stranger = strangers.refs()[0];
    assert_eq!((run.usage_of(stranger), run.attempts_of(stranger)), (None, vec![]));
    assert_eq!((run.usages(&strangers).count(), run.usage_summary(&strangers).count), (0, 0));
}
