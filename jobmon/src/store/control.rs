//! Requests to a running driver: rows that others write, and that the driver answers.

use crate::id::{RunId, WorkflowId};
use crate::model::{Limit, Steer};
use crate::store::StoreError;
use crate::store::journal::Journal;
use crate::store::open::Database;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

/// Somebody asks the run to do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: i64,
    /// Who asks.
    pub by: String,
    /// What; the words of the row where they are not known.
    pub what: Result<Steer, String>,
}

/// What the driver says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) request: i64,
    pub(crate) accepted: bool,
    pub(crate) words: String,
    pub(crate) at: i64,
    /// The limit of the workflow, where the request changed it.
    pub(crate) limit: Option<Limit>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nobody has taken it up, and the run lasts.
    Open,
    /// It was done, or refused; in words.
    Answered { accepted: bool, words: String },
    /// The run ended before it was taken up.
    Lost,
}

/// What was heard of requests so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heard {
    /// SQLite's number of the file's version when others were last looked at: it stays while nobody else commits.
    version: Option<i64>,
    /// The latest request that was handed on.
    latest: i64,
}

impl Journal {
    /// The requests that came since the last call. Where nobody else wrote to the file this reads no row, and it never writes.
    pub(crate) fn requests(&mut self) -> Vec<Request> {
        match self.new_requests() {
            Ok(requests) => requests,
            Err(error) => {
                // They are still there when they can be read again; what cannot be written is told by the writer.
                tracing::warn!(%error, "requests to this run cannot be read");
                self.heard.version = None;
                Vec::new()
            }
        }
    }

    fn new_requests(&mut self) -> rusqlite::Result<Vec<Request>> {
        let connection = &self.database.connection;
        let version = connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.heard.version.replace(version) == Some(version) {
            return Ok(Vec::new());
        }
        let sql = "SELECT id, requested_by, request, argument FROM control
                   WHERE workflow_run_id = ?1 AND status = 'REQUESTED' AND id > ?2 ORDER BY id";
        let mut find = connection.prepare_cached(sql)?;
        let rows = find.query_map((self.context.run.0, self.heard.latest), |row| {
            let (word, argument): (String, Option<String>) = (row.get(2)?, row.get(3)?);
            let what = Steer::of(&word, argument.as_deref());
            let what = what.ok_or_else(|| [word, argument.unwrap_or_default()].join(" ").trim_end().to_owned());
            Ok(Request { id: row.get(0)?, by: row.get(1)?, what })
        });
        let requests = rows.and_then(Iterator::collect::<rusqlite::Result<Vec<Request>>>)?;
        self.heard.latest = requests.last().map_or(self.heard.latest, |last| last.id);
        Ok(requests)
    }
}

/// Writes down what a driver says to a request.
pub(super) fn answer(connection: &Connection, workflow: WorkflowId, answer: &Answer) -> rusqlite::Result<()> {
    let status = if answer.accepted { "DONE" } else { "REFUSED" };
    let put = "UPDATE control SET status = ?2, answered_at = ?3, answer = ?4 WHERE id = ?1 AND status = 'REQUESTED'";
    connection.execute(put, (answer.request, status, answer.at, &answer.words))?;
    if let Some(Limit(limit)) = answer.limit {
        let put = "UPDATE workflow SET max_concurrently_running = ?2 WHERE id = ?1";
        connection.execute(put, (workflow.0, limit))?;
    }
    Ok(())
}

/// What nobody took up while a run of the workflow lasted is not taken up by another.
pub(super) fn lose_requests(connection: &Connection, workflow: WorkflowId, at: i64) -> rusqlite::Result<()> {
    let put = "UPDATE control SET status = 'LOST', answered_at = ?2, answer = 'the run ended before it was taken up'
               WHERE status = 'REQUESTED' AND workflow_run_id IN (SELECT id FROM workflow_run WHERE workflow_id = ?1)";
    connection.prepare_cached(put)?.execute((workflow.0, at)).map(drop)
}

impl Database {
    /// Asks a run that is under way; `None` where it has ended.
    pub(crate) fn ask(
        &mut self,
        workflow: WorkflowId,
        run: RunId,
        steer: &Steer,
        by: &str,
        now: i64,
    ) -> Result<Option<i64>, StoreError> {
        let failed = self.failed("write the request");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let sql =
            "INSERT INTO control (workflow_id, workflow_run_id, request, argument, requested_by, requested_at, status)
                   SELECT ?1, ?2, ?3, ?4, ?5, ?6, 'REQUESTED'
                   WHERE EXISTS (SELECT 1 FROM workflow_run WHERE id = ?2 AND status = 'RUNNING')";
        let row = params![workflow.0, run.0, steer.word(), steer.argument(), by, now];
        let asked = transaction.execute(sql, row).map_err(&failed)? > 0;
        let id = transaction.last_insert_rowid();
        transaction.commit().map_err(&failed)?;
        Ok(asked.then_some(id))
    }

    /// What became of a request.
    pub(crate) fn fate(&self, request: i64) -> Result<Fate, StoreError> {
        let sql = "SELECT control.status, answer, workflow_run.status
                   FROM control JOIN workflow_run ON workflow_run.id = workflow_run_id WHERE control.id = ?1";
        let row = |row: &rusqlite::Row<'_>| {
            let (status, words, run): (String, Option<String>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let words = words.unwrap_or_default();
            Ok(match status.as_str() {
                "REQUESTED" if run == "RUNNING" => Fate::Open,
                "DONE" => Fate::Answered { accepted: true, words },
                "REFUSED" => Fate::Answered { accepted: false, words },
                _ => Fate::Lost,
            })
        };
        let found = self.connection.query_row(sql, [request], row).optional();
        Ok(found.map_err(self.failed("look for the answer"))?.unwrap_or(Fate::Lost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Tool;
    use crate::store::bind::{Numbers, TaskNumbers};
    use crate::store::journal::Context;
    use std::collections::HashMap;
    use std::sync::Arc;

    /// The journal of a run that another connection may write to.
    fn journal(directory: &std::path::Path) -> (Journal, Database) {
        let open = || Database::open(directory.join("jobmon.db"), 0).unwrap();
        let other = open();
        let rows = "INSERT INTO tool (id, name) VALUES (1, 'test');
            INSERT INTO workflow (id, tool_id, name, args, status, status_at, created_at, bound, lease_epoch)
            VALUES (1, 1, 'w', '', 'RUNNING', 0, 0, 1, 1);
            INSERT INTO workflow_run (id, workflow_id, status, status_at, epoch, token, executor, host, pid, user,
                                      directory, executable, jobmon, started_at, heartbeat_at)
            VALUES (1, 1, 'RUNNING', 0, 1, '', '', '', 1, '', '', '', '', 0, 0);";
        other.connection.execute_batch(rows).unwrap();
        let numbers = Numbers { tasks: TaskNumbers::From(1), templates: Vec::new(), resources: HashMap::new() };
        let plan = Arc::clone(Tool::new("test").workflow("w").plan());
        let (workflow, run, host, commands) = (WorkflowId(1), RunId(1), String::new(), Vec::new());
        (Journal::new(open(), Context { workflow, run, epoch: 1, host, numbers, plan, commands }), other)
    }

    #[test]
    fn each_request_is_handed_on_once_and_looking_for_them_writes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let (mut journal, mut other) = journal(directory.path());
        let version = |database: &Database| -> i64 {
            database.connection.query_row("PRAGMA data_version", [], |row| row.get(0)).unwrap()
        };
        let before = version(&other);
        (0..1000).for_each(|_| assert_eq!(journal.requests(), []));
        assert_eq!((version(&other), journal.database.connection.total_changes()), (before, 0));
        let id = other.ask(WorkflowId(1), RunId(1), &Steer::Pause, "me", 5).unwrap().unwrap();
        assert_eq!(journal.requests(), [Request { id, by: "me".to_owned(), what: Ok(Steer::Pause) }]);
        assert_eq!(journal.requests(), []);
        assert_eq!(other.fate(id).unwrap(), Fate::Open);
        other.connection.execute("UPDATE control SET request = 'FLY', argument = 'far'", []).unwrap();
        let next = other.ask(WorkflowId(1), RunId(1), &Steer::Limit(Some(3)), "me", 6).unwrap().unwrap();
        assert_eq!(journal.requests(), [Request { id: next, by: "me".to_owned(), what: Ok(Steer::Limit(Some(3))) }]);
        journal.heard = Heard::default();
        assert_eq!(journal.requests()[0].what, Err("FLY far".to_owned()), "what is not known is handed on as it is");
        assert_eq!(journal.database.connection.total_changes(), 0);
    }

    #[test]
    fn a_run_that_has_ended_is_asked_nothing_and_leaves_nothing_open() {
        let directory = tempfile::tempdir().unwrap();
        let (journal, mut other) = journal(directory.path());
        let id = other.ask(WorkflowId(1), RunId(1), &Steer::Drain, "me", 5).unwrap().unwrap();
        lose_requests(&journal.database.connection, WorkflowId(1), 6).unwrap();
        assert_eq!(other.fate(id).unwrap(), Fate::Lost);
        other.connection.execute("UPDATE workflow_run SET status = 'DONE'", []).unwrap();
        assert_eq!(other.ask(WorkflowId(1), RunId(1), &Steer::Drain, "me", 7).unwrap(), None);
    }
}
