//! Steering from outside: what a running workflow is asked by another program, and tasks that are moved by hand between runs.
//!
//! Requests are rows of the table `control` in the state file. A running driver looks for them twice a second, does what is
//! asked, and writes down what it says to it. `docs/control.md` has the whole picture.
//!
//! ```no_run
//! use jobmon::control::{Control, Tasks};
//! use std::time::Duration;
//!
//! # fn main() -> jobmon::Result<()> {
//! let control = Control::at(".jobmon").workflow("model");
//! let answer = control.set_template_limit("fit", 5)?.wait(Duration::from_secs(10))?;
//! println!("{answer}"); // 5 of `fit` at once at most, 8 now
//! control.drain()?.wait(Duration::from_secs(10))?;
//! # Ok(())
//! # }
//! ```

mod back_up;
mod request;
mod tasks;
mod workflow;

pub use crate::run::ControlError;
pub use back_up::back_up;
pub use request::Request;
pub use tasks::Tasks;
pub use workflow::Control;
