//! Settings and where they come from; the only reader of variables and of the files that say how tasks run.

mod configuration;
mod document;
mod environment;
mod error;
mod from_toml;
mod from_yaml;
mod machine;
mod merge;
mod original;
mod project;
mod reader;
mod settings;
mod sources;
#[cfg(test)]
mod tests;

pub(crate) use error::hint;
pub use error::{ConfigError, ConfigMistake};
pub use settings::{At, FilePlace};
pub use sources::Files;
// What is made of the files, for those that plan and run.
#[doc(hidden)]
pub use configuration::Configuration;
#[doc(hidden)]
pub use environment::Environment;
#[doc(hidden)]
pub use machine::Machine;
#[doc(hidden)]
pub use merge::{Held, Layer, Level, Merged, Source, strongest};
#[doc(hidden)]
pub use settings::{Said, Settings};
