//! What a run that ended uncleanly has left: found by its token, ended without exception.

use super::process::{Held, Seen, all};
use rustix::event::Timespec;
use rustix::process::{Pid, Signal, getpid};
use std::collections::{HashMap, HashSet};
use std::fs;

/// The variable that every process of a run inherits.
const VARIABLE: &str = "JOBMON_RUN_TOKEN";

/// How many rounds of KILL are worth a try: what is left then hangs in the kernel, or is another user's.
const ROUNDS: u32 = 30;

/// What was found of a run, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remnants {
    /// Process ids and names of what was ended.
    pub ended: Vec<(u32, String)>,
    /// Process ids and names of what could not be ended within half a minute: it hangs in a system call, as on a dead
    /// file system.
    pub left: Vec<(u32, String)>,
}

/// Ends every process that carries the token of a run in its environment, with all that descends from it.
///
/// This process and those it descends from are spared. It blocks until they are gone, at most half a minute.
pub fn end_remnants(token: &str) -> Remnants {
    let mark = format!("{VARIABLE}={token}");
    let mut met: Vec<Seen> = Vec::new();
    for _ in 0..ROUNDS {
        let found = find(mark.as_bytes());
        if found.is_empty() {
            return Remnants { ended: met.iter().map(described).collect(), left: Vec::new() };
        }
        let held: Vec<Held> = found.iter().filter_map(kill).collect();
        let is_new = |seen: &Seen| met.iter().all(|known| known.pid != seen.pid);
        let new: Vec<Seen> = found.into_iter().filter(is_new).collect();
        met.extend(new);
        for held in held {
            held.wait(Timespec { tv_sec: 1, tv_nsec: 0 });
        }
    }
    let left = find(mark.as_bytes());
    met.retain(|seen| left.iter().all(|left| left.pid != seen.pid));
    Remnants { ended: met.iter().map(described).collect(), left: left.iter().map(described).collect() }
}

fn described(seen: &Seen) -> (u32, String) {
    (seen.pid.as_raw_nonzero().get().unsigned_abs(), seen.name.clone())
}

/// Holds it, makes sure that it is what was found, and kills it.
fn kill(seen: &Seen) -> Option<Held> {
    let held = Held::hold(seen.pid)?;
    let now = super::process::look(seen.pid)?;
    if now.started != seen.started || !held.signal(Signal::KILL) {
        return None;
    }
    Some(held)
}

/// The processes that carry the mark and are not about to be gone, and their descendants.
fn find(mark: &[u8]) -> Vec<Seen> {
    let all = all();
    let parents: HashMap<Pid, Pid> = all.iter().filter_map(|seen| Some((seen.pid, seen.parent?))).collect();
    let line = |pid: Pid| std::iter::successors(Some(pid), |pid| parents.get(pid).copied()).take(all.len() + 1);
    let spared: HashSet<Pid> = line(getpid()).collect();
    let others = || all.iter().filter(|seen| !seen.ended && !spared.contains(&seen.pid));
    let marked: HashSet<Pid> = others().map(|seen| seen.pid).filter(|pid| carries(*pid, mark)).collect();
    others().filter(|seen| line(seen.pid).any(|pid| marked.contains(&pid))).cloned().collect()
}

fn carries(pid: Pid, mark: &[u8]) -> bool {
    // What cannot be read is another user's, or gone.
    let Ok(environment) = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())) else { return false };
    environment.split(|byte| *byte == 0).any(|variable| variable == mark)
}
