//! Standard output in a file of its own: whole or not at all.

use super::rig::Rig;
use crate::model::{Cancel, Failure, Launch, StartFailure, Stream, Verdict};
use std::fs;

fn names(rig: &Rig, directory: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(rig.path(directory))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn into(rig: &Rig, launch: Launch, file: &str) -> Launch {
    Launch { stdout: Some(rig.path(file)), ..launch }
}

#[tokio::test]
async fn success_puts_the_file_in_its_place() {
    let mut rig = Rig::new(1).await;
    let launch = rig.shell("echo $0 is whole; ls -a deep/er >&2");
    let attempt = launch.attempt;
    let launch = into(&rig, launch, "deep/er/out");
    assert_eq!(rig.run(launch).await.verdict, Verdict::Done);
    assert_eq!(fs::read_to_string(rig.path("deep/er/out")).unwrap(), "/bin/sh is whole\n");
    assert_eq!(names(&rig, "deep/er"), ["out"]);
    assert_eq!(rig.log(attempt, Stream::Err), format!(".\n..\nout.jobmon-{attempt}\n"));
    assert!(!rig.run.attempt_file(attempt, Stream::Out).exists());

    let launch = rig.shell("echo new");
    let launch = into(&rig, launch, "deep/er/out");
    assert_eq!(rig.run(launch).await.verdict, Verdict::Done);
    assert_eq!(fs::read_to_string(rig.path("deep/er/out")).unwrap(), "new\n");
    rig.close().await;
}

#[tokio::test]
async fn failure_and_cancellation_leave_what_was_there() {
    let mut rig = Rig::new(1).await;
    fs::create_dir(rig.path("d")).unwrap();
    fs::write(rig.path("d/out"), "old").unwrap();
    let launch = rig.shell("echo half; exit 1");
    let launch = into(&rig, launch, "d/out");
    assert_eq!(rig.run(launch).await.verdict, Verdict::Failed(Failure::Exit(1)));

    let launch = rig.shell("echo half; sleep 1000");
    let launch = into(&rig, launch, "d/out");
    let attempt = rig.start(launch);
    rig.started(attempt).await;
    rig.cancel(&[attempt], Cancel::Gracefully);
    assert_eq!(rig.end(attempt).await.verdict, Verdict::Cancelled);

    let launch = rig.order(&["./nowhere"]);
    let launch = into(&rig, launch, "d/out");
    assert!(matches!(rig.run(launch).await.verdict, Verdict::Failed(Failure::StartFailed(_))));
    assert_eq!(names(&rig, "d"), ["out"]);
    assert_eq!(fs::read_to_string(rig.path("d/out")).unwrap(), "old");
    rig.close().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_put_in_its_place_is_a_failure() {
    let mut rig = Rig::new(1).await;
    fs::create_dir_all(rig.path("d/out/taken")).unwrap();
    let launch = rig.shell("echo whole");
    let launch = into(&rig, launch, "d/out");
    let verdict = rig.run(launch).await.verdict;
    assert!(
        matches!(&verdict, Verdict::Failed(Failure::StartFailed(StartFailure::Permanent(reason))) if reason.contains("no file")),
        "{verdict:?}"
    );
    assert_eq!(names(&rig, "d"), ["out"]);

    let launch = rig.shell("rm e/out.jobmon-*");
    let launch = into(&rig, launch, "e/out");
    let verdict = rig.run(launch).await.verdict;
    assert!(matches!(&verdict, Verdict::Failed(Failure::OutputMissing(_))), "{verdict:?}");
    assert_eq!(names(&rig, "e"), [""; 0]);

    let launch = rig.shell("echo never");
    let launch = into(&rig, launch, "lease/out");
    let verdict = rig.run(launch).await.verdict;
    assert!(
        matches!(&verdict, Verdict::Failed(Failure::StartFailed(StartFailure::Permanent(reason)))
            if reason.starts_with("cannot make the file for its standard output")),
        "{verdict:?}"
    );
    rig.close().await;
}

#[tokio::test]
async fn standard_error_has_a_file_of_its_own_too() {
    let mut rig = Rig::new(1).await;
    let launch = rig.shell("echo out; echo err >&2");
    let attempt = launch.attempt;
    let launch = Launch { stderr: Some(rig.path("d/err")), ..into(&rig, launch, "e/out") };
    assert_eq!(rig.run(launch).await.verdict, Verdict::Done);
    assert_eq!(fs::read_to_string(rig.path("e/out")).unwrap(), "out\n");
    assert_eq!(fs::read_to_string(rig.path("d/err")).unwrap(), "err\n");
    assert!(!rig.run.attempt_file(attempt, Stream::Err).exists());

    // The log has what has no file of its own.
    let launch = rig.shell("echo out; echo again >&2");
    let attempt = launch.attempt;
    let launch = Launch { stderr: Some(rig.path("d/err")), ..launch };
    assert_eq!(rig.run(launch).await.verdict, Verdict::Done);
    assert_eq!(fs::read_to_string(rig.path("d/err")).unwrap(), "again\n");
    assert_eq!(rig.log(attempt, Stream::Out), "out\n");

    let launch = rig.shell("echo half >&2; exit 3");
    let launch = Launch { stderr: Some(rig.path("d/err")), ..launch };
    assert_eq!(rig.run(launch).await.verdict, Verdict::Failed(Failure::Exit(3)));
    assert_eq!(fs::read_to_string(rig.path("d/err")).unwrap(), "again\n");
    assert_eq!(names(&rig, "d"), ["err"]);
    rig.close().await;
}

#[tokio::test]
async fn both_streams_go_into_one_file_as_they_come() {
    let mut rig = Rig::new(1).await;
    fs::create_dir(rig.path("d")).unwrap();
    for (out, err) in [("d/all", "d/all"), ("d/all", "d/../d/./all")] {
        let launch = rig.shell("echo 1; echo 2 >&2; echo 3; echo 4 >&2");
        let launch = Launch { stderr: Some(rig.path(err)), ..into(&rig, launch, out) };
        assert_eq!(rig.run(launch).await.verdict, Verdict::Done);
        assert_eq!(fs::read_to_string(rig.path("d/all")).unwrap(), "1\n2\n3\n4\n");
        assert_eq!(names(&rig, "d"), ["all"]);
        fs::remove_file(rig.path("d/all")).unwrap();
    }
    rig.close().await;
}

#[tokio::test]
async fn one_file_that_cannot_be_placed_keeps_the_other_from_its_place() {
    let mut rig = Rig::new(1).await;
    let launch = rig.shell("mkdir -p d/out/taken; echo out; echo err >&2");
    let launch = Launch { stderr: Some(rig.path("d/err")), ..into(&rig, launch, "d/out") };
    let verdict = rig.run(launch).await.verdict;
    assert!(matches!(&verdict, Verdict::Failed(Failure::OutputMissing(_))), "{verdict:?}");
    assert_eq!(names(&rig, "d"), ["out"]);

    let launch = rig.shell("echo never");
    let launch = Launch { stderr: Some(rig.path("lease/err")), ..into(&rig, launch, "d/other") };
    let verdict = rig.run(launch).await.verdict;
    assert!(
        matches!(&verdict, Verdict::Failed(Failure::StartFailed(StartFailure::Permanent(reason)))
            if reason.starts_with("cannot make the file for its standard error")),
        "{verdict:?}"
    );
    assert_eq!(names(&rig, "d"), ["out"]);
    rig.close().await;
}
