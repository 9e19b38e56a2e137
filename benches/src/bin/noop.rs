//! `noop SHAPE TASKS STATE`: runs that many tasks of `/bin/true`, two at a time, and prints what it cost as one line:
//! wall seconds, microseconds of processor time a task of the driver and of keeper and slot processes, peak MiB of the
//! driver, bytes of the database a task. SHAPE is `bag`, or `layers`: ten, each task with three upstreams.
#![expect(clippy::print_stdout, reason = "the script that compares reads it")]

use jobmon::Task;
use jobmon::prelude::*;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [shape, tasks, state] = args.as_slice() else { return Err("usage: noop SHAPE TASKS STATE".into()) };
    let (tasks, state): (u32, PathBuf) = (tasks.parse()?, state.into());
    let mut wf = Tool::new("benches").workflow(shape);
    match shape.as_str() {
        "bag" => drop(wf.add_all((0..tasks).map(task))),
        "layers" => layers(&mut wf, tasks),
        other => return Err(format!("{other} is neither `bag` nor `layers`").into()),
    }
    let run = wf.run(RunOptions::default().state(&state).cores(2).progress(Progress::Off))?;
    run.ok()?;
    let spent = jobmon_benches::spent();
    let database = std::fs::metadata(state.join("jobmon.db"))?.len();
    let each = |time: std::time::Duration| time.as_secs_f64() * 1e6 / f64::from(tasks);
    println!(
        "{:.3} {:.0} {:.0} {} {}",
        run.elapsed.as_secs_f64(),
        each(spent.own),
        each(spent.children),
        spent.peak_memory >> 20,
        database / u64::from(tasks),
    );
    Ok(())
}

fn task(id: u32) -> Task<Command> {
    Command::new("/bin/true").node_arg("id", id).cores(1)
}

fn layers(wf: &mut Workflow, tasks: u32) {
    let width = tasks / 10;
    let mut above: Vec<TaskRef<Command>> = Vec::new();
    for layer in 0..10 {
        let ids = layer * width..(layer + 1) * width;
        let upstreams = |id: u32| -> Vec<TaskRef<Command>> {
            let three = (0..3).map(|nth| above.get(((id + nth * 7) % width) as usize).copied());
            three.flatten().collect()
        };
        let set = wf.add_all(ids.map(|id| task(id).upstream(upstreams(id))));
        above = set.refs();
    }
}
