//! All mistakes of a workflow at once.

use crate::config::Machine;
use crate::dag::{Cycle, Graph, Order};
use crate::id::TaskId;
use crate::model::{ArgText, Role};
use crate::plan::data::PlanData;
use crate::plan::error::PlanError;
use crate::plan::mistakes::PlanErrors;
use crate::plan::name::LONGEST;
use crate::plan::outputs::{check_files, check_programs};
use crate::plan::queues::{check_fits, check_queues, check_settings};
use crate::plan::retries::check_retries;
use crate::plan::settled::Settled;
use crate::plan::template::Template;
use jobmon_syntax::suggest::did_you_mean;
use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::hash::{Hash, Hasher};

/// What a check finds out on its way.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) graph: Graph,
    pub(crate) order: Order,
}

/// Looks at everything, so that all mistakes are told at once, in the order of the program as far as they have a place.
pub(crate) fn check(plan: &Settled, there_is: &Machine) -> Result<Checked, PlanErrors> {
    let mut mistakes = plan.mistakes.all();
    if plan.tasks.is_empty() {
        mistakes.push(PlanError::Empty);
    }
    for (what, name) in [("tool", &plan.tool), ("workflow", &plan.name)] {
        if name.is_empty() {
            mistakes.push(PlanError::NoName { place: plan.place.into(), what });
        }
    }
    check_settings(plan, &mut mistakes);
    check_titles(plan, &mut mistakes);
    check_defaults(plan, &mut mistakes);
    for task in plan.task_ids() {
        check_overrides(plan, task, &mut mistakes);
    }
    check_siblings(plan, &mut mistakes);
    check_names(plan, &mut mistakes);
    check_files(plan, &mut mistakes);
    check_retries(plan, &mut mistakes);
    check_programs(plan, &mut mistakes);
    check_queues(plan, &mut mistakes);
    check_fits(plan, there_is, &mut mistakes);
    let graph = plan.graph();
    match Order::of(&graph) {
        Ok(order) if mistakes.is_empty() => return Ok(Checked { graph, order }),
        Ok(_) => {}
        Err(cycle) => mistakes.push(told(plan, &cycle)),
    }
    mistakes.sort_by_key(PlanError::place);
    Err(PlanErrors::new(mistakes).with_notes(plan.configuration().notes(&plan.tool, &plan.name)))
}

/// What the workflow and its parts are called is shown on terminals and looked up by queries.
fn check_titles(plan: &PlanData, mistakes: &mut Vec<PlanError>) {
    let names = [("name of the tool", &plan.tool), ("name of the workflow", &plan.name)];
    let controlled = names.into_iter().chain([("workflow's `args`", &plan.args)]);
    let mut told = |what, text: &str, reason: Option<&'static str>| {
        mistakes.extend(reason.map(|reason| PlanError::BadTitle { what, text: text.to_owned(), reason }));
    };
    for (what, text) in controlled {
        told(what, text, holds_control(text));
    }
    for (name, _) in &plan.attributes {
        told("workflow's attribute", name, wrong_attribute(name));
    }
    for template in &plan.templates {
        told("name of the template", &template.name, wrong_attribute(&template.name));
        for arg in &template.args {
            told("name of the argument", &arg.name, wrong_attribute(&arg.name));
        }
    }
}

fn holds_control(text: &str) -> Option<&'static str> {
    text.contains(char::is_control).then_some("holds a control character")
}

fn wrong_attribute(name: &str) -> Option<&'static str> {
    if name.is_empty() { Some("is empty; give it a name") } else { holds_control(name) }
}

/// What tools, workflows and templates say for their tasks.
fn check_defaults(plan: &PlanData, mistakes: &mut Vec<PlanError>) {
    mistakes.extend(plan.tool_said.mistakes(&plan.tool, None));
    mistakes.extend(plan.said.mistakes(&plan.name, None));
    for (name, defaults) in &plan.template_defaults {
        mistakes.extend(defaults.saying.mistakes(name, None));
        let names = || plan.templates.iter().map(|template| template.name.as_ref());
        if let Some(place) = defaults.by_name.filter(|_| !names().any(|known| known == name)) {
            let near = did_you_mean(name, names()).map(str::to_owned);
            mistakes.push(PlanError::NoTemplate { place: place.into(), name: name.clone(), near });
        }
    }
}

fn check_overrides(plan: &PlanData, task: TaskId, mistakes: &mut Vec<PlanError>) {
    let Some(overrides) = plan.overrides(task) else { return };
    let place = plan.place(task);
    let name = || plan.task_name(task);
    if let Some(said) = &overrides.said {
        mistakes.extend(said.mistakes(&name(), Some(place)));
    }
    if let Some(given) = &overrides.name {
        let reason = match given {
            _ if given.is_empty() => Some("it is empty"),
            _ if given.len() > LONGEST => Some("it is longer than 255 bytes"),
            _ if given.contains(char::is_control) => Some("it holds a control character"),
            _ => None,
        };
        mistakes.extend(reason.map(|reason| PlanError::BadName { place, name: given.clone(), reason }));
    }
    for (attribute, _) in &overrides.attributes {
        let told = |reason| PlanError::Attribute { place, task: name(), name: attribute.clone(), reason };
        mistakes.extend(wrong_attribute(attribute).map(told));
    }
    for (variable, value) in &overrides.env {
        let reason = match variable {
            _ if variable.is_empty() => Some("a variable needs a name"),
            _ if variable.contains(['=', '\0']) => Some("a variable's name holds no `=` and no NUL byte"),
            _ if variable.starts_with("JOBMON_") => Some("variables that begin with `JOBMON_` are set by jobmon"),
            _ if value.contains('\0') => Some("its value holds a NUL byte"),
            _ => None,
        };
        let told = |reason| PlanError::Variable { place, task: name(), name: variable.clone(), reason };
        mistakes.extend(reason.map(told));
    }
    if let Some(directory) = &overrides.directory {
        let reason = match directory.to_str() {
            None => Some("is not UTF-8"),
            Some(text) if text.contains('\0') => Some("holds a NUL byte"),
            Some("") => Some("is empty; leave `current_dir` out to start where the program is"),
            Some(_) => None,
        };
        let directory = directory.to_string_lossy().into_owned();
        mistakes.extend(reason.map(|reason| PlanError::Directory { place, task: name(), directory, reason }));
    }
}

/// Two tasks of one template with the same node arguments.
fn check_siblings(plan: &PlanData, mistakes: &mut Vec<PlanError>) {
    // Sorted hashes need a third of the memory that a map of all tasks would; equal hashes are looked at closely.
    let mut hashes: Vec<(u64, TaskId)> = plan.task_ids().map(|task| (sibling_hash(plan, task), task)).collect();
    hashes.sort_unstable();
    for same in hashes.chunk_by(|(one, _), (other, _)| one == other).filter(|same| same.len() > 1) {
        for (at, (_, task)) in same.iter().enumerate().skip(1) {
            let first = same[..at].iter().find(|(_, other)| sibling_key(plan, *other).eq(sibling_key(plan, *task)));
            if let Some((_, first)) = first {
                let (place, other) = (plan.place(*task), plan.place(*first));
                let what = if is_told_by_words(plan, *task) { "command" } else { "node arguments" };
                mistakes.push(PlanError::DuplicateNodeArgs { place, task: plan.task_name(*task), what, other });
            }
        }
    }
}

/// What must differ between the tasks of a template: the node arguments, or all there is of a command without any.
fn sibling_key(plan: &PlanData, task: TaskId) -> impl Iterator<Item = (&str, ArgText<'_>)> {
    let template = plan.template(task);
    let words = is_told_by_words(plan, task);
    let name = std::iter::once((template.name.as_ref(), ArgText::Absent));
    name.chain(plan.args(task, if words { Role::Task } else { Role::Node }))
}

/// Whether a task is a command without node arguments.
fn is_told_by_words(plan: &PlanData, task: TaskId) -> bool {
    plan.template(task).is_told_by_words()
}

fn sibling_hash(plan: &PlanData, task: TaskId) -> u64 {
    let mut hasher = DefaultHasher::new();
    sibling_key(plan, task).for_each(|part| part.hash(&mut hasher));
    hasher.finish()
}

/// Names given to tasks must differ from each other and from the names that others have by default.
fn check_names(plan: &PlanData, mistakes: &mut Vec<PlanError>) {
    let mut given: HashMap<&str, TaskId> = HashMap::new();
    for task in plan.task_ids() {
        let Some(name) = plan.overrides(task).and_then(|overrides| overrides.name.as_deref()) else { continue };
        match given.entry(name) {
            Entry::Vacant(free) => {
                free.insert(task);
            }
            Entry::Occupied(taken) => mistakes.push(duplicate_name(plan, name, task, *taken.get())),
        }
    }
    let unnamed =
        || plan.task_ids().filter(|task| plan.overrides(*task).is_none_or(|overrides| overrides.name.is_none()));
    // The default names of one template differ; those of commands that are told by their words may be those of others.
    let mut by_words: HashMap<String, TaskId> = HashMap::new();
    if plan.templates.iter().any(Template::is_told_by_words) {
        let told = unnamed().filter(|task| is_told_by_words(plan, *task));
        by_words = told.map(|task| (plan.task_name(task), task)).collect();
    }
    if given.is_empty() && by_words.is_empty() {
        return;
    }
    for task in unnamed() {
        let name = plan.task_name(task);
        let taken = given.get(name.as_str()).or_else(|| by_words.get(&name).filter(|other| **other != task));
        // Two equal commands are told as such already.
        if let Some(taken) = taken.filter(|taken| !(is_told_by_words(plan, **taken) && is_told_by_words(plan, task))) {
            mistakes.push(duplicate_name(plan, &name, task, *taken));
        }
    }
}

fn duplicate_name(plan: &PlanData, name: &str, task: TaskId, other: TaskId) -> PlanError {
    let (earlier, later) = (task.min(other), task.max(other));
    PlanError::DuplicateName { place: plan.place(later), name: name.to_owned(), other: plan.place(earlier) }
}

fn told(plan: &PlanData, cycle: &Cycle) -> PlanError {
    let tasks: Vec<TaskId> = cycle.0.iter().copied().filter(|node| *node < plan.count()).map(TaskId).collect();
    let place = tasks.iter().map(|task| plan.place(*task)).next();
    let again = tasks.first().copied();
    PlanError::Cycle {
        place: place.expect("a set waits for tasks, so a cycle has one"),
        path: tasks.into_iter().chain(again).map(|task| plan.task_name(task)).collect(),
    }
}
