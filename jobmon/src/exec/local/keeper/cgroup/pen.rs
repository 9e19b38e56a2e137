//! The cgroup of a slot, in which attempts are born that may hold only so much memory.

use super::place::{Place, Version};
use rustix::process::{Pid, getpid, test_kill_process};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the names of our cgroups begin with; the id of the slot process follows.
const NAME: &str = "jobmon-";

/// The file of the processes of a cgroup; 0 is who writes it.
const PROCESSES: &str = "cgroup.procs";

/// The cgroup of a slot process, for one attempt after the other.
///
/// The slot process itself is inside only while it starts a main process, which is born there; then it goes back, and only
/// then the limit is set: what the kernel ends, the slot process is never among.
#[derive(Debug)]
pub(in crate::exec::local::keeper) struct Pen {
    place: Place,
    directory: PathBuf,
    /// It exists, as far as is known.
    made: bool,
    /// How many bytes it was limited to last.
    limit: u64,
    seen: Counters,
}

/// What the kernel counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counters {
    /// How often the limit of the cgroup itself was met; of the first version only whether.
    met: u64,
    /// How many of its processes were ended for want of memory, be it because of this limit or because the machine, or a
    /// cgroup above, had no more.
    ended: u64,
}

impl Pen {
    /// So many bytes below its limit the kernel may have found no room: for several pages at once.
    const SLACK: u64 = 64 << 10;

    /// The cgroup of this slot process, where it may have one; it is made when it is entered. What slot processes that
    /// were killed have left is removed.
    pub(in crate::exec::local::keeper) fn find() -> Option<Self> {
        let place = Place::find()?;
        remove_leftovers(&place.parent);
        Some(Self::in_place(place))
    }

    fn in_place(place: Place) -> Self {
        let directory = place.parent.join(format!("{NAME}{}", getpid().as_raw_nonzero()));
        Self { place, directory, made: false, limit: u64::MAX, seen: Counters::default() }
    }

    /// Takes this process in, so that what it starts is born there.
    ///
    /// # Errors
    /// When it cannot: this process is where it was.
    pub(in crate::exec::local::keeper) fn enter(&mut self) -> io::Result<()> {
        // Another, who saw no process of this number, may have removed it.
        if self.made && write(&self.directory, PROCESSES, "0").is_ok() {
            return Ok(());
        }
        // One that is there is another's, who sees other numbers than this process and shares its cgroup.
        fs::create_dir(&self.directory)?;
        self.made = true;
        self.prepare()?;
        write(&self.directory, PROCESSES, "0")
    }

    fn prepare(&mut self) -> io::Result<()> {
        if self.place.version == Version::Two {
            // They are ended together. Kernels before 4.19 end one of them, and the slot process the rest.
            write(&self.directory, "memory.oom.group", "1").or_else(unless_missing)?;
        }
        self.seen = self.counters()?;
        Ok(())
    }

    /// Takes this process out again and limits what stays.
    ///
    /// # Errors
    /// When it cannot be limited.
    pub(in crate::exec::local::keeper) fn close(&mut self, bytes: u64) -> io::Result<()> {
        write(&self.place.own, PROCESSES, "0")?;
        self.limit = bytes;
        // Half a limit would be worse than none.
        self.limit(bytes).inspect_err(|_| self.lift().unwrap_or_default())
    }

    fn limit(&self, bytes: u64) -> io::Result<()> {
        let limit = bytes.to_string();
        match self.place.version {
            Version::One => {
                write(&self.directory, "memory.limit_in_bytes", &limit)?;
                write(&self.directory, "memory.memsw.limit_in_bytes", &limit).or_else(unless_missing)
            }
            Version::Two => {
                write(&self.directory, "memory.swap.max", "0").or_else(unless_missing)?;
                write(&self.directory, "memory.max", &limit)
            }
        }
    }

    fn lift(&self) -> io::Result<()> {
        match self.place.version {
            Version::One => write(&self.directory, "memory.memsw.limit_in_bytes", "-1")
                .or_else(unless_missing)
                .and_then(|()| write(&self.directory, "memory.limit_in_bytes", "-1"))
                .and_then(|()| write(&self.directory, "memory.max_usage_in_bytes", "0"))
                .and_then(|()| write(&self.directory, "memory.memsw.max_usage_in_bytes", "0").or_else(unless_missing)),
            Version::Two => write(&self.directory, "memory.max", "max"),
        }
    }

    /// Takes this process out again; nothing stays.
    pub(in crate::exec::local::keeper) fn leave(&self) {
        // Who cannot leave is in no limit, and tries again after the next attempt.
        write(&self.place.own, PROCESSES, "0").ok();
    }

    /// Whether the kernel has ended a process of it because of its limit, since it was last opened.
    pub(in crate::exec::local::keeper) fn ran_over(&self) -> bool {
        self.counters().is_ok_and(|now| now.met > self.seen.met && now.ended > self.seen.ended)
    }

    /// Lifts the limit, when nothing of the attempt is left. What an attempt has put into a file system in memory counts
    /// as its cgroup's for good, so that the next one gets another.
    pub(in crate::exec::local::keeper) fn open(&mut self) {
        self.limit = u64::MAX;
        let counters = self.lift().and_then(|()| self.counters());
        match counters {
            Ok(counters) if self.shared() == 0 => self.seen = counters,
            Ok(_) | Err(_) => self.remove(),
        }
    }

    fn remove(&mut self) {
        if std::mem::take(&mut self.made) {
            remove(&self.directory);
        }
    }

    fn counters(&self) -> io::Result<Counters> {
        let read = |file: &str| fs::read_to_string(self.directory.join(file));
        match self.place.version {
            Version::One => {
                // There is a number of failures as well, but newer kernels leave it at zero.
                let most = read("memory.memsw.max_usage_in_bytes").or_else(|_| read("memory.max_usage_in_bytes"))?;
                let most: u64 = most.trim().parse().unwrap_or(0);
                let met = u64::from(most.saturating_add(Self::SLACK) >= self.limit);
                Ok(Counters { met, ended: field(&read("memory.oom_control")?, "oom_kill") })
            }
            Version::Two => {
                let events = read("memory.events")?;
                Ok(Counters { met: field(&events, "oom"), ended: field(&events, "oom_kill") })
            }
        }
    }

    /// How many bytes of files in memory are charged to it.
    fn shared(&self) -> u64 {
        field(&fs::read_to_string(self.directory.join("memory.stat")).unwrap_or_default(), "shmem")
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The number that stands after a name, in a file with a name and a number in each line; zero where there is none.
fn field(text: &str, name: &str) -> u64 {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

/// Writes to a file of a cgroup; none is ever made.
fn write(cgroup: &Path, file: &str, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).open(cgroup.join(file))?.write_all(text.as_bytes())
}

fn unless_missing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Removes a cgroup and what an attempt has made in it. One that has processes stays, as it should.
fn remove(cgroup: &Path) {
    let Ok(entries) = fs::read_dir(cgroup) else { return };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove(&entry.path());
        }
    }
    fs::remove_dir(cgroup).ok();
}

/// Removes the cgroups of slot processes that live no more.
fn remove_leftovers(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(NAME)?.parse().ok());
        // Where the number is another process's by now it stays for a later time; where it is our own it is an older one.
        let is_dead = |pid| pid == getpid() || test_kill_process(pid) == Err(rustix::io::Errno::SRCH);
        if number.and_then(Pid::from_raw).is_some_and(is_dead) {
            remove(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the kernel's 6.18 and 6.1.
    const FIRST: &[(&str, &str)] = &[
        ("cgroup.procs", ""),
        ("memory.limit_in_bytes", "9223372036854771712"),
        ("memory.max_usage_in_bytes", "209715200"),
        ("memory.memsw.limit_in_bytes", "9223372036854771712"),
        ("memory.memsw.max_usage_in_bytes", "209715200"),
        ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1"),
        ("memory.stat", "cache 4096\nrss 0\nshmem 0\ntotal_shmem 0"),
    ];
    const SECOND: &[(&str, &str)] = &[
        ("cgroup.procs", ""),
        ("memory.events", "low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 1"),
        ("memory.max", "max"),
        ("memory.oom.group", "0"),
        ("memory.stat", "anon 0\nfile 4096\nshmem 0"),
        ("memory.swap.max", "max"),
    ];

    /// A pen whose cgroups are directories with files.
    fn pen(version: Version, home: &Path) -> Pen {
        let place = Place { version, own: home.join("own"), parent: home.join("parent") };
        let mut pen = Pen::in_place(place);
        pen.made = true;
        fill(&home.join("own"), &[("cgroup.procs", "")]);
        fill(&pen.directory, if version == Version::One { FIRST } else { SECOND });
        pen
    }

    fn fill(directory: &Path, files: &[(&str, impl AsRef<[u8]>)]) {
        fs::create_dir_all(directory).unwrap();
        for (name, text) in files {
            fs::write(directory.join(name), text).unwrap();
        }
    }

    fn said(pen: &Pen, file: &str) -> String {
        let text = fs::read_to_string(pen.directory.join(file)).unwrap();
        // What is written over a longer text leaves the end of that in a plain file.
        text.chars().take_while(|letter| !letter.is_whitespace()).collect()
    }

    #[test]
    fn of_the_first_version_memory_and_swap_are_limited_together() {
        let home = tempfile::tempdir().unwrap();
        let mut pen = pen(Version::One, home.path());
        pen.enter().unwrap();
        assert_eq!(said(&pen, "cgroup.procs"), "0");
        pen.close(1_234_567_890_123_456_789).unwrap();
        assert_eq!(fs::read_to_string(home.path().join("own/cgroup.procs")).unwrap(), "0");
        for file in ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"] {
            assert_eq!(said(&pen, file), "1234567890123456789");
        }
        pen.open();
        for file in ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"] {
            assert_eq!(said(&pen, file), "-134567890123456789");
        }
        for file in ["memory.max_usage_in_bytes", "memory.memsw.max_usage_in_bytes"] {
            assert_eq!(said(&pen, file), "009715200");
        }
        fs::remove_file(pen.directory.join("memory.memsw.limit_in_bytes")).unwrap();
        fs::remove_file(pen.directory.join("memory.memsw.max_usage_in_bytes")).unwrap();
        pen.enter().unwrap();
        pen.close(1).unwrap();
        assert!(!pen.directory.join("memory.memsw.limit_in_bytes").exists(), "nothing is made");
    }

    #[test]
    fn of_the_second_version_there_is_no_swap() {
        let home = tempfile::tempdir().unwrap();
        let mut pen = pen(Version::Two, home.path());
        pen.prepare().unwrap();
        assert_eq!((said(&pen, "memory.oom.group").as_str(), pen.seen), ("1", Counters { met: 2, ended: 1 }));
        pen.enter().unwrap();
        pen.close(209_715_200).unwrap();
        assert_eq!((said(&pen, "memory.max"), said(&pen, "memory.swap.max")), ("209715200".into(), "0ax".into()));
        pen.open();
        assert_eq!(said(&pen, "memory.max"), "max715200");
    }

    #[test]
    fn only_who_met_its_own_limit_ran_over() {
        let home = tempfile::tempdir().unwrap();
        let first = |most: u64, ended: u64| {
            let control = format!("oom_kill_disable 0\nunder_oom 0\noom_kill {ended}\n");
            [("memory.memsw.max_usage_in_bytes", format!("{most}\n")), ("memory.oom_control", control)]
        };
        let mut pen = pen(Version::One, home.path());
        pen.prepare().unwrap();
        assert_eq!(pen.seen, Counters { met: 0, ended: 1 });
        pen.close(209_715_200).unwrap();
        // Only one of the two; both, where the kernel wanted four pages at once.
        for (most, ended, expected) in
            [(209_715_200, 1, false), (209_000_000, 2, false), (209_715_200, 2, true), (209_702_912, 2, true)]
        {
            fill(&pen.directory, &first(most, ended));
            assert_eq!(pen.ran_over(), expected, "{most} {ended}");
        }
        pen.open();
        assert!(!pen.ran_over(), "what was is forgotten");

        let home = tempfile::tempdir().unwrap();
        let mut pen = self::pen(Version::Two, home.path());
        pen.prepare().unwrap();
        assert_eq!(pen.seen, Counters { met: 2, ended: 1 });
        for (met, ended, expected) in [(5, 1, false), (2, 2, false), (5, 2, true)] {
            let events = format!("low 0\nhigh 0\nmax 9\noom {met}\noom_kill {ended}\noom_group_kill 0\n");
            fill(&pen.directory, &[("memory.events", events)]);
            assert_eq!(pen.ran_over(), expected, "{met} {ended}");
        }
        pen.open();
        assert!(!pen.ran_over(), "what was is forgotten");
    }

    #[test]
    fn what_dead_slot_processes_left_is_removed_with_what_is_in_it() {
        let home = tempfile::tempdir().unwrap();
        // No process has the largest number there is.
        for name in ["jobmon-2147483647/inner/most", "jobmon-1", "jobmon-x", "other"] {
            fs::create_dir_all(home.path().join(name)).unwrap();
        }
        remove_leftovers(home.path());
        let mut left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["jobmon-1", "jobmon-x", "other"]);
    }
}
