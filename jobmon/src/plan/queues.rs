//! Whether what files say is about what there is, and what tasks ask for is given by their queues.

use crate::config::{ConfigError, ConfigMistake, Configuration, Machine, hint};
use crate::id::{TaskId, TemplateId};
use crate::model::Cluster;
use crate::plan::data::PlanData;
use crate::plan::error::PlanError;
use crate::plan::settled::{Ask, Settled};
use crate::units::Memory;
use std::collections::BTreeMap;

/// What is wrong with files and variables, and what of them is about nothing.
pub(crate) fn check_settings(plan: &Settled, mistakes: &mut Vec<PlanError>) {
    let configuration = plan.configuration();
    let mut told = configuration.errors.clone();
    told.extend(unknown_templates(plan, configuration));
    told.extend(plan.unknown().iter().cloned());
    told.sort_by_key(|error| error.at.place());
    mistakes.extend(told.into_iter().map(PlanError::Config));
}

/// The templates that files name for this workflow and it does not have, by their places.
pub(crate) fn unknown_templates(plan: &PlanData, configuration: &Configuration) -> Vec<ConfigError> {
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
    told.sort_by_key(|error| error.at.place());
    told
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

/// Tells the tasks that ask for more memory than there is for all together, once for each template and size. What runs on another
/// cluster has nothing to do with this machine.
pub(crate) fn check_fits(plan: &Settled, there_is: &Machine, mistakes: &mut Vec<PlanError>) {
    let Some(memory) = there_is.memory else { return };
    let too_much = |ask: &Ask| too_much(ask, there_is);
    if plan.asks().iter().all(|ask| too_much(ask).is_none()) {
        return;
    }
    let mut told: BTreeMap<(TemplateId, Memory), (TaskId, usize)> = BTreeMap::new();
    for task in plan.task_ids() {
        if let Some(asked) = too_much(plan.ask(task)) {
            told.entry((plan.tasks[task.index()].template, asked)).or_insert((task, 0)).1 += 1;
        }
    }
    mistakes.extend(told.into_iter().map(|((_, asked), (task, count))| {
        let (place, task) = (plan.place(task), plan.task_name(task));
        PlanError::NeverFits { place, task, asked, there_is: memory, others: count - 1 }
    }));
}

/// The memory that a task asks for, where it is more than there is.
pub(crate) fn too_much(ask: &Ask, there_is: &Machine) -> Option<Memory> {
    let asked = ask.request.resources.memory.filter(|asked| there_is.memory.is_some_and(|memory| *asked > memory));
    asked.filter(|_| ask.cluster == Cluster::LOCAL)
}
