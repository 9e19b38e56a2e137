//! Plain data: the words that plan, engine, executors, store and report share.

mod attempt;
mod directory;
mod failure;

pub use attempt::{After, Cancel, Ending, Launch, Report, Stray, Usage, Verdict};
pub use directory::{RunDirectory, Stream};
pub use failure::{Failure, StartFailure};
