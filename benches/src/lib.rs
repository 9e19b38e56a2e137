//! What the programs that measure have in common.

mod commits;
mod spent;

pub use commits::Commits;
pub use spent::{Spent, spent};
