//! `resume STEP TASKS STATE`: what a workflow of so many tasks costs until its first task may start, in 100 layers of which each
//! task has three upstreams, with two integers and a shared path as arguments. STEP is `begin`: it is written down; `done`: it is
//! resumed where all is done; `changed`: it is resumed where a hundredth of its tasks are others, which is accepted.
//!
//! No task runs: after `begin` the state file is made to say that each had one attempt that succeeded. Prints milliseconds for
//! building the workflow and from there on to its beginning, of processor time for both, peak MiB, and MiB of the database.
#![expect(clippy::print_stdout, reason = "the script reads it")]

use jobmon::prelude::*;
use jobmon_benches::{Beginning, Spent, spent};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::time::Instant;

#[task_template(command = "fit --place {place} --year {year} --root {root}")]
struct Fit {
    #[node_arg]
    place: u32,
    #[node_arg]
    year: u32,
    #[task_arg]
    root: PathBuf,
    #[upstream]
    after: [Option<TaskRef<Self>>; 3],
}

const LAYERS: u32 = 100;

#[expect(clippy::disallowed_methods, reason = "it measures time")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [step, tasks, state] = args.as_slice() else { return Err("usage: resume STEP TASKS STATE".into()) };
    let (tasks, state): (u32, PathBuf) = (tasks.parse()?, state.into());
    let begins = Beginning::listen()?;
    let start = Instant::now();
    let wf = build(tasks / LAYERS, step == "changed");
    let built = Instant::now();
    let options = RunOptions::default().state(&state).progress(Progress::Off);
    let (begun, spent) = match step.as_str() {
        "begin" => until_it_begins(&wf, options, &begins)?,
        "done" => {
            wf.run(options.resume(true))?.ok()?;
            (Instant::now(), spent())
        }
        "changed" => until_it_begins(&wf, options.accept_changes(true), &begins)?,
        other => return Err(format!("{other} is none of `begin`, `done` and `changed`").into()),
    };
    let (cpu, peak) = (spent.own.as_millis(), spent.peak_memory >> 20);
    if step == "begin" {
        say_done(&state.join("jobmon.db"))?;
    }
    let file = std::fs::metadata(state.join("jobmon.db"))?.len() >> 20;
    println!("{} {} {cpu} {peak} {file}", (built - start).as_millis(), (begun - built).as_millis());
    Ok(())
}

/// The tasks, of which those of the last layer are others if `changed`. None starts.
fn build(width: u32, changed: bool) -> Workflow {
    let mut wf = Tool::new("benches").workflow("resume").max_concurrently_running(0);
    let root = PathBuf::from("/data/model/round 1");
    let mut above: Vec<TaskRef<Fit>> = Vec::new();
    for year in 0..LAYERS {
        let other = if changed && year == LAYERS - 1 { width } else { 0 };
        let layer = wf.add_all((0..width).map(|place| {
            let after = [0, 7, 14].map(|nth| above.get(((place + nth) % width) as usize).copied());
            Fit { place: place + other, year, root: root.clone(), after }
        }));
        above = layer.refs();
    }
    wf
}

/// Runs until the first task might start, and stops then.
fn until_it_begins(
    wf: &Workflow,
    options: RunOptions,
    begins: &Receiver<Instant>,
) -> Result<(Instant, Spent), Box<dyn std::error::Error>> {
    std::thread::scope(|scope| {
        let run = scope.spawn(|| wf.run(options));
        let begun = (begins.recv()?, spent());
        #[expect(clippy::disallowed_methods, reason = "the program stops itself, as its user would")]
        std::process::Command::new("kill").arg(std::process::id().to_string()).status()?;
        run.join().map_err(|_| "the run panicked")??;
        Ok(begun)
    })
}

/// Each task had one attempt that succeeded.
fn say_done(file: &Path) -> rusqlite::Result<()> {
    let file = rusqlite::Connection::open(file)?;
    file.execute_batch(
        "BEGIN;
         DELETE FROM task_instance;
         INSERT INTO task_instance (task_id, workflow_run_id, attempt, status, exit_code, slot, host, pid, task_resources_id,
                                    command_hash, created_at, started_at, ended_at, wall_microseconds, user_microseconds,
                                    system_microseconds, peak_memory_bytes)
         SELECT task.id, workflow_run.id, 1, 'DONE', 0, task.id % 6, workflow_run.host, 4711, task_resources_id, command_hash,
                workflow_run.ended_at, workflow_run.ended_at, workflow_run.ended_at, 1000, 500, 500, 1048576
         FROM task, workflow_run, task_template WHERE task_template.id = task_template_id;
         UPDATE task SET status = 'DONE', status_at = (SELECT ended_at FROM workflow_run);
         UPDATE workflow SET status = 'DONE';
         COMMIT;",
    )
}
