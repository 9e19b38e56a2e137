//! Facts as rows.

use crate::id::{AttemptId, TaskId};
use crate::model::{AttemptState, Ending, Failure, Record, TaskState, TaskStatus, Usage, Verdict};
use crate::store::journal::Context;
use crate::time::Timestamp;
use rusqlite::{Transaction, params};
use std::collections::BTreeMap;
use std::time::Duration;

/// Writes facts in their order. Of the moves that a task makes in one batch only the last is written.
pub(super) fn apply(transaction: &Transaction<'_>, context: &Context, records: &[Record]) -> rusqlite::Result<()> {
    let mut moves: BTreeMap<TaskId, (TaskState, i64, Option<i64>)> = BTreeMap::new();
    // What ends in the batch in which it starts is written once.
    let mut starts: BTreeMap<AttemptId, Start> = BTreeMap::new();
    for record in records {
        match record {
            Record::Task { task, status, at } => {
                let because = match status {
                    TaskStatus::Skipped { because } => Some(context.numbers.tasks.of(*because)),
                    _ => None,
                };
                moves.insert(*task, (status.state(), at.0, because));
            }
            Record::Intent { attempt, task, number, slot, granted, at } => {
                let resources = context.resources(transaction, granted)?;
                let command = context.command(*task);
                transaction
                    .prepare_cached(
                        "INSERT INTO task_instance (id, task_id, workflow_run_id, attempt, status, slot, host,
                                                    task_resources_id, command_hash, created_at)
                         VALUES (?1, ?2, ?3, ?4, 'LAUNCHING', ?5, ?6, ?7, ?8, ?9)",
                    )?
                    .execute(params![
                        attempt.0,
                        context.numbers.tasks.of(*task),
                        context.run.0,
                        number,
                        slot.0,
                        context.host,
                        resources,
                        command.0,
                        at.0,
                    ])?;
                moves.insert(*task, (TaskState::Launched, at.0, None));
            }
            Record::Started { attempt, task, pid, at } => {
                starts.insert(*attempt, Start { pid: *pid, at: *at });
                moves.insert(*task, (TaskState::Running, at.0, None));
            }
            Record::Suspended { attempt, at, .. } => {
                let put = "UPDATE task_instance SET suspended_at = ?2 WHERE id = ?1";
                transaction.prepare_cached(put)?.execute((attempt.0, at.0))?;
            }
            Record::Ended { attempt, ending, .. } => end(transaction, attempt.0, starts.remove(attempt), ending)?,
            Record::RestCancelled { at } => {
                write_moves(transaction, context, std::mem::take(&mut moves))?;
                let put = "UPDATE task SET status = 'CANCELLED', status_at = ?2
                           WHERE workflow_id = ?1 AND status IN ('REGISTERED', 'QUEUED') AND retired_by_run_id IS NULL";
                transaction.prepare_cached(put)?.execute((context.workflow.0, at.0))?;
            }
        }
    }
    let put = "UPDATE task_instance SET status = 'RUNNING', pid = ?2, started_at = ?3 WHERE id = ?1";
    let mut put = transaction.prepare_cached(put)?;
    for (attempt, Start { pid, at }) in starts {
        put.execute((attempt.0, pid, at.0))?;
    }
    write_moves(transaction, context, moves)
}

/// That the main process of an attempt exists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pid: u32,
    at: Timestamp,
}

fn write_moves(
    transaction: &Transaction<'_>,
    context: &Context,
    moves: BTreeMap<TaskId, (TaskState, i64, Option<i64>)>,
) -> rusqlite::Result<()> {
    let put = "UPDATE task SET status = ?2, status_at = ?3, skipped_because = ?4 WHERE id = ?1";
    let mut put = transaction.prepare_cached(put)?;
    for (task, (state, at, because)) in moves {
        put.execute((context.numbers.tasks.of(task), state.word(), at, because))?;
    }
    Ok(())
}

/// Writes the end of an attempt, and its start where that is not written yet.
pub(super) fn end(
    transaction: &Transaction<'_>,
    attempt: i64,
    start: Option<Start>,
    ending: &Ending,
) -> rusqlite::Result<()> {
    let row = EndRow::of(&ending.verdict);
    // Of an attempt that nobody measured nothing is known: not that it used nothing.
    let used = Some(ending.usage).filter(|usage| *usage != Usage::default());
    let microseconds = |of: fn(&Usage) -> Duration| {
        used.as_ref().map(|usage| i64::try_from(of(usage).as_micros()).unwrap_or(i64::MAX))
    };
    transaction
        .prepare_cached(
            "UPDATE task_instance SET status = ?2, kind = ?3, exit_code = ?4, signal = ?5, ended_at = ?6,
                                      wall_microseconds = ?7, user_microseconds = ?8, system_microseconds = ?9,
                                      peak_memory_bytes = ?10, pid = coalesce(?11, pid),
                                      started_at = coalesce(?12, started_at, CASE WHEN ?7 > 0 THEN ?6 - ?7 END)
             WHERE id = ?1 AND ended_at IS NULL",
        )?
        .execute(params![
            attempt,
            row.state.word(),
            row.kind,
            row.exit_code,
            row.signal,
            ending.at.0,
            microseconds(|usage| usage.wall),
            microseconds(|usage| usage.user),
            microseconds(|usage| usage.system),
            used.map(|usage| usage.peak_memory.cast_signed()),
            start.map(|start| start.pid),
            start.map(|start| start.at.0),
        ])?;
    let told = row.kind.is_some().then(|| match &ending.verdict {
        Verdict::Failed(failure) => failure.to_string(),
        Verdict::Done | Verdict::Cancelled => String::new(),
    });
    let strays = ending
        .strays
        .iter()
        .map(|stray| format!("process {} ({}) was left running and was ended", stray.pid, stray.name));
    for description in told.into_iter().chain(strays) {
        transaction
            .prepare_cached("INSERT INTO error_log (task_instance_id, at, description) VALUES (?1, ?2, ?3)")?
            .execute((attempt, ending.at.0, description))?;
    }
    Ok(())
}

/// The columns that say how an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct EndRow {
    state: AttemptState,
    kind: Option<&'static str>,
    exit_code: Option<i32>,
    signal: Option<i32>,
}

impl EndRow {
    fn of(verdict: &Verdict) -> Self {
        let row = |state, kind| Self { state, kind, exit_code: None, signal: None };
        let failure = match verdict {
            Verdict::Done => return Self { exit_code: Some(0), ..row(AttemptState::Done, None) },
            Verdict::Cancelled => return row(AttemptState::Cancelled, None),
            Verdict::Failed(failure) => failure,
        };
        let state = match failure {
            Failure::NodeFailed | Failure::Vanished => AttemptState::Lost,
            Failure::OutOfMemory(_)
            | Failure::Timeout(_)
            | Failure::Exit(_)
            | Failure::ToldByExit(..)
            | Failure::Signal(_)
            | Failure::OutputMissing(_)
            | Failure::StartFailed(_)
            | Failure::ResourcesFailed(_)
            | Failure::Preempted => AttemptState::Failed,
        };
        let row = row(state, Some(failure.kind().word()));
        match failure {
            Failure::Exit(code) | Failure::ToldByExit(code, _) => Self { exit_code: Some(*code), ..row },
            Failure::OutputMissing(_) => Self { exit_code: Some(0), ..row },
            Failure::Signal(signal) => Self { signal: Some(*signal), ..row },
            Failure::OutOfMemory(_)
            | Failure::Timeout(_)
            | Failure::StartFailed(_)
            | Failure::ResourcesFailed(_)
            | Failure::NodeFailed
            | Failure::Preempted
            | Failure::Vanished => row,
        }
    }
}
