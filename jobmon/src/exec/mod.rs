//! Executors: how attempts are started, watched and ended.

mod executor;

pub use executor::{Executor, Reports};
