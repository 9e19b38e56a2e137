//! The one loop: wait, step, perform.

use crate::engine::{Engine, Event, Stop};
use crate::exec::Executor;
use crate::id::{AttemptId, TaskId};
use crate::model::{Cancel, Exhausted, Record, Report, RunDirectory, RunState};
use crate::report::{Reporter, StandardError};
use crate::run::asking::Askers;
use crate::run::launch::Launcher;
use crate::run::signals::Signals;
use crate::run::steering::Steering;
use crate::run::{Result, RunError};
use crate::store::{StoreError, Writer, Written};
use crate::time::Clock;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

/// Where a driver hears what happens.
#[derive(Debug)]
pub(super) struct Inbox {
    /// `None` where the program wants its signals for itself.
    pub(super) signals: Option<Signals>,
    /// Closed, or written to, when the one who waits for the run has gone.
    pub(super) abandoned: Option<UnboundedReceiver<()>>,
    pub(super) written: UnboundedReceiver<Written>,
    pub(super) reports: UnboundedReceiver<Report>,
}

/// Wires the engine to the world.
pub(super) struct Driver {
    pub(super) engine: Engine,
    pub(super) clock: Box<dyn Clock>,
    pub(super) launcher: Launcher,
    pub(super) executor: Box<dyn Executor>,
    pub(super) writer: Writer,
    pub(super) askers: Askers,
    pub(super) inbox: Inbox,
    pub(super) reporter: Reporter<StandardError>,
    pub(super) logs: RunDirectory,
    /// Events that performing an action made.
    pub(super) follow_ups: VecDeque<Event>,
    /// Records that are not given to the writer yet, and when they must be.
    pub(super) pending: Vec<Record>,
    pub(super) flush_at: Option<Duration>,
    pub(super) heartbeat_at: Duration,
    /// Of what it was told that there is no more.
    pub(super) told_all: HashSet<(String, Exhausted)>,
    pub(super) last_end: Option<(TaskId, AttemptId)>,
    pub(super) steering: Steering,
    pub(super) finished: Option<RunState>,
    pub(super) broken: Option<StoreError>,
    /// Why nothing new starts at the moment: there is no room for what is to be written.
    pub(super) unwritten: Option<StoreError>,
    /// Whether the executor was asked to close.
    pub(super) closing: bool,
    pub(super) closed: bool,
    /// Whether the executor ended without a word.
    lost: bool,
}

/// Where a driver hears and speaks.
pub(super) struct Ears {
    pub(super) inbox: Inbox,
    pub(super) reporter: Reporter<StandardError>,
    /// Where the output of tasks is, to be shown to people.
    pub(super) logs: RunDirectory,
    /// How the run is to go.
    pub(super) steering: Steering,
}

impl Driver {
    /// Records that nothing waits for are gathered for so long.
    pub(super) const GATHER: Duration = Duration::from_millis(10);
    /// How often a driver says that it lives.
    pub(super) const HEARTBEAT: Duration = Duration::from_secs(10);

    pub(super) fn new(
        engine: Engine,
        clock: Box<dyn Clock>,
        launcher: Launcher,
        executor: Box<dyn Executor>,
        writer: Writer,
        ears: Ears,
    ) -> Self {
        let Ears { inbox, reporter, logs, steering } = ears;
        let askers = Askers::new(Arc::clone(&launcher.plan));
        Self {
            askers,
            engine,
            clock,
            launcher,
            executor,
            writer,
            inbox,
            reporter,
            logs,
            follow_ups: VecDeque::new(),
            pending: Vec::new(),
            flush_at: None,
            heartbeat_at: Self::HEARTBEAT,
            told_all: HashSet::new(),
            last_end: None,
            steering,
            finished: None,
            broken: None,
            unwritten: None,
            closing: false,
            closed: false,
            lost: false,
        }
    }

    /// Runs until the run has ended and the executor is closed.
    pub(super) async fn run(&mut self, first: impl IntoIterator<Item = Event>) -> Result<RunState> {
        self.follow_ups.extend(first);
        let mut actions = Vec::new();
        while !self.closed {
            let event = match self.follow_ups.pop_front() {
                Some(event) => event,
                None => self.wait().await,
            };
            if event == Event::Report(Report::Closed) {
                self.closed = true;
                continue;
            }
            self.engine.step(self.clock.now(), event, &mut actions);
            for action in actions.drain(..) {
                self.perform(action);
            }
            self.leave_unwritten();
            if self.is_broken() {
                // What runs was told to end above; what it did is left for the next start by the keeper.
                self.close();
            }
            self.keep_time();
        }
        match (self.broken.take(), self.finished) {
            (Some(error), _) => Err(error.into()),
            (None, Some(state)) if !self.lost => Ok(state),
            (None, _) => Err(RunError::ExecutorLost.into()),
        }
    }

    /// Waits for something to happen. A failure of the world is one more event.
    async fn wait(&mut self) -> Event {
        let now = self.clock.now().mono;
        let wake = [self.flush_at, self.engine.next_wake(), self.reporter.next_update(now)];
        let wake = wake.into_iter().flatten().fold(self.heartbeat_at, Duration::min);
        // A writer that has failed has ended: that would be heard again and again, before all that is still to come.
        let writes = !self.is_broken();
        let Inbox { signals, abandoned, written, reports } = &mut self.inbox;
        let heard = tokio::select! { biased;
            Some(signal) = next_signal(signals) => Heard::Signal(signal),
            () = next_abandoned(abandoned) => Heard::Abandoned,
            written = written.recv(), if writes => written.map_or(Heard::WriterLost, Heard::Written),
            answer = self.askers.answer() => Heard::Answer(answer),
            report = reports.recv() => report.map_or(Heard::ExecutorLost, Heard::Report),
            () = tokio::time::sleep(wake.saturating_sub(now)) => Heard::Nothing,
        };
        match heard {
            Heard::Report(report) => Event::Report(report),
            Heard::Nothing => Event::Tick,
            Heard::Answer(answer) => answer,
            Heard::ExecutorLost => {
                self.lost = true;
                Event::Report(Report::Closed)
            }
            Heard::Signal(signal) => self.on_signal(signal),
            Heard::Written(Written::Durable(records)) => Event::Durable(records),
            Heard::Written(Written::AttemptIds(ids)) => Event::AttemptIds(ids),
            Heard::Written(Written::Request(request)) => self.on_request(&request),
            Heard::Written(Written::Waits(error)) => self.on_no_room(error),
            Heard::Written(Written::GoesOn) => self.on_room(),
            Heard::Written(Written::Failed(error)) => self.on_broken(error),
            Heard::WriterLost => self.on_broken(StoreError::WriterLost),
            Heard::Abandoned => {
                self.inbox.abandoned = None;
                self.steering.leaves = true;
                self.because("the program no longer waited for it");
                Event::Stop(Stop { running: Cancel::Gracefully })
            }
        }
    }

    /// The state cannot be written any more: what runs is ended, since what it did could not be remembered.
    pub(super) fn on_broken(&mut self, error: StoreError) -> Event {
        tracing::error!(%error, "the state cannot be written; the run ends");
        self.reporter.note(&format_args!("{error}; ending the running tasks"));
        self.broken.get_or_insert(error);
        Event::Stop(Stop { running: Cancel::Now })
    }

    /// Waits until all is written. What went wrong with the last words is told like all else.
    pub(super) fn close_writer(&mut self) -> Result<()> {
        self.writer.close();
        while let Ok(written) = self.inbox.written.try_recv() {
            if let Written::Failed(error) = written {
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Waits until what was said is written: not for ever, and not where a signal says that nobody reads it.
    pub(super) async fn be_heard(&mut self) {
        let (held, heard) = oneshot::channel::<()>();
        self.reporter.close(move || drop(held));
        let Inbox { signals, abandoned, .. } = &mut self.inbox;
        tokio::select! { biased;
            _ = heard => {}
            Some(_) = next_signal(signals) => {}
            () = next_abandoned(abandoned) => {}
            () = tokio::time::sleep(StandardError::PATIENCE) => {}
        }
    }

    /// Does what is due by time: gathered records, the heartbeat, progress.
    fn keep_time(&mut self) {
        let now = self.clock.now();
        if self.flush_at.is_some_and(|at| at <= now.mono) {
            self.flush();
        }
        if self.heartbeat_at <= now.mono {
            self.heartbeat_at = now.mono + Self::HEARTBEAT;
            self.writer.heartbeat(now.wall.0);
        }
        self.reporter.update(now.mono, self.engine.counts(), self.engine.counts_by_template());
    }

    pub(super) fn flush(&mut self) {
        self.flush_at = None;
        if !self.pending.is_empty() {
            self.writer.records(std::mem::take(&mut self.pending));
        }
    }

    /// Whether an action is still to be carried out: nothing is recorded where nothing can be.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }
}

/// What the loop hears, before it is an event.
enum Heard {
    Signal(i32),
    Abandoned,
    Written(Written),
    WriterLost,
    Answer(Event),
    Report(Report),
    ExecutorLost,
    Nothing,
}

async fn next_signal(signals: &mut Option<Signals>) -> Option<i32> {
    match signals {
        Some(signals) => signals.recv().await,
        None => std::future::pending().await,
    }
}

async fn next_abandoned(abandoned: &mut Option<UnboundedReceiver<()>>) {
    match abandoned {
        Some(abandoned) => drop(abandoned.recv().await),
        None => std::future::pending().await,
    }
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("finished", &self.finished).field("broken", &self.broken).finish_non_exhaustive()
    }
}
