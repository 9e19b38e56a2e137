//! What tasks are granted, what is enforced, and what grows.

use crate::support::State;
use jobmon::model::Scale;
use jobmon::prelude::*;

/// What each attempt at the only task was granted and how it ended.
fn attempts(state: &State) -> String {
    state.query(
        "SELECT coalesce(memory_bytes / 1048576, '-'), coalesce(runtime_seconds, '-'), coalesce(kind, task_instance.status)
         FROM task_instance JOIN task_resources ON task_resources.id = task_resources_id ORDER BY attempt",
    )
}

#[test]
fn a_task_that_takes_too_long_is_given_more_time() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("time");
    // It ends at once where it was granted more than a second.
    let script = "test $JOBMON_RUNTIME_SECONDS -gt 1 || exec sleep 3600";
    wf.add(Command::new("sh").arg("-c").arg(script).runtime("1s").memory("64M"));
    wf.run(state.options()).unwrap().ok().unwrap();
    assert_eq!(attempts(&state), "64 1 TIMEOUT\n64 2 DONE");
}

/// The promise of the first page: a task that ran out of memory gets more, and succeeds.
#[test]
fn a_task_that_runs_out_of_memory_is_given_more_memory() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("memory");
    let program = env!("CARGO_BIN_EXE_jobmon-test-program");
    let task = wf.add(Command::new(program).arg("need").arg(state.path()).memory("100M").runtime("1h"));
    let run = wf.run(state.options()).unwrap();
    run.ok().unwrap();
    assert_eq!(attempts(&state), "100 3600 OUT_OF_MEMORY\n150 3600 OUT_OF_MEMORY\n225 3600 DONE");
    let reasons: Vec<Option<String>> = run.attempts_of(task).into_iter().map(|attempt| attempt.reason).collect();
    assert_eq!(reasons[1].as_deref(), Some("ran out of memory: it had 150M"));
}

/// With all the memory that there is it fails for good, however many attempts are left, and that is said.
#[test]
fn who_had_all_the_memory_is_not_tried_again() {
    let state = State::new();
    let output = state.program("all").wait_with_output().unwrap();
    assert_eq!(attempts(&state), "100 - OUT_OF_MEMORY\n120 - OUT_OF_MEMORY");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("120M is all the memory that there is for tasks"), "{told}");
    assert!(told.contains("ran out of memory: it had 120M"), "{told}");
}

#[test]
fn a_crash_is_tried_again_with_the_same() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("crash");
    wf.add(Command::new("sh").arg("-c").arg("exit 3").runtime("1h").memory("64M"));
    wf.run(state.options()).unwrap().ok().unwrap_err();
    assert_eq!(attempts(&state), "64 3600 EXIT\n64 3600 EXIT\n64 3600 EXIT");
}

/// A task failed for good, having had too little each time; another start goes on from there.
#[test]
fn a_resumed_task_begins_with_more_than_was_too_little() {
    let state = State::new();
    let build = || {
        let mut wf = Tool::new("test").workflow("grown");
        let script = "test $JOBMON_RUNTIME_SECONDS -gt 2 || exec sleep 3600";
        let steps = ["1s", "2s", "90s"].map(|text| text.parse().unwrap());
        let task = Command::new("sh").arg("-c").arg(script).runtime("1s").max_attempts(2);
        wf.add(task.runtime_scale(Scale::Steps(steps.to_vec().into())));
        wf
    };
    let failed = build().run(state.options()).unwrap().ok().unwrap_err().to_string();
    assert!(failed.contains("ran out of time: it had 2s"), "{failed}");
    let run = build().run(state.options().resume(true)).unwrap();
    run.ok().unwrap();
    assert_eq!(attempts(&state), "- 1 TIMEOUT\n- 2 TIMEOUT\n- 90 DONE");
}

#[test]
fn what_can_never_fit_is_told_before_anything_runs() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("large");
    wf.add(Command::new("true").memory("512M"));
    wf.add(Command::new("sort").memory("2G"));
    let told = wf.run(state.options().memory("1G".parse().unwrap())).unwrap_err().to_string();
    assert!(told.contains("asks for 2G of memory, but there are 1G for all tasks together"), "{told}");
    assert!(told.contains("tests/it/resources.rs:"), "{told}");
    assert!(!state.join("jobmon.db").exists());
}

#[test]
fn a_scale_that_would_not_grow_is_a_mistake() {
    let mut wf = Tool::new("test").workflow("scale");
    wf.add(Command::new("true").memory("1G").memory_scale(Scale::By(0.5)));
    let told = wf.check().unwrap_err().to_string();
    assert!(told.contains("is multiplied by 0.5; a scale is above 1"), "{told}");
}

/// Start and end of all attempts, as the database has them: at no instant more is booked than there is, and what there is
/// is used.
#[test]
fn tasks_of_all_sizes_never_overcommit_and_each_has_its_turn() {
    const MEMORY: i64 = 1 << 30;
    let state = State::new();
    let mut wf = Tool::new("test").workflow("mixed");
    for id in 0..100_u64 {
        // 40 to 600 MiB, one or two cores, in no order.
        let (mib, cores) = (40 + id * 7919 % 560, 1 + u32::from(id % 5 == 0));
        wf.add(Command::new("sleep").arg("0.02").node_arg("id", id).memory(format!("{mib}M")).cores(cores));
        if id == 20 {
            wf.add(Command::new("sleep").arg("0.02").name("whole").memory("1G").cores(2));
        }
    }
    let options = state.options().cores(2).memory("1G".parse().unwrap());
    wf.run(options).unwrap().ok().unwrap();
    let rows = state.query(
        "SELECT started_at, ended_at, memory_bytes, cores, task.name = 'whole' FROM task_instance
         JOIN task ON task.id = task_id JOIN task_resources ON task_resources.id = task_instance.task_resources_id",
    );
    let rows: Vec<Vec<i64>> =
        rows.lines().map(|row| row.split(' ').map(|number| number.parse().unwrap()).collect()).collect();
    assert_eq!(rows.len(), 101);
    for row in &rows {
        let at_once: Vec<&Vec<i64>> = rows.iter().filter(|other| other[0] <= row[0] && row[0] < other[1]).collect();
        let (memory, cores): (i64, i64) = at_once.iter().fold((0, 0), |sum, row| (sum.0 + row[2], sum.1 + row[3]));
        assert!(memory <= MEMORY && cores <= 2, "{memory} bytes and {cores} cores are booked at {}", row[0]);
    }
    let whole = rows.iter().find(|row| row[4] == 1).unwrap();
    let later = rows.iter().filter(|row| row[0] > whole[0]).count();
    assert!(later > 0, "the task that needs everything started last of all");
}
