//! The driver, the keeper, a slot process, or all of them, killed at any moment of real runs, which are resumed until all is
//! done.

use crate::support::{State, lives, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher as _, Hasher as _};
use std::process::Child;
use std::time::Duration;

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Victim {
    Driver,
    Keeper,
    Slot,
    All,
}

/// So many kills count: those after which the state holds finished and unfinished tasks.
const KILLS: [(Victim, usize); 4] = [(Victim::Driver, 64), (Victim::Keeper, 12), (Victim::Slot, 12), (Victim::All, 12)];

#[test]
fn whatever_dies_each_task_is_done_once() {
    let mut left: BTreeMap<Victim, usize> = KILLS.into();
    let mut ends = BTreeMap::new();
    let mut workflows = 0;
    while left.values().any(|left| *left > 0) {
        workflows += 1;
        for (what, count) in until_done(&mut left) {
            *ends.entry(what).or_insert(0) += count;
        }
    }
    println!("100 kills in {workflows} workflows; how attempts ended that did not fail:");
    ends.iter().for_each(|(what, count)| println!("{count:6}  {what}"));
}

/// Runs one workflow, killed again and again, until all its tasks are done. How its attempts ended.
fn until_done(left: &mut BTreeMap<Victim, usize>) -> BTreeMap<String, usize> {
    let state = State::new();
    let mut killed = HashSet::new();
    loop {
        // The next victim is of the kind of which most are left, so that each workflow sees several kinds.
        let victim = left.iter().max_by_key(|(_, left)| **left).map(|(victim, left)| (*victim, *left));
        let mut program = state.program("acts");
        if let Some((victim, 1..)) = victim
            && strike(&mut program, victim, random(250))
        {
            killed.insert(victim);
            *left.get_mut(&victim).unwrap() -= usize::from(is_under_way(&state));
        }
        if let Some(said) = ended(program) {
            // Right after a kill the keeper may still hold the lock, and is waited for.
            assert!(said.is_empty(), "{said}");
        }
        if state.look("SELECT count(*) FROM task WHERE status = 'DONE'") == Some(300) {
            return check(&state, &killed);
        }
    }
}

/// A moment, of so many milliseconds at most, in microseconds.
fn random(milliseconds: u64) -> Duration {
    Duration::from_micros(RandomState::new().build_hasher().finish() % (milliseconds * 1000))
}

fn is_under_way(state: &State) -> bool {
    let count = |sql| state.look(sql).unwrap_or(0);
    count("SELECT count(*) FROM task WHERE status = 'DONE'") > 0
        && count("SELECT count(*) FROM task WHERE status <> 'DONE'") > 0
}

/// Kills so long after the first slot process is there; false if nobody was there to be killed.
fn strike(program: &mut Child, victim: Victim, after: Duration) -> bool {
    let driver = program.id();
    let processes = wait_for("a slot process, or the program's end", || {
        let keeper = children(driver).into_iter().find(|child| name(*child) == "jobmon-keeper");
        let slots = keeper.map(children).unwrap_or_default();
        let slots: Vec<u32> = slots.into_iter().filter(|child| name(*child) == "jobmon-slot").collect();
        match keeper {
            Some(keeper) if !slots.is_empty() => Some(Some((keeper, slots))),
            _ => program.try_wait().unwrap().map(|_| None),
        }
    });
    let Some((keeper, slots)) = processes else { return false };
    std::thread::park_timeout(after);
    match victim {
        Victim::Driver => signal(driver, Signal::KILL),
        Victim::Keeper => signal(keeper, Signal::KILL),
        Victim::Slot => signal(slots[0], Signal::KILL),
        Victim::All => {
            let all = [&[driver, keeper], &children(keeper)[..]].concat();
            let stopped: Vec<bool> = all.iter().map(|pid| signal(*pid, Signal::STOP)).collect();
            let killed: Vec<bool> = all.iter().map(|pid| signal(*pid, Signal::KILL)).collect();
            stopped[0] && killed[0]
        }
    }
}

fn signal(pid: u32, signal: Signal) -> bool {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).is_ok()
}

/// What a program said that ended by itself; `None` if it was killed.
fn ended(program: Child) -> Option<String> {
    let output = program.wait_with_output().unwrap();
    output.status.code().map(|_| String::from_utf8_lossy(&output.stderr).into_owned())
}

fn name(pid: u32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned()
}

fn children(of: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
        parent == Some(of)
    };
    pids.filter(is_child).collect()
}

/// An attempt as the database has it.
struct Attempt {
    id: String,
    status: String,
    created: i64,
    ended: i64,
    done_at: i64,
}

/// What must hold, whatever was killed.
fn check(state: &State, killed: &HashSet<Victim>) -> BTreeMap<String, usize> {
    let rows = state.query(
        "SELECT node_args ->> 'id', task_instance.id, task_instance.status, task_instance.created_at,
                coalesce(task_instance.ended_at, -1), task.status_at
         FROM task JOIN task_instance ON task_instance.task_id = task.id ORDER BY task.id, task_instance.attempt",
    );
    let mut tasks: BTreeMap<String, Vec<Attempt>> = BTreeMap::new();
    for row in rows.lines() {
        let row: Vec<&str> = row.split(' ').collect();
        let number = |at: usize| row[at].parse().unwrap();
        let attempt = Attempt {
            id: row[1].to_owned(),
            status: row[2].to_owned(),
            created: number(3),
            ended: number(4),
            done_at: number(5),
        };
        tasks.entry(row[0].to_owned()).or_default().push(attempt);
    }
    assert_eq!(tasks.len(), 300);
    let mut ends = BTreeMap::new();
    for (task, attempts) in &tasks {
        let lines = state.lines(&format!("act{task}"));
        check_task(task, attempts, &lines);
        for attempt in attempts {
            let has = |what: &str| lines.iter().any(|line| line.starts_with(&format!("{} {what} ", attempt.id)));
            let seen = match (has("begin"), has("end")) {
                (false, false) => "never began",
                (true, false) => "began",
                (_, true) => "came to its last act",
            };
            let status = attempt.status.as_str();
            // With the driver alone killed, the keeper has written down each end.
            let may_be_lost = killed.iter().any(|victim| *victim != Victim::Driver);
            assert!(may_be_lost || status != "LOST", "{task}: attempt {} is lost", attempt.id);
            assert!(seen != "never began" || status != "DONE", "{task}: attempt {} did nothing", attempt.id);
            *ends.entry(format!("{seen}, {status}")).or_insert(0) += 1;
        }
    }
    nothing_is_left(state);
    ends
}

fn check_task(task: &str, attempts: &[Attempt], lines: &[String]) {
    let done = attempts.iter().filter(|attempt| attempt.status == "DONE").count();
    assert_eq!(done, 1, "{task} is done by one attempt: {lines:?}");
    let open = attempts.iter().find(|attempt| !["DONE", "LOST", "CANCELLED"].contains(&&*attempt.status));
    assert!(open.is_none(), "{task}: attempt {} is {}", open.unwrap().id, open.unwrap().status);
    for pair in attempts.windows(2) {
        assert!(pair[0].ended >= 0 && pair[0].ended <= pair[1].created, "{task}: attempts overlap in the database");
        assert_ne!(pair[0].status, "DONE", "{task} ran again after it was done at {}", pair[0].done_at);
    }
    // In the file: attempts one after the other, each known, with one line of a kind.
    let mut begun: Vec<&str> = Vec::new();
    let mut seen = HashSet::new();
    for line in lines {
        let [id, what, _] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{task}: {line}") };
        assert!(seen.insert((id, what)), "{task}: two lines of a kind: {lines:?}");
        assert!(attempts.iter().any(|attempt| attempt.id == id), "{task}: attempt {id} is not known");
        if what == "begin" {
            begun.push(id);
        }
        assert_eq!(begun.last(), Some(&id), "{task}: attempts overlap: {lines:?}");
    }
    let last = attempts.last().unwrap();
    assert_eq!((last.status.as_str(), begun.last()), ("DONE", Some(&last.id.as_str())), "{task}: {lines:?}");
}

/// No process carries the token of one of the runs.
fn nothing_is_left(state: &State) {
    let tokens: Vec<String> = state.query("SELECT token FROM workflow_run").lines().map(str::to_owned).collect();
    wait_for("the end of all processes", || {
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let is_ours = |pid: &String| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let environment = String::from_utf8_lossy(&environment);
            tokens.iter().any(|token| environment.contains(&format!("JOBMON_RUN_TOKEN={token}"))) && lives(pid)
        };
        (!pids.into_iter().any(|pid| is_ours(&pid))).then_some(())
    });
}
