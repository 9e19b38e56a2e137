//! The same workflow on a cluster that is only imagined, whose driver dies before and after each commit.

use crate::pipeline;
use jobmon::testing::{Durations, Simulation, Which};
use std::path::Path;
use std::time::Duration;

#[test]
fn whenever_the_driver_dies_all_countries_are_done() {
    let wf = pipeline::workflow(Path::new("/out"), Path::new("/out/report.txt")).unwrap();
    let durations = Durations::between(Duration::from_secs(1), Duration::from_mins(1));
    let simulation = Simulation::new(1).slots(64).durations(durations);
    let undisturbed = simulation.run(&wf).unwrap();
    assert_eq!(undisturbed.starts(Which::all()), wf.len());
    let mut crashes = 0;
    for commit in 1.. {
        let before = simulation.clone().crash_before_commit(commit).run(&wf).unwrap();
        let after = simulation.clone().crash_after_commit(commit).run(&wf).unwrap();
        for trace in [&before, &after] {
            crashes += trace.crashes();
            assert!(trace.finished(), "{trace}");
            assert!(trace.done().iter().all(|done| *done), "{trace}");
        }
        if before.crashes() == 0 {
            break;
        }
    }
    println!("{crashes} crashes of {} tasks", wf.len());
    assert!(crashes > 0);
}
