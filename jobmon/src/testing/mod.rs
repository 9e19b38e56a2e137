//! A proving ground for workflows: runs in virtual time, on a cluster that misbehaves as it is told to.

mod accidents;
mod checks;
mod cluster;
mod crash;
mod durations;
mod error;
mod explore;
mod life;
mod lives;
mod mishap;
mod seed;
mod simulation;
mod text;
mod trace;
mod which;
mod witness;
mod world;

pub use checks::{commands, diff, graph};
#[doc(hidden)]
pub use cluster::Flaw;
pub use durations::{Durations, Subject};
pub use error::SimulationError;
pub use explore::{Exploration, Finding, Tested, explore};
pub use mishap::{Mishap, ReportFault, SubmissionFault};
pub use seed::{Seed, SeedError};
pub use simulation::Simulation;
pub use trace::{AttemptTrace, Trace};
pub use which::Which;
