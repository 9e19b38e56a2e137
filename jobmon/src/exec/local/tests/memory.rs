//! The memory that an attempt was granted is kept to, by a cgroup where there is one to be had and by watching.

use super::hog::{GROWN, hog, hog_in_shell};
use super::rig::Rig;
use super::strays::{Hideout, is_gone};
use crate::exec::local::keeper::Place;
use crate::exec::local::process::look;
use crate::id::AttemptId;
use crate::model::{Failure, Launch, Report, Resources, Verdict};
use crate::units::Memory;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A grace period that nobody here outlives: who is to be ended is ended at once.
const NEVER: Duration = Duration::from_secs(100_000);

const LIMIT: Option<Memory> = Some(Memory::from_bytes(200 << 20));

/// The order with 200 MiB to hold.
fn with_memory(launch: Launch) -> Launch {
    Launch { granted: Resources { memory: LIMIT, ..Resources::default() }, ..launch }
}

fn out_of_memory() -> Verdict {
    Verdict::Failed(Failure::OutOfMemory(LIMIT))
}

/// Waits until an attempt that has stopped itself was looked at, and lets it go on.
async fn looked_at(rig: &mut Rig, wanted: AttemptId) {
    loop {
        match rig.report().await {
            Report::Suspended { attempt, process, .. } if attempt == wanted => {
                let pid = Pid::from_raw(i32::try_from(process.pid).unwrap()).unwrap();
                return kill_process(pid, Signal::CONT).unwrap();
            }
            Report::Ended { attempt, ending } if attempt == wanted => panic!("it was not left alone: {ending:?}"),
            _ => {}
        }
    }
}

/// Whether there are cgroups to be had; who looks at what the tests say sees what was not shown.
fn has_cgroups() -> bool {
    let place = Place::find();
    println!("{}", if place.is_some() { "in a cgroup" } else { "no memory cgroup can be made here" });
    place.is_some()
}

/// A test of each way for what holds in both.
macro_rules! both_ways {
    ($($test:ident)*) => {
        mod watched {
            $(#[tokio::test]
            async fn $test() {
                super::$test(false).await;
            })*
        }
        mod in_a_cgroup {
            $(#[tokio::test]
            async fn $test() {
                if super::has_cgroups() {
                    super::$test(true).await;
                }
            })*
        }
    };
}

both_ways! {
    whoever_holds_less_than_it_may_is_left_alone
    whoever_holds_more_than_it_may_is_ended_without_grace
    a_gibibyte_a_second_is_stopped_before_it_is_one
    next_to_nothing_is_a_limit_too
    what_several_share_counts_once
    what_several_hold_counts_together
    whoever_asks_for_no_memory_may_hold_any
    a_crash_is_a_crash_whatever_was_granted
    the_end_of_one_of_several_is_the_end_of_all
    who_follows_is_not_limited_by_what_went_before
}

async fn whoever_holds_less_than_it_may_is_left_alone(cgroups: bool) {
    let mut rig = Rig::with(1, NEVER, cgroups).await;
    let launch = with_memory(hog(&mut rig, "take 150; stop"));
    let attempt = rig.start(launch);
    looked_at(&mut rig, attempt).await;
    let ending = rig.end(attempt).await;
    assert_eq!(ending.verdict, Verdict::Done);
    assert!(ending.usage.peak_memory > 150 << 20, "{ending:?}");
    rig.close().await;
}

async fn whoever_holds_more_than_it_may_is_ended_without_grace(cgroups: bool) {
    let mut rig = Rig::with(1, NEVER, cgroups).await;
    let launch = with_memory(hog(&mut rig, "take 250; rest"));
    let ending = rig.run(launch).await;
    assert_eq!((&ending.verdict, &ending.strays[..]), (&out_of_memory(), &[][..]));
    assert!(ending.usage.peak_memory > 200 << 20, "{ending:?}");
    rig.close().await;
}

/// Where the kernel refuses a limit that is passed already, it is watched.
async fn next_to_nothing_is_a_limit_too(cgroups: bool) {
    let mut rig = Rig::with(1, NEVER, cgroups).await;
    let memory = Some(Memory::from_bytes(64 << 10));
    let launch = Launch { granted: Resources { memory, ..Resources::default() }, ..hog(&mut rig, "rest") };
    assert_eq!(rig.run(launch).await.verdict, Verdict::Failed(Failure::OutOfMemory(memory)));
    rig.close().await;
}

async fn a_gibibyte_a_second_is_stopped_before_it_is_one(cgroups: bool) {
    let mut rig = Rig::with(1, NEVER, cgroups).await;
    let launch = with_memory(hog(&mut rig, "grow 4000; rest"));
    assert_eq!(rig.run(launch).await.verdict, out_of_memory());
    let grown: u64 = fs::read_to_string(rig.path(GROWN)).unwrap().trim().parse().unwrap();
    assert!((150..1024).contains(&grown), "{grown} MiB");
    rig.close().await;
}

async fn what_several_share_counts_once(cgroups: bool) {
    let mut rig = Rig::with(1, NEVER, cgroups).await;
    let launch = with_memory(hog(&mut rig, "take 150; fork 3; stop"));
    let attempt = rig.start(launch);
    looked_at(&mut rig, attempt).await;
    let ending = rig.end(attempt).await;
    assert_eq!((&ending.verdict, &ending.strays[..]), (&Verdict::Done, &[][..]));
    rig.close().await;
}

async fn what_several_hold_counts_together(cgroups: bool) {
    let mut rig = Rig::with(1, NEVER, cgroups).await;
    let hideout = Hideout::new(rig.home.path());
    let mut listener = hideout.listen();
    let one = hog_in_shell("take 80; rest");
    let script = hideout.script("hidden", &format!("{one} & {one} & {one} & wait"));
    let launch = with_memory(rig.shell(&script));
    let attempt = rig.start(launch);
    let hidden = listener.pids(1).await;
    let ending = rig.end(attempt).await;
    assert_eq!((&ending.verdict, &ending.strays[..]), (&out_of_memory(), &[][..]));
    assert!(is_gone(hidden[0]), "the end was told before it was over");
    listener.silence().await;
    rig.close().await;
}

async fn whoever_asks_for_no_memory_may_hold_any(cgroups: bool) {
    let mut rig = Rig::with(1, NEVER, cgroups).await;
    let launch = hog(&mut rig, "take 250; stop");
    let attempt = rig.start(launch);
    looked_at(&mut rig, attempt).await;
    assert_eq!(rig.end(attempt).await.verdict, Verdict::Done);
    rig.close().await;
}

async fn a_crash_is_a_crash_whatever_was_granted(cgroups: bool) {
    let mut rig = Rig::with(1, NEVER, cgroups).await;
    for (script, verdict) in [
        ("exit 137", Verdict::Failed(Failure::Exit(137))),
        ("kill -SEGV $$", Verdict::Failed(Failure::Signal(11))),
        ("kill -KILL $$", Verdict::Failed(Failure::Signal(9))),
    ] {
        let launch = with_memory(rig.shell(script));
        assert_eq!(rig.run(launch).await.verdict, verdict, "{script}");
    }
    let launch = with_memory(hog(&mut rig, "take 150; rest"));
    let attempt = rig.start(launch);
    let main = rig.started(attempt).await;
    kill_process(Pid::from_raw(i32::try_from(main).unwrap()).unwrap(), Signal::KILL).unwrap();
    assert_eq!(rig.end(attempt).await.verdict, Verdict::Failed(Failure::Signal(9)));
    rig.close().await;
}

async fn the_end_of_one_of_several_is_the_end_of_all(cgroups: bool) {
    let mut rig = Rig::with(1, NEVER, cgroups).await;
    for then in ["exit 0", "sleep 100000"] {
        let launch = with_memory(rig.shell(&format!("{}; {then}", hog_in_shell("take 250; rest"))));
        assert_eq!(rig.run(launch).await.verdict, out_of_memory(), "{then}");
    }
    rig.close().await;
}

async fn who_follows_is_not_limited_by_what_went_before(cgroups: bool) {
    let mut rig = Rig::with(1, NEVER, cgroups).await;
    let launch = with_memory(hog(&mut rig, "take 250; rest"));
    assert_eq!(rig.run(launch).await.verdict, out_of_memory());
    let launch = with_memory(hog(&mut rig, "take 150"));
    assert_eq!(rig.run(launch).await.verdict, Verdict::Done);
    let memory = Some(Memory::from_bytes(300 << 20));
    let launch = Launch { granted: Resources { memory, ..Resources::default() }, ..hog(&mut rig, "take 250") };
    assert_eq!(rig.run(launch).await.verdict, Verdict::Done);
    let launch = hog(&mut rig, "take 400");
    assert_eq!(rig.run(launch).await.verdict, Verdict::Done);
    rig.close().await;
}

/// What `/proc/self/cgroup` says in a child of a task.
async fn cgroups_of(rig: &mut Rig, memory: Option<Memory>) -> String {
    let launch = rig.shell("cat /proc/self/cgroup; exit 0");
    let launch = Launch { granted: Resources { memory, ..Resources::default() }, ..launch };
    String::from_utf8(rig.output(launch).await).unwrap()
}

/// The cgroups of ours that there are, by the slot process that they belong to.
fn pens(place: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("jobmon-")).collect()
}

fn pen_of(place: &Path, slot: Pid) -> PathBuf {
    place.join(format!("jobmon-{}", slot.as_raw_nonzero()))
}

#[tokio::test]
async fn a_task_that_asks_for_memory_is_born_in_a_cgroup_and_no_other_is() {
    if !has_cgroups() {
        return;
    }
    let mut rig = Rig::new(1).await;
    let own = fs::read_to_string("/proc/self/cgroup").unwrap();
    assert_eq!(cgroups_of(&mut rig, None).await, own);
    assert!(cgroups_of(&mut rig, LIMIT).await.contains("/jobmon-"));
    assert_eq!(cgroups_of(&mut rig, None).await, own);
    rig.close().await;

    let mut rig = Rig::with(1, NEVER, false).await;
    assert_eq!(cgroups_of(&mut rig, LIMIT).await, own);
    rig.close().await;
}

#[tokio::test]
async fn cgroups_are_removed_at_the_end_and_those_of_killed_slot_processes_at_the_next_start() {
    let Some(place) = Place::find().filter(|_| has_cgroups()) else { return };
    let parent = place.parent();
    let mut rig = Rig::new(1).await;
    let launch = with_memory(rig.order(&["/bin/sleep", "100000"]));
    let attempt = rig.start(launch);
    let main = Pid::from_raw(i32::try_from(rig.started(attempt).await).unwrap()).unwrap();
    let killed = look(main).unwrap().parent.unwrap();
    let left = pen_of(parent, killed);
    // One that is inside may have made cgroups of its own.
    fs::create_dir(left.join("inner")).unwrap();
    kill_process(killed, Signal::KILL).unwrap();
    assert_eq!(rig.end(attempt).await.verdict, Verdict::Failed(Failure::Vanished));
    // Whoever starts first removes it: here, or beside this test.
    let launch = with_memory(rig.shell("sleep 100000"));
    let attempt = rig.start(launch);
    let main = Pid::from_raw(i32::try_from(rig.started(attempt).await).unwrap()).unwrap();
    let slot = look(main).unwrap().parent.unwrap();
    assert!(!left.exists());
    assert!(pens(parent).contains(&pen_of(parent, slot)));
    kill_process(main, Signal::KILL).unwrap();
    rig.end(attempt).await;
    rig.close().await;
    assert!(!pens(parent).contains(&pen_of(parent, slot)));
}

#[tokio::test]
async fn files_in_memory_that_one_leaves_do_not_count_for_the_next() {
    // There may be no such file system, or no room in it.
    let Ok(shared) = tempfile::tempdir_in("/dev/shm") else { return };
    if !has_cgroups() {
        return;
    }
    let mut rig = Rig::new(1).await;
    let file = shared.path().join("left");
    let script = format!("head -c 60M /dev/zero > {}", file.display());
    let launch = with_memory(rig.shell(&script));
    assert_eq!(rig.run(launch).await.verdict, Verdict::Done);
    let launch = with_memory(hog(&mut rig, "take 170"));
    assert_eq!(rig.run(launch).await.verdict, Verdict::Done);
    rig.close().await;
}
