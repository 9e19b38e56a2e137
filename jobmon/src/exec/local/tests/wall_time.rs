//! The time that an attempt was granted is kept to.

use super::rig::Rig;
use super::strays::{Hideout, is_gone};
use crate::model::{Cancel, Failure, Launch, Resources, Stream, Verdict};
use crate::units::WallTime;
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
