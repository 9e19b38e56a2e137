//! Settings and where they come from; the only reader of variables and of the files that say how tasks run.

mod configuration;
mod document;
mod environment;
mod error;
mod from_toml;
mod from_yaml;
mod merge;
mod original;
mod project;
mod reader;
mod settings;
mod sources;
#[cfg(test)]
mod tests;

pub use configuration::Configuration;
pub use environment::Environment;
pub(crate) use error::hint;
pub use error::{ConfigError, ConfigMistake};
pub use merge::{Held, Layer, Level, Merged, Source, strongest};
pub use settings::{At, FilePlace, Said, Settings};
pub use sources::Files;
