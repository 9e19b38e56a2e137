//! Mistakes that are built into the seams on purpose: each is found, and with few accidents.

use crate::plan::{Command, TaskExt as _, Tool, Workflow};
use crate::testing::{Durations, Exploration, Flaw, Mishap, ReportFault, Seed, Simulation, SimulationError, Which};
use std::time::Duration;

/// Fits behind preps, all of them short.
fn workflow() -> Workflow {
    let mut wf = Tool::new("demo").workflow("w");
    let preps = wf.add_all((0..6).map(|id| Command::new("prep").template("prep").node_arg("id", id).priority(id)));
    for (id, prep) in preps.refs().into_iter().enumerate() {
        wf.add(Command::new("fit").template("fit").node_arg("id", id).upstream(prep));
    }
    wf
}

/// A run of many short tasks in which a lot goes wrong.
fn test(seed: Seed, flaw: Option<Flaw>) -> Result<(), SimulationError> {
    let milliseconds = Duration::from_millis;
    let simulation = Simulation::new(seed)
        .slots(2)
        .durations(Durations::between(milliseconds(1), milliseconds(30)))
        .commit_time(milliseconds(3))
        .sometimes(Which::all(), Mishap::Exit(1), 0.1)
        .sometimes(Which::all(), Mishap::NodeFailure, 0.05)
        .reports(ReportFault::Doubled, 0.1)
        .crashes(0.02);
    let simulation = flaw.into_iter().fold(simulation, Simulation::flaw);
    simulation.limit_at(milliseconds(40), 1).run(&workflow()).map(drop)
}

fn is_found(flaw: Flaw, words: &str) {
    let finding = Exploration::new().seeds(1000).find(|seed| test(seed, Some(flaw))).expect("it is found");
    assert!(finding.failure().contains(words), "{finding}");
    assert!(finding.accidents().len() <= 5, "{finding}");
    let again = finding.seed().to_string().parse::<Seed>().unwrap();
    assert_eq!(test(again, Some(flaw)).unwrap_err().to_string(), finding.failure(), "what is printed is seen again");
}

#[test]
fn an_outcome_that_is_durable_after_its_consequence_is_found() {
    is_found(Flaw::ToldBeforeDurable, "before");
}

#[test]
fn an_end_that_counts_twice_is_found() {
    is_found(Flaw::EndsCountedTwice, "begins while another attempt at its task runs");
}

#[test]
fn a_start_after_a_cancel_is_found() {
    is_found(Flaw::StartsAfterCancel, "after it was cancelled");
}

#[test]
fn without_a_flaw_nothing_is_found() {
    let finding = Exploration::new().seeds(1000).find(|seed| test(seed, None));
    assert!(finding.is_none(), "{}", finding.unwrap());
}
