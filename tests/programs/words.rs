//! Workflows whose last words tests read.

use crate::options;
use jobmon::Backend;
use jobmon::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One part of a survey; bad parts fail, each in its way.
#[task_template(command = "sh -c {script} part-{id} {state}", max_attempts = 2, env(SURVEY = "part {id}"))]
struct Part {
    #[node_arg]
    id: u32,
    #[op_arg]
    script: String,
    #[op_arg]
    state: PathBuf,
}

/// What needs all parts.
#[task_template(command = "true {id}")]
struct Sum {
    #[node_arg]
    id: u32,
    #[upstream]
    parts: TaskSet<Part>,
}

fn run(wf: &Workflow, state: &Path) -> jobmon::Result<()> {
    let run = wf.run(options(state).backend(Backend::Sequential))?;
    println!("{run}");
    run.ok()
}

fn parts(wf: &mut Workflow, state: &Path, count: u32, script: impl Fn(u32) -> String) -> TaskSet<Part> {
    wf.add_all((0..count).map(|part| Part { id: part, script: script(part), state: state.to_owned() }))
}

/// Nothing fails.
pub(crate) fn well(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("well");
    parts(&mut wf, state, 3, |_| "exit 0".to_owned());
    run(&wf, state)
}

/// One part fails until the file `mended` is there, and takes a sum with it.
pub(crate) fn one(state: &Path) -> jobmon::Result<()> {
    let script = "test $0 != part-1 || test -e $1/mended || {
            echo reading $0; printf 'part 1: \\033[31mno such column\\033[0m\\n' >&2; exit 3; }";
    let mut wf = Tool::new("test").workflow("one");
    let parts = parts(&mut wf, state, 3, |_| script.to_owned());
    wf.add(Sum { id: 7, parts });
    run(&wf, state)
}

/// Of 506 tasks 500 fail in three ways; two sums are skipped.
pub(crate) fn kinds(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("kinds");
    let failing = |part: u32| match part % 10 {
        _ if part >= 500 => "exit 0",
        0..6 => "echo \"Traceback of $0:\" >&2; echo \"ValueError: no rows for '$0' in $1/$0.csv\" >&2; exit 1",
        6..9 => "kill -9 $$",
        _ => "echo \"worker 1${0#part-}.cluster ran out of disk\" >&2; exit 28",
    };
    let parts = wf.add_all(
        (0..504)
            .map(|part| Part { id: part, script: failing(part).to_owned(), state: state.to_owned() }.max_attempts(1)),
    );
    wf.add_all((0..2).map(|id| Sum { id, parts: parts.clone() }));
    run(&wf, state)
}

/// The first task fails, and all else needs it.
pub(crate) fn skipped(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("skipped");
    let first = Command::new("no-such-program").arg("--all").env("PATH", "/usr/bin:/bin");
    let first = wf.add(first.name("prepare").current_dir(state));
    wf.add_all((0..20).map(|id| Command::new("true").node_arg("id", id).upstream(first)));
    run(&wf, state)
}

/// Makes the fifo `go`, where it is not there.
fn gate(state: &Path) {
    let made = rustix::fs::mkfifoat(rustix::fs::CWD, state.join("go"), rustix::fs::Mode::RWXU);
    assert!(matches!(made, Ok(()) | Err(rustix::io::Errno::EXIST)), "{made:?}");
}

/// A task that says in the file `ready` that it runs and waits at the fifo `go`, and one that needs it.
pub(crate) fn paused(state: &Path) -> jobmon::Result<()> {
    gate(state);
    let mut wf = Tool::new("test").workflow("paused");
    let script = "echo ready >> $1/ready; : < $1/go";
    let parts = parts(&mut wf, state, 1, |_| script.to_owned());
    wf.add(Sum { id: 1, parts });
    run(&wf, state)
}

/// None of these starts.
#[task_template(command = "true {id}", max_concurrently_running = 0)]
struct Stalled {
    #[node_arg]
    id: u32,
}

/// A task that runs, and two that never start.
pub(crate) fn stalled(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("stalled");
    wf.add(Command::new("true"));
    wf.add_all(grid!(Stalled { id in 0..2 }));
    run(&wf, state)
}

/// Forty templates of three tasks each, in a row; the tasks of the fifth wait at the fifo `go`.
pub(crate) fn steps(state: &Path) -> jobmon::Result<()> {
    gate(state);
    let script = "test $1 != 4 || { echo ready > $0/ready; : < $0/go; }";
    let mut wf = Tool::new("test").workflow("steps");
    let mut before = None;
    for step in 0..40 {
        let task = |id| Command::new("sh").arg("-c").arg(script).arg(state).arg(step).node_arg("id", id);
        let tasks = (0..3).map(|id| task(id).template(format!("step_{step}")).upstream(before.clone()));
        before = Some(wf.add_all(tasks));
    }
    let run = wf.run(options(state).cores(3))?;
    run.ok()
}

/// A program that panics while a run of its own is under way.
pub(crate) fn panics(state: &Path) -> jobmon::Result<()> {
    let there = state.to_owned();
    let run = std::thread::spawn(move || paused(&there));
    while !state.join("panic").exists() {
        if run.is_finished() {
            return run.join().expect("the run does not panic");
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    panic!("a mistake of the program");
}

/// Two of three tasks leave processes behind, which wait at the fifo `never`.
pub(crate) fn leaves(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("leaves");
    parts(&mut wf, state, 3, |id| ": < $1/never & ".repeat(id as usize));
    run(&wf, state)
}

/// What the tests of renewal begin, with another command.
pub(crate) fn renewed(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("renewed");
    let fits = wf.add_all((0..3).map(|place| Fit { place, fails: 9, threads: 1 }));
    wf.add(Note { id: 0, log: state.join("log") });
    wf.add(Note { id: 1, log: state.join("log") }.upstream(fits));
    wf.run(options(state))?.ok()
}

#[task_template(command = ": {threads}; test {place} -ne {fails}", shell = true)]
struct Fit {
    #[node_arg]
    place: u32,
    #[op_arg]
    fails: u32,
    #[op_arg]
    threads: u32,
}

#[task_template(command = ": {log}; echo {id} >> {log}", shell = true)]
struct Note {
    #[node_arg]
    id: u32,
    #[op_arg]
    log: PathBuf,
}
