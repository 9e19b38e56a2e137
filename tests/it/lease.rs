//! One run at a time, whoever dies, is stopped, or comes at the same instant.

use crate::support::{State, lives, signal, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStderr, Command};
use std::time::{Duration, Instant};

/// Waits until both tasks of a run are there; their processes.
fn begun(state: &State, run: u32) -> Vec<String> {
    let of_run =
        |line: String| line.split_once(' ').filter(|(by, _)| *by == run.to_string()).map(|(_, pid)| pid.to_owned());
    wait_for("the tasks", || {
        let lines = (0..2).flat_map(|id| state.lines(&format!("task{id}.begun")));
        let pids: Vec<String> = lines.filter_map(of_run).collect();
        (pids.len() == 2).then_some(pids)
    })
}

/// Lets the tasks of a run go on.
fn go(state: &State, run: u32) {
    std::fs::write(state.join(&format!("{run}.go")), "").unwrap();
}

/// What a program says that ends by itself: whether all is well, and its words.
fn said(program: Child) -> (bool, String) {
    let output = program.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

/// Reads what a program says up to a line with these words.
fn hear(program: &mut Child, words: &str) -> Lines<BufReader<ChildStderr>> {
    let mut lines = BufReader::new(program.stderr.take().unwrap()).lines();
    let heard = lines.find(|line| line.as_ref().unwrap().contains(words));
    assert!(heard.is_some(), "it never said `{words}`");
    lines
}

fn rest(lines: Lines<BufReader<ChildStderr>>) -> String {
    lines.map(Result::unwrap).collect::<Vec<_>>().join("\n")
}

/// All tasks are done, each by one attempt that came to its end.
fn all_done_once(state: &State) {
    assert_eq!(state.query("SELECT status, count(*) FROM task GROUP BY status"), "DONE 3");
    let done = state.query("SELECT task_id FROM task_instance WHERE status = 'DONE' ORDER BY task_id");
    assert_eq!(done, "1\n2\n3");
    for id in 0..3 {
        assert_eq!(state.lines(&format!("task{id}.ended")).len(), 1, "task {id}");
    }
}

/// The file of the lock is another one from now on: as on another machine, where the file system has locks for each
/// machine of its own.
fn locks_are_of_each_machine(state: &State) {
    std::fs::rename(state.join("runs/1/lease"), state.join("runs/1/lease of the first")).unwrap();
}

/// Stops a driver, but not in the middle of a commit, which would hold up others.
fn stop(state: &State, program: &Child) {
    wait_for("a moment without a commit", || {
        signal(program, Signal::STOP);
        wait_for("the stop", || (process_state(program.id()) == 'T').then_some(()));
        let database = rusqlite::Connection::open(state.join("jobmon.db")).unwrap();
        database.busy_timeout(Duration::ZERO).unwrap();
        let free = database.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok();
        if !free {
            signal(program, Signal::CONT);
        }
        free.then_some(())
    });
}

fn process_state(pid: u32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").unwrap().1.chars().next().unwrap()
}

#[test]
fn a_start_right_after_kill_9_waits_for_the_tasks_to_be_ended() {
    let state = State::new();
    let first = state.program("stubborn");
    wait_for("the tasks", || (state.lines("task0.ready").len() + state.lines("task1.ready").len() == 2).then_some(()));
    signal(&first, Signal::KILL);
    // The driver may not even be gone yet, and its tasks ignore TERM.
    let mut second = state.program("stubborn");
    let lines = hear(&mut second, "waiting for");
    wait_for("the tasks", || (state.lines("task0.ready").len() + state.lines("task1.ready").len() == 4).then_some(()));
    assert!(!said(first).0);
    assert_eq!(state.query("SELECT status FROM workflow_run ORDER BY id"), "LOST\nRUNNING");
    let ended = state.query("SELECT status, count(*) FROM task_instance WHERE workflow_run_id = 1 GROUP BY status");
    assert_eq!(ended, "CANCELLED 2", "the keeper wrote down how they ended");
    signal(&second, Signal::INT);
    second.wait().unwrap();
    assert!(rest(lines).contains("stopped by SIGINT"));
}

#[test]
fn ctrl_c_ends_the_wait_for_tasks_that_are_being_ended() {
    let state = State::new();
    let first = state.program("forever");
    wait_for("the tasks", || (state.lines("task0.ready").len() + state.lines("task1.ready").len() == 2).then_some(()));
    let keeper = kill_driver(first);
    // The tasks ignore TERM, and have an hour to end.
    let mut second = state.program("forever");
    let lines = hear(&mut second, "to end its tasks, which have 3600s to end");
    signal(&second, Signal::INT);
    assert!(!second.wait().unwrap().success());
    let told = rest(lines);
    assert!(told.contains("SIGINT ended the start of workflow `test/forever`, which waited for"), "{told}");
    assert!(told.contains(&format!("{keeper} (jobmon-keeper)")), "{told}");
    assert_eq!(state.query("SELECT status FROM workflow_run"), "RUNNING", "nothing was written");
    end_tree(keeper);
}

/// Kills a driver; its keeper, which lives on.
fn kill_driver(mut driver: Child) -> u32 {
    let keeper = wait_for("the keeper", || {
        let children = children(driver.id());
        children.into_iter().find(|child| name(*child) == "jobmon-keeper")
    });
    driver.kill().unwrap();
    driver.wait().unwrap();
    keeper
}

fn name(pid: u32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned()
}

fn children(of: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten();
    let lists = threads.map(|thread| std::fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

/// Kills a process and all that is below it, and waits until they are gone.
fn end_tree(root: u32) {
    let mut all = vec![root];
    for at in 0.. {
        let Some(pid) = all.get(at) else { break };
        all.extend(children(*pid));
    }
    for pid in all.iter().rev() {
        // It may have ended by itself.
        kill_process(Pid::from_raw(i32::try_from(*pid).unwrap()).unwrap(), Signal::KILL).ok();
    }
    wait_for("the end of all", || all.iter().all(|pid| !lives(&pid.to_string())).then_some(()));
}

#[test]
fn a_living_driver_is_told_with_all_that_says_who_it_is() {
    let state = State::new();
    let first = state.program("lease");
    begun(&state, 1);
    let (well, told) = said(state.program("lease"));
    assert!(!well);
    assert!(told.contains("workflow `test/held` is being run already by run 1 of "), "{told}");
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    assert!(told.contains(&format!(" on {host} (process {}, since 20", first.id())), "{told}");
    assert!(told.contains(&format!("its lock is held by {} (jobmon-test-pro), ", first.id())), "{told}");
    go(&state, 1);
    assert!(said(first).0);
    all_done_once(&state);
}

#[test]
fn a_child_that_the_program_forked_and_that_holds_the_lock_is_named() {
    let state = State::new();
    let first = state.program("lease_heir");
    let heir = wait_for("the child", || state.lines("heir.pid").pop());
    begun(&state, 1);
    kill_driver(first);
    let (well, told) = said(state.program("lease"));
    assert!(!well);
    assert!(told.contains(&format!("what its program forked still holds its lock: {heir} (sleep)")), "{told}");
    assert!(told.contains(&format!("`kill {heir}`")), "{told}");
    end_tree(heir.parse().unwrap());
    let third = state.program("lease");
    go(&state, 2);
    let (well, told) = said(third);
    assert!(well, "{told}");
    all_done_once(&state);
}

#[test]
fn a_run_of_another_machine_whose_heartbeat_is_seen_is_left_alone() {
    let state = State::new();
    let first = state.program_elsewhere("lease");
    begun(&state, 1);
    locks_are_of_each_machine(&state);
    let (well, told) = said(state.program("lease"));
    assert!(!well);
    assert!(told.contains("is being run already by run 1 of "), "{told}");
    assert!(told.contains(&format!(" on elsewhere (process {}, since 20", first.id())), "{told}");
    assert!(told.contains("; its heartbeat was seen"), "{told}");
    go(&state, 1);
    assert!(said(first).0);
    all_done_once(&state);
    assert_eq!(state.query("SELECT id, status FROM workflow_run"), "1 DONE");
}

#[test]
fn a_run_of_another_machine_whose_heartbeat_is_not_seen_is_taken_over() {
    let state = State::new();
    let first = state.program_elsewhere("lease");
    let pids = begun(&state, 1);
    kill_driver(first);
    wait_for("the end of its tasks", || pids.iter().all(|pid| !lives(pid)).then_some(()));
    let second = state.program("lease");
    begun(&state, 2);
    go(&state, 2);
    let (well, told) = said(second);
    assert!(well, "{told}");
    assert!(told.contains("waiting up to 1s for a heartbeat of run 1 of "), "{told}");
    assert!(told.contains("gave no heartbeat for 1s and is taken over"), "{told}");
    assert!(told.contains("whether processes of it live on elsewhere is not known here"), "{told}");
    all_done_once(&state);
    assert_eq!(state.query("SELECT status FROM workflow_run ORDER BY id"), "LOST\nDONE");
}

#[test]
fn ctrl_c_ends_the_watch_of_another_machine() {
    let state = State::new();
    let first = state.program_elsewhere("lease");
    begun(&state, 1);
    kill_driver(first);
    // Its deadline is half an hour.
    let mut second = state.program("lease_quiet");
    let lines = hear(&mut second, "waiting up to 1800s for a heartbeat");
    signal(&second, Signal::TERM);
    assert!(!second.wait().unwrap().success());
    let told = rest(lines);
    assert!(
        told.contains("SIGTERM ended the start of workflow `test/held`, which waited for a heartbeat of"),
        "{told}"
    );
    assert_eq!(state.query("SELECT status FROM workflow_run"), "RUNNING", "nothing was written");
}

#[test]
fn a_driver_that_was_stopped_past_the_deadline_goes_on_where_nobody_took_over() {
    let state = State::new();
    let first = state.program("lease");
    begun(&state, 1);
    stop(&state, &first);
    let stopped = Instant::now();
    // Past the deadline of this run, which is a second.
    wait_for("the deadline", || (stopped.elapsed() > Duration::from_millis(1500)).then_some(()));
    let (well, told) = said(state.program("lease"));
    assert!(!well);
    assert!(told.contains("is being run already by run 1 of "), "{told}");
    assert!(told.contains(&format!("it is stopped, `kill -CONT {}` lets it go on", first.id())), "{told}");
    signal(&first, Signal::CONT);
    go(&state, 1);
    let (well, told) = said(first);
    assert!(well, "{told}");
    all_done_once(&state);
    assert_eq!(state.query("SELECT id, status FROM workflow_run"), "1 DONE");
}

#[test]
fn a_driver_that_was_stopped_and_taken_over_ends_its_tasks_and_commits_nothing_more() {
    let state = State::new();
    let first = state.program("lease");
    let pids = begun(&state, 1);
    stop(&state, &first);
    locks_are_of_each_machine(&state);
    let second = state.program_elsewhere("lease");
    begun(&state, 2);
    assert!(pids.iter().all(|pid| lives(pid)), "of another machine's processes nothing is known");
    let of_first = "SELECT run.id, run.status, run.status_at, run.heartbeat_at, run.ended_at, run.reason,
                           attempt.id, attempt.status, attempt.ended_at
                    FROM workflow_run AS run JOIN task_instance AS attempt ON attempt.workflow_run_id = run.id
                    WHERE run.id = 1 ORDER BY attempt.id";
    let before = state.query(of_first);
    assert!(before.starts_with("1 LOST "), "{before}");
    signal(&first, Signal::CONT);
    let (well, told) = said(first);
    assert!(!well);
    assert!(told.contains("workflow 1 was taken over by run 2 of "), "{told}");
    assert!(told.contains(" on elsewhere (process "), "{told}");
    wait_for("the end of its tasks", || pids.iter().all(|pid| !lives(pid)).then_some(()));
    assert_eq!(state.query(of_first), before, "it commits nothing more");
    go(&state, 2);
    let (well, told) = said(second);
    assert!(well, "{told}");
    all_done_once(&state);
    assert_eq!(state.query("SELECT status FROM workflow_run ORDER BY id"), "LOST\nDONE");
    assert_eq!(state.query(of_first), before);
}

/// What a test says that could not have one.
const NO_NAMESPACE: &str = "pid namespaces are not permitted here: nothing was tried with two of them";

/// Starts the test program in a pid namespace of its own; `None` where that is not permitted.
fn in_a_namespace(state: &State, what: &str) -> Option<Child> {
    let unshare = |extra: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare.args(extra).args(["--pid", "--fork", "--mount-proc", "--kill-child"]);
        unshare
    };
    let permitted = |extra: &&[&str]| unshare(extra).arg("true").output().is_ok_and(|ended| ended.status.success());
    let ways: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];
    let way = ways.iter().find(|way| permitted(way))?;
    let mut program = unshare(way);
    // The shell is the namespace's first process, which gets no signal that it does not handle.
    program.args(["sh", "-c", r#""$0" "$@"; exit $?"#, env!("CARGO_BIN_EXE_jobmon-test-program")]);
    Some(state.start(program, what))
}

#[test]
fn a_driver_in_another_pid_namespace_is_told_and_left_alone() {
    let state = State::new();
    let Some(mut first) = in_a_namespace(&state, "lease") else {
        return eprintln!("{NO_NAMESPACE}");
    };
    begun(&state, 1);
    // Its number there is that of some other process here.
    let inner = state.query("SELECT pid FROM workflow_run");
    let (well, told) = said(state.program("lease"));
    assert!(!well);
    assert!(told.contains("is being run already by run 1 of "), "{told}");
    assert!(told.contains(&format!("(process {inner} of another pid namespace or machine, since 20")), "{told}");
    // All of the namespace ends with its first process.
    first.kill().unwrap();
    first.wait().unwrap();
    let second = state.program("lease");
    begun(&state, 2);
    go(&state, 2);
    let (well, told) = said(second);
    assert!(well, "{told}");
    all_done_once(&state);
    assert_eq!(state.query("SELECT status FROM workflow_run ORDER BY id"), "LOST\nDONE");
}

#[test]
fn a_start_in_another_pid_namespace_sees_who_runs_it_and_leaves_it_alone() {
    let state = State::new();
    let first = state.program("lease");
    begun(&state, 1);
    if let Some(second) = in_a_namespace(&state, "lease") {
        let (well, told) = said(second);
        assert!(!well);
        assert!(told.contains("is being run already by run 1 of "), "{told}");
        let process = format!("(process {} of another pid namespace or machine, since 20", first.id());
        assert!(told.contains(&process), "{told}");
    } else {
        eprintln!("{NO_NAMESPACE}");
    }
    go(&state, 1);
    assert!(said(first).0);
    all_done_once(&state);
}

/// So many starts at the same instant, while nothing of the workflow is written yet: one wins.
fn at_once(starts: usize) {
    let state = State::new();
    let mut programs: Vec<Child> = (0..starts).map(|_| state.program("lease")).collect();
    wait_for("the end of all but one", || {
        let run = programs.iter_mut().filter_map(|program| program.try_wait().unwrap().is_none().then_some(())).count();
        (run <= 1).then_some(())
    });
    begun(&state, 1);
    go(&state, 1);
    let said: Vec<(bool, String)> = programs.into_iter().map(said).collect();
    let (won, lost): (Vec<_>, Vec<_>) = said.into_iter().partition(|(well, _)| *well);
    for (_, told) in &lost {
        assert!(told.contains("workflow `test/held` is being run already by "), "{told}");
        assert!(told.contains(" by run 1 of ") || told.contains(" by a start of "), "{told}");
        assert!(told.contains("(process ") && told.contains(", since 20"), "{told}");
    }
    assert_eq!((won.len(), lost.len()), (1, starts - 1));
    all_done_once(&state);
    assert_eq!(state.query("SELECT id, status FROM workflow_run"), "1 DONE");
    assert_eq!(state.query("SELECT count(*) FROM task_instance"), "3");
}

#[test]
fn of_two_starts_at_the_same_instant_one_wins() {
    at_once(2);
}

#[test]
fn of_fifty_starts_at_the_same_instant_one_wins() {
    at_once(50);
}
