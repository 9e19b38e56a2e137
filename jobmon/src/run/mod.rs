//! Running a workflow: the one loop that waits, steps and performs, and what surrounds it.

mod asking;
mod attribute;
mod begin;
mod changes;
mod control_error;
mod course;
mod driver;
mod error;
mod failures;
mod heartbeat;
mod launch;
mod lease;
mod machine;
mod notices;
mod options;
mod outcome;
mod perform;
mod recorded;
mod recover;
mod requests;
mod signals;
mod spread;
mod start;
mod steering;
mod suggestion;
mod surroundings;
mod unwritten;
mod usage;
mod waiting;
mod workflow;

pub use crate::exec::local::StartError;
pub use crate::store::{Changed, ChangedTask, Difference, StoreError, Want};
pub use attribute::RecordedAttribute;
pub use control_error::ControlError;
pub use course::FailFast;
pub use error::{Error, Result, RunError, Unfinished};
pub(crate) use machine::{host, user};
pub use options::{Backend, RunOptions};
pub use outcome::RunOutcome;
pub use recorded::Recorded;
pub use spread::{Measure, Spread};
#[cfg(any(test, feature = "testing"))]
pub(crate) use start::{Ready, Started, start};
pub use suggestion::{Suggestion, Suggestions};
#[cfg(any(test, feature = "testing"))]
pub(crate) use surroundings::{Patience, Surroundings};
pub use usage::{AttemptUsage, TaskUsage, UsageSummary};
