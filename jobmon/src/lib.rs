//! Workflows in Rust.

#[cfg(not(target_os = "linux"))]
compile_error!("jobmon runs on Linux only: it relies on /proc, subreapers and pidfds");

pub mod config;
pub mod dag;
pub mod digest;
pub mod engine;
pub mod exec;
pub mod id;
pub mod model;
pub mod plan;
pub mod prelude;
pub mod report;
pub mod run;
pub mod store;
pub mod time;
pub mod units;

#[doc(hidden)]
pub mod __private;

pub use jobmon_macros::{ArgValue, TaskTemplate, grid, task_template};
pub use model::ArgValue;
pub use plan::{Command, Groups, IntoTask, Task, TaskExt, TaskRef, TaskSet, TaskTemplate, Tool, Workflow};
pub use report::Progress;
pub use run::{Backend, Error, Result, RunOptions, RunOutcome};
