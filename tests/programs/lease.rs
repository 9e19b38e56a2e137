//! Runs that others want to have, too.

use crate::options;
use jobmon::RunOptions;
use jobmon::prelude::*;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use std::path::Path;
use std::time::Duration;

/// Says that it runs and in which process, and waits for the file that lets its run go on.
const HELD: &str = r#"echo "$JOBMON_WORKFLOW_RUN_ID $$" >> $0.begun
    until test -e $1/$JOBMON_WORKFLOW_RUN_ID.go; do sleep 0.01; done
    echo "$JOBMON_WORKFLOW_RUN_ID $$" >> $0.ended"#;

fn held(state: &Path) -> Workflow {
    let mut wf = Tool::new("test").workflow("held");
    let tasks = wf.add_all((0..2).map(|id| {
        let here = state.join(format!("task{id}"));
        Command::new("sh").args(["-c", HELD]).arg(here).arg(state).node_arg("id", id).name(format!("task{id}"))
    }));
    let here = state.join("task2");
    wf.add(Command::new("sh").args(["-c", "echo $$ >> $0.ended"]).arg(here).name("task2").upstream(tasks));
    wf
}

/// With short times, so that a test need not wait for long.
fn brief(state: &Path) -> RunOptions {
    let heartbeat = (Duration::from_millis(50), Duration::from_secs(1));
    options(state).cores(2).grace(Duration::from_millis(200)).heartbeat(heartbeat.0, heartbeat.1)
}

/// Two tasks that wait for the file `<run>.go`, and one behind them.
pub(crate) fn hold(state: &Path) -> jobmon::Result<()> {
    held(state).run(brief(state))?.ok()
}

/// The same, with heartbeats that come so seldom that a test sees none.
pub(crate) fn quiet(state: &Path) -> jobmon::Result<()> {
    held(state).run(brief(state).heartbeat(Duration::from_mins(10), Duration::from_mins(30)))?.ok()
}

/// The same, and a process of the program's own gets all that the program has open.
pub(crate) fn heir(state: &Path) -> jobmon::Result<()> {
    let directory = state.to_owned();
    let forks = std::thread::spawn(move || {
        let lease = loop {
            let begun = (0..2).all(|id| directory.join(format!("task{id}.begun")).exists());
            if let Some(lease) = begun.then(lease).flatten() {
                break lease;
            }
            std::thread::park_timeout(Duration::from_millis(2));
        };
        let heir = std::process::Command::new("sleep").arg("1000").stdin(lease).spawn().expect("a process");
        std::fs::write(directory.join("heir.pid"), format!("{}\n", heir.id())).expect("a file");
        heir
    });
    let run = held(state).run(brief(state))?;
    forks.join().expect("no panic").wait().expect("it is a child");
    run.ok()
}

/// The lock of the run once more: the same open file.
fn lease() -> Option<std::os::fd::OwnedFd> {
    let entries = std::fs::read_dir("/proc/self/fd").ok()?.flatten();
    let is_lease = |entry: &std::fs::DirEntry| {
        std::fs::read_link(entry.path()).is_ok_and(|open| open.file_name().is_some_and(|name| name == "lease"))
    };
    let number = entries.filter(is_lease).find_map(|entry| entry.file_name().to_str()?.parse().ok())?;
    let own = pidfd_open(getpid(), PidfdFlags::empty()).ok()?;
    pidfd_getfd(own, number, PidfdGetfdFlags::empty()).ok()
}
