//! The state file: one thread writes, anyone may read.

mod apply;
mod bind;
mod error;
mod home;
mod journal;
mod last_failure;
mod lease;
mod open;
mod recall;
mod recorded;
mod task;
mod usage;
mod workflow;
mod writer;

pub(crate) use bind::{Numbers, TaskNumbers};
pub use error::StoreError;
pub use home::Home;
pub(crate) use journal::Context;
pub use journal::Written;
pub use lease::{Held, Lease};
pub(crate) use open::Database;
pub use recall::Difference;
pub(crate) use recall::{OpenAttempt, Recalled, RecalledTask};
pub(crate) use recorded::{AttributeRow, RecordedAttempt, Selection};
pub(crate) use task::{LastAttempt, TaskRow};
pub(crate) use usage::AttemptRow;
pub use workflow::{EarlierRun, Found, Runner};
pub(crate) use writer::Writer;
