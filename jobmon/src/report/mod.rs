//! What people are told while a workflow runs, and at its end.

mod by_hand;
mod failures;
mod harmless;
mod last_words;
mod likeness;
mod progress;

pub use by_hand::ByHand;
pub use failures::{FailureGroup, Failures, Skipped, TaskReport};
pub use harmless::last_lines;
pub use likeness::{Likeness, group};
pub use progress::{Progress, Reporter};
