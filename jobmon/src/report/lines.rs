//! How far a run is, as plain lines, at most one a second.

use crate::model::{Counts, TaskState};
use crate::report::words::plural;
use std::time::Duration;

/// When the last line was written, and the numbers that it showed.
#[derive(Debug, Default)]
pub(super) struct Lines {
    last: Option<(Duration, String)>,
}

impl Lines {
    const EVERY: Duration = Duration::from_secs(1);

    /// A line, if the last one was long enough ago and the numbers changed.
    pub(super) fn line(&mut self, elapsed: Duration, counts: &Counts) -> Option<String> {
        if elapsed < self.next() {
            return None;
        }
        let numbers = numbers(counts);
        let is_news = self.last.as_ref().is_none_or(|(_, shown)| *shown != numbers);
        let after = jobmon_syntax::units::format_wall_time(elapsed.as_secs());
        let line = is_news.then(|| format!("{numbers} after {after}"));
        self.last = Some((elapsed, numbers));
        line
    }

    /// When the next line may be written.
    pub(super) fn next(&self) -> Duration {
        self.last.as_ref().map_or(Duration::ZERO, |(at, _)| *at) + Self::EVERY
    }
}

/// How many tasks are where, in words.
fn numbers(counts: &Counts) -> String {
    let done = format!("{} of {} done", counts.of(TaskState::Done), plural(counts.all(), "task"));
    let others = [
        (TaskState::Running, "running"),
        (TaskState::Failed, "failed"),
        (TaskState::Skipped, "skipped"),
        (TaskState::Cancelled, "cancelled"),
    ];
    let others = others.into_iter().map(|(state, word)| (counts.of(state), word));
    let others = others.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    [done].into_iter().chain(others).collect::<Vec<_>>().join(", ")
}
