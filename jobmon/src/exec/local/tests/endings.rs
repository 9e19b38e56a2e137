//! How attempts end, what they used, and what becomes of their output.

use super::rig::Rig;
use crate::exec::contract;
use crate::exec::local::LocalExecutor;
use crate::id::SlotId;
use crate::model::{Cancel, Failure, Stream, Verdict};
use std::fs::{self, File};
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;

#[tokio::test]
async fn it_keeps_the_contract_of_executors() {
    for cgroups in [true, false] {
        let home = tempfile::TempDir::new().unwrap();
        let (options, _) = super::rig::options(home.path(), 4, Duration::from_secs(10), "contract");
        let (sender, mut reports) = unbounded_channel();
        let mut executor = LocalExecutor::start_with(options, cgroups, sender).await.unwrap();
        contract::keep(&mut executor, &mut reports, home.path()).await;
        assert_eq!(reports.recv().await, None, "nothing is reported after the end");
    }
}

#[tokio::test]
async fn exit_codes_and_signals_are_told() {
    let mut rig = Rig::new(2).await;
    for (script, verdict) in [
        ("exit 0", Verdict::Done),
        ("exit 7", Verdict::Failed(Failure::Exit(7))),
        ("exit 255", Verdict::Failed(Failure::Exit(255))),
        ("kill -SEGV $$", Verdict::Failed(Failure::Signal(11))),
        ("kill -TERM $$", Verdict::Failed(Failure::Signal(15))),
        ("kill -KILL $$", Verdict::Failed(Failure::Signal(9))),
    ] {
        let launch = rig.shell(script);
        let ending = rig.run(launch).await;
        assert_eq!(ending.verdict, verdict, "{script}");
        assert_eq!(ending.strays, [], "{script}");
    }
    rig.close().await;
}

#[tokio::test]
async fn usage_is_of_all_processes_of_the_attempt_and_of_nobody_else() {
    // What the driver holds must not count: a child that is vforked begins with its parent's peak.
    let ballast = vec![1_u8; 300 << 20];
    let mut rig = Rig::new(1).await;
    let launch = rig.order(&["/bin/true"]);
    let idle = rig.run(launch).await.usage;
    assert!(idle.peak_memory > 100 << 10 && idle.peak_memory < 100 << 20, "{idle:?}");

    // `tail` keeps a line until it is whole; the counting is done by another process than the main one.
    let launch = rig.shell(
        "i=0; (while [ $i -lt 200000 ]; do i=$((i+1)); done) & wait; head -c 200000000 /dev/zero | tail -n 1 | wc -c",
    );
    let busy = rig.run(launch).await.usage;
    assert!(busy.peak_memory > 150 << 20, "{busy:?}");
    assert!(busy.user > Duration::ZERO && busy.wall > Duration::ZERO, "{busy:?}");
    assert!(ballast.iter().all(|byte| *byte == 1));
    rig.close().await;
}

#[tokio::test]
async fn output_goes_to_files_of_the_attempt_and_silence_leaves_none() {
    let mut rig = Rig::new(1).await;
    let slot = SlotId(0);
    let mut loud = rig.shell(r"printf 'a\000b\377\n'; echo problem >&2; exit 3");
    let mut silent = rig.order(&["/bin/true"]);
    let mut half = rig.shell("echo half");
    (loud.slot, silent.slot, half.slot) = (slot, slot, slot);
    let (loud_id, silent_id, half_id) = (loud.attempt, silent.attempt, half.attempt);
    for launch in [loud, silent, half] {
        rig.run(launch).await;
    }
    assert_eq!(fs::read(rig.run.attempt_file(loud_id, Stream::Out)).unwrap(), b"a\0b\xff\n");
    assert_eq!(rig.log(loud_id, Stream::Err), "problem\n");
    assert!(!rig.run.attempt_file(silent_id, Stream::Out).exists());
    assert!(!rig.run.attempt_file(silent_id, Stream::Err).exists());
    assert_eq!(rig.log(half_id, Stream::Out), "half\n");
    assert!(!rig.run.attempt_file(half_id, Stream::Err).exists());
    assert_eq!(fs::metadata(rig.run.slot_file(slot, Stream::Err)).unwrap().len(), 0, "kept for the next one");
    rig.close().await;
}

#[tokio::test]
async fn cancelling_asks_first_and_kills_after_the_grace_period() {
    let mut rig = Rig::with_grace(2, Duration::from_millis(200)).await;
    let polite = rig.shell("trap 'echo asked; exit 0' TERM; mkfifo ready; echo > ready; while :; do sleep 0.01; done");
    let deaf = rig.shell("trap '' TERM; sleep 1000 & wait");
    let (polite, deaf) = (rig.start(polite), rig.start(deaf));
    let ready = rig.path("ready");
    wait_for_line(ready).await;
    rig.cancel(&[polite, deaf], Cancel::Gracefully);
    // It was ended by us, whatever it made of it.
    assert_eq!(rig.end(polite).await.verdict, Verdict::Cancelled);
    assert_eq!(rig.log(polite, Stream::Out), "asked\n");
    let ending = rig.end(deaf).await;
    assert_eq!(ending.verdict, Verdict::Cancelled);
    assert_eq!(ending.strays, [], "what was ended with its main process did not outlive it");
    rig.close().await;
}

#[tokio::test]
async fn cancelling_at_once_asks_nobody() {
    let mut rig = Rig::with_grace(1, Duration::from_secs(100_000)).await;
    let launch = rig.shell("trap 'echo asked; exit 0' TERM; mkfifo ready; echo > ready; while :; do sleep 0.01; done");
    let attempt = rig.start(launch);
    let ready = rig.path("ready");
    wait_for_line(ready).await;
    rig.cancel(&[attempt], Cancel::Now);
    assert_eq!(rig.end(attempt).await.verdict, Verdict::Cancelled);
    assert_eq!(rig.log(attempt, Stream::Out), "");
    rig.close().await;
}

#[tokio::test]
async fn a_stopped_process_hears_that_it_is_to_end() {
    let mut rig = Rig::with_grace(1, Duration::from_secs(100_000)).await;
    let launch = rig.shell("kill -STOP $$; echo went on");
    let attempt = rig.start(launch);
    rig.started(attempt).await;
    rig.cancel(&[attempt], Cancel::Gracefully);
    assert_eq!(rig.end(attempt).await.verdict, Verdict::Cancelled);
    rig.close().await;
}

#[tokio::test]
async fn the_lease_is_held_until_the_executor_has_closed_and_children_of_others_are_left_alone() {
    let mut rig = Rig::new(2).await;
    #[expect(clippy::disallowed_methods, reason = "a child of the user's own")]
    let mut child = std::process::Command::new("/bin/sh").args(["-c", "exit 5"]).spawn().unwrap();
    let launch = rig.order(&["/bin/true"]);
    rig.run(launch).await;
    let lease = File::open(rig.path("lease")).unwrap();
    assert!(lease.try_lock().is_err());
    rig.close().await;
    let Rig { home, executor, .. } = rig;
    drop(executor);
    // The connection's own copy goes with its task, which ends after its last report.
    tokio::task::spawn_blocking(move || lease.lock().unwrap()).await.unwrap();
    assert!(home.path().exists());
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

/// Waits until somebody writes a line into a pipe that is made soon.
pub(super) async fn wait_for_line(pipe: std::path::PathBuf) {
    while !pipe.exists() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let line = tokio::task::spawn_blocking(move || fs::read(pipe).unwrap()).await.unwrap();
    assert_eq!(line, b"\n");
}
