//! Runs a recorded workflow again: its graph and its run times, with `sleep` in place of its programs.
//!
//! ```text
//! cargo run --release --example replay -- FILE [--speedup 1000] [--slots 2] [--state replay-out]
//! ```
//!
//! FILE is a recorded execution in WfFormat 1.5, of which [WfCommons](https://github.com/wfcommons/WfInstances) has
//! collected many; two of them are in `examples/replay/data`. Each of its tasks becomes a command that sleeps for the
//! recorded run time divided by the speedup, after those that it followed. At the end it says how long that took, against
//! what no schedule can be faster than: the critical path, and the work divided by how many run at once. What is beyond
//! both is the cost of running the tasks, and of gaps that the graph's shape leaves.
//!
//! `recording.rs` says what is taken from the file. The state is kept, so that a second start goes on with what is not
//! done; another file or speedup is another workflow.
mod bounds;
mod recording;

use bounds::Bounds;
use clap::Parser;
use jobmon::prelude::*;
use jobmon::{Command, RunOutcome};
use recording::{Recorded, Recording, shown};
use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Runs a recorded workflow again, with `sleep` in place of its programs.
#[derive(Debug, Parser)]
#[command(name = "replay")]
struct Options {
    /// A recorded execution in WfFormat 1.5.
    file: PathBuf,
    /// How many times as fast as it was recorded: any number above 0.
    #[arg(long, value_name = "FACTOR", default_value = "1000", allow_negative_numbers = true, value_parser = speedup)]
    speedup: f64,
    /// How many tasks run at once, at least 1.
    #[arg(long, value_name = "N", default_value = "2", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    slots: u32,
    /// Where the state of the run is kept.
    #[arg(long, value_name = "DIR", default_value = "replay-out")]
    state: PathBuf,
}

fn speedup(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "it is not a number".to_owned())?;
    if number > 0.0 && number.is_finite() { Ok(number) } else { Err("it must be a number above 0".to_owned()) }
}

fn main() -> ExitCode {
    match replay(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut words = format!("replay: {error}\n");
            let mut cause = error.source();
            while let Some(error) = cause {
                writeln!(words, "  caused by: {error}").expect("writing to a string cannot fail");
                cause = error.source();
            }
            // Where nobody reads it, the code says it.
            io::stderr().write_all(words.as_bytes()).ok();
            ExitCode::FAILURE
        }
    }
}

fn replay(options: &Options) -> Result<(), Box<dyn Error>> {
    let recording = Recording::read(&options.file)?;
    let scaled = scaled(&recording.tasks, options)?;
    // More slots than tasks would only be counted.
    let slots = u32::try_from(scaled.len()).map_or(options.slots, |tasks| options.slots.min(tasks));
    let run = workflow(&recording, &scaled, options).run(
        // A task takes one core unless it says otherwise, so that this is how many run at once, on whatever machine.
        RunOptions::default().resume(true).state(&options.state).cores(slots),
    )?;
    run.ok()?;
    let words = format!("{run}\n{}", report(&recording, &scaled, &run, (options, slots)));
    let mut out = io::stdout();
    Ok(out.write_all(words.as_bytes()).and_then(|()| out.flush()).map_err(|source| Unsaid { source })?)
}

/// The tasks are done, and how long they took could not be said.
#[derive(Debug, thiserror::Error)]
#[error("all tasks are done, but the report cannot be written to standard output; start it again to see what is done")]
struct Unsaid {
    source: io::Error,
}

/// The same tasks, as long as they will sleep.
fn scaled(tasks: &[Recorded], options: &Options) -> Result<Vec<Recorded>, String> {
    let scale = |task: &Recorded| {
        let run_time = Duration::try_from_secs_f64(task.run_time.as_secs_f64() / options.speedup).map_err(|_| {
            let (task, file, speedup) = (shown(&task.name), options.file.display(), options.speedup);
            format!(
                "task `{task}` of {file} would sleep for ages at a speedup of {speedup:?}; ask for a larger --speedup"
            )
        })?;
        Ok(Recorded { run_time, ..task.clone() })
    };
    tasks.iter().map(scale).collect()
}

/// Two files of one name are two workflows, one file in two places is one.
fn workflow(recording: &Recording, tasks: &[Recorded], options: &Options) -> Workflow {
    let name = shown(&options.file.file_stem().unwrap_or_default().to_string_lossy());
    let args = format!("recording {}, speedup {}", recording.digest, options.speedup);
    let mut wf = Tool::new("replay").workflow(name).args(args);
    let mut handles: Vec<TaskRef<Command>> = Vec::with_capacity(tasks.len());
    for task in tasks {
        let seconds = format!("{}.{:06}", task.run_time.as_secs(), task.run_time.subsec_micros());
        let parents: Vec<TaskRef<Command>> = task.parents.iter().map(|parent| handles[*parent]).collect();
        let sleep = Command::new("sleep").arg(seconds).node_arg("task", &task.name);
        handles.push(wf.add(sleep.name(&task.name).upstream(parents)));
    }
    wf
}

/// Says what the run took, beside what was recorded and what it could not be faster than.
fn report(recording: &Recording, scaled: &[Recorded], run: &RunOutcome, (options, slots): (&Options, u32)) -> String {
    let count = scaled.len();
    let (tasks, were) = if count == 1 { ("task", "was") } else { ("tasks", "were") };
    if run.resumed > 0 {
        let before = match (run.done, count) {
            (0, 1) => "Its only task was done before, and did not run.".to_owned(),
            (0, _) => format!("All {count} tasks were done before, and none ran."),
            _ => {
                format!("{} of {count} {tasks} {were} done before, so the time of this run says nothing.", run.resumed)
            }
        };
        let state = options.state.display();
        return format!("{before} Remove {state}, or give another --state, to run them again.\n");
    }
    let (recorded, scaled) = (Bounds::of(&recording.tasks, slots), Bounds::of(scaled, slots));
    let fewer = if slots < options.slots {
        format!(" (there are no more tasks than that, so that --slots {} is too many)", options.slots)
    } else {
        String::new()
    };
    let mut text =
        format!("{count} {tasks}, {slots} at a time{fewer}, {} times as fast as recorded\n", options.speedup);
    writeln!(text, "{:16}{:>14}{:>14}  makespan is", "", "recorded", "now").expect("writing to a string cannot fail");
    text += &line("critical path", recorded.critical_path, scaled.critical_path, Some(run.elapsed));
    text += &line(&format!("work / {slots}"), recorded.work, scaled.work, Some(run.elapsed));
    text + &line("makespan", recording.makespan, run.elapsed, None)
}

fn line(what: &str, recorded: Duration, now: Duration, makespan: Option<Duration>) -> String {
    let times = makespan.filter(|_| !now.is_zero()).map(|makespan| makespan.div_duration_f64(now));
    let times = times.map_or_else(String::new, |times| format!("  {times:.2} times that"));
    format!("{what:16}{:>12.3} s{:>12.3} s{times}\n", recorded.as_secs_f64(), now.as_secs_f64())
}
