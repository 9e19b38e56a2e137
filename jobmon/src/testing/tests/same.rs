//! The same seed gives the same trace.

use crate::plan::{Command, TaskExt as _, Tool};
use crate::testing::{Durations, Mishap, ReportFault, Simulation, SubmissionFault, Which};
use proptest::prelude::*;
use std::time::Duration;

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_seed_gives_the_same_text(seed: u64, slots in 1_u32..6) {
        let mut wf = Tool::new("demo").workflow("w");
        let preps = wf.add_all((0..10).map(|id| Command::new("prep").template("prep").node_arg("id", id)));
        wf.add_all((0..10).map(|id| Command::new("fit").template("fit").node_arg("id", id).upstream(&preps)));
        let simulation = Simulation::new(seed)
            .slots(slots)
            .durations(Durations::exponential(Duration::from_mins(1)))
            .sometimes(Which::all(), Mishap::Vanish, 0.1)
            .reports(ReportFault::Late(Duration::from_secs(20)), 0.2)
            .submissions(SubmissionFault::Unclear, 0.1)
            .crashes(0.03);
        let (first, second) = (simulation.run(&wf).unwrap(), simulation.run(&wf).unwrap());
        prop_assert_eq!(first.to_string(), second.to_string());
        prop_assert!(first.finished());
    }
}
