//! Power is lost: what was synced is there, of what was not some, and nothing that anybody relied on is missing.

use jobmon::prelude::*;
use jobmon::testing::Simulation;
use jobmon_tests::vfs::{self, Deed, Watch};
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// The facts that a state file holds, a line each.
type Facts = BTreeSet<String>;

/// Something that was done to a file of the state directory, by its name; or that the driver was told that this is durable.
#[derive(Debug)]
enum Event {
    Create(String),
    Write(String, usize, Vec<u8>),
    Truncate(String, usize),
    Sync(String, bool),
    Delete(String, bool),
    Told(Facts),
}

impl Event {
    fn facts(&self) -> Option<&Facts> {
        if let Self::Told(facts) = self { Some(facts) } else { None }
    }
}

#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<Event>>);

impl Watch for Recorder {
    fn happens(&self, path: &Path, deed: Deed<'_>) -> Result<(), i32> {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let size = |bytes: u64| usize::try_from(bytes).unwrap();
        self.0.lock().unwrap().push(match deed {
            Deed::Create => Event::Create(name),
            Deed::Write(at, bytes) => Event::Write(name, size(at), bytes.to_vec()),
            Deed::Truncate(length) => Event::Truncate(name, size(length)),
            Deed::Sync(directory) => Event::Sync(name, directory),
            Deed::Delete(directory) => Event::Delete(name, directory),
        });
        Ok(())
    }
}

/// What a state file says, past the file system that watches.
fn facts(database: &Path) -> Facts {
    let Ok(database) = Connection::open_with_flags_and_vfs(database, OpenFlags::SQLITE_OPEN_READ_WRITE, c"unix") else {
        return Facts::new();
    };
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let rows = "SELECT 'done ' || hex(hash) FROM task WHERE status = 'DONE'
        UNION ALL SELECT 'attempt ' || id || ' ' || attempt || ' ' || task_id FROM task_instance
        UNION ALL SELECT 'end ' || id || ' ' || status || ' ' || ended_at FROM task_instance WHERE ended_at IS NOT NULL";
    // Where nothing was told yet there may be no table.
    let Ok(mut rows) = database.prepare(rows) else { return Facts::new() };
    rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % bound as u64).unwrap()
    }
}

/// A file: what is on the disk for certain, and what happened to it since.
#[derive(Clone, Debug, Default)]
struct OnDisk {
    synced: Vec<u8>,
    since: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

/// What a disk writes as a whole.
const SECTOR: usize = 512;

impl OnDisk {
    fn sync(&mut self) {
        for change in std::mem::take(&mut self.since) {
            match change {
                Change::Write(at, bytes) => put(&mut self.synced, at, &bytes),
                Change::Truncate(length) => self.synced.truncate(length),
            }
        }
    }

    /// What may be there when power has been lost: of each change nothing, all, or some sectors. `luck` of 8 come through.
    fn after_the_loss(&self, luck: usize, chance: &mut Chance) -> Vec<u8> {
        let mut content = self.synced.clone();
        for change in &self.since {
            match change {
                Change::Write(at, bytes) if chance.below(4) == 0 => {
                    let sectors = sectors(*at, bytes).filter(|_| chance.below(8) < luck);
                    sectors.for_each(|(at, bytes)| put(&mut content, at, bytes));
                }
                Change::Write(at, bytes) if chance.below(8) < luck => put(&mut content, *at, bytes),
                Change::Truncate(length) if chance.below(8) < luck => content.truncate(*length),
                Change::Write(..) | Change::Truncate(_) => {}
            }
        }
        content
    }
}

/// What of these bytes goes into each sector, and where.
fn sectors(at: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let first = (SECTOR - at % SECTOR).min(bytes.len());
    let (head, rest) = bytes.split_at(first);
    std::iter::once((at, head)).chain((at + first..).step_by(SECTOR).zip(rest.chunks(SECTOR)))
}

fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if content.len() < at + bytes.len() {
        content.resize(at + bytes.len(), 0);
    }
    content[at..at + bytes.len()].copy_from_slice(bytes);
}

/// A directory on a disk. Files have numbers; names lead to them.
#[derive(Clone, Debug, Default)]
struct Disk {
    files: Vec<OnDisk>,
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    /// What each name led to since the directory was synced, in order.
    renamed: Vec<(String, Option<usize>)>,
    /// Whether it says that it has synced what it has not.
    lies: bool,
}

impl Disk {
    fn happens(&mut self, event: &Event) {
        match event {
            Event::Create(name) => {
                self.files.push(OnDisk::default());
                self.name(name, Some(self.files.len() - 1));
            }
            Event::Delete(name, directory) => {
                self.name(name, None);
                if *directory {
                    self.sync_directory();
                }
            }
            Event::Write(name, at, bytes) => self.file(name).since.push(Change::Write(*at, bytes.clone())),
            Event::Truncate(name, length) => self.file(name).since.push(Change::Truncate(*length)),
            Event::Sync(_, _) if self.lies => {}
            Event::Sync(name, directory) => {
                self.file(name).sync();
                if *directory {
                    self.sync_directory();
                }
            }
            Event::Told(_) => {}
        }
    }

    fn file(&mut self, name: &str) -> &mut OnDisk {
        let file = self.names[name];
        &mut self.files[file]
    }

    fn name(&mut self, name: &str, leads_to: Option<usize>) {
        match leads_to {
            Some(file) => self.names.insert(name.to_owned(), file),
            None => self.names.remove(name),
        };
        self.renamed.push((name.to_owned(), leads_to));
    }

    fn sync_directory(&mut self) {
        self.synced_names.clone_from(&self.names);
        self.renamed.clear();
    }

    /// Writes what may be there when power has been lost.
    fn lose_power(&self, to: &Path, chance: &mut Chance) {
        let mut names = self.synced_names.clone();
        let luck = [0, 8, 4, 1 + chance.below(7)][chance.below(4)];
        // Of what happened to the directory the first part is there.
        let kept = chance.below(self.renamed.len() + 1);
        for (name, leads_to) in &self.renamed[..kept] {
            match leads_to {
                Some(file) => names.insert(name.clone(), *file),
                None => names.remove(name),
            };
        }
        for (name, file) in names {
            std::fs::write(to.join(name), self.files[file].after_the_loss(luck, chance)).unwrap();
        }
    }
}

/// A run, as what it did to its files.
struct Recording {
    workflow: Workflow,
    events: Vec<Event>,
}

fn memory() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// A workflow of so many tasks with arguments of that length, of which some fail at first.
fn workflow(tasks: u32, length: usize) -> Workflow {
    let mut wf = Tool::new("test").workflow("power");
    let text = "x".repeat(length);
    let task = |id| Command::new("work").template("first").node_arg("id", id).node_arg("text", &text);
    let first = wf.add_all((0..tasks / 3).map(task));
    let second = wf
        .add_all((0..tasks / 3).map(|id| Command::new("work").template("second").node_arg("id", id).upstream(&first)));
    wf.add_all((0..tasks / 3).map(|id| Command::new("work").template("third").node_arg("id", id).upstream(&second)));
    wf
}

/// As runs go here: some attempts fail, and the driver crashes now and then.
fn simulation(seed: u64, state: &Path) -> Simulation {
    Simulation::new(seed).state(state).fail("second", 1)
}

/// Records a run that crashes after so many commits.
fn record(seed: u64, tasks: u32, length: usize, crashes: &[u64]) -> Recording {
    let workflow = workflow(tasks, length);
    let state = memory();
    let recorder = Arc::new(Recorder::default());
    vfs::watch(state.path(), Arc::<Recorder>::clone(&recorder));
    let (told, database) = (Arc::clone(&recorder), state.path().join("jobmon.db"));
    let mut simulation =
        simulation(seed, state.path()).told(move || told.0.lock().unwrap().push(Event::Told(facts(&database))));
    for crash in crashes {
        simulation = simulation.crash_at_commit(*crash);
    }
    let trace = simulation.run(&workflow).unwrap();
    assert!(trace.finished());
    let events = std::mem::take(&mut *recorder.0.lock().unwrap());
    Recording { workflow, events }
}

/// What was told last before the event with this number, and what next after it.
fn told(events: &[Event], at: usize) -> (Facts, Option<&Facts>) {
    let before = events[..at].iter().rev().find_map(Event::facts).cloned().unwrap_or_default();
    (before, events[at..].iter().find_map(Event::facts))
}

fn done(facts: &Facts) -> BTreeSet<&str> {
    facts.iter().map(String::as_str).filter(|fact| fact.starts_with("done ")).collect()
}

/// How many of the facts that were told are gone when power is lost before the event with this number. Whatever is there is sound,
/// nothing is done that was not, and the run goes on to its end.
fn lost(recording: &Recording, disk: &Disk, at: usize, chance: &mut Chance) -> usize {
    let state = memory();
    disk.lose_power(state.path(), chance);
    let copy = memory();
    for file in std::fs::read_dir(state.path()).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let found = facts(&copy.path().join("jobmon.db"));
    let (before, after) = told(&recording.events, at);
    let gone = before.difference(&found).count();
    if let Some(after) = after {
        assert!(done(&found).is_subset(&done(after)), "what was not done is");
    }
    let trace =
        simulation(at as u64, state.path()).options(RunOptions::default().resume(true)).run(&recording.workflow);
    assert!(trace.unwrap().finished());
    gone
}

/// How often, between two moments when something was told, the file itself was written to, beside its log.
fn moves(events: &[Event]) -> usize {
    let first = events.iter().position(|event| event.facts().is_some()).unwrap();
    let last = events.iter().rposition(|event| event.facts().is_some()).unwrap();
    events[first..last].iter().filter(|event| matches!(event, Event::Write(name, ..) if name == "jobmon.db")).count()
}

/// Loses power at so many moments; how many facts were told before all of them, and how many of these were lost.
fn lose_power(recording: &Recording, times: usize, seed: u64, lies: bool) -> (usize, usize) {
    let mut chance = Chance(seed);
    let mut moments: Vec<usize> = (0..times).map(|_| chance.below(recording.events.len() + 1)).collect();
    moments.sort_unstable();
    let (mut disk, mut at) = (Disk { lies, ..Disk::default() }, 0);
    let (mut facts, mut gone) = (0, 0);
    for moment in moments {
        recording.events[at..moment].iter().for_each(|event| disk.happens(event));
        at = moment;
        facts += told(&recording.events, at).0.len();
        gone += lost(recording, &disk, at, &mut chance);
    }
    (facts, gone)
}

#[test]
fn a_loss_of_power_loses_nothing_that_was_told_to_be_durable() {
    let runs = [
        (1, 12, 1, &[][..]),
        (2, 12, 1, &[9, 15]),
        (3, 30, 1, &[4, 12, 20, 30]),
        // Long enough that what is in the log is moved into the file while it runs.
        (4, 300, 2000, &[60]),
    ];
    let told = std::thread::scope(|scope| {
        let threads = runs.map(|(seed, tasks, length, crashes)| {
            scope.spawn(move || {
                let recording = record(seed, tasks, length, crashes);
                let moves = moves(&recording.events);
                let (facts, gone) = lose_power(&recording, 250, seed, false);
                assert_eq!(gone, 0);
                (recording.events.len(), moves, facts)
            })
        });
        threads.map(|thread| thread.join().unwrap())
    });
    assert!(told.iter().any(|(_, moves, _)| *moves > 100), "the log was moved into the file while a run lasted");
    for (events, moves, facts) in told {
        assert!(facts > 1000);
        println!(
            "power lost at 250 of {events} moments ({moves} writes to the file itself while it ran): {facts} facts were told, none is lost"
        );
    }
}

/// The test would see it: a disk that says that it has synced what it has not loses what was told.
#[test]
fn on_a_disk_that_lies_what_was_told_is_lost() {
    let recording = record(5, 12, 1, &[]);
    let first = recording.events.iter().position(|event| matches!(event, Event::Told(_))).unwrap();
    let mut disk = Disk::default();
    recording.events[..first].iter().for_each(|event| disk.happens(event));
    disk.lies = true;
    let mut chance = Chance(5);
    let mut gone = 0;
    for (at, event) in recording.events.iter().enumerate().skip(first) {
        disk.happens(event);
        if matches!(event, Event::Told(_)) {
            gone += lost(&recording, &disk, at + 1, &mut chance);
        }
    }
    assert!(gone > 0);
}
