//! Transactions of a run that still has its workflow.

use crate::id::{RunId, WorkflowId};
use crate::store::StoreError;
use crate::store::open::Database;
use crate::store::workflow::runs_of;
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// As what a driver, or one that is about to be one, writes of a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tenure {
    pub(super) workflow: WorkflowId,
    /// The number of the lease when it was last looked at, or its own.
    pub(super) epoch: i64,
    /// Its run, once it is begun.
    pub(super) run: Option<RunId>,
}

impl Database {
    /// From now on nothing is written if another run has begun since the lease had this number.
    pub(crate) fn hold_to(&mut self, workflow: WorkflowId, epoch: i64) {
        self.tenure = Some(Tenure { workflow, epoch, run: None });
    }

    /// Begins a transaction. One that finds another epoch is an error, which `failed` takes out of its wrapping.
    pub(super) fn begin(&mut self) -> rusqlite::Result<Transaction<'_>> {
        let tenure = self.tenure;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(Tenure { workflow, epoch, run }) = tenure {
            if epoch_of(&transaction, workflow)? != epoch {
                let lost = lost(&transaction, workflow)?;
                return Err(rusqlite::Error::ToSqlConversionFailure(Box::new(lost)));
            }
            if let Some(run) = run {
                // Before its loop begins, a driver may write tasks down for minutes. Any change is a sign of life.
                let beat = "UPDATE workflow_run SET heartbeat_at = heartbeat_at + 1 WHERE id = ?1";
                transaction.prepare_cached(beat)?.execute([run.0])?;
            }
        }
        Ok(transaction)
    }
}

/// The number of a workflow's lease.
pub(super) fn epoch_of(connection: &Connection, workflow: WorkflowId) -> rusqlite::Result<i64> {
    let find = "SELECT lease_epoch FROM workflow WHERE id = ?1";
    connection.prepare_cached(find)?.query_row([workflow.0], |row| row.get(0))
}

/// The error of one that finds another epoch than its own.
pub(super) fn lost(connection: &Connection, workflow: WorkflowId) -> rusqlite::Result<StoreError> {
    let latest = runs_of(connection, workflow)?.pop();
    let by = latest.map_or_else(|| "another run".to_owned(), |run| run.told());
    Ok(StoreError::LeaseLost { workflow, by })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of each of two machines, which do not see each other's locks.
    fn database(directory: &tempfile::TempDir) -> Database {
        let database = Database::open(directory.path().join("jobmon.db"), 0).unwrap();
        let rows = "
            INSERT INTO tool (id, name) VALUES (1, 't');
            INSERT INTO workflow (id, tool_id, name, args, status, status_at, created_at, bound, lease_epoch)
            VALUES (1, 1, 'w', '', 'RUNNING', 0, 0, 1, 2);
            INSERT INTO workflow_run (id, workflow_id, status, status_at, epoch, token, executor, host, pid, user, directory,
                                      executable, jobmon, started_at, heartbeat_at)
            VALUES (1, 1, 'LOST', 0, 1, 'a', 'local', 'here', 7, 'u', '/', '', '', 0, 10),
                   (2, 1, 'RUNNING', 0, 2, 'b', 'local', 'there', 8, 'v', '/', '', '', 0, 20);";
        database.connection.execute_batch(rows).unwrap();
        database
    }

    fn heartbeat(database: &Database, run: i64) -> i64 {
        let sql = "SELECT heartbeat_at FROM workflow_run WHERE id = ?1";
        database.connection.query_row(sql, [run], |row| row.get(0)).unwrap()
    }

    #[test]
    fn who_lost_the_workflow_writes_nothing_and_says_who_has_it() {
        let directory = tempfile::tempdir().unwrap();
        let mut database = database(&directory);
        database.hold_to(WorkflowId(1), 1);
        let lost = database.give_up(WorkflowId(1), RunId(1), "no reason", 5).unwrap_err();
        insta::assert_snapshot!(lost, @"workflow 1 was taken over by run 2 of v on there (process 8, since 1970-01-01T00:00:00Z) while this run was away; this one has ended its tasks and recorded nothing more");
        let stopped = "SELECT count(*) FROM workflow_run WHERE status = 'STOPPED'";
        assert_eq!(database.connection.query_row(stopped, [], |row| row.get::<_, i64>(0)), Ok(0));
    }

    #[test]
    fn what_a_run_writes_before_its_loop_begins_is_a_sign_of_life() {
        let directory = tempfile::tempdir().unwrap();
        let mut database = database(&directory);
        database.tenure = Some(Tenure { workflow: WorkflowId(1), epoch: 2, run: Some(RunId(2)) });
        database.end_attempts(&[]).unwrap();
        assert_eq!((heartbeat(&database, 1), heartbeat(&database, 2)), (10, 21));
    }
}
