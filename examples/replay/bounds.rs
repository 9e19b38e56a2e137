//! What no schedule can be faster than.

use crate::recording::Recorded;
use std::time::Duration;

/// The two bounds of a makespan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// The longest path through the graph, each task as long as it runs.
    pub(crate) critical_path: Duration,
    /// All run times together, divided by how many tasks run at once.
    pub(crate) work: Duration,
}

impl Bounds {
    /// The bounds of tasks that stand each after its parents and run so many at a time.
    pub(crate) fn of(tasks: &[Recorded], slots: u32) -> Self {
        let mut ends: Vec<Duration> = Vec::with_capacity(tasks.len());
        for task in tasks {
            let begin = task.parents.iter().map(|parent| ends[*parent]).max().unwrap_or_default();
            ends.push(begin.saturating_add(task.run_time));
        }
        let work = tasks.iter().fold(Duration::ZERO, |work, task| work.saturating_add(task.run_time));
        Self { critical_path: ends.into_iter().max().unwrap_or_default(), work: work / slots }
    }
}
