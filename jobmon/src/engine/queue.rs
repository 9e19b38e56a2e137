//! Tasks that wait for their turn.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::id::TaskId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// What the engine knows of a task besides its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskFacts {
    /// How many cores it uses.
    pub cores: u32,
    /// How often it may run within this run.
    pub max_attempts: u32,
    /// Higher ones start first.
    pub priority: i32,
}

/// In which order tasks start that could start now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InOrder {
    /// By priority, then by depth (what was begun is finished), then by adding.
    Urgency,
    /// By adding alone.
    Adding,
}

/// How urgent a task is, the largest first: priority, depth, and the earlier task before the later one.
pub(super) type Urgency = (i32, u32, Reverse<TaskId>);

/// The tasks that could start now, by how many cores they use, so that the best one that fits is found at once.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    order: InOrder,
    classes: BTreeMap<u32, BinaryHeap<Urgency>>,
    len: usize,
}

impl Queue {
    pub(super) const fn new(order: InOrder) -> Self {
        Self { order, classes: BTreeMap::new(), len: 0 }
    }

    /// How urgent a task is.
    pub(super) fn urgency(&self, task: TaskId, facts: TaskFacts, depth: u32) -> Urgency {
        match self.order {
            InOrder::Urgency => (facts.priority, depth, Reverse(task)),
            InOrder::Adding => (0, 0, Reverse(task)),
        }
    }

    pub(super) fn push(&mut self, task: TaskId, facts: TaskFacts, depth: u32) {
        let urgency = self.urgency(task, facts, depth);
        self.classes.entry(facts.cores).or_default().push(urgency);
        self.len += 1;
    }

    /// The most urgent task of those whose cores satisfy `fits`, with its cores.
    pub(super) fn best(&self, fits: impl Fn(u32) -> bool) -> Option<(Urgency, u32)> {
        let heads = self.classes.iter().filter(|(cores, _)| fits(**cores));
        heads.filter_map(|(cores, heap)| heap.peek().map(|urgency| (*urgency, *cores))).max()
    }

    /// Takes the best of the tasks that use so many cores.
    pub(super) fn pop(&mut self, cores: u32) -> Option<TaskId> {
        let (_, _, Reverse(task)) = self.classes.get_mut(&cores)?.pop()?;
        self.len -= 1;
        Some(task)
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn clear(&mut self) {
        self.classes.clear();
        self.len = 0;
    }
}
