//! Carries out what the engine wants done.

use crate::engine::{Action, Event, Order};
use crate::id::TaskId;
use crate::model::{
    Ending, Exhausted, Failure, Lack, Record, Report, StartFailure, Stray, Stream, TaskStatus, Usage, Verdict,
};
use crate::run::driver::Driver;

impl Driver {
    /// So many numbers for attempts are asked for at once, at most.
    const ATTEMPT_IDS: u32 = 10_000;

    pub(super) fn perform(&mut self, action: Action) {
        match action {
            Action::Record(record) => self.record(record),
            Action::Commit => self.flush(),
            Action::Launch(order) => self.launch(order),
            Action::Ask(question) => self.askers.ask(question),
            Action::Cancel { attempts, how } => self.executor.cancel(&attempts, how),
            Action::CallBack(attempts) => self.executor.call_back(&attempts),
            Action::Forget(attempts) => self.executor.recorded(&attempts),
            Action::NeedAttemptIds => {
                let unfinished = self.engine.statuses().len() - self.engine.counts().finished();
                self.writer.attempt_ids(u32::try_from(unfinished).unwrap_or(u32::MAX).clamp(1, Self::ATTEMPT_IDS));
            }
            Action::Halt(cause) => self.on_halt(cause),
            Action::Ignore(what) => tracing::warn!("{what}; passed over"),
            Action::Finish(state) => {
                self.finished = Some(state);
                self.writer.end(state, self.steering.reason.clone(), self.clock.now().wall.0);
                self.close();
            }
        }
    }

    /// Asks the executor to close; once.
    pub(super) fn close(&mut self) {
        if !std::mem::replace(&mut self.closing, true) {
            self.executor.close();
        }
    }

    fn record(&mut self, record: Record) {
        match &record {
            Record::Ended { attempt, task, ending } => {
                self.last_end = Some((*task, *attempt));
                if !ending.strays.is_empty() && ending.verdict != Verdict::Cancelled {
                    let plan = &self.launcher.plan;
                    self.reporter.left_running(ending.strays.len(), || plan.task_name(*task));
                }
                for stray in &ending.strays {
                    tracing::warn!(%task, pid = stray.pid, name = stray.name, "the task left a process running, which was ended");
                }
            }
            Record::Task { task, status: TaskStatus::Failed { last }, .. } => {
                let name = self.launcher.plan.task_name(*task);
                let attempt = self.last_end.filter(|(of, _)| of == task).map(|(_, attempt)| attempt);
                let log = attempt.map(|attempt| self.logs.attempt_file(attempt, Stream::Err));
                self.reporter.failed(&name, last, log.filter(|log| log.exists()).as_deref());
                self.tell_if_all(*task, last);
            }
            Record::Suspended { task, process: Stray { pid, name: process }, .. } => {
                let name = self.launcher.plan.task_name(*task);
                tracing::warn!(%task, pid, process, "a process of the task is stopped");
                self.reporter.suspended(&name, *pid, process);
            }
            Record::Task { .. } | Record::Intent { .. } | Record::Started { .. } | Record::RestCancelled { .. } => {}
        }
        if self.is_broken() {
            return;
        }
        self.pending.push(record);
        if self.flush_at.is_none() {
            self.flush_at = Some(self.clock.now().mono + Self::GATHER);
        }
    }

    /// A task failed for good: says once that its last attempt had all that there is, if so.
    fn tell_if_all(&mut self, task: TaskId, failure: &Failure) {
        let Some(exhausted) = self.engine.exhausted(task) else { return };
        let had = match failure {
            Failure::OutOfMemory(Some(had)) | Failure::ToldByExit(_, Lack::Memory(Some(had))) => {
                format!("{had} is all the memory")
            }
            Failure::Timeout(Some(had)) | Failure::ToldByExit(_, Lack::Time(Some(had))) => {
                format!("{had} is all the time")
            }
            _ => return,
        };
        if !self.told_all.insert((had.clone(), exhausted)) {
            return;
        }
        match exhausted {
            Exhausted::Machine => self.reporter.note(&format_args!(
                "{had} that there is for tasks, so that no other attempt would get more; \
                 `RunOptions::memory` says how much there is"
            )),
            Exhausted::Queue(queue) => self.reporter.note(&format_args!(
                "{had} that the queue `{queue}` gives, and no fallback queue gives more, so that no other attempt would get \
                 more; `max` and `fallback` of queues say what there is"
            )),
        }
    }

    /// A task whose command cannot be made comes home like one that could not be started.
    fn launch(&mut self, order: Order) {
        match self.launcher.launch(&order) {
            Ok(launch) => self.executor.launch(vec![launch]),
            Err(reason) => {
                let reason = format!("its command cannot be made: {reason}");
                let failure = Failure::StartFailed(StartFailure::Permanent(reason.into()));
                let at = self.clock.now().wall;
                let ending =
                    Ending { verdict: Verdict::Failed(failure), at, usage: Usage::default(), strays: Vec::new() };
                let report = Report::Ended { attempt: order.attempt, ending };
                self.follow_ups.push_back(Event::Report(report));
            }
        }
    }
}
