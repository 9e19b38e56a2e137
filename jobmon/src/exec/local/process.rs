//! What `/proc` tells of processes, and how signals get to them without hitting a stranger.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use std::collections::{HashMap, HashSet, VecDeque};
use std::fs;
use std::os::fd::OwnedFd;

/// A process as `/proc` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) pid: Pid,
    pub(super) parent: Option<Pid>,
    /// The kernel's name for it, at most 15 bytes.
    pub(super) name: String,
    /// Whether it has ended and only waits to be waited for.
    pub(super) ended: bool,
    /// Whether a signal has stopped it, and it does nothing until it gets SIGCONT.
    pub(super) stopped: bool,
    /// When it was started, in the kernel's ticks since boot: tells it from another one with its number.
    pub(super) started: u64,
}

/// One look at one process; none when it is gone.
pub(super) fn look(pid: Pid) -> Option<Seen> {
    let stat = fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    parse_stat(&stat)
}

/// Which fields of `/proc/<pid>/stat` hold the parent and the time of the start, from 1.
const PARENT: usize = 4;
const STARTED: usize = 22;

/// Reads `pid (name) state ppid ..`. The name may hold spaces and brackets, so that the last bracket counts.
fn parse_stat(stat: &[u8]) -> Option<Seen> {
    let open = stat.iter().position(|byte| *byte == b'(')?;
    let close = stat.iter().rposition(|byte| *byte == b')')?;
    let pid = std::str::from_utf8(&stat[..open]).ok()?.trim().parse().ok()?;
    let name = String::from_utf8_lossy(stat.get(open + 1..close)?).into_owned();
    let mut fields = std::str::from_utf8(stat.get(close + 1..)?).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    let (ended, stopped) = (matches!(state, "Z" | "X" | "x"), state == "T");
    let parent = fields.next()?.parse().ok()?;
    let started = fields.nth(STARTED - PARENT - 1)?.parse().ok()?;
    Some(Seen { pid: Pid::from_raw(pid)?, parent: Pid::from_raw(parent), name, ended, stopped, started })
}

/// Every process that descends from `root` now, without `root` itself, without `spared` and what descends from those.
///
/// Processes come and go while it looks, so that one look may miss some: only `wait` proves that none is left.
pub(super) fn descendants(root: Pid, spared: &HashSet<Pid>) -> Vec<Seen> {
    let by_children = |parent| children(parent).unwrap_or_default();
    if children(root).is_some() { walk(root, spared, by_children) } else { descendants_by_scan(root, spared) }
}

/// The same from a look at all processes: kernels may lack `/proc/<pid>/task/<tid>/children`.
fn descendants_by_scan(root: Pid, spared: &HashSet<Pid>) -> Vec<Seen> {
    let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
    for seen in all() {
        if let Some(parent) = seen.parent {
            children.entry(parent).or_default().push(seen.pid);
        }
    }
    walk(root, spared, |parent| children.get(&parent).cloned().unwrap_or_default())
}

fn walk(root: Pid, spared: &HashSet<Pid>, children: impl Fn(Pid) -> Vec<Pid>) -> Vec<Seen> {
    let mut found: Vec<Seen> = Vec::new();
    let mut known = HashSet::from([root]);
    let mut parents = VecDeque::from([(root, None)]);
    while let Some((parent, started)) = parents.pop_front() {
        let children = children(parent);
        // Where many processes end and begin, its number may be another's by now, whose children are none of ours.
        let is_still_it = |started| look(parent).is_some_and(|now| now.started == started);
        if children.is_empty() || !started.is_none_or(is_still_it) {
            continue;
        }
        for pid in children {
            if spared.contains(&pid) || !known.insert(pid) {
                continue;
            }
            // A process whose parent is none of those that are known has taken a number that was free again.
            if let Some(seen) = look(pid).filter(|seen| seen.parent.is_some_and(|parent| known.contains(&parent))) {
                parents.push_back((pid, Some(seen.started)));
                found.push(seen);
            }
        }
    }
    found
}

/// The children of all threads of a process; none when this kernel does not tell.
fn children(pid: Pid) -> Option<Vec<Pid>> {
    let mut children = Vec::new();
    let threads = fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero())).ok()?;
    for thread in threads.flatten() {
        let list = fs::read_to_string(thread.path().join("children")).ok()?;
        children.extend(list.split_ascii_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)));
    }
    Some(children)
}

/// Every process that can be seen.
pub(super) fn all() -> Vec<Seen> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    pids.filter_map(look).collect()
}

/// A process that keeps its identity: signals to it never reach another one that has taken its number.
#[derive(Debug)]
pub(super) struct Held {
    pid: Pid,
    /// None on kernels before 5.3.
    descriptor: Option<OwnedFd>,
}

impl Held {
    /// Holds the process that has this number now; none when there is none.
    pub(super) fn hold(pid: Pid) -> Option<Self> {
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(descriptor) => Some(Self { pid, descriptor: Some(descriptor) }),
            Err(Errno::SRCH) => None,
            Err(_) => Some(Self { pid, descriptor: None }),
        }
    }

    /// Sends a signal. One that cannot be sent is of no use: the process is gone, or is another user's.
    pub(super) fn signal(&self, signal: Signal) -> bool {
        match &self.descriptor {
            Some(descriptor) => pidfd_send_signal(descriptor, signal).is_ok(),
            None => kill_process(self.pid, signal).is_ok(),
        }
    }

    /// Waits for its end, but no longer than `timeout`.
    pub(super) fn wait(&self, timeout: Timespec) {
        let Some(descriptor) = &self.descriptor else { return };
        // Interrupted or not: whoever calls looks again.
        poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&timeout)).ok();
    }
}

/// Sends signals to each of `tree`, which descends from `root`.
pub(super) fn signal_all(root: Pid, tree: &[Seen], signals: &[Signal]) {
    let mut family: HashSet<Pid> = tree.iter().map(|seen| seen.pid).collect();
    family.insert(root);
    for seen in tree.iter().filter(|seen| !seen.ended) {
        let Some(held) = Held::hold(seen.pid) else { continue };
        // Looked at after it is held: what began when the one that was seen did, and descends from the family, is what is
        // held, or what is held is gone.
        let is_it =
            |now: &Seen| now.started == seen.started && now.parent.is_some_and(|parent| family.contains(&parent));
        if look(seen.pid).as_ref().is_some_and(is_it) {
            for signal in signals {
                held.signal(*signal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_may_hold_anything() {
        let mut fields = vec!["0"; 50];
        (fields[0], fields[1], fields[19]) = ("Z", "7", "99");
        let seen = parse_stat(format!("42 (a) b (c) {}\n", fields.join(" ")).as_bytes()).unwrap();
        let expected = Seen {
            pid: Pid::from_raw(42).unwrap(),
            parent: Pid::from_raw(7),
            name: "a) b (c".into(),
            ended: true,
            stopped: false,
            started: 99,
        };
        assert_eq!(seen, expected);
        assert_eq!(parse_stat(b"42 (cut"), None);
    }

    #[test]
    fn both_ways_of_looking_find_grandchildren_and_spare_who_is_to_be_spared() {
        use std::io::{BufRead, BufReader};
        #[expect(clippy::disallowed_methods, reason = "a process that no keeper knows of")]
        let mut shell = std::process::Command::new("/bin/sh")
            .args(["-c", "sleep 1000 & echo $!; wait"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let parent = Pid::from_raw(i32::try_from(shell.id()).unwrap()).unwrap();
        let child = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
        let me = rustix::process::getpid();
        for look in [descendants, descendants_by_scan] {
            let pids = |spared: &[Pid]| -> Vec<Pid> {
                look(me, &spared.iter().copied().collect()).iter().map(|seen| seen.pid).collect()
            };
            assert!(pids(&[]).contains(&parent));
            assert!(pids(&[]).contains(&child));
            assert!(!pids(&[parent]).iter().any(|pid| [parent, child].contains(pid)));
        }
        kill_process(child, Signal::KILL).unwrap();
        shell.wait().unwrap();
    }
}
