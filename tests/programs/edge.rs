//! What lies at the edges of what processes can do.

use crate::options;
use jobmon::RunOptions;
use jobmon::prelude::*;
use std::path::Path;

fn shell(script: &str, here: &Path) -> jobmon::Task<Command> {
    Command::new("sh").arg("-c").arg(script).arg("sh").arg(here).max_attempts(1)
}

/// A task whose process stops itself, beside one that stops a child and waits for it.
pub(crate) fn halts(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("halts");
    wf.add(shell("echo $$ >> $1/pids; kill -STOP $$", state).name("itself"));
    wf.add(shell("sh -c 'echo $$ >> $0/pids; kill -STOP $$' $1; true", state).name("its child"));
    wf.run(options(state).cores(2))?.ok()
}

/// Tasks that remove the directory that the program was started in, and start in it.
pub(crate) fn vanish(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("vanish");
    let remove = wf.add(shell("rmdir \"$PWD\"", state).name("removes"));
    wf.add(Command::new("true").name("starts in it").upstream(remove));
    wf.run(options(state))?.ok()
}

/// A task that reads its standard input and its terminal; afterwards the program reads its own standard input.
pub(crate) fn reads(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("reads");
    wf.add(shell("cat; read line; echo input $?; read line < /dev/tty; echo terminal $?", state));
    wf.run(options(state).progress(Progress::Off))?.ok()?;
    let mut own = String::new();
    std::io::stdin().read_line(&mut own).expect("it can be read");
    println!("own: {own}");
    Ok(())
}

/// A task that waits until it is let go on, and one that follows.
pub(crate) fn replaced(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("replaced");
    let first = wf.add(shell("echo $PPID >> $1/slots; : < $1/go", state).name("first"));
    wf.add(Command::new("true").name("second").max_attempts(1).upstream(first));
    wf.run(options(state))?.ok()
}

/// A task that says who its slot process is and waits, and two that then run at once until they are let end. Each may run
/// once only.
pub(crate) fn gated(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("gated");
    let first = wf.add(shell("echo $PPID > $1/slot; : < $1/go", state).name("first"));
    wf.add_all((0..2).map(|id| shell(": < $1/end", state).node_arg("id", id).upstream(first)));
    wf.run(options(state).cores(2))?.ok()
}

/// More tasks at once than the keeper has descriptors for; each may run once only.
pub(crate) fn wide(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("wide");
    wf.add_all((0..60).map(|id| Command::new("true").node_arg("id", id).max_attempts(1)));
    let options: RunOptions = options(state).cores(60);
    wf.run(options)?.ok()
}
