//! How many tasks are in each state.

use crate::model::TaskState;

/// How many tasks are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([usize; TaskState::ALL.len()]);

impl Counts {
    /// So many tasks, none of which has moved.
    pub fn registered(tasks: usize) -> Self {
        let mut counts = Self::default();
        counts.0[TaskState::Registered as usize] = tasks;
        counts
    }

    /// How many tasks are in `state`.
    pub const fn of(&self, state: TaskState) -> usize {
        self.0[state as usize]
    }

    /// How many tasks there are.
    pub fn all(&self) -> usize {
        self.0.iter().sum()
    }

    /// How many tasks a run leaves where they are.
    pub fn finished(&self) -> usize {
        TaskState::ALL.iter().filter(|state| state.is_final()).map(|state| self.of(*state)).sum()
    }

    /// A further task is in `state`.
    pub(crate) const fn add(&mut self, state: TaskState) {
        self.0[state as usize] += 1;
    }

    /// A task goes from one state to another.
    pub(crate) const fn moved(&mut self, from: TaskState, to: TaskState) {
        self.0[from as usize] -= 1;
        self.0[to as usize] += 1;
    }
}
