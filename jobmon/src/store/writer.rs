//! The one thread that writes while a workflow runs.

use crate::digest::Digest;
use crate::id::{AttemptId, RunId, TaskId, WorkflowId};
use crate::model::{Record, Resources, RunState, WorkflowState};
use crate::plan::PlanData;
use crate::store::StoreError;
use crate::store::apply;
use crate::store::bind::{Numbers, reserve, resources_id};
use crate::store::open::Database;
use rusqlite::TransactionBehavior;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// What the writer tells the driver.
#[derive(Debug)]
pub enum Written {
    /// So many records are durable, of all that were given to the writer.
    Durable(u64),
    /// Numbers for attempts.
    AttemptIds(Range<i64>),
    /// Nothing more will be written.
    Failed(StoreError),
}

/// What the writer is to do.
#[derive(Debug)]
enum Request {
    Records(Vec<Record>),
    AttemptIds(u32),
    Heartbeat(i64),
    End { state: RunState, reason: Option<String>, at: i64 },
}

/// What the writer needs to know to write rows.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) workflow: WorkflowId,
    pub(crate) run: RunId,
    pub(crate) epoch: i64,
    pub(crate) host: String,
    pub(crate) numbers: Numbers,
    pub(crate) plan: Arc<PlanData>,
    /// For each template, the hash of its command.
    pub(crate) commands: Vec<Digest>,
}

impl Context {
    /// The number of what an attempt is granted. What a failure made grow is written down when it is first granted.
    pub(super) fn resources(&self, connection: &rusqlite::Connection, granted: &Resources) -> rusqlite::Result<i64> {
        match self.numbers.resources.get(granted) {
            Some(id) => Ok(*id),
            None => resources_id(connection, granted),
        }
    }

    /// The hash of a task's command.
    pub(super) fn command(&self, task: TaskId) -> Digest {
        self.commands[self.plan.tasks[task.index()].template.index()]
    }
}

/// The driver's end of the writer.
#[derive(Debug)]
pub(crate) struct Writer {
    requests: Option<Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread; it tells what it did by `tell`.
    pub(crate) fn start(
        database: Database,
        context: Context,
        tell: impl Fn(Written) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (requests, incoming) = channel();
        let thread = std::thread::Builder::new()
            .name("jobmon-store".to_owned())
            .spawn(move || Loop { database, context, tell, written: 0, commits: 0 }.run(&incoming))?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    pub(crate) fn records(&self, records: Vec<Record>) {
        self.send(Request::Records(records));
    }

    pub(crate) fn attempt_ids(&self, count: u32) {
        self.send(Request::AttemptIds(count));
    }

    pub(crate) fn heartbeat(&self, now: i64) {
        self.send(Request::Heartbeat(now));
    }

    /// Writes how the run ended; the last request.
    pub(crate) fn end(&self, state: RunState, reason: Option<String>, at: i64) {
        self.send(Request::End { state, reason, at });
    }

    /// Waits until all is written and the file is closed.
    pub(crate) fn close(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take()
            && let Err(panic) = thread.join()
        {
            std::panic::resume_unwind(panic);
        }
    }

    fn send(&self, request: Request) {
        // A writer that is gone has told why; the driver hears of it on the other channel.
        if let Some(requests) = &self.requests
            && requests.send(request).is_err()
        {
            tracing::debug!("the writer has ended");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer panicked");
        }
    }
}

struct Loop<F> {
    database: Database,
    context: Context,
    tell: F,
    written: u64,
    commits: u64,
}

impl<F: Fn(Written)> Loop<F> {
    fn run(mut self, incoming: &Receiver<Request>) {
        while let Ok(first) = incoming.recv() {
            // What came while the last commit was under way goes into one transaction.
            let batch: Vec<Request> = std::iter::once(first).chain(incoming.try_iter()).collect();
            match self.write(&batch) {
                Ok(told) => told.into_iter().for_each(&self.tell),
                Err(error) => {
                    (self.tell)(Written::Failed(error));
                    break;
                }
            }
        }
        tracing::debug!(commits = self.commits, records = self.written, "the writer has ended");
    }

    fn write(&mut self, batch: &[Request]) -> Result<Vec<Written>, StoreError> {
        let failed = self.database.failed("record what happened");
        let transaction =
            self.database.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let epoch: i64 = transaction
            .prepare_cached("SELECT lease_epoch FROM workflow WHERE id = ?1")
            .and_then(|mut find| find.query_row([self.context.workflow.0], |row| row.get(0)))
            .map_err(&failed)?;
        if epoch != self.context.epoch {
            return Err(StoreError::LeaseLost { workflow: self.context.workflow });
        }
        let (mut written, mut told) = (self.written, Vec::new());
        for request in batch {
            match request {
                Request::Records(records) => {
                    apply::apply(&transaction, &self.context, records).map_err(&failed)?;
                    written += records.len() as u64;
                }
                Request::AttemptIds(count) => {
                    let ids = reserve(&transaction, "task_instance", *count).map_err(&failed)?;
                    told.push(Written::AttemptIds(ids));
                }
                Request::Heartbeat(now) => {
                    let put = "UPDATE workflow_run SET heartbeat_at = ?2 WHERE id = ?1";
                    transaction.execute(put, (self.context.run.0, now)).map_err(&failed)?;
                }
                Request::End { state, reason, at } => {
                    end_run(&transaction, &self.context, *state, reason.as_deref(), *at).map_err(&failed)?;
                }
            }
        }
        transaction.commit().map_err(&failed)?;
        self.commits += 1;
        if written > self.written {
            self.written = written;
            told.push(Written::Durable(written));
        }
        Ok(told)
    }
}

fn end_run(
    connection: &rusqlite::Connection,
    context: &Context,
    state: RunState,
    reason: Option<&str>,
    at: i64,
) -> rusqlite::Result<()> {
    let workflow = match state {
        RunState::Done => WorkflowState::Done,
        RunState::Failed => WorkflowState::Failed,
        RunState::Registered | RunState::Running | RunState::Stopped | RunState::Lost => WorkflowState::Stopped,
    };
    connection.execute(
        "UPDATE workflow_run SET status = ?2, status_at = ?3, ended_at = ?3, reason = ?4 WHERE id = ?1",
        (context.run.0, state.word(), at, reason),
    )?;
    let put = "UPDATE workflow SET status = ?2, status_at = ?3 WHERE id = ?1";
    connection.execute(put, (context.workflow.0, workflow.word(), at))?;
    Ok(())
}

impl Database {
    /// Writes ends down that earlier runs left open.
    pub(crate) fn end_attempts(&mut self, ends: &[(AttemptId, i64, crate::model::Ending)]) -> Result<(), StoreError> {
        let failed = self.failed("record the ends of earlier attempts");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        for (attempt, task, ending) in ends {
            apply::end(&transaction, attempt.0, None, ending).map_err(&failed)?;
            if ending.verdict == crate::model::Verdict::Done {
                let put = "UPDATE task SET status = 'DONE', status_at = ?2 WHERE id = ?1";
                transaction.execute(put, (task, ending.at.0)).map_err(&failed)?;
            }
        }
        transaction.commit().map_err(&failed)
    }
}
