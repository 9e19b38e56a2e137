//! Workflows as Rust programs: annotated structs are task templates, struct literals are tasks, a handle in a field is a
//! dependency.
//!
//! A program makes a [`Tool`], of that a [`Workflow`], adds tasks to it and runs it:
//!
//! ```
//! use jobmon::prelude::*;
//!
//! /// Greets somebody.
//! #[task_template(command = "echo hello {whom}", max_attempts = 2)]
//! struct Greet {
//!     #[node_arg]
//!     whom: String,
//!     #[upstream]
//!     after: Option<TaskRef<Greet>>,
//! }
//!
//! # let state = tempfile::tempdir()?;
//! # let options = RunOptions::default().progress(Progress::Off).state(state.path());
//! let mut wf = Tool::new("demo").workflow("greetings");
//! let first = wf.add(Greet { whom: "world".into(), after: None });
//! wf.add(Greet { whom: "x; rm -rf / $(boom)".into(), after: Some(first) });
//! # #[cfg(any())]
//! let options = RunOptions::default().resume(true);
//! let run = wf.run(options)?;
//! assert_eq!(run.done, 2);
//! run.ok()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The language is that of [`macro@task_template`]; what can be said of a single task is in [`TaskExt`]; what a run
//! promises is in [`Workflow::run`]. Everything is remembered in a SQLite file in the state directory.

#[cfg(not(target_os = "linux"))]
compile_error!("jobmon runs on Linux only: it relies on /proc, subreapers and pidfds");

pub mod config;
pub mod control;
pub mod id;
pub mod model;
pub mod plan;
pub mod prelude;
pub mod report;
pub mod run;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod units;

// The machinery below what programs are written against: public for those who build on it, without a promise to stay.
#[doc(hidden)]
pub mod __private;
#[doc(hidden)]
pub mod dag;
#[doc(hidden)]
pub mod digest;
#[doc(hidden)]
pub mod engine;
#[doc(hidden)]
pub mod exec;
#[doc(hidden)]
pub mod store;
#[doc(hidden)]
pub mod time;

pub use jobmon_macros::{ArgValue, TaskTemplate, grid, task_template};
pub use model::{ArgValue, Fixed};
pub use plan::{Command, Defaults, Groups, IntoTask, Task, TaskExt, TaskRef, TaskSet, TaskTemplate, Tool, Workflow};
pub use report::Progress;
pub use run::{Backend, Error, FailFast, Recorded, Result, RunOptions, RunOutcome};

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../docs/commands.md")]
struct Commands;

#[cfg(doctest)]
#[doc = include_str!("../../docs/resources.md")]
struct Resources;

#[cfg(doctest)]
#[doc = include_str!("../../docs/language.md")]
struct Language;

#[cfg(doctest)]
#[doc = include_str!("../../docs/control.md")]
struct Control;

#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../../docs/testing.md")]
struct Testing;
