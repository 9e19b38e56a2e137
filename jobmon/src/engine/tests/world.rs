//! A store and an executor of a few lines, which do what a test says.

use crate::dag::{Graph, Order as GraphOrder};
use crate::engine::{Action, Cause, Engine, Event, InOrder, Limits, Order, Question, TaskFacts};
use crate::id::{AttemptId, TaskId};
use crate::model::{
    Ending, FailureKind, Record, Report, Request, Resources, RunState, Stray, TaskState, TaskStatus, TooLittle, Usage,
    Verdict,
};
use crate::time::{Now, Timestamp};
use crate::units::Memory;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A workflow of numbered tasks; sets stand behind them.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) facts: Vec<TaskFacts>,
    pub(super) requests: Vec<Request>,
    /// From a node to one that waits for it.
    pub(super) edges: Vec<(u32, u32)>,
    pub(super) sets: usize,
    pub(super) limits: Limits,
}

impl Plan {
    pub(super) fn engine(&self) -> Engine {
        let graph = Graph::new(self.facts.len() + self.sets, || self.edges.iter().copied());
        let order = GraphOrder::of(&graph).expect("the plans of tests have no cycle");
        Engine::new(graph, &order, self.facts.clone(), self.requests.clone(), self.limits.clone(), InOrder::Urgency)
    }

    /// How many templates its tasks are of.
    pub(super) fn templates(&self) -> u32 {
        self.facts.iter().map(|facts| facts.template + 1).max().unwrap_or(0)
    }

    /// The tasks that must be done before `task`, through sets too.
    pub(super) fn upstreams(&self, task: TaskId) -> Vec<TaskId> {
        let direct = |node: u32| self.edges.iter().filter(move |(_, to)| *to == node).map(|(from, _)| *from);
        let tasks = self.facts.len() as u32;
        let found = direct(task.0).flat_map(|from| if from < tasks { vec![from] } else { direct(from).collect() });
        found.map(TaskId).collect()
    }
}

/// What the world around the engine looks like; it checks the durability contract at each launch.
#[derive(Debug)]
pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) engine: Engine,
    /// All records, of earlier runs too; the first `durable` of them survive a crash.
    pub(super) records: Vec<Record>,
    pub(super) durable: usize,
    /// How many records there were when the engine was made.
    base: usize,
    /// What the executor has.
    pub(super) running: BTreeMap<AttemptId, Order>,
    pub(super) reported: BTreeSet<AttemptId>,
    /// Orders that wait for the end of another attempt, by that one.
    held: BTreeMap<AttemptId, Order>,
    /// Whether what is held starts after a success only.
    pub(super) only_success: bool,
    /// How many the workflow allows now.
    limit: Option<u32>,
    /// How many of each template may run now.
    templates: Vec<Option<u32>>,
    /// Whose functions are to answer.
    pub(super) asked: Vec<Question>,
    /// Orders that come home without having started.
    called_back: Vec<AttemptId>,
    pub(super) finished: Option<RunState>,
    pub(super) log: Vec<String>,
    pub(super) mono: Duration,
    /// How long attempts run.
    pub(super) wall: Duration,
    next_id: i64,
}

impl World {
    pub(super) fn new(plan: Plan) -> Self {
        let engine = plan.engine();
        let mut world = Self {
            limit: plan.limits.max_concurrently_running,
            templates: plan.limits.templates.clone(),
            engine,
            records: Vec::new(),
            durable: 0,
            base: 0,
            running: BTreeMap::new(),
            reported: BTreeSet::new(),
            held: BTreeMap::new(),
            only_success: plan.limits.rules.max_failures.is_some(),
            asked: Vec::new(),
            called_back: Vec::new(),
            finished: None,
            log: Vec::new(),
            mono: Duration::ZERO,
            wall: Duration::ZERO,
            next_id: 1,
            plan,
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        let ids = self.next_id..self.next_id + 1000;
        self.next_id += 1000;
        self.step(Event::AttemptIds(ids));
        self.step(Event::Start { roots_recorded: false });
    }

    /// The driver and all its tasks die; another driver starts from what is durable.
    pub(super) fn crash(&mut self) {
        self.records.truncate(self.durable);
        self.base = self.durable;
        self.running.clear();
        self.reported.clear();
        self.held.clear();
        self.asked.clear();
        self.called_back.clear();
        self.finished = None;
        self.engine = self.plan.engine();
        self.limit = self.plan.limits.max_concurrently_running;
        self.templates.clone_from(&self.plan.limits.templates);
        for task in (0..self.plan.facts.len() as u32).map(TaskId) {
            let granted: BTreeMap<AttemptId, Resources> = self.intents(task).collect();
            let attempts = granted.len() as u32;
            let done = self.is_durably_done(task);
            self.step(Event::Recall { task, done, attempts, too_little: self.too_little(&granted) });
        }
        self.begin();
    }

    /// The attempts at a task with what each was granted.
    fn intents(&self, task: TaskId) -> impl Iterator<Item = (AttemptId, Resources)> {
        self.records.iter().filter_map(move |record| match record {
            Record::Intent { attempt, task: of, granted, .. } if *of == task => Some((*attempt, *granted)),
            _ => None,
        })
    }

    /// What the records say was not enough for these attempts.
    fn too_little(&self, granted: &BTreeMap<AttemptId, Resources>) -> TooLittle {
        let mut too_little = TooLittle::default();
        for record in &self.records {
            let Record::Ended { attempt, ending, .. } = record else { continue };
            let Some(had) = granted.get(attempt) else { continue };
            let Verdict::Failed(failure) = &ending.verdict else { continue };
            match failure.kind() {
                FailureKind::OutOfMemory => too_little.memory = too_little.memory.max(had.memory),
                FailureKind::Timeout => too_little.runtime = too_little.runtime.max(had.runtime),
                _ => {}
            }
        }
        too_little
    }

    fn is_durably_done(&self, task: TaskId) -> bool {
        let last = self.records[..self.durable].iter().rev().find_map(|record| match record {
            Record::Task { task: of, status, .. } if *of == task => Some(status.state()),
            _ => None,
        });
        last == Some(TaskState::Done)
    }

    pub(super) fn step(&mut self, event: Event) {
        let mut actions = Vec::new();
        let now = Now { mono: self.mono, wall: Timestamp(0) };
        self.engine.step(now, event, &mut actions);
        self.engine.check_invariants();
        for action in actions {
            assert!(self.finished.is_none(), "{action:?} after the end");
            self.perform(action);
        }
        while !self.called_back.is_empty() {
            let attempt = self.called_back.remove(0);
            self.reported.insert(attempt);
            self.log.push(format!("{attempt} comes back"));
            if let Some(follower) = self.held.remove(&attempt).filter(|_| self.only_success) {
                self.called_back.push(follower.attempt);
            }
            let ending =
                Ending { verdict: Verdict::Cancelled, at: Timestamp(0), usage: Usage::default(), strays: Vec::new() };
            self.step(Event::Report(Report::Ended { attempt, ending }));
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Record(record) => self.take_down(record),
            Action::Launch(order) => self.launch(order),
            Action::Cancel { attempts, .. } => {
                let (running, waiting): (Vec<AttemptId>, Vec<AttemptId>) =
                    attempts.into_iter().partition(|attempt| self.running.contains_key(attempt));
                self.log.push(format!("cancel {}", running.len() + waiting.len()));
                self.call_back(&waiting);
            }
            Action::CallBack(attempts) => self.call_back(&attempts),
            Action::Forget(attempts) => {
                for attempt in attempts {
                    assert!(self.reported.remove(&attempt), "{attempt} ended and was not forgotten before");
                    if self.engine.is_live(attempt) {
                        // It was called back, and has its turn again.
                        continue;
                    }
                    let durable = &self.records[..self.durable];
                    assert!(
                        durable
                            .iter()
                            .any(|record| matches!(record, Record::Ended { attempt: of, .. } if *of == attempt))
                    );
                }
            }
            Action::NeedAttemptIds => {
                let ids = self.next_id..self.next_id + 7;
                self.next_id += 7;
                self.step(Event::AttemptIds(ids));
            }
            Action::Ask(question) => {
                for upstream in self.plan.upstreams(question.task) {
                    assert!(self.is_durably_done(upstream), "{question:?} before {upstream:?} is durably done");
                }
                assert!(self.asked.iter().all(|other| other.task != question.task), "{question:?} is asked already");
                self.asked.push(question);
            }
            Action::Finish(state) => self.finished = Some(state),
            Action::Halt(cause) => self.log.push(told(cause)),
            Action::Ignore(what) => self.log.push(format!("ignored: {what}")),
            Action::Commit => {}
        }
    }

    fn take_down(&mut self, record: Record) {
        match &record {
            Record::Task { task, status: TaskStatus::Skipped { because }, .. } => {
                self.log.push(format!("{task} skipped because of {because}"));
            }
            Record::Task { task, status: TaskStatus::Failed { last }, .. } => {
                self.log.push(format!("{task} failed: {last}"));
            }
            Record::Suspended { task, process, .. } => self.log.push(format!("{task}: {} is stopped", process.name)),
            _ => {}
        }
        self.records.push(record);
    }

    fn launch(&mut self, order: Order) {
        let intent = self.records[..self.durable]
            .iter()
            .any(|record| matches!(record, Record::Intent { attempt, .. } if *attempt == order.attempt));
        assert!(intent, "{order:?} is launched before its intent is durable");
        for upstream in self.plan.upstreams(order.task) {
            assert!(self.is_durably_done(upstream), "{order:?} is launched before {upstream:?} is durably done");
        }
        assert!(!self.is_durably_done(order.task), "{order:?} is done already");
        assert!(self.running.values().all(|other| other.task != order.task), "{order:?} runs already");
        match order.after {
            Some(after) if self.is_expected(after) => {
                let before = self.running.get(&after).or_else(|| self.held.values().find(|held| held.attempt == after));
                let before = before.expect("it is expected").task;
                self.log.push(format!("{}#{} is to follow {before}", order.task, order.number));
                assert!(self.held.insert(after, order).is_none(), "one follower each");
            }
            _ => self.begin_task(order),
        }
    }

    fn is_expected(&self, attempt: AttemptId) -> bool {
        self.running.contains_key(&attempt) || self.held.values().any(|held| held.attempt == attempt)
    }

    fn call_back(&mut self, attempts: &[AttemptId]) {
        // What is on its way home is not called back again.
        let home = |attempt: &AttemptId| self.called_back.contains(attempt) || self.reported.contains(attempt);
        let attempts: Vec<AttemptId> = attempts.iter().copied().filter(|attempt| !home(attempt)).collect();
        for attempt in &attempts {
            let after = self.held.iter().find(|(_, order)| order.attempt == *attempt).map(|(after, _)| *after);
            let after = after.expect("what is called back is held or runs");
            self.held.remove(&after);
            self.called_back.push(*attempt);
        }
    }

    fn begin_task(&mut self, order: Order) {
        self.log.push(format!("{}#{} starts", order.task, order.number));
        self.running.insert(order.attempt, order);
        let limit = self.plan.limits.slots.min(self.limit.unwrap_or(u32::MAX));
        assert!(self.running.len() <= limit as usize, "too many run at once");
        let memory = |order: &Order| order.granted.memory.map_or(0, Memory::bytes);
        let booked: u64 = self.running.values().map(memory).sum();
        assert!(self.plan.limits.memory.is_none_or(|there_is| booked <= there_is.bytes()), "memory is overcommitted");
        let template = |order: &Order| self.plan.facts[order.task.index()].template;
        let same = self.running.values().filter(|other| template(other) == template(&order)).count();
        let limit = self.templates.get(template(&order) as usize).copied().flatten();
        assert!(limit.is_none_or(|limit| same <= limit as usize), "too many of one template run at once");
        assert!(self.engine.stopping().is_none(), "something starts in a run that is to end");
        self.check_canary(order);
    }

    /// Nothing of a template starts beside the first of it, before that is done.
    fn check_canary(&self, order: Order) {
        let template = |task: TaskId| self.plan.facts[task.index()].template;
        let siblings =
            (0..self.plan.facts.len() as u32).map(TaskId).filter(|task| template(*task) == template(order.task));
        let passed = siblings.clone().any(|task| self.is_durably_done(task));
        let begun = |task: &TaskId| {
            self.records[self.base..]
                .iter()
                .any(|record| matches!(record, Record::Intent { task: of, .. } if of == task))
        };
        let alone = siblings.filter(|task| *task != order.task).all(|task| !begun(&task));
        assert!(!self.plan.limits.rules.canary || passed || alone, "{order:?} starts beside its canary");
    }

    /// The first `more` of the records that are not durable become so; all if there are fewer.
    pub(super) fn commit(&mut self, more: usize) {
        self.durable = self.records.len().min(self.durable.saturating_add(more));
        self.step(Event::Durable((self.durable - self.base) as u64));
    }

    /// From now on so many may run at once.
    pub(super) fn limit(&mut self, tasks: Option<u32>) {
        self.limit = tasks;
        self.step(Event::Limit(tasks));
    }

    /// From now on so many of a template may run at once.
    pub(super) fn limit_template(&mut self, template: u32, tasks: Option<u32>) {
        self.templates.resize(self.templates.len().max(template as usize + 1), None);
        self.templates[template as usize] = tasks;
        self.step(Event::LimitTemplate { template, tasks });
    }

    pub(super) fn start(&mut self, attempt: AttemptId) {
        self.step(Event::Report(Report::Started { attempt, pid: 1, at: Timestamp(0) }));
    }

    pub(super) fn suspend(&mut self, attempt: AttemptId) {
        let process = Stray { pid: 1, name: "it".to_owned() };
        self.step(Event::Report(Report::Suspended { attempt, process, at: Timestamp(0) }));
    }

    pub(super) fn end(&mut self, attempt: AttemptId, verdict: Verdict) {
        let order = self.running.remove(&attempt).expect("a test ends what runs");
        self.reported.insert(attempt);
        self.log.push(format!("{}#{} {}", order.task, order.number, word(&verdict)));
        // The executor does not wait for the driver.
        match self.held.remove(&attempt) {
            Some(follower) if self.only_success && verdict != Verdict::Done => self.called_back.push(follower.attempt),
            Some(follower) => self.begin_task(follower),
            None => {}
        }
        let usage = Usage { wall: self.wall, ..Usage::default() };
        let ending = Ending { verdict, at: Timestamp(0), usage, strays: Vec::new() };
        self.step(Event::Report(Report::Ended { attempt, ending }));
    }

    /// The function of a task answers.
    pub(super) fn answer(&mut self, question: &Question, answer: Result<Resources, &str>) {
        self.asked.retain(|other| other != question);
        self.step(Event::Answered { task: question.task, answer: answer.map_err(Into::into) });
    }

    /// All functions answer that what is said otherwise will do.
    pub(super) fn answer_all(&mut self) {
        for question in std::mem::take(&mut self.asked) {
            self.answer(&question, Ok(question.resources));
        }
    }

    /// Commits, and ends what runs in order as `verdict` says, until the run has ended.
    pub(super) fn run(&mut self, mut verdict: impl FnMut(Order) -> Verdict) {
        while self.finished.is_none() {
            self.commit(usize::MAX);
            self.answer_all();
            if self.finished.is_some() {
                break;
            }
            self.commit(usize::MAX);
            match self.running.first_key_value().map(|(_, order)| *order) {
                Some(order) => self.end(order.attempt, verdict(order)),
                None if self.finished.is_some() => break,
                None => {
                    self.mono =
                        self.engine.next_wake().expect("a run that is not over runs something or waits for a time");
                    self.step(Event::Tick);
                }
            }
        }
        self.commit(usize::MAX);
    }
}

fn told(cause: Cause) -> String {
    match cause {
        Cause::Failures { tasks, running } => format!("halt: {tasks} failed, what runs: {running:?}"),
        Cause::Deadline => "halt: the time is over".to_owned(),
        Cause::Canary { task, others } => format!("halt: {task} was the canary of {others} others"),
    }
}

fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Done => "done".to_owned(),
        Verdict::Failed(failure) => failure.to_string(),
        Verdict::Cancelled => "cancelled".to_owned(),
    }
}
