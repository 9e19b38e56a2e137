//! A user's program, which tests start, signal and kill. The first argument says what it does, the second where its
//! state is.
#![expect(clippy::disallowed_methods, reason = "a user's program starts a process of its own and waits for it")]
#![expect(clippy::print_stdout, reason = "a user's program speaks")]

mod asked;
mod burden;
mod crash;
mod design;
mod disk;
mod edge;
mod lease;
mod patience;
mod steer;
mod words;

use jobmon::prelude::*;
use jobmon::{Backend, RunOptions};
use std::path::Path;
use std::time::Duration;

fn main() -> jobmon::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let [_, what, state] = args.as_slice() else { panic!("usage: jobmon-test-program WHAT STATE") };
    let state = Path::new(state);
    match what.as_str() {
        "three" => three(state),
        "told" => patience::told(state),
        "forever" => forever(state, Duration::from_hours(1)),
        "stubborn" => forever(state, Duration::from_millis(300)),
        "acts" => crash::acts(state),
        "after" => after(state),
        "child" => child(state),
        "delayed" => patience::delayed(state),
        "design" => design::main(),
        "many" => disk::many(state),
        "vast" => disk::vast(state),
        "looks" => disk::looks(state),
        "filled" => disk::filled(state),
        "drained" => steer::drained(state),
        "environment" => environment(state),
        "cores" => cores(state),
        "gated" => edge::gated(state),
        "halts" => edge::halts(state),
        "pensive" => patience::pensive(state),
        "reads" => edge::reads(state),
        "renewed" => words::renewed(state),
        "replaced" => edge::replaced(state),
        "lease" => lease::hold(state),
        "lease_quiet" => lease::quiet(state),
        "lease_heir" => lease::heir(state),
        "vanish" => edge::vanish(state),
        "wide" => edge::wide(state),
        "handed_over" => handed_over(state),
        "elsewhere" => elsewhere(state),
        "heavy" => burden::heavy(state),
        "held" => steer::held(state),
        "hold" => {
            burden::hold(state);
            Ok(())
        }
        "all" => burden::all(state),
        "asked" => asked::asked(),
        "greedy" => asked::greedy(state),
        "too_much" => asked::too_much(),
        "most" => burden::most(state),
        "need" => {
            burden::need();
            Ok(())
        }
        "burn" => {
            burden::burn(state);
            Ok(())
        }
        other => ends(other, state),
    }
}

/// What is run for its last words.
fn ends(what: &str, state: &Path) -> jobmon::Result<()> {
    match what {
        "well" => words::well(state),
        "one" => words::one(state),
        "kinds" => words::kinds(state),
        "skipped" => words::skipped(state),
        "paused" => words::paused(state),
        "stalled" => words::stalled(state),
        "steps" => words::steps(state),
        "panics" => words::panics(state),
        "leaves" => words::leaves(state),
        other => panic!("{other} is nothing that this program does"),
    }
}

pub(crate) fn options(state: &Path) -> RunOptions {
    RunOptions::default().resume(true).state(state)
}

/// Three tasks in a row, one at a time.
fn three(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("three");
    let mut before = None;
    for id in 0..3 {
        before = Some(wf.add(Command::new("true").node_arg("id", id).upstream(before)));
    }
    wf.run(options(state).backend(Backend::Sequential))?.ok()
}

/// Two tasks that hang with all that a task can do to outlive its end, and one that waits for them. Each writes the
/// numbers of its processes to a file.
fn forever(state: &Path, grace: Duration) -> jobmon::Result<()> {
    let script = "trap '' TERM HUP INT
        here=$1
        (trap '' TERM HUP INT; setsid sh -c '
            trap \"\" TERM HUP INT
            (env -i sh -c \"trap \\\"\\\" TERM HUP INT; echo \\$\\$ >> $1.pids; while :; do sleep 1000; done\" &)
            echo $$ >> $1.pids
            while :; do sleep 1000; done' sh \"$here\" &)
        echo $$ >> $here.pids
        echo ready >> $here.ready
        while :; do sleep 1000; done";
    let mut wf = Tool::new("test").workflow("forever");
    let hanging = wf.add_all((0..2).map(|id| {
        let here = state.join(format!("task{id}"));
        Command::new("sh").arg("-c").arg(script).arg("sh").arg(here).node_arg("id", id)
    }));
    wf.add(Command::new("true").node_arg("id", 2).name("last").upstream(hanging));
    let run = wf.run(options(state).cores(2).grace(grace))?;
    println!("{run}");
    run.ok()
}

/// A run, and then a signal to itself, whose handling is its own again.
fn after(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("after");
    wf.add(Command::new("true"));
    println!("before {}", caught());
    let run = wf.run(options(state))?;
    println!("after {}", caught());
    run.ok()
}

/// Which of the signals that have names this process catches, as the kernel says it; the C library has further ones for
/// its threads.
fn caught() -> String {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("Linux tells it");
    let caught = u64::from_str_radix(caught.trim(), 16).expect("it is a hexadecimal number");
    format!("{:x}", caught & 0x7fff_ffff)
}

/// A task that writes down what of our variables it sees.
fn environment(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("environment");
    wf.add(Command::new("sh").arg("-c").arg("env | grep ^JOBMON_ | sort > $0").arg(state.join("seen")));
    wf.run(options(state))?.ok()
}

/// Twenty tasks that each note their begin and their end, as many at once as this process has cores.
fn cores(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("cores");
    for id in 0..20 {
        let script = "echo + >> $0; sleep 0.02; echo - >> $0";
        wf.add(Command::new("sh").arg("-c").arg(script).arg(state.join("log")).node_arg("id", id));
    }
    wf.run(options(state))?.ok()
}

/// Waits for a file; notes its process before.
const WAIT: &str = "echo $$ >> $0.pid; until test -e $1; do sleep 0.01; done";

/// Notes its process.
const NOTE: &str = "echo $$ >> $0";

/// A short task, after which it is known that tasks are short; one that waits for the file `go`; and one that is to start
/// when that one ends.
fn handed_over(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("handed_over");
    wf.add(Command::new("true").name("short"));
    wf.add(Command::new("sh").args(["-c", WAIT]).arg(state.join("first")).arg(state.join("go")).name("first"));
    wf.add(Command::new("sh").args(["-c", NOTE]).arg(state.join("later")).name("later"));
    wf.run(options(state).cores(1).grace(Duration::from_secs(2)))?.ok()
}

/// The same with two at a time. What is to start when the first ends is what the first waits for; another one waits for
/// the file `go`.
fn elsewhere(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("elsewhere");
    wf.add(Command::new("true").name("short"));
    wf.add(Command::new("sh").args(["-c", WAIT]).arg(state.join("first")).arg(state.join("later")).name("first"));
    wf.add(Command::new("sh").args(["-c", WAIT]).arg(state.join("second")).arg(state.join("go")).name("second"));
    wf.add(Command::new("sh").args(["-c", NOTE]).arg(state.join("later")).name("later"));
    wf.run(options(state).cores(2))?.ok()
}

/// A child of the program's own, which ends while a run lasts and is waited for afterwards.
fn child(state: &Path) -> jobmon::Result<()> {
    let mut own = std::process::Command::new("sh").args(["-c", "exit 42"]).spawn().expect("a shell");
    let mut wf = Tool::new("test").workflow("child");
    for id in 0..20 {
        wf.add(Command::new("true").node_arg("id", id));
    }
    let run = wf.run(options(state));
    let status = own.wait().expect("the child is still there to be waited for");
    println!("own child: {:?}", status.code());
    run?.ok()
}
