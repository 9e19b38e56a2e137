//! What follows from the end of an attempt.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::state::{Engine, Live, Phase};
use crate::id::{AttemptId, TaskId};
use crate::model::{Ending, Failure, Record, Request, Stray, TaskStatus, Verdict};
use crate::time::Timestamp;

impl Engine {
    pub(super) fn attempt_started(&mut self, attempt: AttemptId, pid: u32, at: Timestamp) {
        match self.live.get_mut(&attempt) {
            Some(live) if live.phase == Phase::Launched => {
                live.phase = Phase::Running;
                let task = live.task;
                self.apply(task, TaskStatus::Running { attempt });
                self.record(Record::Started { attempt, task, pid, at });
            }
            _ => self.ignore(format!("attempt {attempt} is reported to run, but none was launched")),
        }
    }

    /// It is written down and told, and left as it is: who stopped it may want to let it go on.
    pub(super) fn attempt_suspended(&mut self, attempt: AttemptId, process: Stray, at: Timestamp) {
        match self.live.get(&attempt) {
            Some(live) if matches!(live.phase, Phase::Launched | Phase::Running) => {
                self.record(Record::Suspended { attempt, task: live.task, process, at });
            }
            _ => self.ignore(format!("attempt {attempt} is reported to be stopped, but it does not run")),
        }
    }

    pub(super) fn attempt_ended(&mut self, attempt: AttemptId, mut ending: Ending) {
        let Some(live) = self.live.remove(&attempt) else {
            return self.ignore(format!("attempt {attempt} is reported to have ended, but it does not live"));
        };
        let over = live.class.template.is_some_and(|template| self.admission.is_over_of(template));
        if let (Phase::HandedOver { after, called_back: true }, Verdict::Cancelled, None, false) =
            (live.phase, &ending.verdict, self.stopping, over)
        {
            return self.came_back(attempt, live, after);
        }
        self.free_slots.insert(live.slot);
        self.without_follower.remove(&attempt);
        self.followed_by_none.remove(&attempt);
        self.admission.ended(live.class);
        if live.admitted {
            self.admission.give_back(live.class.booking);
        }
        match (live.phase, live.follower) {
            // It never started, so that there is no place for what was to follow it.
            (Phase::HandedOver { after, .. }, follower) => self.close_up(after, follower),
            (_, Some(follower)) => self.follow(follower),
            (_, None) => {}
        }
        if ending.verdict != Verdict::Cancelled {
            let before = self.pace.unwrap_or(ending.usage.wall);
            self.pace = Some((before * 7 + ending.usage.wall) / 8);
        }
        if let Verdict::Failed(failure) = ending.verdict {
            let policy = &self.requests[self.facts[live.task.index()].request as usize].retry;
            ending.verdict = Verdict::Failed(policy.read(failure, live.granted));
        }
        let verdict = ending.verdict.clone();
        self.record(Record::Ended { attempt, task: live.task, ending });
        if matches!(live.phase, Phase::HandedOver { .. } | Phase::Launched | Phase::Running) {
            self.ends.push_back((self.recorded, attempt));
        }
        match verdict {
            Verdict::Done => self.task_done(live.task),
            Verdict::Failed(failure) => self.attempt_failed(attempt, &live, failure),
            Verdict::Cancelled if self.stopping.is_some() => self.task_cancelled(live.task),
            // Called back for another reason than the end of the run, or one too many of its template: it has its turn
            // again.
            Verdict::Cancelled => {
                self.history.entry(live.task).or_default().attempts = live.number;
                self.set(live.task, TaskStatus::Queued);
                self.enqueue(live.task);
            }
        }
    }

    fn task_done(&mut self, task: TaskId) {
        self.history.remove(&task);
        self.asking.forget(task);
        self.set(task, TaskStatus::Done);
        self.canary_passed(task);
        for free in self.close_needs(task.0) {
            if *self.status(free) == TaskStatus::Registered {
                self.set(free, TaskStatus::Queued);
                self.ready(free);
            }
        }
    }

    fn attempt_failed(&mut self, attempt: AttemptId, live: &Live, failure: Failure) {
        let task = live.task;
        let facts = self.facts[task.index()];
        let said = &self.requests[facts.request as usize];
        let computed = self.asking.answer(task).map(|resources| Request { resources, ..said.clone() });
        let request = computed.as_ref().unwrap_or(said);
        let history = self.history.entry(task).or_default();
        history.attempts = live.number;
        let more = history.grow(&failure, live.granted, request, self.admission.limits.memory);
        let seed = u64::from(task.0).rotate_left(32) ^ attempt.0.cast_unsigned();
        let delay = history.failed(&failure, &request.retry, facts.max_attempts, seed);
        let Some(delay) = delay.filter(|_| more) else { return self.task_failed(task, failure) };
        if self.stopping.is_some() {
            return self.task_cancelled(task);
        }
        self.set(task, TaskStatus::Queued);
        if facts.asks {
            self.asking.remember(task, live, &failure);
        }
        if delay.is_zero() {
            self.ready(task);
        } else {
            self.delayed.insert((self.now.mono.saturating_add(delay), task));
        }
    }

    pub(super) fn task_failed(&mut self, task: TaskId, last: Failure) {
        self.asking.forget(task);
        self.set(task, TaskStatus::Failed { last });
        self.skip_what_needs(task, task);
        self.canary_failed(task);
        self.count_failures();
    }

    fn task_cancelled(&mut self, task: TaskId) {
        self.set(task, TaskStatus::Cancelled);
    }

    /// What needs `lost`, directly or not, cannot run since `because` failed.
    pub(super) fn skip_what_needs(&mut self, lost: TaskId, because: TaskId) {
        let mut lost = vec![lost.0];
        while let Some(node) = lost.pop() {
            for at in 0..self.graph.waiting_for(node).len() {
                let next = self.graph.waiting_for(node)[at];
                match (next as usize).checked_sub(self.tasks.len()) {
                    Some(set) if std::mem::replace(&mut self.broken[set], true) => {}
                    Some(_) => lost.push(next),
                    None if *self.status(TaskId(next)) == TaskStatus::Registered => {
                        self.set(TaskId(next), TaskStatus::Skipped { because });
                        lost.push(next);
                    }
                    None => {}
                }
            }
        }
    }
}
