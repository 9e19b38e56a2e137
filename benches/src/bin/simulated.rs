//! How long a simulated run of many tasks takes in real time: the workflow is built, bound, run and written down.
//!
//! ```text
//! cargo run --release -p jobmon-benches --features simulated --bin simulated [TASKS]
//! ```
#![expect(clippy::print_stdout, reason = "a program speaks to who started it")]
#![expect(clippy::disallowed_methods, reason = "time is what is measured")]

use jobmon::prelude::*;
use jobmon::testing::{Durations, Simulation};
use std::time::{Duration, Instant};

#[task_template(command = "prep {id}")]
struct Prep {
    #[node_arg]
    id: u32,
}

#[task_template(command = "fit {id}")]
struct Fit {
    #[node_arg]
    id: u32,
    #[upstream]
    prep: TaskRef<Prep>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tasks: u32 = std::env::args().nth(1).map_or(Ok(100_000), |tasks| tasks.parse())?;
    let minutes = Duration::from_mins;
    let same = Durations::from(minutes(5));
    for (what, durations) in
        [("all of the same length", same), ("each of its own", Durations::between(minutes(1), minutes(10)))]
    {
        println!("{tasks} tasks, {what}:");
        for _ in 0..5 {
            measure(tasks, durations.clone(), Simulation::without_state_file)?;
        }
        println!("  written to the state file:");
        for _ in 0..3 {
            measure(tasks, durations.clone(), |simulation| simulation)?;
        }
    }
    Ok(())
}

fn measure(
    tasks: u32,
    durations: Durations,
    how: impl FnOnce(Simulation) -> Simulation,
) -> Result<(), Box<dyn std::error::Error>> {
    let began = Instant::now();
    let preps = tasks / 100;
    let mut wf = Tool::new("bench").workflow("simulated");
    let refs = wf.add_all((0..preps).map(|id| Prep { id })).refs();
    wf.add_all((0..tasks - preps).map(|id| Fit { id, prep: refs[(id % preps) as usize] }));
    let built = began.elapsed();
    let trace = how(Simulation::new(1).slots(1000).durations(durations)).run(&wf)?;
    let all = began.elapsed();
    assert!(trace.finished() && trace.attempts().len() == tasks as usize);
    println!("  built in {built:.2?}, all in {all:.2?}; {:.0?} of virtual time", trace.makespan());
    Ok(())
}
