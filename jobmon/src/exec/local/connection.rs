//! The driver's end of the socket to a keeper, and what is to be done when a keeper dies.

use super::aside::aside;
use super::executor::LocalOptions;
use super::frame::{LONGEST, Received};
use super::keeper::vanished;
use super::message::{Head, Notice, Order, read};
use super::output::recover_output;
use super::remnants::end_remnants;
use super::start::{Keeper, Start, StartError};
use crate::exec::Reports;
use crate::id::AttemptId;
use crate::model::{Cancel, Ending, Failure, Launch, Report, StartFailure, Usage, Verdict};
use crate::time::{Clock, SystemClock};
use std::collections::BTreeMap;
use std::os::fd::AsFd;
use tokio::sync::mpsc::UnboundedReceiver;

/// What the owner of an executor asks for.
#[derive(Debug)]
pub(super) enum Command {
    Launch(Vec<Launch>),
    Cancel(Vec<AttemptId>, Cancel),
    CallBack(Vec<AttemptId>),
    Recorded(Vec<AttemptId>),
    Close,
}

/// More than any kernel hands to a process, and less than the longest message.
const LONGEST_LAUNCH: usize = LONGEST / 4;

/// A connection to a keeper.
#[derive(Debug)]
pub(super) struct Connection {
    options: LocalOptions,
    cgroups: bool,
    reports: Reports,
    commands: UnboundedReceiver<Command>,
    keeper: Option<Keeper>,
    /// The attempts whose ends were not reported, and where their output goes.
    unfinished: BTreeMap<AttemptId, Head>,
    closing: bool,
    clock: SystemClock,
}

/// What there is to do.
enum Event {
    Commanded(Option<Command>),
    Received(Received),
}

impl Connection {
    /// Starts a keeper, which may use cgroups or not.
    pub(super) async fn open(
        options: LocalOptions,
        cgroups: bool,
        reports: Reports,
        commands: UnboundedReceiver<Command>,
    ) -> Result<Self, StartError> {
        let keeper = start(&options, cgroups).await?;
        Ok(Self {
            options,
            cgroups,
            reports,
            commands,
            keeper: Some(keeper),
            unfinished: BTreeMap::new(),
            closing: false,
            clock: SystemClock::start(),
        })
    }

    /// The keeper's process id; 0 where there is none.
    #[cfg(test)]
    pub(super) fn keeper_pid(&self) -> u32 {
        self.keeper.as_ref().map_or(0, |keeper| keeper.pid().as_raw_nonzero().get().unsigned_abs())
    }

    /// Carries orders and reports until the keeper has closed or the executor is dropped.
    pub(super) async fn run(mut self) {
        loop {
            match self.event().await {
                Event::Commanded(None) => return,
                Event::Commanded(Some(command)) => {
                    self.obey(command).await;
                    while let Ok(command) = self.commands.try_recv() {
                        self.obey(command).await;
                    }
                }
                Event::Received(Received::Nothing) => {}
                Event::Received(Received::Bytes) => self.hear().await,
                Event::Received(Received::End) => self.lose_keeper().await,
            }
            if self.closing && self.keeper.is_none() {
                self.report(Report::Closed);
                return;
            }
            if let Some(keeper) = &mut self.keeper {
                // What is left is sent when the socket takes it; that the keeper is gone is seen in reading.
                keeper.flush();
            }
        }
    }

    async fn event(&mut self) -> Event {
        let Some(keeper) = &mut self.keeper else { return Event::Commanded(self.commands.recv().await) };
        tokio::select! { biased;
            command = self.commands.recv() => Event::Commanded(command),
            received = keeper.exchange() => Event::Received(received),
        }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Launch(batch) => self.launch(batch).await,
            Command::Cancel(attempts, how) => self.order(&Order::Cancel { attempts, how }),
            Command::CallBack(attempts) => self.order(&Order::CallBack(attempts)),
            Command::Recorded(attempts) => self.order(&Order::Recorded(attempts)),
            Command::Close => {
                self.closing = true;
                self.order(&Order::Close);
            }
        }
    }

    fn order(&mut self, order: &Order) {
        if let Some(keeper) = &mut self.keeper {
            keeper.channel().queue(order);
        }
    }

    async fn launch(&mut self, batch: Vec<Launch>) {
        if self.keeper.is_none() {
            match start(&self.options, self.cgroups).await {
                Ok(keeper) => self.keeper = Some(keeper),
                Err(error) => {
                    let reason = format!("the keeper has died, and another could not be started: {error}");
                    for launch in batch {
                        self.fail(launch.attempt, StartFailure::Transient(reason.as_str().into()));
                    }
                    return;
                }
            }
        }
        for launch in batch {
            let size = size(&launch);
            if size > LONGEST_LAUNCH {
                let reason = format!(
                    "the argument list is too long: arguments and environment have {size} bytes, the limit is about \
                     2 MiB; hand such lists over in a file"
                );
                self.fail(launch.attempt, StartFailure::Permanent(reason.into()));
                continue;
            }
            self.unfinished.insert(launch.attempt, Head::of(&launch));
            if let Some(keeper) = &mut self.keeper {
                keeper.channel().queue(&launch);
            }
        }
    }

    fn fail(&self, attempt: AttemptId, failure: StartFailure) {
        let verdict = Verdict::Failed(Failure::StartFailed(failure));
        let ending = Ending { verdict, at: self.clock.now().wall, usage: Usage::default(), strays: Vec::new() };
        self.report(Report::Ended { attempt, ending });
    }

    fn report(&self, report: Report) {
        // Who does not listen any more has dropped the executor as well, or is about to.
        self.reports.send(report).ok();
    }

    async fn hear(&mut self) {
        loop {
            let Some(keeper) = &mut self.keeper else { return };
            let report = match keeper.channel().next().map(|message| message.map(read::<Notice>)) {
                Ok(None) => return,
                Ok(Some(Ok(Notice::Started { attempt, pid, at }))) => Report::Started { attempt, pid, at },
                Ok(Some(Ok(Notice::Suspended { attempt, process, at }))) => Report::Suspended { attempt, process, at },
                Ok(Some(Ok(Notice::Ended { attempt, ending }))) => Report::Ended { attempt, ending },
                // Its end of the socket is about to follow.
                Ok(Some(Ok(Notice::Hello { .. } | Notice::Closed))) => continue,
                // A keeper that cannot be understood is as good as none: it ends when its socket does.
                Ok(Some(Err(_))) | Err(_) => return self.lose_keeper().await,
            };
            if let Report::Ended { attempt, .. } = &report
                && self.unfinished.remove(attempt).is_none()
            {
                continue;
            }
            self.report(report);
        }
    }

    /// The keeper is gone, and its slot processes are: each has ended its attempt, or was killed itself. What had not
    /// ended before has vanished, and may be told so once nothing of it is left. The next launch starts another.
    async fn lose_keeper(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            keeper.wait().await;
        }
        if self.unfinished.is_empty() {
            return;
        }
        loop {
            let token = self.options.token.clone();
            // It looks at every process of the machine, and waits for those that it ends.
            let remnants = aside(move || end_remnants(&token)).await.unwrap_or_default();
            if remnants.left.is_empty() {
                break;
            }
            // Another attempt beside what hangs in the kernel, or is another user's, would be a second one at once.
            tracing::warn!(left = ?remnants.left, "waiting for processes that cannot be ended");
        }
        let now = self.clock.now().wall;
        for (attempt, head) in std::mem::take(&mut self.unfinished) {
            // Slot processes have done this where they could; that a log stays where it is makes a loss no worse.
            recover_output(&self.options.directory, head.slot, attempt, head.files()).ok();
            self.report(Report::Ended { attempt, ending: vanished(now) });
        }
    }
}

async fn start(options: &LocalOptions, cgroups: bool) -> Result<Keeper, StartError> {
    let LocalOptions { directory, lease, slots, grace, token: _ } = options;
    Keeper::start(Start { lease: lease.as_fd(), slots: *slots, grace: *grace, directory, cgroups }).await
}

fn size(launch: &Launch) -> usize {
    let argv: usize = launch.argv.iter().map(String::len).sum();
    let env: usize = launch.env.iter().map(|(name, value)| name.len() + value.len()).sum();
    argv + env
}
