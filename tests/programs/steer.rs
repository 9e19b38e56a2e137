//! Runs that are steered, by options and from outside.

use crate::options;
use jobmon::prelude::*;
use std::path::Path;

/// Says in a file that it runs, and waits at a fifo.
const GATED: &str = "echo $$ > $0/$1.ready; : < $0/$1.go";

/// A task that waits at the fifo `first.go`, and one that starts behind it; what runs is let finish.
pub(crate) fn drained(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("drained");
    wf.add_all(
        ["first", "second"]
            .map(|name| Command::new("sh").args(["-c", GATED]).arg(state).arg(name).name(name).node_arg("name", name)),
    );
    let run = wf.run(options(state).cores(1).drain(true))?;
    run.ok()
}

/// A task that is not to start before somebody says so.
pub(crate) fn held(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("held");
    wf.add(Command::new("true"));
    wf.run(options(state).max_concurrently_running(0))?.ok()
}
