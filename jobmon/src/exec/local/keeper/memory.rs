//! How much memory the processes of an attempt hold together.
//!
//! The kernel keeps the peak of each process and tells it when the process is waited for. Of several at once it keeps
//! nothing, so that they are looked at from time to time: an attempt that ends soon is never looked at, and of one with a
//! single process only that it has no other.

use super::guard::Guard;
use super::watch::Clock;
use crate::exec::local::process::{Seen, descendants};
use crate::exec::local::unix::have_same_memory;
use rustix::process::{Pid, getpid};
use rustix::time::{ClockId, clock_gettime};
use std::collections::HashSet;
use std::fs;
use std::time::Duration;

/// When the processes of an attempt are looked at, and the most that was seen.
#[derive(Debug)]
pub(super) struct Looks {
    next: Duration,
    pause: Duration,
    peak: u64,
    /// Where somebody has to see to it that they do not hold too much.
    guard: Option<Guard>,
}

/// What a look has found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The processes that live.
    pub(super) living: Vec<Seen>,
    /// Whether they hold more memory than they may. Told once.
    pub(super) too_much: bool,
}

impl Looks {
    /// What ends before that is not looked at.
    const FIRST: Duration = Duration::from_millis(50);
    /// The pause doubles from look to look up to this.
    const LONGEST: Duration = Duration::from_secs(1);
    /// So many times as long as it looked it then does not: counting the pages of a large process takes long.
    const REST: u32 = 50;

    /// For an attempt that was started now.
    pub(super) fn new(started: Duration, guard: Option<Guard>) -> Self {
        Self { next: started + Self::FIRST, pause: Self::FIRST, peak: 0, guard }
    }

    /// When the next look is due.
    pub(super) fn deadline(&self) -> Duration {
        self.guard.as_ref().map_or(self.next, |guard| self.next.min(guard.deadline()))
    }

    /// The most that several processes were seen to hold at once, in bytes.
    pub(super) const fn peak(&self) -> u64 {
        self.peak
    }

    /// Looks at what descends from this process, if it is time. `known` is the largest peak that is known of a single
    /// process.
    pub(super) fn look(&mut self, clock: Clock, known: u64) -> Found {
        let before = clock.mono();
        if before < self.deadline() {
            return Found::default();
        }
        let living = living();
        let too_much = match self.guard.take() {
            Some(guard) => self.judge(guard, clock, before, &living),
            None => false,
        };
        // Of a single process the kernel will tell more than a look can.
        if before >= self.next {
            if living.len() > 1 {
                self.peak = self.peak.max(held_at_once(&living, self.peak.max(known)));
            }
            self.looked(before, clock.mono());
        }
        Found { living, too_much }
    }

    /// Whether they hold too much. Each is given its share of what several have before that is said, and twice: while one
    /// is looked at another may end, whose pages are then counted as the first one's as well.
    fn judge(&mut self, mut guard: Guard, clock: Clock, before: Duration, living: &[Seen]) -> bool {
        let began = processor_time();
        let mut held = resident_together(living);
        if guard.is_too_much(held) {
            held = shares_together(living);
            self.peak = self.peak.max(if living.len() > 1 { held } else { 0 });
        }
        if guard.is_too_much(held) {
            held = held.min(shares_together(&self::living()));
        }
        if guard.is_too_much(held) {
            return true;
        }
        guard.looked(before, clock.mono(), processor_time().saturating_sub(began), held);
        self.guard = Some(guard);
        false
    }

    fn looked(&mut self, before: Duration, after: Duration) {
        self.pause = (self.pause * 2).min(Self::LONGEST);
        self.next = after + self.pause.max(after.saturating_sub(before) * Self::REST);
    }
}

/// What descends from this process and has not ended.
fn living() -> Vec<Seen> {
    let mut tree = descendants(getpid(), &HashSet::new());
    tree.retain(|seen| !seen.ended);
    tree
}

/// How much time this process has worked. What it waited, as for its turn on a busy machine, does not count.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

/// How much the processes hold together, in bytes; zero where that is not more than `known`.
///
/// The first look counts pages once for each process that has them. Only where that is more than is known, each page is
/// divided among those that share it, which is exact and takes the kernel a walk over all of them.
fn held_at_once(tree: &[Seen], known: u64) -> u64 {
    if resident_together(tree) <= known { 0 } else { shares_together(tree) }
}

fn resident_together(tree: &[Seen]) -> u64 {
    tree.iter().map(|seen| resident(seen.pid)).sum()
}

fn shares_together(tree: &[Seen]) -> u64 {
    let pids: HashSet<Pid> = tree.iter().map(|seen| seen.pid).collect();
    // What was vforked is its parent until it has become another program.
    let is_its_parent = |seen: &Seen| {
        let parent = seen.parent.filter(|parent| pids.contains(parent));
        parent.is_some_and(|parent| have_same_memory(seen.pid, parent))
    };
    tree.iter().filter(|seen| !is_its_parent(seen)).map(|seen| share(seen.pid)).sum()
}

/// The resident set of a process; zero when it is gone.
fn resident(pid: Pid) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{}/statm", pid.as_raw_nonzero())).unwrap_or_default();
    let pages: Option<u64> = statm.split_ascii_whitespace().nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}

/// The resident set of a process, of shared pages only its share; zero when it is gone. The whole set where the kernel does
/// not tell, as of a process that has taken on another user.
fn share(pid: Pid) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", pid.as_raw_nonzero())).ok();
    rollup.and_then(|rollup| proportional(&rollup)).unwrap_or_else(|| resident(pid))
}

fn proportional(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::local::unix::{Process, Source};
    use std::ffi::CString;
    use std::hint::black_box;
    use std::os::unix::ffi::OsStrExt as _;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn looks_become_rare_and_rarer_where_they_are_dear() {
        let mut looks = Looks::new(ms(1000), None);
        let mut at = Vec::new();
        for took in [1, 1, 1, 1, 1, 1, 100] {
            let before = looks.deadline();
            at.push(before.as_millis());
            looks.looked(before, before + ms(took));
        }
        at.push(looks.deadline().as_millis());
        assert_eq!(at, [1050, 1151, 1352, 1753, 2554, 3555, 4556, 9656]);
    }

    #[test]
    fn the_share_is_read_from_among_its_neighbours() {
        let rollup =
            "55d5-7ffd ---p 00000000 00:00 0    [rollup]\nRss:    2048 kB\nPss:     512 kB\nPss_Dirty:   4 kB\n";
        assert_eq!(proportional(rollup), Some(512 << 10));
        assert_eq!(proportional("Rss:    2048 kB\nPss_Dirty:   4 kB\n"), None);
        let me = getpid();
        assert!(share(me) > 0 && resident(me) > 0);
    }

    /// A process that is about to become another program has its parent's memory, which then counts once.
    #[test]
    fn what_was_vforked_counts_as_its_parent() {
        let home = tempfile::tempdir().unwrap();
        let fifo = CString::new(home.path().join("fifo").as_os_str().as_bytes()).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
        let held = black_box(vec![1_u8; 64 << 20]);
        let me = getpid();
        std::thread::scope(|scope| {
            // Between the two programs it opens its standard input, and waits for who writes to it.
            let spawn = || {
                let files = [(0, Source::Read(&fifo))];
                let cat = Process { program: c"/bin/cat", argv: &[c"cat"], env: &[], files: &files, directory: None };
                cat.spawn().unwrap()
            };
            let thread = std::thread::Builder::new().name("vforks".to_owned());
            let spawned = thread.spawn_scoped(scope, spawn).unwrap();
            let child = loop {
                let found = descendants(me, &HashSet::new());
                match found.into_iter().find(|seen| seen.name == "vforks" && have_same_memory(seen.pid, me)) {
                    Some(child) => break child,
                    None => std::thread::yield_now(),
                }
            };
            let parent = Seen { pid: me, parent: None, ..child.clone() };
            let alone = held_at_once(std::slice::from_ref(&parent), 0);
            let both = held_at_once(&[parent, child.clone()], 0);
            assert!(alone > 64 << 20, "{alone}");
            assert!(both < alone + (32 << 20), "{both} of {alone}");
            drop(fs::OpenOptions::new().write(true).open(home.path().join("fifo")).unwrap());
            assert_eq!(spawned.join().unwrap(), child.pid);
            assert!(!have_same_memory(child.pid, me));
            rustix::process::waitpid(Some(child.pid), rustix::process::WaitOptions::empty()).unwrap();
        });
        drop(black_box(held));
    }

    #[test]
    fn what_is_known_already_is_not_counted_again() {
        let me = getpid();
        let seen = Seen { pid: me, parent: None, name: String::new(), ended: false, stopped: false, started: 0 };
        assert_eq!(held_at_once(std::slice::from_ref(&seen), u64::MAX), 0);
        assert!(held_at_once(&[seen], 0) > 0);
    }
}
