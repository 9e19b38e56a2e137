//! Settings and where they come from; the only reader of variables.

mod environment;

pub use environment::Environment;
