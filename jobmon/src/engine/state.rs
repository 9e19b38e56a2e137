//! What the engine remembers.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::dag::{Graph, Order as GraphOrder};
use crate::engine::Action;
use crate::engine::admission::{Admission, Booking};
use crate::engine::asking::Asking;
use crate::engine::halt::Stopping;
use crate::engine::queue::{Class, InOrder, Queue, TaskFacts, Urgency};
use crate::id::{AttemptId, SlotId, TaskId};
use crate::model::{
    Cancel, Counts, Exhausted, Failure, FailureKind, Lacking, Record, Request, Resources, TaskState, TaskStatus,
    TooLittle,
};
use crate::time::Now;
use crate::units::Memory;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::time::Duration;

/// How much may run at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many attempts the executor runs at once; at least 1.
    pub slots: u32,
    /// How many cores there are for them; at least 1.
    pub cores: u32,
    /// How much memory there is for those that ask for some; `None` where it does not matter.
    pub memory: Option<Memory>,
    /// How many the workflow allows; 0 starts nothing.
    pub max_concurrently_running: Option<u32>,
    /// For how many more attempts intents are recorded ahead at most, so that a free slot does not wait for the disk.
    pub ahead: u32,
    /// Whether the executor may be given an attempt that it starts by itself when another one ends.
    pub hand_over: bool,
    /// How many tasks of each template may run at once; 0 starts none of it, `None` leaves it to the other limits.
    pub templates: Vec<Option<u32>>,
    /// When less is started than could be.
    pub rules: Rules,
}

/// When a run starts less than it could, or ends before all is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// When so many tasks have failed for good, nothing new starts.
    pub max_failures: Option<u32>,
    /// What happens then to those that run; `None` lets them finish.
    pub after_failures: Option<Cancel>,
    /// The run ends at this time, in monotonic time, whatever runs.
    pub deadline: Option<Duration>,
    /// Whether the first task of each template must be done before others of it start.
    pub canary: bool,
}

/// The engine: all that is known of a run, and the rules.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own: started, asked, ending, finished")]
#[derive(Clone, Debug)]
pub struct Engine {
    pub(super) graph: Graph,
    pub(super) depth: Vec<u32>,
    pub(super) facts: Vec<TaskFacts>,
    pub(super) requests: Vec<Request>,
    pub(super) tasks: Vec<TaskStatus>,
    /// For each node, how many of the nodes it waits for are not done.
    pub(super) open: Vec<u32>,
    /// For each set of tasks, whether one of them cannot be done any more.
    pub(super) broken: Vec<bool>,
    pub(super) counts: Counts,
    /// The same for the tasks of each template.
    pub(super) by_template: Vec<Counts>,
    pub(super) queue: Queue,
    /// Tasks that wait out a delay before they are queued again.
    pub(super) delayed: BTreeSet<(Duration, TaskId)>,
    /// Tasks that wait for their request to be computed.
    pub(super) asking: Asking,
    pub(super) admission: Admission,
    pub(super) free_slots: BTreeSet<SlotId>,
    pub(super) live: BTreeMap<AttemptId, Live>,
    /// Attempts whose intent was recorded ahead, the most urgent first.
    pub(super) ahead: BTreeSet<(Reverse<Urgency>, AttemptId)>,
    /// Running attempts after which no other is to start in their place.
    pub(super) without_follower: BTreeSet<AttemptId>,
    /// Attempts that are to follow running ones, and after which no other is to start in their place.
    pub(super) followed_by_none: BTreeSet<AttemptId>,
    /// How long attempts take of late.
    pub(super) pace: Option<Duration>,
    /// Attempts whose intent is not known to be durable, with the number of its record.
    pub(super) intents: VecDeque<(u64, AttemptId)>,
    /// Ended attempts whose end is not known to be durable, with the number of its record.
    pub(super) ends: VecDeque<(u64, AttemptId)>,
    /// Of tasks that had attempts: how many, and what they cost in this run.
    pub(super) history: BTreeMap<TaskId, History>,
    pub(super) attempt_ids: Range<i64>,
    pub(super) asked_for_ids: bool,
    pub(super) started: bool,
    pub(super) stopping: Option<Stopping>,
    /// Whether nothing is left to do but to wait for the disk.
    pub(super) ending: bool,
    pub(super) finished: bool,
    /// How many records were given out, and how many of them are durable.
    pub(super) recorded: u64,
    pub(super) durable: u64,
    pub(super) now: Now,
    pub(super) actions: Vec<Action>,
}

/// An attempt that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) task: TaskId,
    pub(super) number: u32,
    pub(super) slot: SlotId,
    pub(super) granted: Resources,
    pub(super) class: Class,
    pub(super) phase: Phase,
    /// Whether it has its place among those that run.
    pub(super) admitted: bool,
    /// The attempt that the executor starts when this one ends.
    pub(super) follower: Option<AttemptId>,
}

/// How far an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its intent is on the way to the disk.
    Intended,
    /// Its intent is durable.
    Durable,
    /// It was given to the executor, which starts it when another one ends.
    HandedOver {
        /// The other one.
        after: AttemptId,
        /// Whether it was called back meanwhile.
        called_back: bool,
    },
    /// It was given to the executor, to be started now.
    Launched,
    /// It was reported to run.
    Running,
}

/// What became of earlier attempts at a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    /// How many attempts there were, over all runs.
    pub(super) attempts: u32,
    /// How many of this run count against the task's own bound.
    pub(super) spent: u32,
    /// How many of this run were the machine's fault, and have no bound of their own.
    pub(super) machine: u32,
    /// How many of this run spent nothing, since their exit code says so.
    pub(super) free: u32,
    /// How many of this run failed in each kind.
    pub(super) by_kind: [u32; FailureKind::ALL.len()],
    /// What was not enough for them, over all runs.
    pub(super) too_little: TooLittle,
    /// Why the last one could not be followed by one that has more.
    pub(super) exhausted: Option<Exhausted>,
}

impl History {
    /// Takes note of what was not enough; false where the attempt had all that there is of it.
    pub(super) fn grow(
        &mut self,
        failure: &Failure,
        granted: Resources,
        request: &Request,
        there_is: Option<Memory>,
    ) -> bool {
        let lacking = match failure.kind() {
            FailureKind::OutOfMemory => {
                self.too_little.memory = self.too_little.memory.max(granted.memory);
                Lacking::Memory
            }
            FailureKind::Timeout => {
                self.too_little.runtime = self.too_little.runtime.max(granted.runtime);
                Lacking::Runtime
            }
            FailureKind::Exit
            | FailureKind::Signal
            | FailureKind::OutputMissing
            | FailureKind::StartFailed
            | FailureKind::ResourcesFailed
            | FailureKind::NodeFailed
            | FailureKind::Preempted
            | FailureKind::Vanished => return true,
        };
        self.exhausted = request.exhausted(lacking, self.too_little, there_is);
        self.exhausted.is_none()
    }
}

impl Engine {
    /// An engine for the tasks with these facts, which are the first nodes of `graph`; behind them stand the sets. The facts name
    /// what a task asks for by its place in `requests`.
    pub fn new(
        graph: Graph,
        order: &GraphOrder,
        facts: Vec<TaskFacts>,
        requests: Vec<Request>,
        mut limits: Limits,
        in_order: InOrder,
    ) -> Self {
        let templates = facts.iter().map(|facts| facts.template as usize + 1).max().unwrap_or(0);
        limits.templates.resize(templates.max(limits.templates.len()), None);
        let mut by_template = vec![Counts::default(); templates];
        facts.iter().for_each(|facts| by_template[facts.template as usize].add(TaskState::Registered));
        Self {
            depth: order.depth[..facts.len()].to_vec(),
            tasks: vec![TaskStatus::Registered; facts.len()],
            open: graph.needs().to_vec(),
            broken: vec![false; graph.nodes() - facts.len()],
            graph,
            counts: Counts::registered(facts.len()),
            by_template,
            facts,
            requests,
            queue: Queue::new(in_order),
            delayed: BTreeSet::new(),
            asking: Asking::default(),
            // For those that run, two more behind each of them, and those whose intent was recorded ahead.
            free_slots: (0..limits.slots.saturating_mul(3).saturating_add(limits.ahead)).map(SlotId).collect(),
            admission: Admission::new(limits),
            live: BTreeMap::new(),
            ahead: BTreeSet::new(),
            without_follower: BTreeSet::new(),
            followed_by_none: BTreeSet::new(),
            pace: None,
            intents: VecDeque::new(),
            ends: VecDeque::new(),
            history: BTreeMap::new(),
            attempt_ids: 0..0,
            asked_for_ids: false,
            started: false,
            stopping: None,
            ending: false,
            finished: false,
            recorded: 0,
            durable: 0,
            now: Now { mono: Duration::ZERO, wall: crate::time::Timestamp(0) },
            actions: Vec::new(),
        }
    }

    /// Where a task is.
    pub fn status(&self, task: TaskId) -> &TaskStatus {
        &self.tasks[task.index()]
    }

    /// Where all tasks are, in order.
    pub fn statuses(&self) -> &[TaskStatus] {
        &self.tasks
    }

    /// How many tasks are where.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// How many tasks of each template are where.
    pub fn counts_by_template(&self) -> &[Counts] {
        &self.by_template
    }

    /// What the task shares with those that fit when it does.
    pub(super) fn class(&self, task: TaskId) -> Class {
        let template = self.facts[task.index()].template;
        let booking = Booking::of(self.granted(task), &self.admission.limits);
        let counted = self.admission.is_counted(template).then_some(template);
        Class { booking, template: counted, is_canary: self.admission.is_canary(template, task) }
    }

    /// What the next attempt at a task may use: what it asks for, more of what was not enough, no more memory than there is.
    pub(super) fn granted(&self, task: TaskId) -> Resources {
        let request = &self.requests[self.facts[task.index()].request as usize];
        let too_little = self.history.get(&task).map(|history| history.too_little).unwrap_or_default();
        let there_is = self.admission.limits.memory;
        let granted = match self.asking.answer(task) {
            Some(resources) => Request { resources, ..request.clone() }.granted(too_little, there_is),
            None => request.granted(too_little, there_is),
        };
        // Who asks for more cores than there are has all of them, and is told so.
        Resources { cores: granted.cores.min(self.admission.limits.cores), ..granted }
    }

    /// How many attempts have their place among those that run: at all tasks, or at those of a template.
    pub fn running(&self, template: Option<u32>) -> usize {
        let of_it = |live: &&Live| template.is_none_or(|of| self.facts[live.task.index()].template == of);
        self.live.values().filter(|live| live.admitted).filter(of_it).count()
    }

    /// Why no other attempt at a task would get more, if that is so: its last one had all that there is.
    pub fn exhausted(&self, task: TaskId) -> Option<Exhausted> {
        self.history.get(&task)?.exhausted
    }

    /// When the engine wants a `Tick` if nothing else happens before, in monotonic time.
    pub fn next_wake(&self) -> Option<Duration> {
        let delayed = self.delayed.first().map(|(at, _)| *at).filter(|_| self.stopping.is_none());
        let deadline = self.admission.limits.rules.deadline.filter(|_| !self.ending);
        delayed.into_iter().chain(deadline).min()
    }

    /// Whether an attempt has begun, at least by its intent, and has not ended.
    #[cfg(test)]
    pub(super) fn is_live(&self, attempt: AttemptId) -> bool {
        self.live.contains_key(&attempt)
    }

    /// Writes a fact down.
    pub(super) fn record(&mut self, record: Record) {
        self.recorded += 1;
        self.actions.push(Action::Record(record));
    }

    /// Moves a task and writes that down: the record of its attempt says it where there is one.
    pub(super) fn set(&mut self, task: TaskId, status: TaskStatus) {
        let at = self.now.wall;
        self.apply(task, status.clone());
        self.record(Record::Task { task, status, at });
    }

    /// The only writer of a task's status. It keeps the counters.
    pub(super) fn apply(&mut self, task: TaskId, status: TaskStatus) {
        let before = self.tasks[task.index()].state();
        debug_assert!(before.may_become(status.state()), "{task:?} cannot go from {before} to {}", status.state());
        self.place(task, status);
    }

    /// Takes a task as done that an earlier run did; no move of this run.
    pub(super) fn recall_done(&mut self, task: TaskId) {
        self.canary_passed(task);
        self.place(task, TaskStatus::Done);
    }

    fn place(&mut self, task: TaskId, status: TaskStatus) {
        let (before, after) = (self.tasks[task.index()].state(), status.state());
        self.counts.moved(before, after);
        self.by_template[self.facts[task.index()].template as usize].moved(before, after);
        self.tasks[task.index()] = status;
    }
}
