//! Executors: how attempts are started, watched and ended.

mod executor;
pub mod local;

#[cfg(test)]
mod contract;

pub use executor::{Executor, Reports};
