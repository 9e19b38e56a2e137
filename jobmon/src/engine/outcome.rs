//! What follows from the end of an attempt.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::state::{Engine, Live, Phase};
use crate::id::{AttemptId, TaskId};
use crate::model::{Ending, Failure, Record, StartFailure, Stray, TaskStatus, Verdict};
use crate::time::Timestamp;
use std::time::Duration;

/// Who pays for a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Budget {
    /// The task: one of its attempts is spent.
    Task,
    /// Nobody: a second attempt could not differ.
    None,
    /// The machine: no attempt is spent, and it has a bound of its own.
    Machine,
}

const fn budget(failure: &Failure) -> Budget {
    match failure {
        Failure::OutOfMemory(_)
        | Failure::Timeout(_)
        | Failure::Exit(_)
        | Failure::Signal(_)
        | Failure::OutputMissing(_) => Budget::Task,
        Failure::StartFailed(StartFailure::Permanent(_)) | Failure::ResourcesFailed(_) => Budget::None,
        Failure::StartFailed(StartFailure::Transient(_))
        | Failure::NodeFailed
        | Failure::Preempted
        | Failure::Vanished => Budget::Machine,
    }
}

impl Engine {
    /// So many failures that are the machine's fault a task survives in one run.
    const MACHINE_FAILURES: u32 = 10;

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

    pub(super) fn attempt_ended(&mut self, attempt: AttemptId, ending: Ending) {
        let Some(live) = self.live.remove(&attempt) else {
            return self.ignore(format!("attempt {attempt} is reported to have ended, but it does not live"));
        };
        if let (Phase::HandedOver { after, called_back: true }, Verdict::Cancelled, None) =
            (live.phase, &ending.verdict, self.stopping)
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
        let verdict = ending.verdict.clone();
        self.record(Record::Ended { attempt, task: live.task, ending });
        if matches!(live.phase, Phase::HandedOver { .. } | Phase::Launched | Phase::Running) {
            self.ends.push_back((self.recorded, attempt));
        }
        match verdict {
            Verdict::Done => self.task_done(live.task),
            Verdict::Failed(failure) => self.attempt_failed(&live, failure),
            Verdict::Cancelled if self.stopping.is_some() => self.task_cancelled(live.task),
            // Called back for another reason than the end of the run: it has its turn again.
            Verdict::Cancelled => {
                self.history.entry(live.task).or_default().attempts = live.number;
                self.set(live.task, TaskStatus::Queued);
                self.enqueue(live.task);
            }
        }
    }

    fn task_done(&mut self, task: TaskId) {
        self.history.remove(&task);
        self.set(task, TaskStatus::Done);
        for free in self.close_needs(task.0) {
            if *self.status(free) == TaskStatus::Registered {
                self.set(free, TaskStatus::Queued);
                self.enqueue(free);
            }
        }
    }

    fn attempt_failed(&mut self, live: &Live, failure: Failure) {
        let task = live.task;
        let history = self.history.entry(task).or_default();
        history.attempts = live.number;
        let (again, delay) = match budget(&failure) {
            Budget::None => (false, None),
            Budget::Task => {
                history.spent += 1;
                let more = history.grow(&failure, live.granted, self.admission.limits.memory);
                (more && history.spent < self.facts[task.index()].max_attempts, None)
            }
            Budget::Machine => {
                history.machine += 1;
                (history.machine <= Self::MACHINE_FAILURES, Some(machine_delay(history.machine)))
            }
        };
        if !again {
            return self.task_failed(task, failure);
        }
        if self.stopping.is_some() {
            return self.task_cancelled(task);
        }
        self.set(task, TaskStatus::Queued);
        match delay {
            Some(delay) => {
                self.delayed.insert((self.now.mono + delay, task));
            }
            None => self.enqueue(task),
        }
    }

    fn task_failed(&mut self, task: TaskId, last: Failure) {
        self.set(task, TaskStatus::Failed { last });
        self.skip_what_needs(task);
    }

    fn task_cancelled(&mut self, task: TaskId) {
        self.set(task, TaskStatus::Cancelled);
    }

    fn skip_what_needs(&mut self, failed: TaskId) {
        let mut lost = vec![failed.0];
        while let Some(node) = lost.pop() {
            for at in 0..self.graph.waiting_for(node).len() {
                let next = self.graph.waiting_for(node)[at];
                match (next as usize).checked_sub(self.tasks.len()) {
                    Some(set) if std::mem::replace(&mut self.broken[set], true) => {}
                    Some(_) => lost.push(next),
                    None if *self.status(TaskId(next)) == TaskStatus::Registered => {
                        self.set(TaskId(next), TaskStatus::Skipped { because: failed });
                        lost.push(next);
                    }
                    None => {}
                }
            }
        }
    }
}

/// A machine that cannot start a process is given time: 0.1 s at first, twice as long each time, 10 s at most.
fn machine_delay(failures: u32) -> Duration {
    Duration::from_millis(100).saturating_mul(1 << failures.saturating_sub(1).min(10)).min(Duration::from_secs(10))
}
