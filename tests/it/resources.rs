//! What tasks are granted, what is enforced, and what grows.

use crate::support::State;
use jobmon::model::Scale;
use jobmon::prelude::*;
use jobmon::units::Memory;

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
    // It ends at once where it was granted half as much again.
    let script = "test $JOBMON_RUNTIME_SECONDS -gt 2 || exec sleep 3600";
    wf.add(Command::new("sh").arg("-c").arg(script).runtime("2s").memory("64M"));
    wf.run(state.options()).unwrap().ok().unwrap();
    assert_eq!(attempts(&state), "64 2 TIMEOUT\n64 3 DONE");
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
fn steps_that_do_not_climb_are_a_mistake() {
    let gib = |gib: u64| Memory::from_bytes(gib << 30);
    let mut wf = Tool::new("test").workflow("steps");
    wf.add(Command::new("none").memory("1G").memory_scale(Scale::Steps(Vec::new().into())));
    wf.add(Command::new("down").memory("1G").memory_scale(Scale::Steps(vec![gib(4), gib(2)].into())));
    wf.add(Command::new("up").memory("8G").memory_scale(Scale::Steps(vec![gib(2), gib(4)].into())));
    let told = wf.check().unwrap_err().to_string();
    assert!(told.contains("grows by the steps []; give at least one"), "{told}");
    assert!(told.contains("grows by the steps [4G, 2G]; give at least one, each more than the one before"), "{told}");
    assert!(!told.contains("[2G, 4G]"), "{told}");
}

#[test]
fn a_function_that_panics_ends_no_run() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("boom");
    let hog = Command::new("sh").args(["-c", "head -c 300M /dev/zero | tail -n 1 | wc -c"]).memory("50M");
    let hog = wf.add(hog.memory_scale(Scale::Function(|_| panic!("boom"))).max_attempts(2));
    wf.add(Command::new("true"));
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed), (1, 1));
    let reason = run.status_of(hog).unwrap().reason.unwrap();
    assert!(reason.contains("ran out of memory: it had 50M"), "{reason}");
}

#[test]
fn who_asks_for_more_cores_than_there_are_is_told_how_many_it_has() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("cores");
    wf.add(
        Command::new("sh").arg("-c").arg(format!("echo $JOBMON_CORES > {}/cores", state.path().display())).cores(99),
    );
    wf.run(state.options().cores(2)).unwrap().ok().unwrap();
    assert_eq!(state.lines("cores"), ["2"]);
}

#[test]
fn a_scale_that_would_not_grow_is_a_mistake() {
    let mut wf = Tool::new("test").workflow("scale");
    wf.add(Command::new("true").memory("1G").memory_scale(Scale::By(0.5)));
    let told = wf.check().unwrap_err().to_string();
    assert!(told.contains("is multiplied by 0.5; a scale is above 1"), "{told}");
}

/// An attempt as the database has it, in microseconds and bytes.
struct Booked {
    started: i64,
    ended: i64,
    memory: i64,
    cores: i64,
    whole: bool,
}

/// Start and end of all attempts, as the database has them: at no instant more is booked than there is, and what there is
/// is used.
#[test]
fn tasks_of_all_sizes_use_what_there_is_never_overcommit_and_each_has_its_turn() {
    const MEMORY: i64 = 1 << 30;
    const TASKS: usize = 200;
    let state = State::new();
    let mut wf = Tool::new("test").workflow("mixed");
    for id in 1..TASKS as u64 {
        // 40 to 600 MiB, one or two cores, in no order.
        let (mib, cores) = (40 + id * 7919 % 560, 1 + u32::from(id % 5 == 0));
        wf.add(Command::new("sleep").arg("0.1").node_arg("id", id).memory(format!("{mib}M")).cores(cores));
        if id == 20 {
            wf.add(Command::new("sleep").arg("0.1").name("whole").memory("1G").cores(2));
        }
    }
    let options = state.options().cores(2).memory("1G".parse().unwrap());
    wf.run(options).unwrap().ok().unwrap();
    let rows = state.query(
        "SELECT started_at, ended_at, memory_bytes, cores, task.name = 'whole' FROM task_instance
         JOIN task ON task.id = task_id JOIN task_resources ON task_resources.id = task_instance.task_resources_id
         ORDER BY started_at",
    );
    let booked = |row: &str| {
        let numbers: Vec<i64> = row.split(' ').map(|number| number.parse().unwrap()).collect();
        let [started, ended, memory, cores, whole] = numbers[..] else { panic!("{row}") };
        Booked { started, ended, memory, cores, whole: whole == 1 }
    };
    let rows: Vec<Booked> = rows.lines().map(booked).collect();
    assert_eq!(rows.len(), TASKS);
    for row in &rows {
        let at_once = rows.iter().filter(|other| other.started <= row.started && row.started < other.ended);
        let (memory, cores) = at_once.fold((0, 0), |sum, row| (sum.0 + row.memory, sum.1 + row.cores));
        assert!(memory <= MEMORY && cores <= 2, "{memory} bytes and {cores} cores are booked at {}", row.started);
    }
    let whole = rows.iter().find(|row| row.whole).unwrap();
    assert!(whole.started < rows[TASKS - 10].started, "the task that needs everything started among the last");

    // Up to the start of the last ten: of the tighter of the two at least 70 % is in use, by time.
    let (begin, end) = (rows[0].started, rows[TASKS - 10].started);
    let used = |amount: fn(&Booked) -> i64| -> i64 {
        rows.iter().map(|row| amount(row) * (row.ended.min(end) - row.started.min(end))).sum()
    };
    let percent = |used: i64, there_is: i64| used / ((end - begin) * there_is / 100);
    let (cores, memory) = (percent(used(|row| row.cores), 2), percent(used(|row| row.memory >> 20), MEMORY >> 20));
    println!("in use: {cores} % of the cores, {memory} % of the memory");
    assert!(cores.max(memory) >= 70, "{cores} % of the cores and {memory} % of the memory are in use");
}
