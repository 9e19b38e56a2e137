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
pub use progress::Progress;
// How it is told is no part of what programs are written against.
#[doc(hidden)]
pub use harmless::last_lines;
#[doc(hidden)]
pub use likeness::{Likeness, group};
#[doc(hidden)]
pub use outlet::{Hearing, Outlet, StandardError};
#[doc(hidden)]
pub use progress::Reporter;
#[doc(hidden)]
pub use screen::Size;
