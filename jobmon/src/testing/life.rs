//! One start of a simulated workflow: the driver's loop in virtual time, with the real engine and the real state file.

use crate::engine::{Action, Cause, Engine, Event, InOrder, Stop};
use crate::id::{AttemptId, TaskId};
use crate::model::{
    Asking, Cancel, Ending, Failure, FailureKind, Record, Report, RunState, StartFailure, TaskState, TaskStatus, Usage,
    Verdict,
};
use crate::plan::PlanData;
use crate::run::Ready;
use crate::store::{Entry, Journal, Lease, Written};
use crate::testing::SimulationError;
use crate::testing::cluster::Cluster;
use crate::testing::crash::Crashes;
use crate::testing::happened::Happened;
use crate::testing::ledger::Ledger;
use crate::testing::lives::done;
use crate::testing::machinery::{Flaw, Steer};
use crate::testing::world::VirtualClock;
use crate::time::Clock as _;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How a start of a workflow ended.
#[derive(Debug)]
pub(super) enum LifeEnd {
    /// As runs end.
    Finished,
    /// The driver died; what a keeper that outlived it wrote down.
    Died(BTreeMap<AttemptId, Ending>),
}

/// How a driver lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    pub(super) commit_time: Duration,
    /// Whether the first Ctrl-C lets what runs finish.
    pub(super) drain: bool,
    /// Whether what happens is written to the state file.
    pub(super) writes: bool,
}

/// One start of a workflow.
pub(super) struct Life<'c> {
    plan: Arc<PlanData>,
    cluster: &'c mut Cluster,
    clock: &'c VirtualClock,
    crashes: &'c Crashes,
    commit_time: Duration,
    /// Whether the first Ctrl-C lets what runs finish.
    drain: bool,
    engine: Engine,
    ledger: Ledger,
    /// Held until the end.
    _lease: Lease,
    follow_ups: VecDeque<Event>,
    /// Records that nothing waits for yet, and when they are given to the writer.
    pending: Vec<Record>,
    flush_at: Option<Duration>,
    /// What the writer takes next, and what it is writing until when.
    outbox: Vec<Entry>,
    under_way: Option<(Duration, Vec<Entry>)>,
    finished: Option<RunState>,
    done_at_start: usize,
    /// Of the flaw that counts ends twice: the tasks of attempts, those that ended, the last attempt at each task.
    tasks: HashMap<AttemptId, TaskId>,
    ended: HashSet<AttemptId>,
    last: HashMap<TaskId, AttemptId>,
}

impl<'c> Life<'c> {
    /// As the driver does.
    const GATHER: Duration = Duration::from_millis(10);

    pub(super) fn begin(
        ready: Ready,
        cluster: &'c mut Cluster,
        clock: &'c VirtualClock,
        crashes: &'c Crashes,
        How { commit_time, drain, writes }: How,
    ) -> Self {
        let context = ready.context();
        let Ready { plan, checked, database, lease, limits, facts, requests, recalled, resumed, .. } = ready;
        let ledger = match writes {
            true => Ledger::File(Box::new(Journal::new(database, context))),
            false => Ledger::Count { records: 0, attempts: 1 },
        };
        cluster.witness.starts(&limits, done(&recalled));
        let engine = Engine::new(checked.graph, &checked.order, facts, requests, limits, InOrder::Urgency);
        Self {
            plan: Arc::clone(plan.plan()),
            cluster,
            clock,
            crashes,
            commit_time,
            drain,
            engine,
            ledger,
            _lease: lease,
            follow_ups: recalled.into(),
            pending: Vec::new(),
            flush_at: None,
            outbox: Vec::new(),
            under_way: None,
            finished: None,
            done_at_start: resumed,
            tasks: HashMap::new(),
            ended: HashSet::new(),
            last: HashMap::new(),
        }
    }

    /// Lives until the run has ended or the driver dies.
    pub(super) fn live(mut self) -> Result<LifeEnd, SimulationError> {
        let mut actions = Vec::new();
        loop {
            if let Some(event) = self.next_event() {
                self.engine.step(self.clock.now(), event, &mut actions);
                for action in actions.drain(..) {
                    self.perform(action);
                }
                continue;
            }
            if let Some(state) = self.finished.filter(|_| self.outbox.is_empty() && self.under_way.is_none()) {
                self.conclude(state);
                return Ok(LifeEnd::Finished);
            }
            if self.wait()? {
                return Ok(LifeEnd::Died(self.die()));
            }
        }
    }

    /// What is to be heard at this instant.
    fn next_event(&mut self) -> Option<Event> {
        if let Some(event) = self.follow_ups.pop_front() {
            return Some(event);
        }
        let report = self.cluster.heard.pop_front()?;
        if let Report::Ended { attempt, ending } = &report {
            self.count_twice(*attempt, ending);
        }
        Some(Event::Report(report))
    }

    /// The flaw of that name, if it is built in.
    fn count_twice(&mut self, attempt: AttemptId, ending: &Ending) {
        if self.cluster.machinery.flaw != Some(Flaw::EndsCountedTwice) {
            return;
        }
        let twice = !self.ended.insert(attempt);
        if twice
            && let Some(task) = self.tasks.get(&attempt).copied()
            && let Some(next) = self.last.get(&task).filter(|next| **next != attempt)
        {
            let report = Report::Ended { attempt: *next, ending: ending.clone() };
            self.follow_ups.push_back(Event::Report(report));
        }
    }

    /// Lets time pass until something happens; true if the driver dies then.
    fn wait(&mut self) -> Result<bool, SimulationError> {
        if self.under_way.is_none() && !self.outbox.is_empty() {
            let entries = std::mem::take(&mut self.outbox);
            if self.cluster.machinery.flaw == Some(Flaw::ToldBeforeDurable) {
                self.tell_too_early(&entries);
            }
            self.under_way = Some((self.cluster.now + self.commit_time, entries));
            return Ok(false);
        }
        let commit = self.under_way.as_ref().map(|(at, _)| *at);
        let crash = self.crashes.next_instant();
        let steered = self.cluster.machinery.people.front().map(|(at, _)| *at);
        let times = [commit, self.cluster.next(), self.flush_at, self.engine.next_wake(), crash, steered];
        let Some(next) = times.into_iter().flatten().min() else { return Err(self.stuck()) };
        let next = next.max(self.clock.mono());
        self.clock.set(next);
        self.cluster.now = next;
        if crash.is_some_and(|at| at <= next) {
            self.crashes.instant_is_over();
            return Ok(true);
        }
        if commit.is_some_and(|at| at <= next) {
            return self.commit();
        }
        if self.cluster.next().is_some_and(|at| at <= next) {
            self.cluster.happen();
            return Ok(false);
        }
        if steered.is_some_and(|at| at <= next) {
            self.steer();
            return Ok(false);
        }
        if self.flush_at.is_some_and(|at| at <= next) {
            self.flush();
        }
        self.follow_ups.push_back(Event::Tick);
        Ok(false)
    }

    /// Somebody does something to the run.
    fn steer(&mut self) {
        let Some((_, steer)) = self.cluster.machinery.people.pop_front() else { return };
        let (event, note) = match (steer, self.engine.stopping()) {
            (Steer::Limit(tasks), _) => (Event::Limit(Some(tasks)), format!("limit: {tasks} at once")),
            (Steer::Interrupt, Some(Some(_))) => {
                (Event::Stop(Stop { running: Cancel::Now }), "stop: Ctrl-C again".to_owned())
            }
            (Steer::Interrupt, None) if self.drain => (Event::Drain, "drain: Ctrl-C".to_owned()),
            (Steer::Interrupt, None | Some(None)) => {
                (Event::Stop(Stop { running: Cancel::Gracefully }), "stop: Ctrl-C".to_owned())
            }
        };
        self.cluster.trace.note(self.cluster.now, Happened::Note(note));
        self.follow_ups.push_back(event);
    }

    /// Writes what is under way; true if the driver dies before it or after it.
    fn commit(&mut self) -> Result<bool, SimulationError> {
        let Some((_, entries)) = self.under_way.take() else { return Ok(false) };
        let told = match self.ledger.write(&entries) {
            Ok(told) => told,
            Err(_) if self.crashes.last().1.is_some() => return Ok(true),
            Err(error) => return Err(error.into()),
        };
        let records = entries.iter().flat_map(|entry| match entry {
            Entry::Records(records) => &records[..],
            Entry::AttemptIds(_) | Entry::Heartbeat(_) | Entry::Answer(_) | Entry::End { .. } => &[],
        });
        self.cluster.witness.durable(records);
        if self.crashes.strikes_after_last() {
            return Ok(true);
        }
        for told in told {
            match told {
                Written::Durable(records) => {
                    if let Some(told) = &self.cluster.machinery.told {
                        (told.0)();
                    }
                    self.follow_ups.push_back(Event::Durable(records));
                }
                Written::AttemptIds(ids) => self.follow_ups.push_back(Event::AttemptIds(ids)),
                // Nobody but the simulation has the state file.
                Written::Request(_) | Written::GoesOn => {}
                Written::Failed(error) | Written::Waits(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }

    fn tell_too_early(&mut self, entries: &[Entry]) {
        let records: usize =
            entries.iter().map(|entry| if let Entry::Records(records) = entry { records.len() } else { 0 }).sum();
        if records > 0 {
            let durable = self.ledger.records() + records as u64;
            self.follow_ups.push_back(Event::Durable(durable));
        }
    }

    fn flush(&mut self) {
        self.flush_at = None;
        if !self.pending.is_empty() {
            self.outbox.push(Entry::Records(std::mem::take(&mut self.pending)));
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Record(record) => self.record(record),
            Action::Commit => self.flush(),
            Action::Launch(order) => {
                if self.cluster.machinery.flaw == Some(Flaw::EndsCountedTwice) {
                    self.tasks.insert(order.attempt, order.task);
                    self.last.insert(order.task, order.attempt);
                }
                match self.plan.render(order.task) {
                    Ok(_) => self.cluster.launch(order),
                    Err(reason) => self.cannot_start(order.attempt, &reason),
                }
            }
            Action::Ask(question) => {
                let task = question.task;
                let (granted, failure) = question.before.unzip();
                let asking = Asking {
                    task: self.plan.task_name(task),
                    attempt: question.number,
                    resources: question.resources,
                    granted,
                    failure,
                };
                let answer =
                    self.plan.resources_from(task).map_or(Ok(question.resources), |function| function.call(&asking));
                self.follow_ups.push_back(Event::Answered { task, answer: answer.map_err(Into::into) });
            }
            Action::Cancel { attempts, how } => self.cluster.cancel(&attempts, how),
            Action::CallBack(attempts) => self.cluster.call_back(&attempts),
            Action::Forget(attempts) => self.cluster.recorded(&attempts),
            Action::NeedAttemptIds => {
                let unfinished = self.engine.statuses().len() - self.engine.counts().finished();
                self.outbox.push(Entry::AttemptIds(u32::try_from(unfinished).unwrap_or(u32::MAX).clamp(1, 10_000)));
            }
            Action::Halt(cause) => {
                let note = self.halted(cause);
                self.cluster.trace.note(self.cluster.now, Happened::Note(note));
            }
            Action::Ignore(_) => {}
            Action::Finish(state) => {
                self.finished = Some(state);
                let at = self.clock.now().wall.0;
                self.outbox.push(Entry::End { state, reason: None, at });
            }
        }
    }

    fn halted(&self, cause: Cause) -> String {
        match cause {
            Cause::Failures { tasks: 1, .. } => "stop: a task failed".to_owned(),
            Cause::Failures { tasks, .. } => format!("stop: {tasks} tasks failed"),
            Cause::Deadline => "stop: the time is over".to_owned(),
            Cause::Canary { task, others } => {
                format!("hold back {others}, since {} failed", self.plan.task_name(task))
            }
        }
    }

    fn cannot_start(&mut self, attempt: AttemptId, reason: &str) {
        let failure = StartFailure::Permanent(format!("its command cannot be made: {reason}").into());
        let verdict = Verdict::Failed(Failure::StartFailed(failure));
        let ending = Ending { verdict, at: self.clock.now().wall, usage: Usage::default(), strays: Vec::new() };
        self.follow_ups.push_back(Event::Report(Report::Ended { attempt, ending }));
    }

    fn record(&mut self, record: Record) {
        match &record {
            Record::Task { task, status: TaskStatus::Failed { last }, .. } => {
                let untold = Some(last).filter(|last| last.kind() == FailureKind::ResourcesFailed).cloned();
                self.cluster.trace.note(self.cluster.now, Happened::GiveUp { task: *task, untold });
            }
            Record::Task { task, status: TaskStatus::Skipped { because }, .. } => {
                let skip = Happened::Skip { task: *task, because: *because };
                self.cluster.trace.note(self.cluster.now, skip);
            }
            Record::Task { .. }
            | Record::Intent { .. }
            | Record::Started { .. }
            | Record::Suspended { .. }
            | Record::Ended { .. }
            | Record::RestCancelled { .. } => {}
        }
        self.pending.push(record);
        if self.flush_at.is_none() {
            self.flush_at = Some(self.cluster.now + Self::GATHER);
        }
    }

    fn conclude(&mut self, state: RunState) {
        let words = [
            (TaskState::Done, "done"),
            (TaskState::Failed, "failed"),
            (TaskState::Skipped, "skipped"),
            (TaskState::Cancelled, "cancelled"),
        ];
        let count = |state| match state {
            TaskState::Done => self.engine.counts().of(state) - self.done_at_start,
            _ => self.engine.counts().of(state),
        };
        let counts = words.iter().map(|(state, word)| (count(*state), word)).filter(|(count, _)| *count > 0);
        let mut counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
        if self.done_at_start > 0 {
            counts.push(format!("{} done before", self.done_at_start));
        }
        self.cluster.trace.note(self.cluster.now, Happened::Finish { state, counts: counts.join(", ") });
    }

    /// The driver dies; its state file is left as a killed process leaves it.
    fn die(self) -> BTreeMap<AttemptId, Ending> {
        let Self { cluster, ledger, .. } = self;
        let ends = cluster.driver_dies();
        ledger.abandon();
        ends
    }

    fn stuck(&self) -> SimulationError {
        let hanging = self.cluster.hanging();
        let why = match hanging.first() {
            Some(only) if hanging.len() == 1 => {
                format!("`{only}` runs for ever and has no limit of time: give its template a `runtime`")
            }
            Some(first) => format!(
                "`{first}` and {} more run for ever and have no limit of time: give their templates a `runtime`",
                hanging.len() - 1
            ),
            None => "nothing runs, and what waits is not allowed to start (a limit of 0?)".to_owned(),
        };
        SimulationError::Stuck { why, trace: Box::new(self.cluster.trace.clone()) }
    }
}
