//! One task of each template goes first, and the others follow when it is done.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::queue::Class;
use crate::engine::state::Engine;
use crate::engine::{Action, Cause};
use crate::id::TaskId;
use crate::model::{TaskState, TaskStatus};

/// How far the first task of a template is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Canary {
    /// None has begun.
    Awaited,
    /// This one has begun, and may be tried again.
    Sent(TaskId),
    /// It is done, or another one was in an earlier run.
    Passed,
    /// It failed for good.
    Failed,
}

impl Canary {
    /// Whether a task of the template is not to start.
    pub(super) const fn holds_back(self, is_canary: bool) -> bool {
        match self {
            Self::Awaited | Self::Passed => false,
            Self::Sent(_) => !is_canary,
            Self::Failed => true,
        }
    }
}

impl Engine {
    /// A task is about to start: it is the first of its template, or others may start as well.
    pub(super) fn send_canary(&mut self, class: Class, task: TaskId) -> Class {
        let canary = class.template.and_then(|template| self.admission.canaries.get_mut(template as usize));
        match canary {
            Some(canary @ Canary::Awaited) => {
                *canary = Canary::Sent(task);
                Class { is_canary: true, ..class }
            }
            Some(Canary::Sent(_) | Canary::Passed | Canary::Failed) | None => class,
        }
    }

    pub(super) fn canary_passed(&mut self, task: TaskId) {
        let template = self.facts[task.index()].template;
        if let Some(canary) = self.admission.canaries.get_mut(template as usize) {
            *canary = Canary::Passed;
        }
    }

    /// A task failed for good. If it was the first of its template, the others are not started.
    pub(super) fn canary_failed(&mut self, task: TaskId) {
        let template = self.facts[task.index()].template;
        let Some(canary) = self.admission.canaries.get_mut(template as usize) else { return };
        match canary {
            // What failed before it could begin has shown as much.
            Canary::Awaited => {}
            Canary::Sent(first) if *first == task => {}
            Canary::Sent(_) | Canary::Passed | Canary::Failed => return,
        }
        *canary = Canary::Failed;
        self.queue.remove(template);
        let waits = |task: &TaskId| {
            self.facts[task.index()].template == template
                && matches!(self.status(*task).state(), TaskState::Registered | TaskState::Queued)
        };
        let others: Vec<TaskId> = (0..).map(TaskId).take(self.tasks.len()).filter(waits).collect();
        for other in &others {
            self.asking.withdraw(*other);
            self.set(*other, TaskStatus::Cancelled);
        }
        for other in &others {
            self.skip_what_needs(*other, task);
        }
        if !others.is_empty() {
            self.actions.push(Action::Halt(Cause::Canary { task, others: others.len() }));
        }
    }
}
