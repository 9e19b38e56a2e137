//! What is written down of a simulated run while it runs.

use crate::id::TaskId;
use crate::model::{Failure, RunState, Verdict};
use crate::plan::PlanData;
use crate::testing::{AttemptTrace, Trace};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at: Duration,
    pub(super) what: Happened,
}

/// What a line of the text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    /// The attempt at this place.
    Start(usize),
    End(usize),
    /// An attempt that could not be started.
    NoStart {
        task: TaskId,
        number: u32,
        verdict: Verdict,
    },
    /// A task has failed for good, and why, where no attempt told it.
    GiveUp {
        task: TaskId,
        untold: Option<Failure>,
    },
    Skip {
        task: TaskId,
        because: TaskId,
    },
    NodeDies(u32),
    Crash(String),
    Resume {
        done: usize,
    },
    Note(String),
    Finish {
        state: RunState,
        counts: String,
    },
}

impl Trace {
    pub(super) const fn new(plan: Arc<PlanData>) -> Self {
        Self { plan, events: Vec::new(), attempts: Vec::new(), before: BTreeSet::new(), status: None }
    }

    /// These tasks were done before.
    pub(super) fn recall(&mut self, done: impl Iterator<Item = TaskId>) {
        self.before.extend(done);
    }

    pub(super) fn note(&mut self, at: Duration, what: Happened) {
        if let Happened::Finish { state, .. } = what {
            self.status = Some(state);
        }
        self.events.push(Event { at, what });
    }

    /// An attempt begins; its place.
    pub(super) fn begin(&mut self, attempt: AttemptTrace) -> usize {
        let at = attempt.began;
        self.attempts.push(attempt);
        self.note(at, Happened::Start(self.attempts.len() - 1));
        self.attempts.len() - 1
    }

    pub(super) fn end(&mut self, place: usize, at: Duration, verdict: Verdict) {
        let attempt = &mut self.attempts[place];
        (attempt.ended, attempt.verdict) = (Some(at), Some(verdict));
        self.note(at, Happened::End(place));
    }

    /// How many attempts have succeeded.
    pub(super) fn succeeded(&self) -> usize {
        self.attempts.iter().filter(|attempt| attempt.verdict == Some(Verdict::Done)).count()
    }
}
