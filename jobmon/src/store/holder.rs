//! Who has the lock of a workflow: as its file says, and as the kernel says.

use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// What a start writes into the file of the lock as soon as it has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// What its run has in the state file, once it is there.
    pub token: String,
    /// The machine.
    pub host: String,
    /// The user.
    pub user: String,
    /// The driver's process, a number of its own pid namespace.
    pub pid: u32,
    /// That pid namespace: as the kernel names it, with what tells this boot of this kernel from all others.
    pub namespace: String,
    /// When it took the lock, in microseconds since 1970-01-01 UTC.
    pub since: i64,
    /// The time that its tasks have between TERM and KILL.
    pub grace: Duration,
}

impl Holder {
    pub(super) fn text(&self) -> String {
        let Self { token, host, user, pid, namespace, since, grace } = self;
        let grace = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        let value = json!({
            "token": token, "host": host, "user": user, "pid": pid, "pid_namespace": namespace, "since": since,
            "grace_ms": grace,
        });
        format!("{value}\n")
    }

    /// Reads it; none where it is not whole.
    fn read(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let words = |key| Some(value.get(key)?.as_str()?.to_owned());
        Some(Self {
            token: words("token")?,
            host: words("host")?,
            user: words("user")?,
            pid: u32::try_from(value.get("pid")?.as_u64()?).ok()?,
            namespace: words("pid_namespace")?,
            since: value.get("since")?.as_i64()?,
            grace: Duration::from_millis(value.get("grace_ms")?.as_u64()?),
        })
    }
}

/// The pid namespace of this process.
pub(crate) fn own_namespace() -> String {
    namespace("self").unwrap_or_default()
}

fn namespace(pid: &str) -> Option<String> {
    let name = std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok()?;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    Some(format!("{} of boot {}", name.display(), boot.trim_end()))
}

/// What a process has to do with a lock that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It took the lock, and lives.
    Driver,
    /// It starts and ends the driver's tasks; it goes when the driver has gone and its tasks have ended.
    Keeper,
    /// Neither: a process that the driver forked without starting another program has all that the driver had open.
    Heir,
}

/// A process that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The kernel's name for it.
    pub name: String,
    /// What it has to do with the lock.
    pub part: Part,
    /// Whether a signal has stopped it.
    pub stopped: bool,
}

/// Somebody else has the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Who took it, where the file says so and nothing speaks against it.
    pub by: Option<Holder>,
    /// The processes that hold it, as far as this user may see them: not those of other users and of other containers.
    pub processes: Vec<Process>,
}

/// What follows for one who wants the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A driver has it and has not said yet who it is, or the one who said so has just gone.
    Unsettled,
    /// A driver has it that lives.
    Driven,
    /// Nothing is seen of those that have it. They may have gone since, where this is not so at the next look too.
    Unseen,
    /// The driver has gone, and its tasks are being ended.
    Ending,
    /// Only what the driver forked is left.
    Inherited,
}

impl Held {
    /// Looks who has the lock of a file.
    pub(super) fn look(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let by = Holder::read(&text);
        let processes = holders(path, by.as_ref());
        let driver = processes.iter().find(|process| process.part == Part::Driver);
        let is_true = |by: &Holder| match driver {
            Some(driver) => is_it(driver.pid, by),
            None if !processes.is_empty() => true,
            // A driver of which nothing is seen: another user's, or in another pid namespace or on another machine.
            None => by.namespace != own_namespace() || look(by.pid).is_some_and(|(_, state)| state != State::Dying),
        };
        Self { by: by.filter(is_true), processes }
    }

    /// What follows from it.
    pub fn standing(&self) -> Standing {
        let has = |part| self.processes.iter().any(|process| process.part == part);
        match (has(Part::Driver), has(Part::Keeper), has(Part::Heir)) {
            (true, _, _) | (false, false, false) if self.by.is_none() => Standing::Unsettled,
            (true, _, _) => Standing::Driven,
            (false, false, false) => Standing::Unseen,
            (false, true, _) => Standing::Ending,
            (false, false, true) => Standing::Inherited,
        }
    }

    /// The numbers and names of the processes.
    pub fn holders(&self) -> Vec<(u32, String)> {
        let stopped = |process: &Process| if process.stopped { ", stopped" } else { "" };
        let named = |process: &Process| (process.pid, format!("{}{}", process.name, stopped(process)));
        self.processes.iter().map(named).collect()
    }
}

/// The processes that hold the lock of a file. Those that only have it open, since they want the lock too, are left out.
fn holders(path: &Path, by: Option<&Holder>) -> Vec<Process> {
    let Ok(wanted) = path.canonicalize() else { return Vec::new() };
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut found: Vec<Process> = pids
        .filter_map(|pid| {
            let taken_by = lock_of(pid, &wanted)?;
            let (name, state) = look(pid)?;
            let part = match name.as_str() {
                "jobmon-keeper" | "jobmon-slot" => Part::Keeper,
                _ if taken_by == pid || by.is_some_and(|by| is_it(pid, by)) => Part::Driver,
                _ => Part::Heir,
            };
            // What KILL has hit is as good as gone.
            let gone = part == Part::Driver && state == State::Dying;
            let part = if gone { Part::Keeper } else { part };
            Some(Process { pid, name, part, stopped: state == State::Stopped })
        })
        .collect();
    found.sort_unstable_by_key(|process| process.pid);
    found
}

/// Who took the lock that this process holds on the file; none where it holds none. The number is one of the namespace
/// that `/proc` shows.
fn lock_of(pid: u32, wanted: &Path) -> Option<u32> {
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let is_it = |entry: &std::fs::DirEntry| std::fs::read_link(entry.path()).is_ok_and(|open| open == wanted);
    descriptors.filter_map(Result::ok).filter(is_it).find_map(|entry| {
        let information = format!("/proc/{pid}/fdinfo/{}", entry.file_name().to_str()?);
        let information = std::fs::read_to_string(information).ok()?;
        // `lock:	1: FLOCK  ADVISORY  WRITE 359 00:13:11691 0 EOF`
        let lock = information.lines().find_map(|line| line.strip_prefix("lock:"))?;
        lock.split_ascii_whitespace().nth(4)?.parse().ok()
    })
}

/// Whether a process is the one that wrote this: its number may be another one in its own namespace than here.
fn is_it(pid: u32, by: &Holder) -> bool {
    let pid = pid.to_string();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or(&pid);
    let own = numbers.split_ascii_whitespace().next_back().and_then(|own| own.parse().ok());
    own == Some(by.pid) && namespace(&pid).as_ref() == Some(&by.namespace)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Living,
    Stopped,
    Dying,
}

/// The name of a process, and whether it lives.
fn look(pid: u32) -> Option<(String, State)> {
    /// The number of KILL, as a bit in the sets of `/proc/<pid>/status`.
    const KILL: u64 = 1 << (9 - 1);
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let of = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    let pending = |key| of(key).and_then(|set| u64::from_str_radix(set, 16).ok()).unwrap_or(0);
    let state = match of("State:")?.chars().next()? {
        'Z' | 'X' => State::Dying,
        _ if (pending("SigPnd:") | pending("ShdPnd:")) & KILL != 0 => State::Dying,
        'T' => State::Stopped,
        _ => State::Living,
    };
    Some((of("Name:")?.to_owned(), state))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder() -> Holder {
        Holder {
            token: "a1".to_owned(),
            host: "here".to_owned(),
            user: "a \"user\"\nof two lines".to_owned(),
            pid: 7,
            namespace: "pid:[1]".to_owned(),
            since: 5,
            grace: Duration::from_millis(1500),
        }
    }

    #[test]
    fn what_is_written_is_read_and_half_of_it_is_not() {
        let text = holder().text();
        assert_eq!(Holder::read(&text), Some(holder()));
        assert_eq!(Holder::read(&text[..text.len() / 2]), None);
        assert_eq!(Holder::read(""), None);
    }

    #[test]
    fn what_follows_depends_on_who_is_left() {
        let process = |part| Process { pid: 7, name: "x".to_owned(), part, stopped: false };
        let standing = |by: Option<Holder>, parts: &[Part]| {
            Held { by, processes: parts.iter().copied().map(process).collect() }.standing()
        };
        assert_eq!(standing(None, &[]), Standing::Unsettled);
        assert_eq!(standing(None, &[Part::Driver, Part::Keeper]), Standing::Unsettled);
        assert_eq!(standing(Some(holder()), &[]), Standing::Unseen);
        assert_eq!(standing(Some(holder()), &[Part::Driver, Part::Keeper, Part::Heir]), Standing::Driven);
        assert_eq!(standing(Some(holder()), &[Part::Keeper, Part::Heir]), Standing::Ending);
        assert_eq!(standing(None, &[Part::Keeper]), Standing::Ending);
        assert_eq!(standing(None, &[Part::Heir]), Standing::Inherited);
    }
}
