//! What people are told while a workflow runs.

mod progress;

pub use progress::{Progress, Reporter};
