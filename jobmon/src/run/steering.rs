//! What makes a run stop or start less than it could, in words: for people, and for the record.

use crate::engine::{Cause, Event, Stop};
use crate::model::{Cancel, Limit};
use crate::run::course::Course;
use crate::run::driver::Driver;
use crate::run::signals;

/// How a run is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// What runs finishes.
    Drain,
    /// What runs is ended so.
    Stop(Cancel),
}

impl End {
    pub(super) fn event(self) -> Event {
        match self {
            Self::Drain => Event::Drain,
            Self::Stop(running) => Event::Stop(Stop { running }),
        }
    }
}

/// How a run goes, and why it ends before all is done.
#[derive(Debug)]
pub(super) struct Steering {
    /// As the options say.
    pub(super) course: Course,
    /// Whether a signal was to stop the run.
    signalled: bool,
    /// Whether somebody wants it to end, even where the end cannot be written.
    pub(super) leaves: bool,
    /// How many tasks may run at once.
    pub(super) limit: Option<u32>,
    /// The limit from before the pause, where the run is paused.
    pub(super) paused: Option<Limit>,
    /// Why the run ends before all is done, if it does.
    pub(super) reason: Option<String>,
}

impl Steering {
    pub(super) const fn new(course: Course, limit: Option<u32>) -> Self {
        Self { course, signalled: false, leaves: false, limit, paused: None, reason: None }
    }
}

impl Driver {
    /// One more reason why the run ends before all is done; each is told once.
    pub(super) fn because(&mut self, reason: &str) {
        match &mut self.steering.reason {
            None => self.steering.reason = Some(reason.to_owned()),
            Some(reasons) if reasons.split("; ").any(|other| other == reason) => {}
            Some(reasons) => {
                reasons.push_str("; ");
                reasons.push_str(reason);
            }
        }
    }

    /// A signal came. Each one that stops is harder on what runs than what was before.
    pub(super) fn on_signal(&mut self, signal: i32) -> Event {
        let name = signals::name(signal);
        if name == "SIGHUP" {
            self.reporter.note(&"SIGHUP: the terminal has gone, the run goes on");
            return Event::Tick;
        }
        self.steering.leaves = true;
        let end = match (name, self.engine.stopping()) {
            ("SIGQUIT", _) | (_, Some(Some(_))) => End::Stop(Cancel::Now),
            (_, None) if self.steering.course.drain => End::Drain,
            (_, None | Some(None)) => End::Stop(Cancel::Gracefully),
        };
        let again = if std::mem::replace(&mut self.steering.signalled, true) { " again" } else { "" };
        let what = match (end, again) {
            (End::Drain, _) => "nothing new starts, the running tasks finish; once more to end them",
            (End::Stop(Cancel::Gracefully), "") => {
                "nothing new starts, the running tasks are ended; once more to end them at once"
            }
            (End::Stop(Cancel::Gracefully), _) => "the running tasks are ended; once more to end them at once",
            (End::Stop(Cancel::Now), _) => "ending the running tasks at once",
        };
        self.reporter.note(&format_args!("{name}{again}: {what}"));
        self.because(&format!("it was stopped by {name}"));
        end.event()
    }

    /// The engine starts less than it could: that is told now, and kept for the record.
    pub(super) fn on_halt(&mut self, cause: Cause) {
        match cause {
            Cause::Failures { tasks, running } => {
                let tasks = if tasks == 1 { "a task".to_owned() } else { format!("{tasks} tasks") };
                let option = if self.steering.course.max_failures.is_some() { "max_failures" } else { "fail_fast" };
                let rest = if running.is_some() { "are ended" } else { "finish" };
                self.reporter
                    .note(&format_args!("{tasks} failed: nothing new starts, the running tasks {rest} (`{option}`)"));
                self.because(&format!("nothing new was started after {tasks} failed (`{option}`)"));
            }
            Cause::Deadline => {
                self.steering.leaves = true;
                let time = self.steering.course.time();
                self.reporter
                    .note(&format_args!("the run has taken {time}, its `timeout`: the running tasks are ended"));
                self.because(&format!("it was stopped after {time}, its `timeout`"));
            }
            Cause::Canary { task, others } => {
                let plan = &self.launcher.plan;
                let template = &plan.templates[plan.tasks[task.index()].template.index()].name;
                let told = format!("`{}`, the canary of `{template}`, failed", plan.task_name(task));
                let (now, then) = if others == 1 { ("other is", "other was") } else { ("others are", "others were") };
                self.reporter.note(&format_args!("{told}: {others} {now} not started"));
                self.because(&format!("{told}, so that {others} {then} not started"));
            }
        }
    }
}
