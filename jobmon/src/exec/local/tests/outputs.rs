//! What a success must leave, and must have written.

use super::rig::Rig;
use crate::model::{Expected, Failure, Launch, Verdict};
use std::fs;

fn leaving(rig: &Rig, launch: Launch, files: &[&str]) -> Launch {
    let expected = |file: &&str| Expected { path: rig.path(file), may_be_empty: false };
    Launch { outputs: files.iter().map(expected).collect(), ..launch }
}

/// Runs a script that is to leave these files; why it failed, without the directory.
async fn verdict(rig: &mut Rig, script: &str, files: &[&str]) -> String {
    let launch = rig.shell(script);
    let launch = leaving(rig, launch, files);
    told(rig, launch).await
}

async fn told(rig: &mut Rig, launch: Launch) -> String {
    let home = format!("{}/", rig.home.path().display());
    match rig.run(launch).await.verdict {
        Verdict::Done => "done".to_owned(),
        Verdict::Failed(failure) => failure.to_string().replace(&home, ""),
        Verdict::Cancelled => "cancelled".to_owned(),
    }
}

#[tokio::test]
async fn what_is_not_there_or_empty_is_missing() {
    let mut rig = Rig::new(1).await;
    let mut told = Vec::new();
    for script in [
        "true",
        ": > a; mkdir -p d",
        "echo a > a; mkdir -p d; ln -s nowhere d/link",
        "mkfifo c; ln -sf c b; echo > a",
        "rm b; echo > b; exit 3",
    ] {
        told.push(format!("{script}: {}", verdict(&mut rig, script, &["a", "d", "b"]).await));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    true: left no output: "a" is not there; "d" is not there; "b" is not there
    : > a; mkdir -p d: left no output: "a" is empty; "d" is a directory with nothing in it; "b" is not there
    echo a > a; mkdir -p d; ln -s nowhere d/link: left no output: "b" is not there
    mkfifo c; ln -sf c b; echo > a: left no output: "b" is neither a file nor a directory
    rm b; echo > b; exit 3: exited with code 3
    "#);
    assert_eq!(verdict(&mut rig, "echo whole > a; rm -f b; echo b > b; echo > d/file", &["a", "d", "b"]).await, "done");
    rig.close().await;
}

#[tokio::test]
async fn what_may_be_empty_must_be_there() {
    let mut rig = Rig::new(1).await;
    for (script, expected) in [
        (": > a; mkdir d", "done"),
        ("rm a", "left no output: \"a\" is not there"),
        (": > a", "done"),
        ("true", "left no output: \"a\" was not written: it is the file that was there before, unchanged"),
    ] {
        let launch = rig.shell(script);
        let mut launch = leaving(&rig, launch, &["a", "d"]);
        launch.outputs.iter_mut().for_each(|output| output.may_be_empty = true);
        assert_eq!(told(&mut rig, launch).await, expected, "{script}");
    }
    rig.close().await;
}

#[tokio::test]
async fn the_file_that_was_there_before_is_no_output() {
    let mut rig = Rig::new(1).await;
    fs::write(rig.path("a"), "old\n").unwrap();
    let stale = "left no output: \"a\" was not written: it is the file that was there before, unchanged";
    for (script, expected) in [
        ("true", stale),
        ("cat a > /dev/null; chmod 600 a; mv a b; mv b a", stale),
        ("echo new > a", "done"),
        ("true", stale),
        // The same again, in place and by another file.
        ("echo new > a", "done"),
        ("cp a b; mv b a", "done"),
        ("rm a; echo new > a", "done"),
        ("echo more >> a", "done"),
        ("touch a", "done"),
    ] {
        assert_eq!(verdict(&mut rig, script, &["a"]).await, expected, "{script}");
    }
    rig.close().await;
}

/// An attempt that writes what the one before wrote, right after it, by a file system that counts time in ticks.
#[tokio::test]
async fn what_is_written_again_at_once_is_written() {
    let mut rig = Rig::new(1).await;
    for attempt in 0..20 {
        assert_eq!(verdict(&mut rig, "echo same > a", &["a"]).await, "done", "attempt {attempt}");
    }
    rig.close().await;
}

#[tokio::test]
async fn a_directory_counts_by_what_is_in_it() {
    let mut rig = Rig::new(1).await;
    for (script, expected) in [
        ("mkdir d", "left no output: \"d\" is a directory with nothing in it"),
        ("echo > d/a", "done"),
        ("echo > d/a", "done"),
        ("true", "done"),
    ] {
        assert_eq!(verdict(&mut rig, script, &["d"]).await, expected, "{script}");
    }
    rig.close().await;
}

/// A stream's file may be an output: it is put in its place only if it, and all others, are as they must be.
#[tokio::test]
async fn a_streams_file_is_not_put_in_its_place_where_an_output_is_missing() {
    let mut rig = Rig::new(1).await;
    fs::write(rig.path("out"), "old").unwrap();
    for (script, expected, is_there) in [
        ("echo half", "left no output: \"a\" is not there", "old"),
        ("echo > a", "left no output: \"out\" is empty", "old"),
        ("echo > a; echo whole", "done", "whole\n"),
        ("echo > a; echo whole", "done", "whole\n"),
    ] {
        let launch = rig.shell(script);
        let launch = Launch { stdout: Some(rig.path("out")), ..leaving(&rig, launch, &["a", "out"]) };
        assert_eq!(told(&mut rig, launch).await, expected, "{script}");
        assert_eq!(fs::read_to_string(rig.path("out")).unwrap(), is_there);
    }
    let left = fs::read_dir(rig.home.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let temporary: Vec<String> = left.filter(|name| name.contains(".jobmon-")).collect();
    assert!(temporary.is_empty(), "{temporary:?}");
    rig.close().await;
}

/// What the main process leaves running may still write: the outputs are looked at when nothing is left.
#[tokio::test]
async fn outputs_are_looked_at_when_nothing_of_the_attempt_is_left() {
    let mut rig = Rig::new(1).await;
    let script =
        "(trap 'echo late > a; exit' TERM; : > ready; while :; do sleep 0.01; done) & until test -e ready; do :; done";
    let launch = rig.shell(script);
    let launch = leaving(&rig, launch, &["a"]);
    let ending = rig.run(launch).await;
    assert_eq!(ending.verdict, Verdict::Done);
    assert!(!ending.strays.is_empty());
    assert_eq!(fs::read_to_string(rig.path("a")).unwrap(), "late\n");
    rig.close().await;
}

#[tokio::test]
async fn a_path_below_a_file_is_not_there_and_one_that_cannot_be_looked_at_says_why() {
    let mut rig = Rig::new(1).await;
    fs::write(rig.path("file"), "").unwrap();
    std::os::unix::fs::symlink("loop", rig.path("loop")).unwrap();
    let launch = rig.shell("true");
    let launch = leaving(&rig, launch, &["file/a", "loop"]);
    let Verdict::Failed(Failure::OutputMissing(reason)) = rig.run(launch).await.verdict else { panic!("it failed") };
    assert!(reason.contains("file/a\" is not there; "), "{reason}");
    assert!(reason.contains("loop\" cannot be looked at: "), "{reason}");
    rig.close().await;
}
