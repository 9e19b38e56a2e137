//! Whether what files say is about what there is, and what tasks ask for is given by their queues.

use crate::config::{ConfigError, ConfigMistake, hint};
use crate::id::TaskId;
use crate::plan::error::PlanError;
use crate::plan::settled::Settled;
use std::collections::BTreeMap;

/// What is wrong with files and variables, and what of them is about nothing.
pub(crate) fn check_settings(plan: &Settled, mistakes: &mut Vec<PlanError>) {
    let configuration = plan.configuration();
    mistakes.extend(configuration.errors.iter().cloned().map(PlanError::Config));
    let names = || plan.templates.iter().map(|template| template.name.as_ref());
    let mut told: Vec<ConfigError> = Vec::new();
    for statement in &configuration.statements {
        let subject = &statement.subject;
        let Some((template, at)) = &subject.template else { continue };
        if !subject.is_of(&plan.tool, &plan.name) || names().any(|known| known == template) {
            continue;
        }
        let mistake = ConfigMistake::UnknownTemplate {
            tool: plan.tool.clone(),
            workflow: plan.name.clone(),
            template: template.clone(),
            hint: hint(template, names()),
        };
        let error = ConfigError { at: at.clone(), mistake };
        // The original says resources and scales of a template in two places; each is told, but once.
        if !told.contains(&error) {
            told.push(error);
        }
    }
    mistakes.extend(told.into_iter().chain(plan.unknown().iter().cloned()).map(PlanError::Config));
}

/// Tells the tasks that ask for what neither their queue nor one of its fallbacks gives, once for each template and request.
pub(crate) fn check_queues(plan: &Settled, mistakes: &mut Vec<PlanError>) {
    let refused: Vec<_> = plan.asks().iter().map(|ask| ask.request.refused()).collect();
    if refused.iter().all(Option::is_none) {
        return;
    }
    let mut told: BTreeMap<u32, (TaskId, usize)> = BTreeMap::new();
    for task in plan.task_ids() {
        let place = plan.place_of(task);
        if refused[place as usize].is_some() {
            told.entry(place).or_insert((task, 0)).1 += 1;
        }
    }
    for (ask, (task, count)) in told {
        let Some(refusal) = refused[ask as usize].clone() else { continue };
        let fallback = plan.asks()[ask as usize].request.queues.len() > 1;
        let (place, name) = (plan.place(task), plan.task_name(task));
        mistakes.push(PlanError::Queue { place, task: name, refusal, fallback, others: count - 1 });
    }
}
