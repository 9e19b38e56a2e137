//! What people are told while a workflow runs, and at its end.

mod bars;
mod by_hand;
mod drawing;
mod failures;
mod harmless;
mod last_words;
mod likeness;
mod lines;
mod outlet;
mod pace;
mod progress;
mod screen;
mod words;

pub use by_hand::ByHand;
pub use failures::{FailureGroup, Failures, Skipped, TaskReport};
pub use harmless::last_lines;
pub use likeness::{Likeness, group};
pub use outlet::{Hearing, Outlet, StandardError};
pub use progress::{Progress, Reporter};
pub use screen::Size;
