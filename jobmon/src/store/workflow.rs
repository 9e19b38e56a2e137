//! Workflows and their runs: found, begun and ended.

use crate::digest::Digest;
use crate::id::{RunId, WorkflowId};
use crate::model::{RunState, WorkflowState};
use crate::plan::{Identities, PlanData, Settled};
use crate::store::StoreError;
use crate::store::bind::{self, Numbers, TaskNumbers};
use crate::store::control;
use crate::store::holder::{Holder, own_namespace};
use crate::store::matching::Recalled;
use crate::store::open::Database;
use crate::store::tenure::Tenure;
use crate::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::time::Duration;

/// A workflow as the state file knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub id: WorkflowId,
    /// Where it is.
    pub status: WorkflowState,
    /// Whether all its tasks are written down.
    pub bound: bool,
    /// Whether it was written down just now.
    pub created: bool,
    /// The number of its lease: that of its latest run.
    pub(crate) epoch: i64,
    pub(crate) tool: i64,
}

/// Who runs a workflow: written down at the start of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runner {
    /// What tasks of the run carry in their environment.
    pub token: String,
    /// The executor's name.
    pub executor: &'static str,
    /// The machine.
    pub host: String,
    /// The driver's process.
    pub pid: u32,
    /// The user.
    pub user: String,
    /// The working directory.
    pub directory: String,
    /// The driver's executable.
    pub executable: String,
    /// Tells whether it was another executable in another run.
    pub executable_hash: Option<Digest>,
}

impl Runner {
    /// What it writes into the file of the lock, which it takes now.
    pub(crate) fn holder(&self, now: Timestamp, grace: Duration) -> Holder {
        Holder {
            token: self.token.clone(),
            host: self.host.clone(),
            user: self.user.clone(),
            pid: self.pid,
            namespace: own_namespace(),
            since: now.0,
            grace,
        }
    }
}

/// An earlier run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierRun {
    /// Its number.
    pub id: RunId,
    /// Where it is.
    pub status: RunState,
    /// Its token.
    pub token: String,
    /// Its machine.
    pub host: String,
    /// Its driver's process.
    pub pid: u32,
    /// Its user.
    pub user: String,
    /// When it began, in microseconds since 1970-01-01 UTC.
    pub started_at: i64,
    /// When its driver last said that it lives.
    pub heartbeat_at: i64,
}

impl EarlierRun {
    /// Who ran it, where, and since when, in words.
    pub(crate) fn told(&self) -> String {
        let Self { id, host, pid, user, started_at, .. } = self;
        format!("run {id} of {user} on {host} (process {pid}, since {})", Timestamp(*started_at))
    }
}

impl Database {
    /// Finds the workflow of this tool, name and arguments, or writes it down.
    pub(crate) fn find_or_create(&mut self, plan: &PlanData, args: &str, now: i64) -> Result<Found, StoreError> {
        let failed = self.failed("find the workflow");
        let path = self.path.clone();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        transaction
            .execute("INSERT INTO tool (name) VALUES (?1) ON CONFLICT DO NOTHING", [&plan.tool])
            .map_err(&failed)?;
        let tool: i64 = transaction
            .query_row("SELECT id FROM tool WHERE name = ?1", [&plan.tool], |row| row.get(0))
            .map_err(&failed)?;
        let find = "SELECT id, status, bound FROM workflow WHERE tool_id = ?1 AND name = ?2 AND args = ?3";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?));
        let known = transaction.query_row(find, (tool, &plan.name, args), row).optional().map_err(&failed)?;
        let found = match known {
            Some((id, status, bound)) => {
                let status = WorkflowState::of_word(&status);
                let status = status.ok_or_else(|| damaged(path, "an unknown status", "the state of a workflow"))?;
                Found { id: WorkflowId(id), status, bound, created: false, epoch: 0, tool }
            }
            None => {
                let put = "INSERT INTO workflow (tool_id, name, args, status, status_at, created_at, bound,
                                                 max_concurrently_running, lease_epoch)
                           VALUES (?1, ?2, ?3, 'REGISTERED', ?4, ?4, 0, ?5, 0)";
                let row = params![tool, plan.name, args, now, plan.max_concurrently_running];
                transaction.execute(put, row).map_err(&failed)?;
                let id = WorkflowId(transaction.last_insert_rowid());
                Found { id, status: WorkflowState::Registered, bound: false, created: true, epoch: 0, tool }
            }
        };
        transaction.commit().map_err(&failed)?;
        Ok(found)
    }

    /// The status of a workflow and whether it is bound, as they are now.
    pub(crate) fn look_again(&self, found: &mut Found) -> Result<(), StoreError> {
        let sql = "SELECT status, bound, lease_epoch FROM workflow WHERE id = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?));
        let (status, bound, epoch) =
            self.connection.query_row(sql, [found.id.0], row).map_err(self.failed("look at the workflow"))?;
        let known = WorkflowState::of_word(&status);
        found.status = known.ok_or_else(|| damaged(self.path.clone(), &status, "the state of a workflow"))?;
        found.bound = bound;
        found.epoch = epoch;
        Ok(())
    }

    /// The latest run of a workflow.
    pub(crate) fn latest_run(&self, workflow: WorkflowId) -> Result<Option<EarlierRun>, StoreError> {
        Ok(self.runs(workflow)?.pop())
    }

    /// All runs of a workflow, in order.
    pub(crate) fn runs(&self, workflow: WorkflowId) -> Result<Vec<EarlierRun>, StoreError> {
        runs_of(&self.connection, workflow).map_err(self.failed("read the runs of a workflow"))
    }

    /// Begins a run: a new epoch, so that a driver which lost the lease notices at its next commit. Earlier runs that
    /// did not say how they ended are lost.
    pub(crate) fn begin_run(
        &mut self,
        workflow: WorkflowId,
        plan: &PlanData,
        runner: &Runner,
        max_concurrently_running: Option<u32>,
        now: i64,
    ) -> Result<(RunId, i64), StoreError> {
        let failed = self.failed("begin a run");
        let transaction = self.begin().map_err(&failed)?;
        let begun = (|| {
            let epoch: i64 = transaction.query_row(
                "UPDATE workflow SET lease_epoch = lease_epoch + 1, status = 'RUNNING', status_at = ?2
                 WHERE id = ?1 RETURNING lease_epoch",
                (workflow.0, now),
                |row| row.get(0),
            )?;
            transaction.execute(
                "UPDATE workflow_run SET status = 'LOST', status_at = ?2, reason = 'the driver died'
                 WHERE workflow_id = ?1 AND status IN ('REGISTERED', 'RUNNING')",
                (workflow.0, now),
            )?;
            transaction.execute(
                "INSERT INTO workflow_run (workflow_id, status, status_at, epoch, token, executor, host, pid, user,
                                           directory, executable, executable_hash, jobmon, started_at, heartbeat_at)
                 VALUES (?1, 'RUNNING', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?2, ?2)",
                params![
                    workflow.0,
                    now,
                    epoch,
                    runner.token,
                    runner.executor,
                    runner.host,
                    runner.pid,
                    runner.user,
                    runner.directory,
                    runner.executable,
                    runner.executable_hash.map(|hash| hash.0),
                    env!("CARGO_PKG_VERSION"),
                ],
            )?;
            let run = RunId(transaction.last_insert_rowid());
            control::lose_requests(&transaction, workflow, now)?;
            put_properties(&transaction, workflow, plan, max_concurrently_running)?;
            Ok((run, epoch))
        })();
        let (run, epoch) = begun.map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        self.tenure = Some(Tenure { workflow, epoch, run: Some(run) });
        Ok((run, epoch))
    }

    /// Writes down that a run ended before it had begun.
    pub(crate) fn give_up(
        &mut self,
        workflow: WorkflowId,
        run: RunId,
        reason: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let failed = self.failed("record that the run ended");
        let transaction = self.begin().map_err(&failed)?;
        let put =
            "UPDATE workflow_run SET status = 'STOPPED', status_at = ?2, ended_at = ?2, reason = ?3 WHERE id = ?1";
        transaction.execute(put, (run.0, now, reason)).map_err(&failed)?;
        let put = "UPDATE workflow SET status = 'STOPPED', status_at = ?2 WHERE id = ?1";
        transaction.execute(put, (workflow.0, now)).map_err(&failed)?;
        transaction.commit().map_err(&failed)
    }

    /// Writes the tasks of a workflow down.
    pub(crate) fn bind(
        &mut self,
        found: &Found,
        plan: &Settled,
        identities: &Identities,
        now: i64,
    ) -> Result<Numbers, StoreError> {
        bind::bind(self, found.id, found.tool, plan, identities, now)
    }

    /// Writes down what tasks that are all known share, and finds its numbers.
    pub(crate) fn rebind(
        &mut self,
        found: &Found,
        plan: &Settled,
        recalled: &Recalled,
        now: i64,
    ) -> Result<Numbers, StoreError> {
        let failed = self.failed("renew the templates of the workflow");
        let transaction = self.begin().map_err(&failed)?;
        let (templates, resources) = bind::common(&transaction, plan, found.tool, now).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        Ok(Numbers { tasks: TaskNumbers::of_ids(recalled.ids.clone()), templates, resources })
    }

    /// Writes what the program says of a workflow as a whole; attributes that it no longer says are kept.
    pub(crate) fn renew_workflow(&mut self, workflow: WorkflowId, plan: &PlanData) -> Result<(), StoreError> {
        let failed = self.failed("renew the workflow");
        let transaction = self.begin().map_err(&failed)?;
        put_properties(&transaction, workflow, plan, plan.max_concurrently_running).map_err(&failed)?;
        transaction.commit().map_err(&failed)
    }
}

/// All runs of a workflow, in order.
pub(super) fn runs_of(connection: &Connection, workflow: WorkflowId) -> rusqlite::Result<Vec<EarlierRun>> {
    let sql = "SELECT id, status, token, host, pid, user, started_at, heartbeat_at FROM workflow_run
                   WHERE workflow_id = ?1 ORDER BY epoch";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([workflow.0], |row| {
        Ok(EarlierRun {
            id: RunId(row.get(0)?),
            status: RunState::of_word(&row.get::<_, String>(1)?).unwrap_or(RunState::Lost),
            token: row.get(2)?,
            host: row.get(3)?,
            pid: row.get(4)?,
            user: row.get(5)?,
            started_at: row.get(6)?,
            heartbeat_at: row.get(7)?,
        })
    });
    rows.and_then(Iterator::collect)
}

fn put_properties(
    transaction: &Transaction<'_>,
    workflow: WorkflowId,
    plan: &PlanData,
    max_concurrently_running: Option<u32>,
) -> rusqlite::Result<()> {
    let put = "UPDATE workflow SET max_concurrently_running = ?2
               WHERE id = ?1 AND max_concurrently_running IS NOT ?2";
    transaction.execute(put, (workflow.0, max_concurrently_running))?;
    for (name, value) in &plan.attributes {
        let put = "INSERT INTO workflow_attribute (workflow_id, name, value) VALUES (?1, ?2, ?3)
                   ON CONFLICT (workflow_id, name) DO UPDATE SET value = ?3";
        transaction.execute(put, (workflow.0, name, value))?;
    }
    Ok(())
}

fn damaged(path: std::path::PathBuf, found: &str, expected: &'static str) -> StoreError {
    StoreError::Damaged { path, found: found.to_owned(), expected }
}
