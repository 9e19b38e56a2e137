//! Says what its only task asks for, and where that was said.

use jobmon::prelude::*;

pub(crate) fn asked() -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("asked");
    let task = wf.add(Command::new("fit.sh").template("fit"));
    println!("{}", wf.explain(task)?);
    Ok(())
}
