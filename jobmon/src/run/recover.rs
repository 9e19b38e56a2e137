//! What an earlier run left behind when it died.

use crate::exec::local::{self, Remnants};
use crate::id::{AttemptId, RunId, WorkflowId};
use crate::model::{Ending, Failure, RunDirectory, RunState, Stream, Usage, Verdict};
use crate::run::{Result, RunError};
use crate::store::{Database, EarlierRun, Home, OpenAttempt};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Ends what is left of earlier runs, and takes in the ends that their keepers wrote down. The caller has the lease, so neither driver nor keeper of an earlier run lives on this machine.
pub(super) fn recover(
    database: &mut Database,
    home: &Home,
    workflow: WorkflowId,
    host: &str,
    now: Timestamp,
) -> Result<()> {
    for run in database.runs(workflow)?.iter().filter(|run| died(run) && run.host == host) {
        let Remnants { ended, left } = local::end_remnants(&run.token);
        for (pid, name) in ended {
            tracing::warn!(pid, name, run = %run.id, "a process that an earlier run left behind was ended");
        }
        if !left.is_empty() {
            return Err(RunError::Remnants { run: run.id, left }.into());
        }
    }
    let mut by_run: BTreeMap<RunId, Vec<OpenAttempt>> = BTreeMap::new();
    for attempt in database.open_attempts(workflow)? {
        by_run.entry(attempt.run).or_default().push(attempt);
    }
    for (run, attempts) in by_run {
        let directory = home.run(workflow, run);
        let ends = ends_of(&directory, &attempts, now);
        attempts.iter().for_each(|attempt| keep_output(&directory, attempt));
        database.end_attempts(&ends)?;
    }
    Ok(())
}

fn died(run: &EarlierRun) -> bool {
    matches!(run.status, RunState::Registered | RunState::Running)
}

/// How the open attempts of a run ended: as its keeper wrote down; never started where it wrote nothing of them;
/// unknown where it did not live to write.
fn ends_of(directory: &RunDirectory, attempts: &[OpenAttempt], now: Timestamp) -> Vec<(AttemptId, i64, Ending)> {
    let file = directory.ends_file();
    let written: Option<BTreeMap<AttemptId, Ending>> = match local::read_ends(&file) {
        Ok(ends) => file.exists().then(|| ends.into_iter().collect()),
        Err(error) => {
            tracing::warn!(%error, "how the last attempts of an earlier run ended is not known");
            None
        }
    };
    let unknown = |verdict| Ending { verdict, at: now, usage: Usage::default(), strays: Vec::new() };
    let end = |attempt: &OpenAttempt| match &written {
        Some(written) => written.get(&attempt.id).cloned().unwrap_or_else(|| unknown(Verdict::Cancelled)),
        None => unknown(Verdict::Failed(Failure::Vanished)),
    };
    attempts.iter().map(|attempt| (attempt.id, attempt.task, end(attempt))).collect()
}

/// What an attempt had written when everything died is kept under its name.
fn keep_output(directory: &RunDirectory, attempt: &OpenAttempt) {
    for stream in [Stream::Out, Stream::Err] {
        let file = directory.slot_file(attempt.slot, stream);
        let said = std::fs::metadata(&file).is_ok_and(|found| found.len() > 0);
        if !said {
            continue;
        }
        let kept = directory.attempt_file(attempt.id, stream);
        let moved = kept.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::rename(&file, &kept));
        if let Err(error) = moved {
            tracing::warn!(%error, file = %file.display(), "the output of an earlier attempt stays where it is");
        }
    }
}
