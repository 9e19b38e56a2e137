//! Simulated runs beside real ones.

use jobmon::prelude::*;
use jobmon::testing::Simulation;
use std::path::PathBuf;
use std::time::Duration;

#[task_template(command = "fit {id}", stdout = "{out}")]
struct Fit {
    #[node_arg]
    id: u32,
    #[task_arg]
    out: PathBuf,
}

/// Names of half-written files tell the attempt, and those of a real run beside the test may be of the same number.
#[test]
fn files_of_real_runs_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("fit.csv");
    let files = || std::fs::read_dir(directory.path()).unwrap().count();
    for attempt in 1..20 {
        std::fs::write(directory.path().join(format!("fit.csv.jobmon-{attempt}")), "of a real run").unwrap();
    }
    let mut wf = Tool::new("test").workflow("w");
    wf.add(Fit { id: 1, out });
    for seed in 0..20 {
        let trace = Simulation::new(seed).crash_at(Duration::from_millis(500)).run(&wf).unwrap();
        assert_eq!((trace.starts("fit"), files()), (2, 19));
    }
}
