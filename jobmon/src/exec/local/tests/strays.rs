//! Nothing that an attempt started outlives it, whatever it does to hide.

use super::rig::Rig;
use crate::exec::local::process::look;
use crate::model::{Cancel, Failure, Verdict};
use rustix::process::Pid;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A pipe that hidden processes say their ids into and hold open: it ends when the last of them has.
#[derive(Debug)]
pub(super) struct Hideout {
    pipe: PathBuf,
}

impl Hideout {
    pub(super) fn new(home: &Path) -> Self {
        let pipe = home.join("hideout");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        Self { pipe }
    }

    /// A script that starts a process in a session of its own, twice forked, deaf to TERM, with no environment, called
    /// `name`; then goes on with `then`.
    pub(super) fn script(&self, name: &str, then: &str) -> String {
        let directory = self.pipe.parent().unwrap().display();
        let pipe = self.pipe.display();
        fs::copy("/bin/sleep", self.pipe.with_file_name(name)).unwrap();
        format!(
            "mkfifo {directory}/{name}.up
             setsid env -i /bin/sh -c '
                 trap \"\" TERM HUP INT
                 (setsid /bin/sh -c \"echo \\$\\$ >&9; echo up > {directory}/{name}.up; exec {directory}/{name} 1000\" &)
             ' 9> {pipe} &
             read line < {directory}/{name}.up
             {then}"
        )
    }

    /// Listens from now on.
    pub(super) fn listen(&self) -> Listener {
        let (sender, lines) = tokio::sync::mpsc::unbounded_channel();
        let pipe = self.pipe.clone();
        let thread = std::thread::spawn(move || {
            for line in BufReader::new(File::open(pipe).unwrap()).lines() {
                sender.send(line.unwrap()).unwrap();
            }
        });
        Listener { lines, thread }
    }
}

pub(super) struct Listener {
    lines: tokio::sync::mpsc::UnboundedReceiver<String>,
    thread: std::thread::JoinHandle<()>,
}

impl Listener {
    /// The ids of the next hidden processes.
    pub(super) async fn pids(&mut self, count: usize) -> Vec<Pid> {
        let mut pids = Vec::new();
        while pids.len() < count {
            let line =
                tokio::time::timeout(super::rig::PATIENCE, self.lines.recv()).await.expect("a line").expect("more");
            pids.push(Pid::from_raw(line.parse().unwrap()).unwrap());
        }
        pids
    }

    /// Waits until all hidden processes are gone.
    pub(super) async fn silence(mut self) {
        let rest = tokio::time::timeout(super::rig::PATIENCE, self.lines.recv()).await.expect("all to be gone");
        assert_eq!(rest, None);
        self.thread.join().unwrap();
    }
}

pub(super) fn is_gone(pid: Pid) -> bool {
    look(pid).is_none_or(|seen| seen.ended)
}

#[tokio::test]
async fn hidden_processes_of_two_tasks_are_ended_and_told_with_their_own() {
    let mut rig = Rig::with_grace(2, Duration::from_millis(100)).await;
    let hideout = Hideout::new(rig.home.path());
    let mut listener = hideout.listen();
    let one = rig.shell(&hideout.script("hidden-one", "mkfifo one.go; read line < one.go"));
    let two = rig.shell(&hideout.script("hidden-two", "mkfifo two.go; read line < two.go; exit 4"));
    let (one, two) = (rig.start(one), rig.start(two));
    let hidden = listener.pids(2).await;
    // Neither task ends before both have hidden something, under its final name.
    let is_hidden = |pid: &Pid| look(*pid).is_some_and(|seen| seen.name.starts_with("hidden-"));
    let pipes = [rig.path("one.go"), rig.path("two.go")];
    while !(hidden.iter().all(is_hidden) && pipes.iter().all(|pipe| pipe.exists())) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for pipe in pipes {
        tokio::task::spawn_blocking(move || fs::write(pipe, "go\n").unwrap()).await.unwrap();
    }
    for (attempt, name, verdict) in
        [(one, "hidden-one", Verdict::Done), (two, "hidden-two", Verdict::Failed(Failure::Exit(4)))]
    {
        let ending = rig.end(attempt).await;
        assert_eq!(ending.verdict, verdict);
        // A shell that made way for it may be met as well.
        let of_note: Vec<_> = ending.strays.iter().filter(|stray| stray.name.starts_with("hidden-")).collect();
        let [stray] = of_note[..] else { panic!("{:?}", ending.strays) };
        assert_eq!(stray.name, name);
        let pid = Pid::from_raw(i32::try_from(stray.pid).unwrap()).unwrap();
        assert!(hidden.contains(&pid));
        assert!(is_gone(pid), "the end was told before it was over");
    }
    listener.silence().await;
    rig.close().await;
}

#[tokio::test]
async fn cancelling_reaches_hidden_processes() {
    for how in [Cancel::Gracefully, Cancel::Now] {
        let mut rig = Rig::with_grace(1, Duration::from_millis(100)).await;
        let hideout = Hideout::new(rig.home.path());
        let mut listener = hideout.listen();
        let launch = rig.shell(&hideout.script("hidden", "sleep 1000"));
        let attempt = rig.start(launch);
        let hidden = listener.pids(1).await;
        rig.cancel(&[attempt], how);
        assert_eq!(rig.end(attempt).await.verdict, Verdict::Cancelled);
        assert!(is_gone(hidden[0]));
        listener.silence().await;
        rig.close().await;
    }
}

#[tokio::test]
async fn what_ended_well_stays_done_though_the_clearing_away_is_cut_short() {
    // The grace period would outlast the test: only the second order can end the stray.
    let mut rig = Rig::with_grace(1, Duration::from_secs(100_000)).await;
    let hideout = Hideout::new(rig.home.path());
    let mut listener = hideout.listen();
    let launch = rig.shell(&hideout.script("hidden", "exit 0"));
    let attempt = rig.start(launch);
    let main = Pid::from_raw(i32::try_from(rig.started(attempt).await).unwrap()).unwrap();
    let hidden = listener.pids(1).await;
    while !is_gone(main) || look(main).is_some() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    rig.cancel(&[attempt], Cancel::Now);
    let ending = rig.end(attempt).await;
    assert_eq!(ending.verdict, Verdict::Done);
    let hidden_number = hidden[0].as_raw_nonzero().get().unsigned_abs();
    assert!(ending.strays.iter().any(|stray| stray.pid == hidden_number), "{:?}", ending.strays);
    assert!(is_gone(hidden[0]));
    listener.silence().await;
    rig.close().await;
}

#[tokio::test]
async fn a_tree_that_keeps_forking_is_ended() {
    let mut rig = Rig::with_grace(1, Duration::from_millis(50)).await;
    // Each generation starts the next and goes, deaf to TERM.
    let launch = rig.shell(
        "echo '#!/bin/sh
trap \"\" TERM
\"$0\" & exit' > chain; chmod +x chain; ./chain; ./chain; exit 0",
    );
    let attempt = rig.start(launch);
    assert_eq!(rig.end(attempt).await.verdict, Verdict::Done);
    rig.close().await;
}
