//! Programs whose tasks fail in ways that a policy speaks of.

use crate::options;
use jobmon::model::{Asked, Asking, ExitMeaning, RetryPolicy};
use jobmon::prelude::*;
use std::path::Path;
use std::time::Duration;

/// A task that fails, and would be tried again after an hour.
pub(crate) fn delayed(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("delayed").retry(RetryPolicy::new().delay(Duration::from_hours(1)));
    wf.add(Command::new("false"));
    wf.run(options(state))?.ok()
}

/// A task whose first attempt waits at a fifo and then says by its exit code that it had too little memory.
pub(crate) fn told(state: &Path) -> jobmon::Result<()> {
    let script =
        "test $JOBMON_ATTEMPT -eq 1 || exit 0; echo $$ > $1/pid.new; mv $1/pid.new $1/pid; read x < $1/fifo; exit 137";
    let mut wf = Tool::new("test").workflow("told");
    let policy = RetryPolicy::new().exit(137, ExitMeaning::OutOfMemory);
    wf.add(Command::new("sh").arg("-c").arg(script).arg("sh").arg(state).memory("64M").retry(policy));
    wf.run(options(state))?.ok()
}

/// A task whose function never says what it asks for.
pub(crate) fn pensive(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("pensive");
    let thinks = state.join("thinks");
    let never = move |_: &Asking| -> Result<Asked, std::io::Error> {
        std::fs::write(&thinks, "")?;
        loop {
            std::thread::park();
        }
    };
    wf.add(Command::new("true").resources_from(never));
    wf.run(options(state))?.ok()
}
