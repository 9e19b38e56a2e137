//! Mistakes in what is said of retries.

use crate::model::RetryPolicy;
use crate::plan::data::PlanData;
use crate::plan::error::PlanError;

/// Tells what is wrong with each policy by itself, then with what is said of a task together: once for each template, and for
/// each task that has a policy of its own. What an attribute says was checked by the compiler.
pub(crate) fn check_retries(plan: &PlanData, mistakes: &mut Vec<PlanError>) {
    mistakes.extend(plan.retry.mistakes().into_iter().map(|reason| PlanError::WorkflowRetry { reason }));
    let mut seen = vec![false; plan.templates.len()];
    for task in plan.task_ids() {
        let own = plan.overrides(task).and_then(|overrides| overrides.retry.as_ref());
        let template = plan.tasks[task.index()].template.index();
        if own.is_none() && std::mem::replace(&mut seen[template], true) {
            continue;
        }
        let reasons = own.into_iter().flat_map(RetryPolicy::mistakes).chain(plan.retry(task).contradiction());
        let told = |reason| PlanError::Retry { place: plan.place(task), task: plan.task_name(task), reason };
        mistakes.extend(reasons.map(told));
    }
}
