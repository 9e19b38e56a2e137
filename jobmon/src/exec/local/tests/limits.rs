//! What an attempt was granted is kept to: time and memory.

use super::hog::{GROWN, hog, hog_in_shell};
use super::rig::Rig;
use super::strays::{Hideout, is_gone};
use crate::id::AttemptId;
use crate::model::{Cancel, Failure, Launch, Report, Resources, Stream, Verdict};
use crate::units::{Memory, WallTime};
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

/// Enough for a shell to get ready, also beside many others.
const SHORT: Option<WallTime> = Some(WallTime::from_seconds(2));

/// The order with a short time to run.
fn for_a_while(launch: Launch) -> Launch {
    Launch { granted: Resources { runtime: SHORT, ..Resources::default() }, ..launch }
}

fn out_of_time() -> Verdict {
    Verdict::Failed(Failure::Timeout(SHORT))
}

#[tokio::test]
async fn whoever_runs_too_long_is_ended_with_all_that_it_started() {
    let mut rig = Rig::with_grace(1, Duration::from_millis(200)).await;
    let hideout = Hideout::new(rig.home.path());
    let mut listener = hideout.listen();
    // Deaf to TERM, as is what it has hidden.
    let script = hideout.script("hidden", "trap '' TERM; sleep 1000 & wait; sleep 1000");
    let launch = for_a_while(rig.shell(&script));
    let attempt = rig.start(launch);
    let hidden = listener.pids(1).await;
    let ending = rig.end(attempt).await;
    assert_eq!((&ending.verdict, &ending.strays[..]), (&out_of_time(), &[][..]));
    assert!(ending.usage.wall >= Duration::from_millis(2200), "KILL comes after the grace period: {ending:?}");
    assert!(is_gone(hidden[0]), "the end was told before it was over");
    listener.silence().await;
    rig.close().await;
}

#[tokio::test]
async fn whoever_hears_that_its_time_is_over_has_run_out_of_it_whatever_its_exit() {
    // With this grace period KILL would come too late for the test.
    let mut rig = Rig::with_grace(2, Duration::from_secs(100_000)).await;
    for code in [0, 3] {
        let script = format!("trap 'echo asked; exit {code}' TERM; while :; do sleep 0.01; done");
        let launch = for_a_while(rig.shell(&script));
        let attempt = launch.attempt;
        assert_eq!(rig.run(launch).await.verdict, out_of_time(), "{code}");
        assert_eq!(rig.log(attempt, Stream::Out), "asked\n");
    }
    rig.close().await;
}

#[tokio::test]
async fn stopped_processes_run_out_of_time_as_well() {
    let mut rig = Rig::with_grace(1, Duration::from_secs(100_000)).await;
    let launch = for_a_while(rig.shell("kill -STOP $$; echo went on"));
    assert_eq!(rig.run(launch).await.verdict, out_of_time());
    rig.close().await;
}

#[tokio::test]
async fn whoever_ends_in_time_is_told_by_its_exit() {
    let mut rig = Rig::new(1).await;
    let granted = Resources { runtime: Some(WallTime::from_seconds(1000)), ..Resources::default() };
    for (script, verdict) in
        [("exit 0", Verdict::Done), ("exit 7", Verdict::Failed(Failure::Exit(7))), ("kill -TERM $$", signal(15))]
    {
        let launch = Launch { granted, ..rig.shell(script) };
        assert_eq!(rig.run(launch).await.verdict, verdict, "{script}");
    }
    rig.close().await;
}

#[tokio::test]
async fn a_cancel_while_it_is_asked_to_end_hurries_it_but_is_not_why_it_ended() {
    let mut rig = Rig::with_grace(1, Duration::from_secs(100_000)).await;
    let launch = for_a_while(rig.shell("mkfifo asked; trap 'echo > asked' TERM; while :; do sleep 0.01; done"));
    let attempt = rig.start(launch);
    let asked = rig.path("asked");
    super::endings::wait_for_line(asked).await;
    rig.cancel(&[attempt], Cancel::Now);
    assert_eq!(rig.end(attempt).await.verdict, out_of_time());
    rig.close().await;
}

fn signal(number: i32) -> Verdict {
    Verdict::Failed(Failure::Signal(number))
}

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

#[tokio::test]
async fn whoever_holds_less_than_it_may_is_left_alone() {
    let mut rig = Rig::new(1).await;
    let launch = with_memory(hog(&mut rig, "take 150; stop"));
    let attempt = rig.start(launch);
    looked_at(&mut rig, attempt).await;
    let ending = rig.end(attempt).await;
    assert_eq!(ending.verdict, Verdict::Done);
    assert!(ending.usage.peak_memory > 150 << 20, "{ending:?}");
    rig.close().await;
}

#[tokio::test]
async fn whoever_holds_more_than_it_may_is_ended_without_grace() {
    let mut rig = Rig::with_grace(1, Duration::from_secs(100_000)).await;
    let launch = with_memory(hog(&mut rig, "take 250; rest"));
    let ending = rig.run(launch).await;
    assert_eq!((&ending.verdict, &ending.strays[..]), (&out_of_memory(), &[][..]));
    assert!(ending.usage.peak_memory > 200 << 20, "{ending:?}");
    rig.close().await;
}

#[tokio::test]
async fn a_gibibyte_a_second_is_stopped_before_it_is_one() {
    let mut rig = Rig::new(1).await;
    let launch = with_memory(hog(&mut rig, "grow 4000; rest"));
    assert_eq!(rig.run(launch).await.verdict, out_of_memory());
    let grown: u64 = std::fs::read_to_string(rig.path(GROWN)).unwrap().trim().parse().unwrap();
    assert!((150..1024).contains(&grown), "{grown} MiB");
    rig.close().await;
}

#[tokio::test]
async fn what_several_share_counts_once() {
    let mut rig = Rig::new(1).await;
    let launch = with_memory(hog(&mut rig, "take 150; fork 3; stop"));
    let attempt = rig.start(launch);
    looked_at(&mut rig, attempt).await;
    let ending = rig.end(attempt).await;
    assert_eq!((&ending.verdict, &ending.strays[..]), (&Verdict::Done, &[][..]));
    rig.close().await;
}

#[tokio::test]
async fn what_several_hold_counts_together() {
    let mut rig = Rig::with_grace(1, Duration::from_secs(100_000)).await;
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

#[tokio::test]
async fn whoever_asks_for_no_memory_may_hold_any() {
    let mut rig = Rig::new(1).await;
    let launch = hog(&mut rig, "take 250; stop");
    let attempt = rig.start(launch);
    looked_at(&mut rig, attempt).await;
    assert_eq!(rig.end(attempt).await.verdict, Verdict::Done);
    rig.close().await;
}

#[tokio::test]
async fn a_crash_is_a_crash_whatever_was_granted() {
    let mut rig = Rig::new(1).await;
    for (script, verdict) in
        [("exit 137", Verdict::Failed(Failure::Exit(137))), ("kill -SEGV $$", signal(11)), ("kill -KILL $$", signal(9))]
    {
        let launch = with_memory(rig.shell(script));
        assert_eq!(rig.run(launch).await.verdict, verdict, "{script}");
    }
    let launch = with_memory(hog(&mut rig, "take 150; rest"));
    let attempt = rig.start(launch);
    let main = rig.started(attempt).await;
    kill_process(Pid::from_raw(i32::try_from(main).unwrap()).unwrap(), Signal::KILL).unwrap();
    assert_eq!(rig.end(attempt).await.verdict, signal(9));
    rig.close().await;
}
