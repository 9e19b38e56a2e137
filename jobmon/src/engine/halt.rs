//! Runs that end before all is done: they are asked to, too much failed, or their time is over.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::state::{Engine, Phase};
use crate::engine::{Action, Cause};
use crate::id::{AttemptId, TaskId};
use crate::model::{Cancel, Ending, Record, RunState, TaskState, TaskStatus, Usage, Verdict};

/// How a run comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stopping {
    /// What happens to those that run; `None` lets them finish.
    pub(super) running: Option<Cancel>,
    /// What the run ends as.
    pub(super) state: RunState,
}

impl Engine {
    /// What happens to those that run, where the run is coming to its end before all is done: `Some(None)` lets them finish.
    pub fn stopping(&self) -> Option<Option<Cancel>> {
        self.stopping.map(|stopping| stopping.running)
    }

    /// Whether all that is left to do is to wait until what was recorded is durable.
    pub fn is_ending(&self) -> bool {
        self.ending && !self.finished
    }

    /// What was not launched never is, what runs is ended or finishes. Whoever comes first says what the run ends as; who
    /// comes later may be harder on what runs. False where that changes nothing.
    pub(super) fn stop(&mut self, running: Option<Cancel>, state: RunState) -> bool {
        let harder = self.stopping.is_none_or(|before| before.running < running);
        if self.ending || !harder {
            return false;
        }
        let state = self.stopping.map_or(state, |before| before.state);
        self.stopping = Some(Stopping { running, state });
        let waiting = |phase| match phase {
            Phase::Intended | Phase::Durable => true,
            Phase::HandedOver { .. } | Phase::Launched | Phase::Running => false,
        };
        let (never, others): (Vec<_>, Vec<_>) =
            self.live.iter().map(|(attempt, live)| (*attempt, waiting(live.phase))).partition(|(_, waits)| *waits);
        for (attempt, _) in never {
            self.attempt_ended(attempt, self.cancelled_now());
        }
        self.ahead.clear();
        match running {
            None => self.call_back_all(|_| true),
            Some(_) if others.is_empty() => {}
            Some(how) => {
                let attempts: Vec<AttemptId> = others.into_iter().map(|(attempt, _)| attempt).collect();
                self.actions.push(Action::Cancel { attempts, how });
            }
        }
        true
    }

    /// Stops because of what the engine itself has seen.
    fn halt(&mut self, running: Option<Cancel>, cause: Cause) {
        if self.stop(running, RunState::Failed) {
            self.actions.push(Action::Halt(cause));
        }
    }

    /// A task failed for good, which may be one too many.
    pub(super) fn count_failures(&mut self) {
        let failed = self.counts.of(TaskState::Failed);
        let rules = &self.admission.limits.rules;
        let enough = rules.max_failures.is_some_and(|most| failed >= most as usize);
        // Where nothing is left that could start or end, there is nothing to stop.
        if enough && self.counts.finished() < self.tasks.len() {
            let running = rules.after_failures;
            self.halt(running, Cause::Failures { tasks: failed, running });
        }
    }

    pub(super) fn keep_to_the_deadline(&mut self) {
        let deadline = &mut self.admission.limits.rules.deadline;
        if !self.ending && deadline.is_some_and(|deadline| deadline <= self.now.mono) {
            *deadline = None;
            self.halt(Some(Cancel::Gracefully), Cause::Deadline);
        }
    }

    pub(super) fn cancelled_now(&self) -> Ending {
        Ending { verdict: Verdict::Cancelled, at: self.now.wall, usage: Usage::default(), strays: Vec::new() }
    }

    /// What still waits when the run ends is not started by it.
    pub(super) fn cancel_rest(&mut self) {
        self.queue.clear();
        self.delayed.clear();
        self.asking.clear();
        let mut any = false;
        for task in (0..).map(TaskId).take(self.tasks.len()) {
            if matches!(self.status(task), TaskStatus::Registered | TaskStatus::Queued) {
                self.apply(task, TaskStatus::Cancelled);
                any = true;
            }
        }
        if any {
            self.record(Record::RestCancelled { at: self.now.wall });
        }
    }
}
