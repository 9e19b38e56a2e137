//! `noop SHAPE TASKS STATE`: runs that many tasks of `/bin/true`, two at a time, and prints what it cost as one line: wall
//! seconds from the beginning of `main`, which builds the workflow, to the end of the run; microseconds of processor time a
//! task of the driver, of keeper and slot processes, and of the tasks; peak MiB of the driver, bytes of the database a task,
//! and commits. SHAPE is `bag`, or `layers`: ten, each task with three upstreams.
#![expect(clippy::print_stdout, reason = "the script that compares reads it")]

use jobmon::prelude::*;
use jobmon::{RunOutcome, Task};
use jobmon_benches::{Commits, spent};
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[expect(clippy::disallowed_methods, reason = "it measures time")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let begin = Instant::now();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [shape, tasks, state] = args.as_slice() else { return Err("usage: noop SHAPE TASKS STATE".into()) };
    let (tasks, state): (u32, PathBuf) = (tasks.parse()?, state.into());
    let commits = Commits::listen()?;
    let mut wf = Tool::new("benches").workflow(shape);
    let sets = match shape.as_str() {
        "bag" => vec![wf.add_all((0..tasks).map(task))],
        "layers" => layers(&mut wf, tasks),
        other => return Err(format!("{other} is neither `bag` nor `layers`").into()),
    };
    let run = wf.run(RunOptions::default().state(&state).cores(2).progress(Progress::Off))?;
    let (wall, spent) = (begin.elapsed(), spent());
    run.ok()?;
    let database = std::fs::metadata(state.join("jobmon.db"))?.len();
    let by_tasks = processor_time(&run, &sets);
    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(tasks);
    println!(
        "{:.3} {:.0} {:.0} {:.0} {} {} {}",
        wall.as_secs_f64(),
        each(spent.own),
        each(spent.children.saturating_sub(by_tasks)),
        each(by_tasks),
        spent.peak_memory >> 20,
        database / u64::from(tasks),
        commits.count(),
    );
    Ok(())
}

/// The processor time of all tasks, as their slot processes measured it.
fn processor_time(run: &RunOutcome, sets: &[TaskSet<Command>]) -> Duration {
    sets.iter().flat_map(|set| run.usages(set)).map(|(_, _, usage)| usage.cpu()).sum()
}

fn task(id: u32) -> Task<Command> {
    Command::new("/bin/true").node_arg("id", id).cores(1)
}

fn layers(wf: &mut Workflow, tasks: u32) -> Vec<TaskSet<Command>> {
    let width = tasks / 10;
    let mut sets: Vec<TaskSet<Command>> = Vec::new();
    for layer in 0..10 {
        let above = sets.last().map(TaskSet::refs).unwrap_or_default();
        let ids = layer * width..(layer + 1) * width;
        let upstreams = |id: u32| -> Vec<TaskRef<Command>> {
            let three = (0..3).map(|nth| above.get(((id + nth * 7) % width) as usize).copied());
            three.flatten().collect()
        };
        sets.push(wf.add_all(ids.map(|id| task(id).upstream(upstreams(id)))));
    }
    sets
}
