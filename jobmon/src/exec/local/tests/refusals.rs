//! What cannot be started is said in words, at once.

use super::rig::Rig;
use crate::model::{Failure, Launch, StartFailure, Usage, Verdict};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

async fn refused(rig: &mut Rig, launch: Launch) -> StartFailure {
    let ending = rig.run(launch).await;
    assert_eq!((ending.usage, ending.strays), (Usage::default(), Vec::new()));
    match ending.verdict {
        Verdict::Failed(Failure::StartFailed(failure)) => failure,
        other => panic!("it was started: {other:?}"),
    }
}

async fn permanently(rig: &mut Rig, launch: Launch) -> String {
    let home = rig.home.path().display().to_string();
    match refused(rig, launch).await {
        StartFailure::Permanent(reason) => reason.replace(&home, "~"),
        StartFailure::Transient(reason) => panic!("a second try is said to be worth it: {reason}"),
    }
}

fn script(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_program_that_is_missing_or_no_program_is_named() {
    let mut rig = Rig::new(1).await;
    script(&rig.path("plain"), "echo hello", 0o644);
    script(&rig.path("text"), "no program", 0o755);
    script(&rig.path("lost"), "#!/no/such/interpreter -x\n", 0o755);
    script(&rig.path("odd"), "#! ./plain\n", 0o755);
    for (program, reason) in [
        ("no-such-program", "program `no-such-program` not found in PATH (~:/nowhere)"),
        ("plain", "cannot start ~/plain: it is not executable; try `chmod +x`"),
        ("./no-such-program", "cannot start ~/./no-such-program: there is no such file"),
        ("./plain", "cannot start ~/./plain: it is not executable; try `chmod +x`"),
        ("./run", "cannot start ~/./run: it is a directory"),
        ("./plain/x", "cannot start ~/./plain/x: Not a directory (os error 20)"),
        ("./lost", "cannot start ~/./lost: its interpreter /no/such/interpreter does not exist"),
        (
            "./text",
            "cannot start ~/./text: it is no program that this machine can run; a script needs a first line like `#!/bin/sh`",
        ),
        ("", "the command is empty: there is no program to start"),
    ] {
        let mut launch = rig.order(&[program]);
        let path = format!("{}:/nowhere", rig.home.path().display());
        launch.env.push(("PATH".to_owned(), path));
        assert_eq!(permanently(&mut rig, launch).await, reason);
    }
    let launch = rig.order(&[]);
    assert_eq!(permanently(&mut rig, launch).await, "the command is empty: there is no program to start");
    rig.close().await;
}

#[tokio::test]
async fn a_directory_that_is_missing_or_none_is_named() {
    let mut rig = Rig::new(1).await;
    for program in ["/bin/true", "true", "./true"] {
        for (directory, reason) in [
            ("gone", "the directory to start in does not exist: ~/gone"),
            ("lease", "the directory to start in is no directory: ~/lease"),
        ] {
            let mut launch = rig.order(&[program]);
            launch.directory = rig.path(directory);
            assert_eq!(permanently(&mut rig, launch).await, reason);
        }
    }
    rig.close().await;
}

#[tokio::test]
async fn too_long_an_argument_list_is_told_with_its_size() {
    let mut rig = Rig::new(1).await;
    let long = "x".repeat(128 << 10);
    let launch = rig.order(&["/bin/true", &long]);
    let reason = permanently(&mut rig, launch).await;
    let one = "cannot start /bin/true: the argument list is too long: one argument or variable has 131073 bytes, the limit is 131072 (128 KiB); hand such text over in a file";
    assert_eq!(reason, one);

    let mut launch = rig.order(&["/bin/true"]);
    launch.env.push(("LONG".to_owned(), long[5..].to_owned()));
    assert_eq!(permanently(&mut rig, launch).await, one);

    let many: Vec<&str> = std::iter::once("/bin/true").chain(std::iter::repeat_n(&long[1..], 64)).collect();
    let launch = rig.order(&many);
    let reason = permanently(&mut rig, launch).await;
    assert!(reason.contains("arguments and environment have 8"), "{reason}");
    assert!(reason.contains("the limit is about 2 MiB"), "{reason}");

    let huge: Vec<&str> = std::iter::once("/bin/true").chain(std::iter::repeat_n(&long[..], 200)).collect();
    let launch = rig.order(&huge);
    assert!(permanently(&mut rig, launch).await.contains("the argument list is too long"));
    let launch = rig.order(&["/bin/true", &long[1..]]);
    assert_eq!(rig.run(launch).await.verdict, Verdict::Done, "one byte less is not too long");
    rig.close().await;
}

#[tokio::test]
async fn what_no_process_can_be_given_is_refused() {
    let mut rig = Rig::new(1).await;
    let launch = rig.order(&["/bin/true", "a\0b"]);
    assert_eq!(permanently(&mut rig, launch).await, r#"argument 1 ("a\0b") holds a zero byte, which no argument can"#);
    for (name, value, reason) in [
        ("", "x", r#"the environment variable "" needs a name that is not empty and has no `=`"#),
        ("A=B", "x", r#"the environment variable "A=B" needs a name that is not empty and has no `=`"#),
        ("A", "\0", r#"the environment variable "A" holds a zero byte, which none can"#),
    ] {
        let mut launch = rig.order(&["/bin/true"]);
        launch.env.push((name.to_owned(), value.to_owned()));
        assert_eq!(permanently(&mut rig, launch).await, reason);
    }
    rig.close().await;
}

#[tokio::test]
async fn a_program_that_is_being_written_is_worth_a_second_try() {
    let mut rig = Rig::new(1).await;
    let program = rig.path("busy");
    fs::copy("/bin/true", &program).unwrap();
    let writer = OpenOptions::new().append(true).open(&program).unwrap();
    let launch = rig.order(&["./busy"]);
    let failure = refused(&mut rig, launch).await;
    assert!(
        matches!(&failure, StartFailure::Transient(reason) if reason.ends_with("it is being written")),
        "{failure:?}"
    );
    drop(writer);
    let launch = rig.order(&["./busy"]);
    assert_eq!(rig.run(launch).await.verdict, Verdict::Done);
    rig.close().await;
}

#[tokio::test]
async fn logs_that_cannot_be_opened_are_the_machines_fault() {
    let mut rig = Rig::new(1).await;
    fs::remove_dir_all(rig.run.slots()).unwrap();
    let launch = rig.order(&["/bin/true"]);
    let failure = refused(&mut rig, launch).await;
    assert!(
        matches!(&failure, StartFailure::Transient(reason) if reason.contains("cannot open the log")),
        "{failure:?}"
    );
    rig.close().await;
}
