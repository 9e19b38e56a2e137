//! The local executor: the face of a keeper.

use super::connection::{Command, Connection};
use super::start::StartError;
use crate::exec::{Executor, Reports};
use crate::id::AttemptId;
use crate::model::{Cancel, Launch, RunDirectory};
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// What a local executor works with.
#[derive(Debug)]
pub struct LocalOptions {
    /// Where the run keeps its files. Its `slots` directory exists.
    pub directory: RunDirectory,
    /// The open file whose lock says that somebody works on this workflow. Keeper and slot processes hold it as well,
    /// tasks never do.
    pub lease: OwnedFd,
    /// How many attempts run at once; at least 1.
    pub slots: u32,
    /// How long a process has between TERM and KILL.
    pub grace: Duration,
    /// The run's token, which every launch carries in its environment as `JOBMON_RUN_TOKEN`.
    pub token: String,
}

/// Runs attempts on this machine, by a [keeper](super).
///
/// Dropping it without [`close`](Executor::close) ends all attempts, as the death of this process would.
///
/// ```
/// use jobmon::exec::{Executor, local::{LocalExecutor, LocalOptions}};
/// use jobmon::model::{Report, RunDirectory};
///
/// # let home = tempfile::tempdir()?;
/// # let home = home.path();
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let directory = RunDirectory::new(home.join("run"));
/// std::fs::create_dir_all(directory.slots())?;
/// let options = LocalOptions {
///     directory,
///     lease: std::fs::File::create(home.join("lease"))?.into(),
///     slots: 2,
///     grace: std::time::Duration::from_secs(10),
///     token: "one of a kind".to_owned(),
/// };
/// let (sender, mut reports) = tokio::sync::mpsc::unbounded_channel();
/// let mut executor = LocalExecutor::start(options, sender).await?;
/// executor.close();
/// assert_eq!(reports.recv().await, Some(Report::Closed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LocalExecutor {
    slots: u32,
    commands: UnboundedSender<Command>,
    #[cfg(test)]
    keeper: u32,
}

impl LocalExecutor {
    /// Starts a keeper, in a tokio runtime, to which the connection belongs from then on.
    ///
    /// # Errors
    /// When no keeper can be had, with what to look at.
    pub async fn start(options: LocalOptions, reports: Reports) -> Result<Self, StartError> {
        Self::start_with(options, true, reports).await
    }

    /// The same, with cgroups to keep memory to its limits, where there are some to be had, or without.
    pub(super) async fn start_with(options: LocalOptions, cgroups: bool, reports: Reports) -> Result<Self, StartError> {
        let slots = options.slots;
        let (commands, orders) = unbounded_channel();
        let connection = Connection::open(options, cgroups, reports, orders).await?;
        #[cfg(test)]
        let keeper = connection.keeper_pid();
        // When it is over, for whatever reason, its end of `reports` closes, which is how its owner learns of it.
        drop(tokio::spawn(connection.run()));
        Ok(Self {
            slots,
            commands,
            #[cfg(test)]
            keeper,
        })
    }

    /// The process id of the keeper that was started first.
    #[cfg(test)]
    pub(super) fn keeper(&self) -> u32 {
        self.keeper
    }

    fn command(&self, command: Command) {
        // A connection that is over has reported so, and nothing is left to command.
        self.commands.send(command).ok();
    }
}

impl Executor for LocalExecutor {
    fn slots(&self) -> u32 {
        self.slots
    }

    fn launch(&mut self, batch: Vec<Launch>) {
        self.command(Command::Launch(batch));
    }

    fn cancel(&mut self, attempts: &[AttemptId], how: Cancel) {
        self.command(Command::Cancel(attempts.to_vec(), how));
    }

    fn call_back(&mut self, attempts: &[AttemptId]) {
        self.command(Command::CallBack(attempts.to_vec()));
    }

    fn recorded(&mut self, attempts: &[AttemptId]) {
        self.command(Command::Recorded(attempts.to_vec()));
    }

    fn close(&mut self) {
        self.command(Command::Close);
    }
}
