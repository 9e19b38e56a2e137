//! What must hold whatever happens, seen from where attempts really begin and end.

use crate::dag::Graph;
use crate::engine::{Limits, Order};
use crate::id::{AttemptId, TaskId};
use crate::model::{AttemptState, Record, TaskState, TaskStatus, Verdict};
use crate::plan::PlanData;
use crate::store::Audit;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Watches attempts and what is durable, knows nothing of the engine, and says what should never have happened.
#[derive(Debug)]
pub(super) struct Witness {
    plan: Arc<PlanData>,
    graph: Graph,
    /// For each node, how many of those it waits for are not durably done.
    open: Vec<u32>,
    done: Vec<bool>,
    limits: Option<Limits>,
    running: BTreeMap<TaskId, Order>,
    cores: u32,
    memory: u64,
    /// Attempts whose intent is durable.
    intents: HashSet<AttemptId>,
    /// Attempts that came home without having begun.
    never: HashSet<AttemptId>,
    /// Attempts that succeeded, and tasks of which one did.
    succeeded: (HashSet<AttemptId>, HashSet<TaskId>),
    began: HashSet<AttemptId>,
    /// Attempts that had succeeded before: with changed tasks some are done once more.
    inherited: HashSet<AttemptId>,
    broken: Option<String>,
}

impl Witness {
    pub(super) fn new(plan: Arc<PlanData>) -> Self {
        let graph = plan.graph();
        let mut witness = Self {
            open: graph.needs().to_vec(),
            done: vec![false; plan.tasks.len()],
            graph,
            limits: None,
            running: BTreeMap::new(),
            cores: 0,
            memory: 0,
            intents: HashSet::new(),
            never: HashSet::new(),
            succeeded: (HashSet::new(), HashSet::new()),
            began: HashSet::new(),
            inherited: HashSet::new(),
            broken: None,
            plan,
        };
        // A set without members is complete from the start.
        let tasks = witness.plan.count();
        let empty = (tasks..).take(witness.graph.nodes() - tasks as usize);
        for set in empty.filter(|set| witness.graph.needs()[*set as usize] == 0).collect::<Vec<_>>() {
            witness.close(set);
        }
        witness
    }

    /// What should never have happened and did, if anything.
    pub(super) fn broken(&mut self) -> Option<String> {
        self.broken.take()
    }

    pub(super) fn accuse(&mut self, what: impl FnOnce() -> String) {
        self.broken.get_or_insert_with(what);
    }

    /// What simulations before this one left in the same state file.
    pub(super) fn inherit(&mut self, audit: &Audit, recalled: impl Iterator<Item = TaskId>) {
        let done = audit.attempts.iter().filter(|attempt| attempt.state == AttemptState::Done);
        self.inherited.extend(done.map(|attempt| attempt.id));
        self.succeeded.1.extend(recalled);
    }

    /// A start of the workflow: so much may run at once now, and the state file says that these tasks are done.
    pub(super) fn starts(&mut self, limits: &Limits, recalled: impl Iterator<Item = TaskId>) {
        self.limits = Some(limits.clone());
        self.intents.clear();
        let mut recalls = vec![false; self.done.len()];
        for task in recalled {
            recalls[task.index()] = true;
            if !self.done[task.index()] {
                self.is_done(task);
            }
        }
        let lost = (0..).map(TaskId).zip(&recalls).find(|(task, recalled)| self.done[task.index()] && !**recalled);
        if let Some((task, _)) = lost {
            self.accuse(|| format!("{task:?} was durably done, and the next start does not know it"));
        }
    }

    /// These records are durable now.
    pub(super) fn durable<'r>(&mut self, records: impl Iterator<Item = &'r Record>) {
        for record in records {
            match record {
                Record::Intent { attempt, .. } => {
                    self.intents.insert(*attempt);
                }
                Record::Task { task, status: TaskStatus::Done, .. } => self.is_done(*task),
                Record::Task { .. }
                | Record::Started { .. }
                | Record::Suspended { .. }
                | Record::Ended { .. }
                | Record::RestCancelled { .. } => {}
            }
        }
    }

    fn is_done(&mut self, task: TaskId) {
        if !self.succeeded.1.contains(&task) {
            self.accuse(|| format!("{task:?} is recorded as done, and no attempt at it has succeeded"));
        }
        if !std::mem::replace(&mut self.done[task.index()], true) {
            self.close(task.0);
        }
    }

    fn close(&mut self, node: u32) {
        let mut complete = vec![node];
        while let Some(node) = complete.pop() {
            for at in 0..self.graph.waiting_for(node).len() {
                let next = self.graph.waiting_for(node)[at];
                self.open[next as usize] -= 1;
                if self.open[next as usize] == 0 && next as usize >= self.done.len() {
                    complete.push(next);
                }
            }
        }
    }

    /// An attempt begins.
    pub(super) fn begins(&mut self, order: &Order) {
        let Order { task, attempt, number, .. } = *order;
        let name = |witness: &Self| format!("{} #{number}", witness.plan.task_name(task));
        if self.done[task.index()] {
            self.accuse_of(&name, "begins, and its task is durably done");
        }
        if self.open[task.index()] > 0 {
            self.accuse_of(&name, "begins before all that it needs is durably done");
        }
        if !self.intents.contains(&attempt) {
            self.accuse_of(&name, "begins before its intent is durable");
        }
        if self.never.contains(&attempt) {
            self.accuse_of(&name, "begins after it was cancelled");
        }
        if !self.began.insert(attempt) {
            self.accuse_of(&name, "begins twice");
        }
        if self.running.insert(task, *order).is_some() {
            self.accuse_of(&name, "begins while another attempt at its task runs");
        }
        self.book(order);
        if let Some(what) = self.too_much() {
            self.accuse_of(&name, what);
        }
    }

    fn accuse_of(&mut self, name: &dyn Fn(&Self) -> String, what: &str) {
        let words = format!("{} {what}", name(self));
        self.accuse(|| words);
    }

    fn book(&mut self, order: &Order) {
        self.cores += order.granted.cores;
        self.memory += order.granted.memory.map_or(0, crate::units::Memory::bytes);
    }

    /// What of the limits is not kept now that this attempt has begun. Limits of the workflow and its templates may be
    /// lowered while more is running, so they are not judged here.
    fn too_much(&self) -> Option<&'static str> {
        let limits = self.limits.as_ref()?;
        if self.running.len() > limits.slots as usize {
            return Some("begins, and more run at once than there are slots");
        }
        if self.cores > limits.cores {
            return Some("begins, and more cores are in use than there are");
        }
        if limits.memory.is_some_and(|there_is| self.memory > there_is.bytes()) {
            return Some("begins, and more memory is granted than there is");
        }
        None
    }

    /// An attempt that had begun has ended.
    pub(super) fn ends(&mut self, order: &Order, verdict: &Verdict) {
        self.running.remove(&order.task);
        self.cores -= order.granted.cores;
        self.memory -= order.granted.memory.map_or(0, crate::units::Memory::bytes);
        if *verdict == Verdict::Done {
            self.succeeded.0.insert(order.attempt);
            self.succeeded.1.insert(order.task);
        }
    }

    /// An attempt came home without having begun.
    pub(super) fn never_begins(&mut self, attempt: AttemptId) {
        self.never.insert(attempt);
    }

    /// Whether an attempt may be launched again: it was called back before.
    pub(super) fn launched(&mut self, attempt: AttemptId) {
        self.never.remove(&attempt);
    }

    /// Compares what the state file says at the end with what happened.
    pub(super) fn audit(&mut self, audit: &Audit) {
        let mut done: HashMap<i64, usize> = HashMap::new();
        let mut done_before = HashSet::new();
        let mut known = HashSet::new();
        for attempt in &audit.attempts {
            known.insert(attempt.id);
            if self.inherited.contains(&attempt.id) {
                done_before.insert(attempt.task);
                continue;
            }
            if attempt.state == AttemptState::Done {
                *done.entry(attempt.task).or_default() += 1;
            }
            let is_open = !attempt.is_ended
                || matches!(attempt.state, AttemptState::Launching | AttemptState::Launched | AttemptState::Running);
            if is_open {
                self.accuse(|| format!("the end of {} is not accounted for: it is {}", attempt.id, attempt.state));
            }
            if attempt.state == AttemptState::Done && !self.succeeded.0.contains(&attempt.id) {
                self.accuse(|| format!("{} is recorded as DONE and did not succeed", attempt.id));
            }
        }
        if let Some(attempt) = self.began.iter().filter(|attempt| !known.contains(attempt)).min() {
            let attempt = *attempt;
            self.accuse(|| format!("{attempt} has run and the state file does not know it"));
        }
        for (task, state) in &audit.tasks {
            let times = done.get(task).copied().unwrap_or(0);
            let is_right = match state {
                TaskState::Done => times == 1 || (times == 0 && done_before.contains(task)),
                _ => times == 0,
            };
            if !is_right {
                self.accuse(|| format!("task {task} is {state}, and {times} of its attempts are recorded as DONE"));
            }
        }
    }
}
