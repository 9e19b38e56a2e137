//! Tasks that wait for their turn.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::admission::Booking;
use crate::id::TaskId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// What the engine knows of a task besides its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskFacts {
    /// The place of what it asks for among the requests that the engine was given.
    pub request: u32,
    /// How often it may run within this run.
    pub max_attempts: u32,
    /// Higher ones start first.
    pub priority: i32,
    /// The place of its template in `Limits::templates`.
    pub template: u32,
    /// Whether a function says what it asks for, before each attempt.
    pub asks: bool,
}

/// Tasks that fit, or don't, for the same reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    /// What each of them books of the machine.
    pub(super) booking: Booking,
    /// Their template, where its tasks are counted: it has a limit of its own, or had one, or a canary.
    pub(super) template: Option<u32>,
    /// Whether it is the one that others of its template wait for.
    pub(super) is_canary: bool,
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

/// The tasks that could start now, by class, so that the best one that fits is found at once.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    order: InOrder,
    classes: BTreeMap<Class, BinaryHeap<Urgency>>,
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

    pub(super) fn push(&mut self, class: Class, urgency: Urgency) {
        self.classes.entry(class).or_default().push(urgency);
        self.len += 1;
    }

    /// The most urgent task of the classes that satisfy `fits`, with its class.
    pub(super) fn best(&self, fits: impl Fn(Class) -> bool) -> Option<(Urgency, Class)> {
        let heads = self.classes.iter().filter(|(class, _)| fits(**class));
        heads.filter_map(|(class, heap)| heap.peek().map(|urgency| (*urgency, *class))).max()
    }

    /// Takes the best of the tasks of a class.
    pub(super) fn pop(&mut self, class: Class) -> Option<TaskId> {
        let (_, _, Reverse(task)) = self.classes.get_mut(&class)?.pop()?;
        self.len -= 1;
        Some(task)
    }

    /// Takes all out.
    pub(super) fn take(&mut self) -> Vec<Urgency> {
        self.len = 0;
        std::mem::take(&mut self.classes).into_values().flatten().collect()
    }

    /// Takes the tasks of a template out, which is counted.
    pub(super) fn remove(&mut self, template: u32) {
        self.classes.retain(|class, _| class.template != Some(template));
        self.len = self.classes.values().map(BinaryHeap::len).sum();
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn clear(&mut self) {
        self.classes.clear();
        self.len = 0;
    }
}
