//! What is written of a run while it lasts, one transaction after the other.

use crate::digest::Digest;
use crate::id::{AttemptId, RunId, TaskId, WorkflowId};
use crate::model::{Record, Resources, RunState, WorkflowState};
use crate::plan::PlanData;
use crate::store::StoreError;
use crate::store::apply;
use crate::store::bind::{Numbers, reserve, resources_id};
use crate::store::control::{self, Answer, Heard, Request};
use crate::store::open::Database;
use crate::store::tenure::{epoch_of, lost};
use rusqlite::TransactionBehavior;
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

/// What became of what was to be written.
#[derive(Debug)]
pub enum Written {
    /// So many records are durable, of all that were to be written.
    Durable(u64),
    /// Numbers for attempts.
    AttemptIds(Range<i64>),
    /// Somebody asks the run to do something.
    Request(Request),
    /// There is no room for what is to be written: it waits, with all that comes after it.
    Waits(StoreError),
    /// What waited is written.
    GoesOn,
    /// Nothing more will be written.
    Failed(StoreError),
}

/// Something to write.
#[derive(Debug)]
pub(crate) enum Entry {
    /// Facts, in their order.
    Records(Vec<Record>),
    /// Numbers for so many attempts are wanted.
    AttemptIds(u32),
    /// The driver lives, at this time.
    Heartbeat(i64),
    /// What is said to a request.
    Answer(Answer),
    /// How the run ended; the last of all.
    End { state: RunState, reason: Option<String>, at: i64 },
}

/// What must be known to write rows.
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

/// The run's part of the state file, open to be written.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(super) database: Database,
    pub(super) context: Context,
    pub(super) heard: Heard,
    /// Device and number of the file; `None` where they cannot be told.
    file: Option<(u64, u64)>,
    records: u64,
    commits: u64,
}

impl Journal {
    pub(crate) fn new(database: Database, context: Context) -> Self {
        let file = identity(&database.path);
        Self { database, context, heard: Heard::default(), file, records: 0, commits: 0 }
    }

    /// How many records were written.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) const fn records(&self) -> u64 {
        self.records
    }

    /// Leaves the file as a killed process leaves it.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn abandon(self) {
        self.database.abandon();
    }

    /// How many transactions there were.
    pub(crate) fn commits(&self) -> u64 {
        self.commits
    }

    /// Writes all of it in one transaction, if the run still has the lease. After an error nothing of it is written, and it
    /// may be tried again.
    pub(crate) fn write(&mut self, batch: &[Entry]) -> Result<Vec<Written>, StoreError> {
        self.commit(batch).map_err(|error| self.database.explained(error))
    }

    fn commit(&mut self, batch: &[Entry]) -> Result<Vec<Written>, StoreError> {
        const WHAT: &str = "record what happened";
        // A file that is deleted can be written until it is closed, and nobody ever reads it; another run finds no lock.
        if self.file.is_some() && identity(&self.database.path) != self.file {
            return Err(StoreError::Gone { what: WHAT, path: self.database.path.clone() });
        }
        let failed = self.database.failed(WHAT);
        let transaction =
            self.database.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        if epoch_of(&transaction, self.context.workflow).map_err(&failed)? != self.context.epoch {
            return Err(lost(&transaction, self.context.workflow).map_err(&failed)?);
        }
        let (mut written, mut told) = (self.records, Vec::new());
        for request in batch {
            match request {
                Entry::Records(records) => {
                    apply::apply(&transaction, &self.context, records).map_err(&failed)?;
                    written += records.len() as u64;
                }
                Entry::AttemptIds(count) => {
                    let ids = reserve(&transaction, "task_instance", *count).map_err(&failed)?;
                    told.push(Written::AttemptIds(ids));
                }
                Entry::Heartbeat(now) => {
                    let put = "UPDATE workflow_run SET heartbeat_at = ?2 WHERE id = ?1";
                    transaction.execute(put, (self.context.run.0, now)).map_err(&failed)?;
                }
                Entry::Answer(answer) => {
                    control::answer(&transaction, self.context.workflow, answer).map_err(&failed)?;
                }
                Entry::End { state, reason, at } => {
                    end_run(&transaction, &self.context, *state, reason.as_deref(), *at).map_err(&failed)?;
                }
            }
        }
        transaction.commit().map_err(&failed)?;
        self.commits += 1;
        if written > self.records {
            self.records = written;
            told.push(Written::Durable(written));
        }
        Ok(told)
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
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
    control::lose_requests(connection, context.workflow, at)
}

impl Database {
    /// Writes ends down that earlier runs left open.
    pub(crate) fn end_attempts(&mut self, ends: &[(AttemptId, i64, crate::model::Ending)]) -> Result<(), StoreError> {
        let failed = self.failed("record the ends of earlier attempts");
        let transaction = self.begin().map_err(&failed)?;
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
