//! How long a program takes to say what is to be run: 300,000 tasks, of which 150,000 find their upstream by an index; and 300,000
//! whose output goes to files, which must differ.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use jobmon::prelude::*;
use std::time::{Duration, Instant};

#[task_template(command = "prep {place} {year}")]
struct Prep {
    #[node_arg]
    place: u32,
    #[node_arg]
    year: u16,
}

#[task_template(command = "fit {place} {year}")]
struct Fit {
    #[node_arg]
    place: u32,
    #[node_arg]
    year: u16,
    #[upstream]
    prep: TaskRef<Prep>,
}

#[task_template(command = "cut {place} {year}", stdout = "{root}/{place}/{year}.csv")]
struct Cut {
    #[node_arg]
    place: u32,
    #[node_arg]
    year: u16,
    #[op_arg]
    root: String,
}

#[expect(clippy::disallowed_methods, reason = "it measures time")]
fn timed<T>(what: &str, work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let made = work();
    let took = start.elapsed();
    println!("{what}: {} ms", took.as_millis());
    (made, took)
}

fn main() -> jobmon::Result<()> {
    let mut wf = Tool::new("bench").workflow("plan");
    let (preps, added) =
        timed("150,000 tasks added", || wf.add_all(grid!(Prep { place in 0..3000, year in 1950..2000 })));
    let (by_cell, grouped) = timed("indexed by two keys", || preps.group_by(|prep| (prep.place, prep.year)));
    let (_, looked_up) = timed("150,000 tasks added, each with a look-up", || {
        wf.add_all(grid!(Fit { place in 0..3000, year in 1950..2000, prep: by_cell.one(&(place, year)) }))
    });
    println!("together: {} ms", (added + grouped + looked_up).as_millis());
    let (checked, _) = timed("checked", || wf.check());
    checked?;
    let mut wf = Tool::new("bench").workflow("outputs");
    timed("300,000 tasks added, each with a file", || {
        wf.add_all(grid!(Cut { place in 0..6000, year in 1950..2000, root: "/data/model/cut".to_owned() }))
    });
    let (checked, _) = timed("checked", || wf.check());
    Ok(checked?)
}
