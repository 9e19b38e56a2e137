//! The state file: one thread writes, anyone may read.

mod apply;
#[cfg(any(test, feature = "testing"))]
mod audit;
mod bind;
mod by_hand;
mod changes;
mod control;
mod difference;
mod edges;
mod errno;
mod error;
mod home;
mod journal;
mod last_failure;
mod lease;
mod matching;
mod open;
mod recall;
mod recorded;
mod renew;
mod room;
mod take_over;
mod task;
mod usage;
mod workflow;
mod writer;

#[cfg(any(test, feature = "testing"))]
pub(crate) use audit::Audit;
pub(crate) use bind::{Numbers, TaskNumbers};
pub(crate) use by_hand::{Hand, TaskFilter, WorkflowFilter, WorkflowRow};
pub(crate) use changes::Changes;
pub use control::Request;
pub(crate) use control::{Answer, Fate};
pub use difference::{Changed, ChangedTask, Difference};
pub use error::StoreError;
pub use home::Home;
pub(crate) use journal::Context;
pub use journal::Written;
#[cfg(any(test, feature = "testing"))]
pub(crate) use journal::{Entry, Journal};
pub use lease::{Held, Lease};
pub(crate) use matching::Recalled;
pub(crate) use open::Database;
pub(crate) use recall::{EarlierAttempts, OpenAttempt};
pub(crate) use recorded::{AttributeRow, RecordedAttempt, Selection};
pub use room::Want;
pub(crate) use take_over::TakeOver;
pub(crate) use task::{LastAttempt, TaskRow};
pub(crate) use usage::AttemptRow;
pub use workflow::{EarlierRun, Found, Runner};
pub(crate) use writer::Writer;
