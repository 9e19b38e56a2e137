//! A look at what holds for one task or template, and why.

use crate::config::{At, Configuration, Environment, Held, Level, Machine, Merged, Source};
use crate::id::{TaskId, TemplateId};
use crate::model::Place;
use crate::plan::data::PlanData;
use crate::plan::error::PlanError;
use crate::plan::explain::{Explained, Explanation};
use crate::plan::mistakes::PlanErrors;
use crate::plan::notes::note_on_cores;
use crate::plan::queues::{too_much, unknown_templates};
use crate::plan::settled::{Ask, ask_of, merged};
use crate::plan::task::Overrides;
use std::fmt::Display;

/// A plan, and what it is looked at with.
pub(super) struct Look<'a> {
    plan: &'a PlanData,
    configuration: Configuration,
    there_is: Machine,
}

/// What is looked at: a task, or the tasks of a template that say nothing themselves.
struct Subject<'a> {
    name: String,
    place: Place,
    template: TemplateId,
    task: Option<&'a Overrides>,
}

impl<'a> Look<'a> {
    /// Reads files and variables.
    pub(super) fn at(plan: &'a PlanData) -> Result<Self, PlanErrors> {
        let environment = Environment::read();
        let mut configuration = plan.configuration(None, &environment);
        match std::mem::take(&mut configuration.errors) {
            errors if errors.is_empty() => Ok(Self { plan, configuration, there_is: Machine::of(&environment) }),
            errors => Err(PlanErrors::new(errors.into_iter().map(PlanError::Config).collect())),
        }
    }

    pub(super) fn task(&self, task: TaskId) -> Result<Explanation, PlanErrors> {
        let template = self.plan.tasks[task.index()].template;
        let (name, place) = (self.plan.task_name(task), self.plan.place(task));
        let mut told = self.subject(&Subject { name, place, template, task: self.plan.overrides(task) })?;
        if self.plan.resources_from(task).is_some() {
            let value = "computed before each attempt".to_owned();
            told.rows.push(Explained { key: "resources_from", value, origin: "a function of the task".to_owned() });
        }
        Ok(told)
    }

    pub(super) fn template(&self, template: TemplateId) -> Result<Explanation, PlanErrors> {
        let of = &self.plan.templates[template.index()];
        self.subject(&Subject { name: of.name.to_string(), place: of.at, template, task: None })
    }

    fn subject(&self, subject: &Subject<'_>) -> Result<Explanation, PlanErrors> {
        let unread = self.unread(subject);
        if !unread.is_empty() {
            return Err(PlanErrors::new(unread));
        }
        let (ask, unknown) = ask_of(self.plan, &self.configuration, subject.template, subject.task);
        let unknown = unknown_templates(self.plan, &self.configuration).into_iter().chain(unknown);
        let mut mistakes: Vec<PlanError> = unknown.map(PlanError::Config).collect();
        mistakes.extend(self.not_given(&ask, subject));
        let mut notes = self.configuration.notes(&self.plan.tool, &self.plan.name);
        notes.extend(note_on_cores(&ask, &self.there_is));
        Ok(Explanation { of: subject.name.clone(), rows: self.rows(subject), mistakes, notes })
    }

    /// What is said of it, of its template, the workflow and the tool, and cannot be read.
    fn unread(&self, subject: &Subject<'_>) -> Vec<PlanError> {
        let Self { plan, .. } = self;
        let template = plan.templates[subject.template.index()].name.as_ref();
        let mut mistakes: Vec<PlanError> = plan.tool_said.mistakes(&plan.tool, None).collect();
        mistakes.extend(plan.said.mistakes(&plan.name, None));
        let in_code = plan.template_defaults.get(template);
        mistakes.extend(in_code.into_iter().flat_map(|defaults| defaults.saying.mistakes(template, None)));
        let own = subject.task.and_then(|overrides| overrides.said.as_ref());
        mistakes.extend(own.into_iter().flat_map(|said| said.mistakes(&subject.name, Some(subject.place))));
        mistakes
    }

    /// What it asks for and is not given, and what contradicts itself.
    fn not_given(&self, ask: &Ask, subject: &Subject<'_>) -> Vec<PlanError> {
        let (place, task) = (subject.place, || subject.name.clone());
        let fallback = ask.request.queues.len() > 1;
        let refused =
            ask.request.refused().map(|refusal| PlanError::Queue { place, task: task(), refusal, fallback, others: 0 });
        let too_much = too_much(ask, &self.there_is).zip(self.there_is.memory);
        let too_much =
            too_much.map(|(asked, there_is)| PlanError::NeverFits { place, task: task(), asked, there_is, others: 0 });
        let contradiction = ask.request.retry.contradiction();
        let contradiction = contradiction.map(|reason| PlanError::Retry { place, task: task(), reason });
        refused.into_iter().chain(too_much).chain(contradiction).collect()
    }

    fn rows(&self, subject: &Subject<'_>) -> Vec<Explained> {
        let Self { plan, configuration, .. } = self;
        let merged = merged(plan, configuration, subject.template, subject.task.and_then(Overrides::settings));
        let words = Words { plan, template: &plan.templates[subject.template.index()].name, merged: &merged };
        let mut rows = vec![
            words.row("memory", merged.memory.as_ref(), "not limited, counts as 0"),
            words.row("runtime", merged.runtime.as_ref(), "not limited"),
            words.row("cores", merged.cores.as_ref(), ""),
            words.row("max_attempts", merged.max_attempts.as_ref(), ""),
            words.row("scale.memory", merged.memory_scale.as_ref(), ""),
            words.row("scale.runtime", merged.runtime_scale.as_ref(), ""),
            words.row("queue", merged.queue.as_ref(), "none"),
            words.row("cluster", merged.cluster.as_ref(), ""),
        ];
        let value = plan.retry_of(subject.template, subject.task).to_string();
        if !value.is_empty() {
            let places = plan.retry_places(subject.template, subject.task).into_iter();
            let origins: Vec<String> = places.map(|(level, at)| words.said(level, &at)).collect();
            rows.push(Explained { key: "retry", value, origin: origins.join("; ") });
        }
        rows
    }
}

/// Says where things were said.
struct Words<'a> {
    plan: &'a PlanData,
    template: &'a str,
    merged: &'a Merged,
}

impl Words<'_> {
    fn row<T: Display>(&self, key: &'static str, held: Option<&Held<T>>, unsaid: &str) -> Explained {
        match held {
            Some(held) => Explained { key, value: held.said.value.to_string(), origin: self.origin(held) },
            None => Explained { key, value: unsaid.to_owned(), origin: "nobody says it".to_owned() },
        }
    }

    fn origin<T>(&self, held: &Held<T>) -> String {
        let at = &held.said.at;
        match held.source {
            Source::BuiltIn | Source::Variable => at.to_string(),
            Source::QueueDefault => {
                let queue = self.merged.queue.as_ref().map(|queue| queue.said.value.name());
                format!("{at}, the queue {}", queue.unwrap_or_default())
            }
            Source::Attribute | Source::ResourcesFile | Source::UserFile | Source::ProjectFile | Source::Call => {
                self.said(held.level, at)
            }
        }
    }

    /// The place, and of what it was said there; an attribute's place says that already.
    fn said(&self, level: Level, at: &At) -> String {
        match (at, level) {
            (At::Attribute(_), _) => at.to_string(),
            (_, Level::Tools) => format!("{at}, the tool {}", self.plan.tool),
            (_, Level::Workflows) => format!("{at}, the workflow {}", self.plan.name),
            (_, Level::Templates) => format!("{at}, the template {}", self.template),
            (_, Level::Tasks) => format!("{at}, the task"),
        }
    }
}
