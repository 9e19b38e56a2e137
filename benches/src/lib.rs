//! What the programs that measure have in common.

mod beginning;
mod commits;
mod spent;

pub use beginning::Beginning;
pub use commits::Commits;
pub use spent::{Spent, spent};
