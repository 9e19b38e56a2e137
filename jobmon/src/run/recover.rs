//! What an earlier run left behind when it died.

use crate::digest::Digest;
use crate::exec::local::{self, Remnants};
use crate::id::{AttemptId, RunId, TaskId, WorkflowId};
use crate::model::{Ending, Failure, RetryPolicy, RunDirectory, RunState, Usage, Verdict};
use crate::plan::{PlanData, identity};
use crate::run::surroundings::Surroundings;
use crate::run::{Result, RunError};
use crate::store::{Database, EarlierRun, Home, OpenAttempt};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// An attempt that was open when its run died.
#[derive(Debug)]
pub(super) struct Left {
    directory: RunDirectory,
    attempt: OpenAttempt,
}

/// Ends what is left of earlier runs, and takes in the ends that their keepers wrote down. The caller has the lease, so neither driver nor keeper of an earlier run lives on this machine.
pub(super) fn recover(
    database: &mut Database,
    home: &Home,
    workflow: WorkflowId,
    plan: &PlanData,
    around: &Surroundings<'_>,
) -> Result<Vec<Left>> {
    let runs = database.runs(workflow)?;
    if !runs.iter().any(died) {
        // Who ended in order, or was found dead by a later start, has no attempt that is open.
        return Ok(Vec::new());
    }
    // Who died did not close the file.
    database.check()?;
    for run in runs.iter().filter(|run| died(run) && run.host == around.host) {
        let Remnants { ended, left } = (around.end_remnants)(&run.token);
        for (pid, name) in ended {
            tracing::warn!(pid, name, run = %run.id, "a process that an earlier run left behind was ended");
        }
        if !left.is_empty() {
            return Err(RunError::Remnants { run: run.id, left }.into());
        }
    }
    let mut left = Vec::new();
    let mut by_run: BTreeMap<RunId, Vec<OpenAttempt>> = BTreeMap::new();
    let open = database.open_attempts(workflow)?;
    let policies = if open.is_empty() { BTreeMap::new() } else { readers(plan) };
    for attempt in open {
        by_run.entry(attempt.run).or_default().push(attempt);
    }
    for (run, attempts) in by_run {
        let directory = home.run(workflow, run);
        let ends = ends_of(&directory, &attempts, &policies, around.clock.now().wall);
        database.end_attempts(&ends)?;
        left.extend(attempts.into_iter().map(|attempt| Left { directory: directory.clone(), attempt }));
    }
    left.iter().for_each(keep_output);
    Ok(left)
}

fn died(run: &EarlierRun) -> bool {
    matches!(run.status, RunState::Registered | RunState::Running)
}

/// How the open attempts of a run ended: as its keeper wrote down; never started where it wrote nothing of them;
/// unknown where it did not live to write.
fn ends_of(
    directory: &RunDirectory,
    attempts: &[OpenAttempt],
    policies: &BTreeMap<Digest, RetryPolicy>,
    now: Timestamp,
) -> Vec<(AttemptId, i64, Ending)> {
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
    let read = |attempt: &OpenAttempt, mut ending: Ending| {
        if let (Verdict::Failed(failure), Some(policy)) = (&ending.verdict, policies.get(&attempt.hash)) {
            ending.verdict = Verdict::Failed(policy.read(failure.clone(), attempt.granted));
        }
        ending
    };
    attempts.iter().map(|attempt| (attempt.id, attempt.task, read(attempt, end(attempt)))).collect()
}

/// The policies by which exit codes say what an attempt lacked, by the identity of the task.
fn readers(plan: &PlanData) -> BTreeMap<Digest, RetryPolicy> {
    let policies = plan.task_ids().map(|task| (task, plan.retry(task))).filter(|(_, policy)| policy.reads_exits());
    policies.map(|(task, policy)| (identity(plan, task), policy)).collect()
}

/// What an attempt had written when everything died is kept under its name.
fn keep_output(left: &Left) {
    let Left { directory, attempt } = left;
    if let Err(error) = local::recover_output(directory, attempt.slot, attempt.id, []) {
        tracing::warn!(%error, attempt = %attempt.id, "the output of an earlier attempt stays where it is");
    }
}

/// Of the files that were to get the output of these attempts, nothing half written stays.
pub(super) fn discard_half_written(left: &[Left], plan: &PlanData, ids: &[i64], working_directory: &Path) {
    if left.is_empty() {
        return;
    }
    let tasks: BTreeMap<i64, TaskId> = plan.task_ids().map(|task| (ids[task.index()], task)).collect();
    for Left { directory, attempt } in left {
        let Some(task) = tasks.get(&attempt.task) else { continue };
        let Ok(rendered) = plan.render(*task) else { continue };
        let files = [rendered.stdout, rendered.stderr].into_iter().flatten();
        let files: Vec<PathBuf> = files.map(|file| plan.directory(*task, working_directory).join(file)).collect();
        if files.is_empty() {
            continue;
        }
        let files = files.iter().map(PathBuf::as_path);
        if let Err(error) = local::recover_output(directory, attempt.slot, attempt.id, files) {
            tracing::warn!(%error, attempt = %attempt.id, "the output of an earlier attempt stays where it is");
        }
    }
}
