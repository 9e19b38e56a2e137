//! Functions that say what tasks ask for, called beside the loop.

use crate::engine::{Event, Question};
use crate::id::TaskId;
use crate::model::{Asking, Resources};
use crate::plan::PlanData;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Answer = (TaskId, Result<Resources, String>);

/// Calls functions, each in a thread of its own. A function that never returns keeps its thread and nothing else: neither the loop
/// nor the end of a run waits for it.
#[derive(Debug)]
pub(super) struct Askers {
    plan: Arc<PlanData>,
    waiting: VecDeque<Question>,
    running: usize,
    answers: UnboundedReceiver<Answer>,
    answers_in: UnboundedSender<Answer>,
}

impl Askers {
    /// So many are called at once: they may all read from one disk.
    const AT_ONCE: usize = 8;

    pub(super) fn new(plan: Arc<PlanData>) -> Self {
        let (answers_in, answers) = unbounded_channel();
        Self { plan, waiting: VecDeque::new(), running: 0, answers, answers_in }
    }

    /// Calls the function of a task, at once or when others have answered.
    pub(super) fn ask(&mut self, question: Question) {
        self.waiting.push_back(question);
        self.call_some();
    }

    /// The next answer.
    pub(super) async fn answer(&mut self) -> Event {
        // This end keeps the channel open, so that there is always one to come.
        let Some((task, answer)) = self.answers.recv().await else { return std::future::pending().await };
        self.running -= 1;
        self.call_some();
        Event::Answered { task, answer: answer.map_err(Into::into) }
    }

    fn call_some(&mut self) {
        while self.running < Self::AT_ONCE
            && let Some(question) = self.waiting.pop_front()
        {
            let task = question.task;
            match self.call(question.clone()) {
                Ok(()) => self.running += 1,
                // Its turn comes when another has answered.
                Err(_) if self.running > 0 => return self.waiting.push_front(question),
                Err(error) => {
                    self.running += 1;
                    self.answer_with(task, Err(format!("no thread could be started to call the function: {error}")));
                }
            }
        }
    }

    fn call(&self, question: Question) -> io::Result<()> {
        let Question { task, number, resources, before } = question;
        let Some(function) = self.plan.resources_from(task).cloned() else {
            self.answer_with(task, Ok(resources));
            return Ok(());
        };
        let (granted, failure) = before.unzip();
        let asking = Asking { task: self.plan.task_name(task), attempt: number, resources, granted, failure };
        let answers = self.answers_in.clone();
        let thread = thread::Builder::new().name("jobmon-asks".to_owned());
        thread.spawn(move || {
            if answers.send((task, function.call(&asking))).is_err() {
                tracing::debug!(task = asking.task, "nobody takes the answer of a function: the run has ended");
            }
        })?;
        Ok(())
    }

    fn answer_with(&self, task: TaskId, answer: Result<Resources, String>) {
        if self.answers_in.send((task, answer)).is_err() {
            tracing::debug!(%task, "nobody takes an answer");
        }
    }
}
