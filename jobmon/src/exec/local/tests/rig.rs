//! What every test here needs: an executor in a directory of its own, orders, and ends.

use crate::exec::Executor;
use crate::exec::local::{LocalExecutor, LocalOptions};
use crate::id::{AttemptId, SlotId, TaskId};
use crate::model::{Cancel, Ending, Launch, Report, Resources, RunDirectory, Stream};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// So long no machine is busy.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);

pub(super) struct Rig {
    pub(super) home: TempDir,
    pub(super) run: RunDirectory,
    pub(super) executor: LocalExecutor,
    pub(super) reports: UnboundedReceiver<Report>,
    pub(super) token: String,
    ends: BTreeMap<AttemptId, Ending>,
    next: i64,
}

impl Rig {
    pub(super) async fn new(slots: u32) -> Self {
        Self::with_grace(slots, Duration::from_secs(10)).await
    }

    pub(super) async fn with_grace(slots: u32, grace: Duration) -> Self {
        Self::with(slots, grace, true).await
    }

    /// With cgroups to keep memory to its limits, where there are some to be had, or without.
    pub(super) async fn with(slots: u32, grace: Duration, cgroups: bool) -> Self {
        let home = TempDir::new().unwrap();
        let token = format!("test {}", home.path().display());
        let (options, run) = options(home.path(), slots, grace, &token);
        let (sender, reports) = unbounded_channel();
        let executor = LocalExecutor::start_with(options, cgroups, sender).await.unwrap();
        Self { home, run, executor, reports, token, ends: BTreeMap::new(), next: 1 }
    }

    /// An order for the next attempt, with a pair of output files of its own.
    pub(super) fn order(&mut self, argv: &[&str]) -> Launch {
        let number = self.next;
        self.next += 1;
        order(number, argv, &self.token, self.home.path())
    }

    pub(super) fn shell(&mut self, script: &str) -> Launch {
        self.order(&["/bin/sh", "-c", script])
    }

    pub(super) fn start(&mut self, launch: Launch) -> AttemptId {
        let attempt = launch.attempt;
        self.executor.launch(vec![launch]);
        attempt
    }

    pub(super) fn cancel(&mut self, attempts: &[AttemptId], how: Cancel) {
        self.executor.cancel(attempts, how);
    }

    pub(super) async fn report(&mut self) -> Report {
        tokio::time::timeout(PATIENCE, self.reports.recv()).await.expect("a report").expect("a living executor")
    }

    /// Waits for the start of an attempt: its process id.
    pub(super) async fn started(&mut self, wanted: AttemptId) -> u32 {
        loop {
            match self.report().await {
                Report::Started { attempt, pid, .. } if attempt == wanted => return pid,
                Report::Ended { attempt, ending } => {
                    assert_ne!(attempt, wanted, "it has ended before it was told to have started: {ending:?}");
                    self.keep(attempt, ending);
                }
                _ => {}
            }
        }
    }

    pub(super) async fn end(&mut self, wanted: AttemptId) -> Ending {
        loop {
            if let Some(ending) = self.ends.get(&wanted) {
                return ending.clone();
            }
            if let Report::Ended { attempt, ending } = self.report().await {
                self.keep(attempt, ending);
            }
        }
    }

    fn keep(&mut self, attempt: AttemptId, ending: Ending) {
        assert!(self.ends.insert(attempt, ending).is_none(), "{attempt:?} has ended twice");
        self.executor.recorded(&[attempt]);
    }

    /// Runs one order to its end.
    pub(super) async fn run(&mut self, launch: Launch) -> Ending {
        let attempt = self.start(launch);
        self.end(attempt).await
    }

    /// Runs a script and gives what it wrote to its standard output.
    pub(super) async fn output(&mut self, launch: Launch) -> Vec<u8> {
        let attempt = launch.attempt;
        let ending = self.run(launch).await;
        assert_eq!(ending.verdict, crate::model::Verdict::Done, "{}", self.log(attempt, Stream::Err));
        fs::read(self.run.attempt_file(attempt, Stream::Out)).unwrap_or_default()
    }

    pub(super) fn log(&self, attempt: AttemptId, stream: Stream) -> String {
        fs::read_to_string(self.run.attempt_file(attempt, stream)).unwrap_or_default()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(super) async fn close(&mut self) {
        self.executor.close();
        while self.report().await != Report::Closed {}
    }
}

/// What a test's executor works with.
pub(super) fn options(home: &Path, slots: u32, grace: Duration, token: &str) -> (LocalOptions, RunDirectory) {
    let directory = RunDirectory::new(home.join("run"));
    fs::create_dir_all(directory.slots()).unwrap();
    let lease = File::create(home.join("lease")).unwrap();
    lease.try_lock().expect("nobody else has the lease");
    let options =
        LocalOptions { directory: directory.clone(), lease: lease.into(), slots, grace, token: token.to_owned() };
    (options, directory)
}

pub(super) fn order(number: i64, argv: &[&str], token: &str, directory: &Path) -> Launch {
    Launch {
        attempt: AttemptId(number),
        task: TaskId(u32::try_from(number).unwrap()),
        slot: SlotId(u32::try_from(number).unwrap()),
        argv: argv.iter().map(|argument| (*argument).to_owned()).collect(),
        env: vec![("JOBMON_RUN_TOKEN".to_owned(), token.to_owned())],
        directory: directory.to_path_buf(),
        stdout: None,
        stderr: None,
        outputs: Vec::new(),
        granted: Resources::default(),
        after: None,
    }
}
