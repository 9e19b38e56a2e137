//! What is said of retries, from the task to the tool, and contradictions in it.

use crate::config::{At, Level, Said};
use crate::id::{TaskId, TemplateId};
use crate::model::RetryPolicy;
use crate::plan::data::PlanData;
use crate::plan::error::PlanError;
use crate::plan::task::Overrides;

/// Tells what is wrong with all that is said of a task together, by itself right: once for each template, and for each task that
/// has a policy of its own.
pub(crate) fn check_retries(plan: &PlanData, mistakes: &mut Vec<PlanError>) {
    let mut seen = vec![false; plan.templates.len()];
    for task in plan.task_ids() {
        let said = plan.overrides(task).and_then(|overrides| overrides.said.as_ref());
        let has_own = said.is_some_and(|said| said.retry.is_some());
        let template = plan.tasks[task.index()].template.index();
        if !has_own && std::mem::replace(&mut seen[template], true) {
            continue;
        }
        let told = |reason| PlanError::Retry { place: plan.place(task), task: plan.task_name(task), reason };
        mistakes.extend(plan.retry(task).contradiction().map(told));
    }
}

impl PlanData {
    /// Which failures of a task are tried again.
    pub(crate) fn retry(&self, task: TaskId) -> RetryPolicy {
        self.retry_of(self.tasks[task.index()].template, self.overrides(task))
    }

    /// The same for the tasks of a template, and for one of which this is said.
    pub(crate) fn retry_of(&self, template: TemplateId, task: Option<&Overrides>) -> RetryPolicy {
        let policies = self.policies(template, task).into_iter().filter_map(|(_, policy)| policy);
        policies.fold(RetryPolicy::new(), |nearer, policy| nearer.over(&policy.value))
    }

    /// Where the policy of the tasks of a template, or of one of which this is said, is said: the nearest first.
    pub(crate) fn retry_places(&self, template: TemplateId, task: Option<&Overrides>) -> Vec<(Level, At)> {
        let said = self.policies(template, task).into_iter();
        let said = said.filter_map(|(level, policy)| Some((level, policy.filter(|policy| says_something(policy))?)));
        said.map(|(level, policy)| (level, policy.at.clone())).collect()
    }

    /// What is said of a task, then of its template in the program, then by its attribute, then of the workflow, then of the
    /// tool: each stands over those behind it.
    fn policies<'a>(
        &'a self,
        template: TemplateId,
        task: Option<&'a Overrides>,
    ) -> [(Level, Option<&'a Said<RetryPolicy>>); 5] {
        let template = &self.templates[template.index()];
        let in_code = self.template_defaults.get(template.name.as_ref());
        [
            (Level::Tasks, task.and_then(|overrides| overrides.said.as_ref()?.retry.as_ref())),
            (Level::Templates, in_code.and_then(|defaults| defaults.saying.retry.as_ref())),
            (Level::Templates, template.retry.as_ref()),
            (Level::Workflows, self.said.retry.as_ref()),
            (Level::Tools, self.tool_said.retry.as_ref()),
        ]
    }
}

fn says_something(policy: &Said<RetryPolicy>) -> bool {
    policy.value != RetryPolicy::new()
}
