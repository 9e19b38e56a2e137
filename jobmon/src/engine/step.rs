//! One event in, actions out.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::state::{Engine, Phase};
use crate::engine::{Action, Event, Stop};
use crate::id::TaskId;
use crate::model::{Report, RunState, TaskState, TaskStatus, TooLittle};
use crate::time::Now;

impl Engine {
    /// Takes an event and appends what is to be done about it.
    pub fn step(&mut self, now: Now, event: Event, actions: &mut Vec<Action>) {
        self.now = now;
        match event {
            Event::Recall { task, done, attempts, too_little } => self.recall(task, done, attempts, too_little),
            Event::RecallFailure { task, granted, failure } => self.asking.recall(task, granted, failure),
            Event::Start { roots_recorded } => self.start(roots_recorded),
            Event::AttemptIds(ids) => {
                self.attempt_ids = ids;
                self.asked_for_ids = false;
            }
            Event::Durable(records) => self.durable(records),
            Event::Report(Report::Started { attempt, pid, at }) => self.attempt_started(attempt, pid, at),
            Event::Report(Report::Suspended { attempt, process, at }) => self.attempt_suspended(attempt, process, at),
            Event::Report(Report::Ended { attempt, ending }) => self.attempt_ended(attempt, ending),
            Event::Report(Report::Closed) => self.ignore("the executor closed before the run had ended".to_owned()),
            Event::Limit(tasks) => self.limit(tasks),
            Event::Answered { task, answer } => self.answered(task, answer),
            Event::LimitTemplate { template, tasks } => self.limit_template(template, tasks),
            Event::Hold(held) => self.admission.held = held,
            Event::Drain => drop(self.stop(None, RunState::Stopped)),
            Event::Stop(Stop { running }) => drop(self.stop(Some(running), RunState::Stopped)),
            Event::Tick => {}
        }
        if self.started && !self.finished {
            self.keep_to_the_deadline();
            self.wake_delayed();
            self.ask();
            self.fail_refused();
            self.dispatch();
            self.finish_if_nothing_is_left();
        }
        actions.append(&mut self.actions);
    }

    fn recall(&mut self, task: TaskId, done: bool, attempts: u32, too_little: TooLittle) {
        if self.started {
            return self.ignore(format!("{task:?} was recalled after the start"));
        }
        if attempts > 0 && !done {
            let history = self.history.entry(task).or_default();
            history.attempts = attempts;
            history.too_little = too_little;
        }
        if done && *self.status(task) != TaskStatus::Done {
            self.recall_done(task);
        }
    }

    /// Counts what is done, and queues what waits for nothing else.
    fn start(&mut self, roots_recorded: bool) {
        if std::mem::replace(&mut self.started, true) {
            return self.ignore("it has started already".to_owned());
        }
        for node in (0_u32..).take(self.graph.nodes()) {
            // A set without members is complete from the start.
            let complete = self
                .tasks
                .get(node as usize)
                .map_or(self.graph.needs()[node as usize] == 0, |task| *task == TaskStatus::Done);
            if complete {
                // What is free by that is queued below, in order, with what never waited.
                drop(self.close_needs(node));
            }
        }
        for task in (0..).map(TaskId).take(self.tasks.len()) {
            if self.open[task.index()] > 0 || *self.status(task) != TaskStatus::Registered {
                continue;
            }
            // A fresh workflow is written with its roots queued: a million records less.
            match roots_recorded {
                true => self.apply(task, TaskStatus::Queued),
                false => self.set(task, TaskStatus::Queued),
            }
            self.ready(task);
        }
    }

    /// Closes one need of each node that waits for `node`, and of what waits for sets that are complete by that; gives the
    /// tasks that now wait for nothing.
    pub(super) fn close_needs(&mut self, node: u32) -> Vec<TaskId> {
        let mut free = Vec::new();
        let mut complete = vec![node];
        while let Some(node) = complete.pop() {
            for at in 0..self.graph.waiting_for(node).len() {
                let next = self.graph.waiting_for(node)[at];
                self.open[next as usize] -= 1;
                if self.open[next as usize] > 0 {
                    continue;
                }
                if next as usize >= self.tasks.len() {
                    complete.push(next);
                } else {
                    free.push(TaskId(next));
                }
            }
        }
        free
    }

    fn durable(&mut self, records: u64) {
        self.durable = self.durable.max(records);
        while let Some((record, attempt)) = self.intents.front().copied()
            && record <= records
        {
            self.intents.pop_front();
            // It may have been called back meanwhile.
            let Some(live) = self.live.get_mut(&attempt) else { continue };
            live.phase = Phase::Durable;
            if live.admitted {
                self.launch(attempt);
            }
        }
        let ended = self.ends.partition_point(|(record, _)| *record <= records);
        if ended > 0 {
            let ended = self.ends.drain(..ended).map(|(_, attempt)| attempt).collect();
            self.actions.push(Action::Forget(ended));
        }
    }

    /// The end is there when nothing is left to do and all that was recorded is durable.
    fn finish_if_nothing_is_left(&mut self) {
        let waits = self.queue.len() + self.delayed.len() + self.asking.len() > 0 && self.stopping.is_none();
        if waits || !self.live.is_empty() {
            return;
        }
        if !std::mem::replace(&mut self.ending, true) {
            if self.stopping.is_some() {
                self.cancel_rest();
            }
            self.actions.push(Action::Commit);
        }
        if self.durable < self.recorded {
            return;
        }
        self.finished = true;
        let done = self.counts.of(TaskState::Done) == self.tasks.len();
        let state = match self.stopping {
            _ if done => RunState::Done,
            Some(stopping) => stopping.state,
            None => RunState::Failed,
        };
        self.actions.push(Action::Finish(state));
    }

    pub(super) fn ignore(&mut self, what: String) {
        self.actions.push(Action::Ignore(what));
    }
}
