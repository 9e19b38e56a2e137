//! Programs whose disk is full, or fails.

use crate::options;
use jobmon::prelude::*;
use jobmon_tests::vfs::{self, Deed, Watch};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Fails to write as long as a file says with which error.
struct Fails(PathBuf);

impl Watch for Fails {
    fn happens(&self, _: &Path, deed: Deed<'_>) -> Result<(), i32> {
        match std::fs::read_to_string(&self.0) {
            Ok(number) if matches!(deed, Deed::Write(..)) => Err(number.trim().parse().expect("it is a number")),
            _ => Ok(()),
        }
    }
}

/// Four tasks that wait at a fifo, and four that follow them. The file `fault` beside the state, if there is one, says with which
/// error of the operating system the state file cannot be written.
pub(crate) fn filled(state: &Path) -> jobmon::Result<()> {
    let beside = state.parent().expect("it lies in a directory");
    vfs::watch(state, Arc::new(Fails(beside.join("fault"))));
    let mut wf = Tool::new("test").workflow("filled");
    let script = "echo $0 >> $1/began; : < $1/go; echo $0 >> $1/ended";
    let first = wf.add_all((0..4).map(|id| {
        let task = Command::new("sh").arg("-c").arg(script).arg(id).arg(beside).template("first");
        task.node_arg("id", id).max_attempts(1)
    }));
    wf.add_all((0..4).map(|id| Command::new("true").template("second").node_arg("id", id).upstream(&first)));
    wf.run(options(state).cores(4))?.ok()
}
