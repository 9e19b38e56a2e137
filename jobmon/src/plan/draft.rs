//! A task while it is written down.

use crate::config::Settings;
use crate::id::{SetId, TaskId, TemplateId};
use crate::model::{ArgSpec, Place, Role, TemplateSpec, ValueMistake};
use crate::plan::data::{PlanData, TaskEntry, TemplateKey};
use crate::plan::error::PlanError;
use crate::plan::task::Overrides;
use crate::plan::template::{Arg, Recipe, Template};
use crate::plan::upstream::{AnyUpstream, Need, Upstreams};
use crate::plan::visitor::Visitor;
use std::borrow::Cow;
use std::panic::Location;

/// Takes one task into a workflow.
#[derive(Debug)]
pub struct Draft<'a> {
    plan: &'a mut PlanData,
    place: &'static Location<'static>,
    overrides: Option<Box<Overrides>>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(
        plan: &'a mut PlanData,
        place: &'static Location<'static>,
        overrides: Option<Box<Overrides>>,
    ) -> Self {
        Self { plan, place, overrides }
    }

    /// A task of a template that the macro wrote down.
    pub(crate) fn template(&mut self, spec: &'static TemplateSpec, visit: impl FnOnce(&mut Visitor<'_>)) {
        let key = |arg: &ArgSpec| arg.name.to_owned();
        let template = match self.plan.last_spec {
            Some((known, template)) if std::ptr::eq(known, spec) => template,
            _ => {
                let key = (spec.name.to_owned(), spec.at, spec.args.iter().map(key).collect());
                self.template_id(key, || Template::of_spec(spec))
            }
        };
        self.plan.last_spec = Some((spec, template));
        let (mut mistakes, mut upstreams) = (Vec::new(), Upstreams::default());
        let PlanData { templates, packed, .. } = &mut *self.plan;
        visit(&mut Visitor::new(packed, &templates[template.index()].fits, &mut mistakes, &mut upstreams));
        self.finish(template, mistakes, upstreams);
    }

    /// A task whose command is known only at run time.
    pub(crate) fn command<'n>(
        &mut self,
        name: &str,
        node_args: impl Iterator<Item = &'n str>,
        write: impl FnOnce(&mut Vec<u8>) -> Vec<(usize, ValueMistake)>,
    ) {
        let node_args: Vec<String> = node_args.map(str::to_owned).collect();
        // Commands of one name are tasks of one template, wherever they are added.
        let nowhere = Place { file: "", line: 0, column: 0 };
        let key = (name.to_owned(), nowhere, node_args.clone());
        let at = self.place.into();
        let template = self.template_id(key, || Template {
            name: Cow::Owned(name.to_owned()),
            version: 1,
            doc: "",
            recipe: Recipe::Words,
            args: words_and(node_args),
            fits: Vec::new(),
            settings: Settings::default(),
            max_concurrently_running: None,
            retry: None,
            output_may_be_empty: None,
            at,
        });
        let mistakes = write(&mut self.plan.packed);
        self.finish(template, mistakes, Upstreams::default());
    }

    fn template_id(&mut self, key: TemplateKey, make: impl FnOnce() -> Template) -> TemplateId {
        if let Some(known) = self.plan.template_ids.get(&key) {
            return *known;
        }
        let template = make();
        let of_commands = |one: &Template| matches!(one.recipe, Recipe::Words);
        let other = self.plan.templates.iter().find(|other| {
            let both = of_commands(other) && of_commands(&template);
            other.name == template.name && other.at != template.at && !both
        });
        if let Some(other) = other {
            let (first, second) = (other.at, template.at);
            let name = template.name.clone().into_owned();
            self.plan.mistakes.add(PlanError::DuplicateTemplate { place: self.place.into(), name, first, second });
        }
        let id = TemplateId(u32::try_from(self.plan.templates.len()).expect("a program has fewer than 2^32 templates"));
        self.plan.templates.push(template);
        self.plan.template_ids.insert(key, id);
        id
    }

    fn finish(&mut self, template: TemplateId, mistakes: Vec<(usize, ValueMistake)>, mut upstreams: Upstreams) {
        let task = TaskId(self.plan.count());
        assert!(task.0 < u32::MAX / 2, "a workflow has fewer than 2^31 tasks");
        let first = self.plan.needs.len();
        let mut foreign = self.plan.add_needs(upstreams.drain());
        let mut overrides = 0;
        if let Some(mut said) = self.overrides.take() {
            foreign |= self.plan.add_needs(said.upstreams.drain());
            self.plan.overrides.push(*said);
            overrides = u32::try_from(self.plan.overrides.len()).expect("there are no more overrides than tasks");
        }
        self.plan.forget_doubled_needs(first);
        self.plan.tasks.push(TaskEntry {
            place: self.place,
            packed_end: self.plan.packed.len(),
            needs_end: u32::try_from(self.plan.needs.len()).expect("a workflow has fewer than 2^32 edges"),
            template,
            overrides,
        });
        if foreign {
            self.plan.foreign_handle(task, self.place);
        }
        for (arg, mistake) in mistakes {
            let arg = self.plan.template(task).args[arg].name.clone().into_owned();
            let (place, name) = (self.place.into(), self.plan.task_name(task));
            self.plan.mistakes.add(PlanError::Value { place, task: name, arg, mistake });
        }
    }
}

fn words_and(node_args: Vec<String>) -> Vec<Arg> {
    let words = Arg { name: Cow::Borrowed("argv"), role: Role::Task };
    let node_args = node_args.into_iter().map(|name| Arg { name: Cow::Owned(name), role: Role::Node });
    std::iter::once(words).chain(node_args).collect()
}

impl PlanData {
    /// Writes upstreams down; true if one is of another workflow.
    pub(crate) fn add_needs(&mut self, upstreams: impl Iterator<Item = AnyUpstream>) -> bool {
        let mut foreign = false;
        for upstream in upstreams {
            match self.need(&upstream) {
                Some(need) => self.needs.push(need),
                None => foreign = true,
            }
        }
        foreign
    }

    /// The node of an upstream; `None` if it is of another workflow.
    pub(crate) fn need(&mut self, upstream: &AnyUpstream) -> Option<Need> {
        match upstream {
            AnyUpstream::Task { workflow, task } => (*workflow == self.number).then(|| Need::task(*task)),
            AnyUpstream::Set { workflow, set } => (*workflow == self.number).then(|| {
                Need::set(set.id_or_insert(|| {
                    self.sets.push(set.clone());
                    SetId(u32::try_from(self.sets.len() - 1).expect("a workflow has fewer than 2^31 sets"))
                }))
            }),
        }
    }

    pub(crate) fn foreign_handle(&self, task: TaskId, place: &'static Location<'static>) {
        self.mistakes.add(PlanError::ForeignHandle { place: place.into(), task: self.task_name(task) });
    }

    /// Waiting twice for one task is waiting once.
    fn forget_doubled_needs(&mut self, first: usize) {
        if self.needs.len() - first < 2 {
            return;
        }
        let mut seen = std::collections::HashSet::new();
        let mut kept = first;
        for at in first..self.needs.len() {
            if seen.insert(self.needs[at]) {
                self.needs[kept] = self.needs[at];
                kept += 1;
            }
        }
        self.needs.truncate(kept);
    }
}
