//! Copies of the state file, taken at any time.

use crate::run::{ControlError, Result};
use crate::store::{Database, Home};
use std::path::{Path, PathBuf};

/// Copies the state file of a state directory to `to`, as it is at this moment, also while workflows run, which that does not
/// delay. The copy is a state file: put into the place of the other one, as `jobmon.db` with no `jobmon.db-wal` beside it, it is gone
/// on with from there. What was done after the copy was taken runs again then. Only the file is copied, not the output of tasks
/// below `runs/`.
///
/// # Errors
/// There is no state file, it cannot be read, or the copy cannot be made: also where there is a file of that name.
///
/// ```
/// use jobmon::prelude::*;
/// # let directory = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(directory.path().join("state"));
/// # let backup = directory.path().join("monday.db");
/// # #[cfg(any())]
/// let (options, backup) = (RunOptions::default(), "monday.db");
/// let mut wf = Tool::new("demo").workflow("w");
/// wf.add(Command::new("true"));
/// let run = wf.run(options)?;
/// jobmon::control::back_up(run.state(), &backup)?;
/// assert!(jobmon::control::back_up(run.state(), &backup).is_err(), "no copy takes the place of another");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn back_up(state: impl Into<PathBuf>, to: impl AsRef<Path>) -> Result<()> {
    let path = Home::at(state.into()).database();
    if !path.exists() {
        return Err(ControlError::NoState { path }.into());
    }
    Ok(Database::read(path)?.back_up(to.as_ref())?)
}
