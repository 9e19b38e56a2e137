//! The program that the design shows.

use jobmon::prelude::*;
use std::path::PathBuf;

/// Cuts the survey of one year.
#[task_template(command = "python3 prep.py --year {year} --out {root}", memory = "2G", runtime = "10m")]
struct Prep {
    #[node_arg]
    year: u16,
    #[task_arg]
    root: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, ArgValue)]
enum Sex {
    Female,
    Male,
}

/// Fits one place, year and sex.
#[task_template(
    command = "python3 fit.py --location {location} --year {year} --sex {sex} --root {root}
               [--draws {draws}] --threads {threads} [{verbose}? --verbose]",
    memory = "8G",
    runtime = "1h",
    cores = 2,
    max_attempts = 3,
    scale(memory = 1.5, runtime = 2.0)
)]
#[derive(Debug, Clone)]
struct Fit {
    #[node_arg]
    location: u32,
    #[node_arg]
    year: u16,
    #[node_arg]
    sex: Sex,
    #[task_arg]
    root: PathBuf,
    #[task_arg]
    draws: Option<u32>,
    #[op_arg]
    threads: u32,
    #[op_arg]
    verbose: bool,
    #[upstream]
    prep: TaskRef<Prep>,
}

/// One table of all fits; the set of them is one edge.
#[task_template(command = "python3 report.py --root {root}", stdout = "{out}")]
struct Report {
    #[task_arg]
    root: PathBuf,
    #[task_arg]
    out: PathBuf,
    #[upstream]
    fits: TaskSet<Fit>,
}

fn main() {
    let root = PathBuf::from("out");
    let mut wf = Tool::new("covid").workflow("model").args("round 1").max_concurrently_running(100);

    let preps = wf.add_all(grid!(Prep { year in 1990..1993, root: root.clone() }));
    let fits = wf.add_all(grid!(Fit {
        location in 1..=3, year in 1990..1993, sex in [Sex::Female, Sex::Male],
        root: root.clone(), draws: Some(100), threads: 2, verbose: true,
        prep: preps.one(|p| p.year == year),
    }));
    let report = wf.add(
        Report { root: root.clone(), out: root.join("report.txt"), fits }
            .name("report")
            .memory("512M")
            .attribute("release", 7)
            .upstream(preps),
    );
    wf.check().expect("the workflow is right");
    assert_eq!(wf.len(), 22);
    let _ = report;
}
