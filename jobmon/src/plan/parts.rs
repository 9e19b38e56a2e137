//! What a set of tasks is made of: tasks that were added together, all of them or some.

use crate::id::TaskId;
use std::sync::Arc;

/// Tasks of a set that were added together.
pub(crate) struct Part<T> {
    /// The structs that were added together; the first of them is the task `first`.
    tasks: Arc<Vec<T>>,
    first: u32,
    /// Which of `tasks` are in the part, in order; all of them if there is no list.
    picks: Option<Arc<[u32]>>,
}

/// The parts of a set, in order; nearly always one. No task is in two of them.
pub(crate) enum Parts<T> {
    One(Part<T>),
    Many(Arc<[Part<T>]>),
}

fn number(tasks: usize) -> u32 {
    u32::try_from(tasks).expect("a workflow has fewer than 2^31 tasks")
}

impl<T> Part<T> {
    pub(crate) fn new(tasks: Vec<T>, first: TaskId) -> Self {
        Self { tasks: Arc::new(tasks), first: first.0, picks: None }
    }

    pub(crate) fn len(&self) -> usize {
        self.picks.as_ref().map_or(self.tasks.len(), |picks| picks.len())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TaskId, &T)> {
        let picks = self.picks.as_deref();
        (0..self.len()).map(move |at| {
            let position = picks.map_or(at, |picks| picks[at] as usize);
            (TaskId(self.first + number(position)), &self.tasks[position])
        })
    }

    /// Those at these places of the part, which are in order.
    fn pick(&self, places: impl Iterator<Item = u32>) -> Self {
        let position = |at: u32| self.picks.as_ref().map_or(at, |picks| picks[at as usize]);
        Self { tasks: Arc::clone(&self.tasks), first: self.first, picks: Some(places.map(position).collect()) }
    }

    /// The tasks among which it picks.
    fn range(&self) -> std::ops::Range<u32> {
        self.first..self.first + number(self.tasks.len())
    }
}

impl<T> Parts<T> {
    pub(crate) fn as_slice(&self) -> &[Part<T>] {
        match self {
            Self::One(part) => std::slice::from_ref(part),
            Self::Many(parts) => parts,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.as_slice().iter().map(Part::len).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TaskId, &T)> {
        self.as_slice().iter().flat_map(Part::iter)
    }

    /// Those at these places of the set, which are in order.
    pub(crate) fn pick(&self, places: &[u32]) -> Self {
        let Self::Many(parts) = self else { return Self::One(self.as_slice()[0].pick(places.iter().copied())) };
        let (mut from, mut rest) = (0, places);
        let mut picked = Vec::new();
        for part in parts.iter() {
            let to = from + number(part.len());
            let (here, beyond) = rest.split_at(rest.partition_point(|place| *place < to));
            if !here.is_empty() {
                picked.push(part.pick(here.iter().map(|place| place - from)));
            }
            (from, rest) = (to, beyond);
        }
        Self::of(picked).unwrap_or_else(|| Self::One(parts[0].pick(std::iter::empty())))
    }

    /// Whether a task of `part` may be in it, without a look at each.
    pub(crate) fn may_share(&self, part: &Part<T>) -> bool {
        let range = part.range();
        self.as_slice().iter().map(Part::range).any(|own| own.start < range.end && range.start < own.end)
    }

    /// These parts behind its own.
    pub(crate) fn with(&self, more: impl Iterator<Item = Part<T>>) -> Self {
        let own = self.as_slice().iter().filter(|part| part.len() > 0).cloned();
        Self::of(own.chain(more.filter(|part| part.len() > 0)).collect()).unwrap_or_else(|| self.clone())
    }

    fn of(mut parts: Vec<Part<T>>) -> Option<Self> {
        match parts.len() {
            0 => None,
            1 => parts.pop().map(Self::One),
            _ => Some(Self::Many(parts.into())),
        }
    }
}

impl<T> Part<T> {
    /// Those that `keep` holds for.
    pub(crate) fn filter(&self, keep: impl Fn(TaskId) -> bool) -> Self {
        let kept = (0_u32..).zip(self.iter()).filter(|(_, (task, _))| keep(*task));
        self.pick(kept.map(|(place, _)| place))
    }
}

// Clones are cheap whatever the tasks are, so `T` need not be `Clone`.
impl<T> Clone for Part<T> {
    fn clone(&self) -> Self {
        Self { tasks: Arc::clone(&self.tasks), first: self.first, picks: self.picks.clone() }
    }
}

impl<T> Clone for Parts<T> {
    fn clone(&self) -> Self {
        match self {
            Self::One(part) => Self::One(part.clone()),
            Self::Many(parts) => Self::Many(Arc::clone(parts)),
        }
    }
}
