//! How far a run is: plain lines, at most one a second.

use crate::model::TaskState;
use crate::report::harmless::harmless;
use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// Whether and how a run tells how far it is, on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// What suits where standard error goes; for now the same as `Plain`.
    #[default]
    Auto,
    /// Plain lines, at most one a second.
    Plain,
    /// Nothing.
    Off,
}

/// Writes the lines. It never writes more than one line of progress a second, nor more than the first few failures.
#[derive(Debug)]
pub struct Reporter<W> {
    out: Option<W>,
    workflow: String,
    tasks: usize,
    /// When the last line was written, and the numbers that it showed.
    last: Option<(Duration, String)>,
    failures: usize,
}

impl<W: Write> Reporter<W> {
    const EVERY: Duration = Duration::from_secs(1);
    const FAILURES: usize = 10;

    /// Writes to `out`, or nowhere.
    pub fn new(out: Option<W>, workflow: String, tasks: usize) -> Self {
        Self { out, workflow, tasks, last: None, failures: 0 }
    }

    /// The run begins.
    pub fn begin(&mut self, resumed: usize, state: &Path) {
        let (workflow, tasks) = (self.workflow.clone(), self.tasks);
        let before = if resumed > 0 { format!(", {resumed} of them done before") } else { String::new() };
        self.line(format_args!("{workflow}: {}{before}; the state is in {}", plural(tasks, "task"), state.display()));
    }

    /// There was nothing to run.
    pub fn complete(&mut self, state: &Path) {
        let (workflow, tasks) = (self.workflow.clone(), self.tasks);
        let were = if tasks == 1 { "was" } else { "were all" };
        self.line(format_args!(
            "{workflow}: {} {were} done before; the state is in {}",
            plural(tasks, "task"),
            state.display()
        ));
    }

    /// The run has ended, as `summary` says.
    pub fn end(&mut self, summary: &dyn Display) {
        let workflow = self.workflow.clone();
        self.line(format_args!("{workflow}: {summary}"));
    }

    /// Something happened; writes a line if the last one was long enough ago and the numbers changed.
    pub fn update(&mut self, elapsed: Duration, count: &dyn Fn(TaskState) -> usize) {
        let due = match &self.last {
            None => elapsed >= Self::EVERY,
            Some((at, _)) => elapsed >= *at + Self::EVERY,
        };
        if self.out.is_none() || !due {
            return;
        }
        let numbers = numbers(self.tasks, count);
        if self.last.as_ref().is_none_or(|(_, shown)| *shown != numbers) {
            let workflow = self.workflow.clone();
            self.line(format_args!("{workflow}: {numbers} after {}", seconds(elapsed)));
        }
        self.last = Some((elapsed, numbers));
    }

    /// When the next line may be written, for a loop that sleeps until then.
    pub fn next_update(&self, elapsed: Duration) -> Option<Duration> {
        self.out.as_ref()?;
        let last = self.last.as_ref().map_or(Duration::ZERO, |(at, _)| *at);
        Some((last + Self::EVERY).max(elapsed))
    }

    /// A task failed for good.
    pub fn failed(&mut self, name: &str, reason: &dyn Display, log: Option<&Path>) {
        self.failures += 1;
        let name = harmless(name, 200);
        match self.failures {
            failures if failures <= Self::FAILURES => match log {
                Some(log) => self.line(format_args!("`{name}` failed: {reason}; see {}", log.display())),
                None => self.line(format_args!("`{name}` failed: {reason}")),
            },
            failures if failures == Self::FAILURES + 1 => {
                self.line(format_args!("more tasks failed; they are counted"));
            }
            _ => {}
        }
    }

    /// Something that a person should know now.
    pub fn note(&mut self, what: &dyn Display) {
        self.line(format_args!("{what}"));
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Standard error may be closed, or a pipe whose reader has gone: the work goes on.
        if let Some(out) = &mut self.out
            && let Err(error) = writeln!(out, "jobmon: {text}")
        {
            tracing::debug!(%error, "nobody reads the progress");
            self.out = None;
        }
    }
}

fn numbers(tasks: usize, count: &dyn Fn(TaskState) -> usize) -> String {
    let mut text = format!("{} of {} done", count(TaskState::Done), plural(tasks, "task"));
    for (number, word) in [
        (count(TaskState::Running), "running"),
        (count(TaskState::Failed), "failed"),
        (count(TaskState::Skipped), "skipped"),
        (count(TaskState::Cancelled), "cancelled"),
    ] {
        if number > 0 {
            text.push_str(", ");
            text.push_str(&number.to_string());
            text.push(' ');
            text.push_str(word);
        }
    }
    text
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

fn seconds(elapsed: Duration) -> String {
    jobmon_syntax::units::format_wall_time(elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_rate_limited_and_tell_what_changed() {
        let mut out = Vec::new();
        let mut reporter = Reporter::new(Some(&mut out), "demo/talk".to_owned(), 3);
        let counts = |done: usize| {
            move |state: TaskState| match state {
                TaskState::Done => done,
                TaskState::Running => 1,
                _ => 0,
            }
        };
        reporter.begin(0, Path::new("/tmp/.jobmon"));
        for (milliseconds, done) in
            [(10, 0), (999, 1), (1000, 1), (1500, 2), (1999, 2), (2000, 2), (3100, 2), (4200, 3)]
        {
            reporter.update(Duration::from_millis(milliseconds), &counts(done));
        }
        reporter.failed("fit year=1990", &"exited with code 7", Some(Path::new("/tmp/1.err")));
        drop(reporter);
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @"
        jobmon: demo/talk: 3 tasks; the state is in /tmp/.jobmon
        jobmon: demo/talk: 1 of 3 tasks done, 1 running after 1s
        jobmon: demo/talk: 2 of 3 tasks done, 1 running after 2s
        jobmon: demo/talk: 3 of 3 tasks done, 1 running after 4s
        jobmon: `fit year=1990` failed: exited with code 7; see /tmp/1.err
        ");
    }
}
