//! A proving ground for workflows: runs in virtual time, on a cluster that misbehaves as it is told to.

mod accidents;
mod checks;
mod cluster;
mod crash;
mod durations;
mod error;
mod explore;
mod happened;
mod ledger;
mod life;
mod lives;
mod machinery;
mod mishap;
mod mistakes;
mod seed;
mod simulation;
#[cfg(test)]
mod tests;
mod text;
mod trace;
mod which;
mod witness;
mod world;

pub use checks::{commands, diff, graph};
pub use durations::{Durations, Subject};
pub use error::SimulationError;
pub use explore::{Exploration, Finding, Tested, explore};
#[doc(hidden)]
pub use machinery::Flaw;
pub use mishap::{Mishap, ReportFault, SubmissionFault};
pub use seed::{Seed, SeedError};
pub use simulation::Simulation;
pub use trace::{AttemptTrace, Trace};
pub use which::Which;
