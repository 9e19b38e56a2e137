//! Whether a program may go on with a workflow whose tasks are others now, and what runs again then.

use crate::dag::Graph;
use crate::id::TaskId;
use crate::model::TaskState;
use crate::plan::{Identities, PlanData};
use crate::run::start::full_name;
use crate::run::{Result, RunError, RunOptions};
use crate::store::{Database, Difference, Found, Recalled};

/// The done tasks that run again, since they are, or hang on, what is new, waits for other tasks, or runs again.
///
/// Refused is what nobody accepted: what a new version of a template brings needs no leave, nor what an earlier start of
/// the same program began to take over.
pub(super) fn runs_again(
    database: &Database,
    (plan, identities, graph): (&PlanData, &Identities, &Graph),
    found: &Found,
    recalled: &Recalled,
    options: &RunOptions,
) -> Result<Vec<TaskId>> {
    let changes = &recalled.changes;
    if changes.is_none() {
        return Ok(Vec::new());
    }
    let is_done = |task: &TaskId| recalled.states[task.index()] == TaskState::Done;
    let mut from = database.outdated(plan, recalled)?;
    from.extend(changes.added.iter().chain(&changes.rewired));
    if changes.begun.is_some() {
        // Which of them ran again was not written down before that start died.
        from.extend(plan.task_ids().filter(|task| !is_done(task)));
    }
    let reached = graph.downstream_of(from.iter().map(|task| task.0));
    let again: Vec<TaskId> = plan.task_ids().filter(|task| reached[task.index()] && is_done(task)).collect();
    let is_begun = || changes.begun.is_some_and(|begun| begun == identities.whole());
    if options.accept_changes || is_begun() {
        return Ok(again);
    }
    let (name, workflow) = (full_name(plan), found.id);
    if !changes.difference.is_none() {
        let difference = Box::new(Difference { again: again.len(), ..changes.difference.clone() });
        return Err(RunError::TasksChanged { name, workflow, difference }.into());
    }
    if changes.begun.is_some() {
        return Err(RunError::ChangesUnfinished { name, workflow }.into());
    }
    Ok(again)
}
