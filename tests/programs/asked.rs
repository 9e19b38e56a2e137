//! Says what its only task asks for, and where that was said.

use jobmon::prelude::*;
use std::path::Path;

pub(crate) fn asked() -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("asked");
    let task = wf.add(Command::new("fit.sh").template("fit"));
    println!("{}", wf.explain(task)?);
    Ok(())
}

/// Tells what is wrong with a workflow that asks for more memory than its process was granted.
pub(crate) fn too_much() -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("asked");
    wf.add_all((0..3).map(|id| Command::new("fit.sh").template("fit").node_arg("id", id).memory("4G")));
    wf.add(Command::new("sort").memory("2G"));
    wf.add(Command::new("report.sh").memory("1G"));
    wf.check()?;
    Ok(())
}

/// Explains and runs tasks that ask for more cores than there are.
pub(crate) fn greedy(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("model");
    let task = wf.add(Command::new("true").name("server").cores(64));
    wf.add_all((0..3).map(|id| Command::new("true").template("fit").node_arg("id", id).cores(3)));
    println!("{}", wf.explain(task)?);
    wf.run(crate::options(state))?.ok()
}
