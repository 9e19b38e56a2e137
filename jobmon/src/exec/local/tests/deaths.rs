//! What happens when driver, keeper or a slot process is killed.

use super::rig::{PATIENCE, Rig, options, order};
use super::strays::{Hideout, is_gone};
use crate::exec::Executor;
use crate::exec::local::process::look;
use crate::exec::local::{LocalExecutor, Remnants, end_remnants, read_ends};
use crate::id::AttemptId;
use crate::model::{After, Failure, Launch, Report, RunDirectory, Stream, Verdict};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;

/// The variable that makes this test program a driver that is to be killed, and names its directory.
const DRIVER: &str = "JOBMON_TEST_DRIVER";

fn pid(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).unwrap()).unwrap()
}

#[tokio::test]
#[ignore = "it is the driver that another test starts and kills"]
async fn driver() {
    #[expect(clippy::disallowed_methods, reason = "how the test that starts it says where to work")]
    let home = PathBuf::from(std::env::var(DRIVER).expect("the directory to work in"));
    let (options, _) = options(&home, 2, Duration::from_millis(100), "driver");
    let (sender, mut reports) = unbounded_channel();
    let mut executor = LocalExecutor::start(options, sender).await.unwrap();
    let script = |name: &str| ["/bin/sh".to_owned(), "-c".to_owned(), fs::read_to_string(home.join(name)).unwrap()];
    let launch = |number, argv: &[String]| {
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        order(number, &argv, "driver", &home)
    };
    let failing = launch(1, &["/bin/sh", "-c", "echo said; exit 3"].map(str::to_owned));
    let recorded = launch(2, &["/bin/true".to_owned()]);
    executor.launch(vec![failing, recorded]);
    for _ in 0..2 {
        while !matches!(reports.recv().await.expect("a report"), Report::Ended { .. }) {}
    }
    executor.recorded(&[AttemptId(2)]);
    let later =
        |number: i64| launch(number, &["/bin/sh", "-c", "echo $0 >> later", &number.to_string()].map(str::to_owned));
    let following = Launch { after: Some(After::AnyEnd(AttemptId(3))), ..later(6) };
    executor.launch(vec![launch(3, &script("one")), launch(4, &script("two")), later(5), following]);
    let mut started = 0;
    while started < 2 {
        if let Report::Started { attempt: AttemptId(3 | 4), .. } = reports.recv().await.expect("a report") {
            started += 1;
        }
    }
    // A child of the user's own holds the socket open when it was forked by hand; here the driver only waits.
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_driver_leaves_nothing_but_the_ends_that_it_did_not_record() {
    let home = tempfile::TempDir::new().unwrap();
    let hideout = Hideout::new(home.path());
    let mut listener = hideout.listen();
    for name in ["one", "two"] {
        let script = format!("echo mine; {}", hideout.script(&format!("hidden-{name}"), "sleep 1000"));
        fs::write(home.path().join(name), script).unwrap();
    }
    #[expect(clippy::disallowed_methods, reason = "a driver that may be killed")]
    let mut driver = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "exec::local::tests::deaths::driver"])
        .env(DRIVER, home.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let hidden = listener.pids(2).await;
    driver.kill().unwrap();
    driver.wait().unwrap();
    listener.silence().await;

    // The lease is free when keeper and slot processes are gone, and those go when all they started is.
    let lease = File::open(home.path().join("lease")).unwrap();
    tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(move || lease.lock().unwrap())).await.unwrap().unwrap();
    assert!(hidden.into_iter().all(is_gone));
    let run = RunDirectory::new(home.path().join("run"));
    let ends = read_ends(&run.ends_file()).unwrap();
    let verdicts: Vec<(i64, &Verdict)> = ends.iter().map(|(attempt, ending)| (attempt.0, &ending.verdict)).collect();
    let (failed, cancelled) = (Verdict::Failed(Failure::Exit(3)), Verdict::Cancelled);
    let never = [(5, &cancelled), (6, &cancelled)];
    assert_eq!(verdicts, [&[(1, &failed), (3, &cancelled), (4, &cancelled)][..], &never].concat());
    assert!(!home.path().join("later").exists(), "what waited for a slot, or for the end of another, did not start");
    assert_eq!(fs::read_to_string(run.attempt_file(AttemptId(1), Stream::Out)).unwrap(), "said\n");
    assert_eq!(fs::read_to_string(run.attempt_file(AttemptId(3), Stream::Out)).unwrap(), "mine\n");
    assert_eq!(end_remnants("driver"), Remnants::default(), "nothing was left to end");
}

#[tokio::test]
async fn a_dropped_executor_ends_its_attempts() {
    let rig = Rig::with_grace(1, Duration::from_millis(100)).await;
    let hideout = Hideout::new(rig.home.path());
    let mut listener = hideout.listen();
    let mut rig = rig;
    let launch = rig.shell(&hideout.script("hidden", "sleep 1000"));
    let attempt = rig.start(launch);
    let hidden = listener.pids(1).await;
    let Rig { home, run, executor, .. } = rig;
    drop(executor);
    listener.silence().await;
    let lease = File::open(home.path().join("lease")).unwrap();
    tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(move || lease.lock().unwrap())).await.unwrap().unwrap();
    assert!(is_gone(hidden[0]));
    let ends = read_ends(&run.ends_file()).unwrap();
    assert_eq!(
        ends.iter().map(|(attempt, ending)| (*attempt, &ending.verdict)).collect::<Vec<_>>(),
        [(attempt, &Verdict::Cancelled)]
    );
}

#[tokio::test]
async fn a_killed_keeper_is_replaced_and_its_attempts_have_vanished() {
    let mut rig = Rig::with_grace(2, Duration::from_millis(100)).await;
    let hideout = Hideout::new(rig.home.path());
    let mut listener = hideout.listen();
    let mut launch = rig.shell(&hideout.script("hidden", "echo mine; sleep 1000"));
    launch.stdout = Some(rig.path("out"));
    let other = rig.shell("echo other; sleep 1000");
    let (attempt, other) = (rig.start(launch), rig.start(other));
    let hidden = listener.pids(1).await;
    rig.started(other).await;
    kill_process(pid(rig.executor.keeper()), Signal::KILL).unwrap();
    for attempt in [attempt, other] {
        assert_eq!(rig.end(attempt).await.verdict, Verdict::Failed(Failure::Vanished));
    }
    assert!(is_gone(hidden[0]));
    listener.silence().await;
    assert!(!rig.path("out").exists() && !rig.path(&format!("out.jobmon-{attempt}")).exists());
    let launch = rig.shell("echo again");
    assert_eq!(rig.output(launch).await, b"again\n");
    rig.close().await;
}

#[tokio::test]
async fn what_a_killed_slot_process_had_is_ended_and_the_others_go_on() {
    let mut rig = Rig::with_grace(2, Duration::from_secs(100_000)).await;
    let hideout = Hideout::new(rig.home.path());
    let mut listener = hideout.listen();
    rustix::fs::mknodat(rustix::fs::CWD, rig.path("go"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
        .unwrap();
    let mut launch = rig.shell(&hideout.script("hidden", "echo mine >&2; sleep 1000"));
    launch.stdout = Some(rig.path("out"));
    let other = rig.shell("read line < go; echo $line");
    let (attempt, other) = (rig.start(launch), rig.start(other));
    // The slot process has this one already, and starts it by itself.
    let next = rig.shell("echo next >> next");
    let next = rig.start(Launch { after: Some(After::AnyEnd(attempt)), ..next });
    let main = rig.started(attempt).await;
    let hidden = listener.pids(1).await;
    let slot = look(pid(main)).unwrap().parent.unwrap();
    assert_eq!(look(slot).unwrap().name, "jobmon-slot");
    kill_process(slot, Signal::KILL).unwrap();
    for attempt in [attempt, next] {
        assert_eq!(rig.end(attempt).await.verdict, Verdict::Failed(Failure::Vanished));
    }
    assert!(is_gone(hidden[0]) && is_gone(pid(main)));
    assert!(!rig.path("next").exists());
    listener.silence().await;
    assert!(!rig.path("out").exists() && !rig.path(&format!("out.jobmon-{attempt}")).exists());

    let launch = rig.shell("echo again");
    assert_eq!(rig.output(launch).await, b"again\n");
    let go = rig.path("go");
    tokio::task::spawn_blocking(move || {
        OpenOptions::new().write(true).open(go).unwrap().write_all(b"on\n").unwrap();
    })
    .await
    .unwrap();
    assert_eq!(rig.end(other).await.verdict, Verdict::Done);
    assert_eq!(rig.log(other, Stream::Out), "on\n");
    rig.close().await;
}

#[tokio::test]
async fn remnants_are_found_by_their_token() {
    let home = tempfile::TempDir::new().unwrap();
    let token = home.path().display().to_string();
    let start = |token: &str| {
        #[expect(clippy::disallowed_methods, reason = "a process that no keeper knows of")]
        let child = std::process::Command::new("/bin/sh")
            .args(["-c", "trap '' TERM; env -i sleep 1000 & wait"])
            .env("JOBMON_RUN_TOKEN", token)
            .spawn();
        child.unwrap()
    };
    let (mut ours, mut foreign) = (start(&token), start(&format!("{token}x")));
    // The child without environment is below it once the shell waits.
    let below = |parent: u32| {
        let found = crate::exec::local::process::descendants(pid(parent), &std::collections::HashSet::new());
        found.into_iter().find(|seen| seen.name == "sleep").map(|seen| seen.pid)
    };
    let hidden = loop {
        if let Some(hidden) = below(ours.id()) {
            break hidden;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    let remnants = tokio::task::spawn_blocking(move || end_remnants(&token)).await.unwrap();
    assert_eq!(remnants.left, []);
    assert!(remnants.ended.iter().any(|(pid, _)| *pid == ours.id()));
    assert!(is_gone(hidden));
    assert!(!ours.wait().unwrap().success());
    assert_eq!(foreign.try_wait().unwrap(), None, "the token of another run only begins alike");
    let hidden = below(foreign.id());
    foreign.kill().unwrap();
    foreign.wait().unwrap();
    if let Some(hidden) = hidden {
        kill_process(hidden, Signal::KILL).ok();
    }
}

/// What a driver leaves that another process of the user still holds: a socket that does not end.
#[tokio::test]
async fn a_socket_that_outlives_the_driver_keeps_nothing_alive() {
    let home = tempfile::TempDir::new().unwrap();
    let hideout = Hideout::new(home.path());
    let mut listener = hideout.listen();
    for name in ["one", "two"] {
        fs::write(home.path().join(name), hideout.script(&format!("hidden-{name}"), "sleep 1000")).unwrap();
    }
    #[expect(clippy::disallowed_methods, reason = "a driver that may be killed")]
    let mut driver = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "exec::local::tests::deaths::driver"])
        .env(DRIVER, home.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    listener.pids(2).await;
    // Holding copies of its sockets is what a child does that was forked without a care.
    let held = sockets_of(driver.id());
    assert!(!held.is_empty());
    driver.kill().unwrap();
    driver.wait().unwrap();
    listener.silence().await;
    let lease = File::open(home.path().join("lease")).unwrap();
    tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(move || lease.lock().unwrap())).await.unwrap().unwrap();
    assert!(!read_ends(&RunDirectory::new(home.path().join("run")).ends_file()).unwrap().is_empty());
    drop(held);
}

/// Copies of all sockets of another process.
fn sockets_of(process: u32) -> Vec<std::os::fd::OwnedFd> {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
    let handle = pidfd_open(pid(process), PidfdFlags::empty()).unwrap();
    let entries = fs::read_dir(format!("/proc/{process}/fd")).unwrap().map(|entry| entry.unwrap().path());
    let sockets =
        entries.filter(|path| fs::read_link(path).is_ok_and(|to| to.to_string_lossy().starts_with("socket:")));
    let numbers: Vec<i32> = sockets.map(|path| path.file_name().unwrap().to_str().unwrap().parse().unwrap()).collect();
    numbers.into_iter().map(|number| pidfd_getfd(&handle, number, PidfdGetfdFlags::empty()).unwrap()).collect()
}
