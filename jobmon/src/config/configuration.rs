//! What files and variables say, all together.

use crate::config::error::{ConfigError, is_misspelt};
use crate::config::merge::{Layer, Level, Source};
use crate::config::settings::{At, Said, Settings};
use crate::model::{Bounds, Cluster, Queue, QueueLimits};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What files and variables say.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// What they say of tasks, in the order in which it was read.
    pub(crate) statements: Vec<Statement>,
    /// The clusters that they describe.
    pub(crate) clusters: BTreeMap<Cluster, Queues>,
    /// The state directory.
    pub(crate) home: Option<PathBuf>,
    /// The tools and workflows that they name.
    pub(crate) titles: Vec<Title>,
    /// What is wrong with them.
    pub(crate) errors: Vec<ConfigError>,
}

/// A tool, or a workflow of it, as a file names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Title {
    pub(crate) tool: String,
    pub(crate) workflow: Option<String>,
    pub(crate) at: At,
}

/// A name that a file gives to what a program calls so.
struct Named<'a> {
    what: &'static str,
    name: &'a str,
    own: &'a str,
}

impl Title {
    /// What it names, if that may be a workflow of a program, or its tool. Under three letters everything is near everything.
    fn named<'a>(&'a self, tool: &'a str, workflow: &'a str) -> Option<Named<'a>> {
        let named = match &self.workflow {
            None => Named { what: "tool", name: &self.tool, own: tool },
            Some(name) if self.tool == tool => Named { what: "workflow", name, own: workflow },
            Some(_) => return None,
        };
        (named.own.chars().count() > 2).then_some(named)
    }
}

/// The queues of a cluster.
pub(crate) type Queues = BTreeMap<Queue, QueueSpec>;

/// What is said of some tasks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub(crate) source: Source,
    pub(crate) subject: Subject,
    /// Where it holds for tasks of this cluster only.
    pub(crate) cluster: Option<Cluster>,
    pub(crate) settings: Settings,
}

/// Of what something is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    /// The tool; any where there is none.
    pub(crate) tool: Option<String>,
    /// The workflows of this name.
    pub(crate) workflow: Option<String>,
    /// The template of this name, which stands there.
    pub(crate) template: Option<(String, At)>,
}

impl Subject {
    fn level(&self) -> Level {
        match (&self.template, &self.workflow) {
            (Some(_), _) => Level::Templates,
            (None, Some(_)) => Level::Workflows,
            (None, None) => Level::Tools,
        }
    }

    /// Whether it is about tasks of this workflow.
    pub(crate) fn is_of(&self, tool: &str, workflow: &str) -> bool {
        self.tool.as_ref().is_none_or(|of| of == tool) && self.workflow.as_ref().is_none_or(|of| of == workflow)
    }
}

/// A queue as the configuration describes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct QueueSpec {
    pub(crate) limits: QueueLimits,
    /// What holds for tasks that say nothing themselves.
    pub(crate) defaults: Settings,
    /// The queues that take what this one does not.
    pub(crate) fallback: Vec<Said<Queue>>,
}

impl QueueSpec {
    /// A queue that allows everything.
    pub(crate) fn new(queue: Queue) -> Self {
        let limits = QueueLimits { queue, least: Bounds::default(), most: Bounds::default() };
        Self { limits, defaults: Settings::default(), fallback: Vec::new() }
    }
}

impl Configuration {
    /// What is said of the tasks of a template. Without a cluster, only what holds on any.
    pub(crate) fn layers<'a>(
        &'a self,
        tool: &'a str,
        workflow: &'a str,
        template: &'a str,
        cluster: Option<Cluster>,
    ) -> impl Iterator<Item = Layer<'a>> {
        let covers = move |statement: &&Statement| {
            statement.subject.is_of(tool, workflow)
                && statement.subject.template.as_ref().is_none_or(|(name, _)| name == template)
                && statement.cluster.is_none_or(|only| Some(only) == cluster)
        };
        self.statements.iter().filter(covers).map(|statement| Layer {
            source: statement.source,
            level: statement.subject.level(),
            settings: &statement.settings,
        })
    }

    /// Names of tools and workflows that may be misspelt. They may as well be those of another program that reads the file, so
    /// they are no mistakes; and where a file has the right name too, they are others.
    pub(crate) fn notes(&self, tool: &str, workflow: &str) -> Vec<String> {
        let mut titles: Vec<&Title> = self.titles.iter().collect();
        titles.sort_by_key(|title| title.at.place());
        let mut notes = Vec::new();
        for title in titles {
            let Some(Named { what, name, own }) = title.named(tool, workflow) else { continue };
            let beside = self.titles.iter().filter(|other| other.at.file() == title.at.file());
            let mut beside = beside.filter_map(|other| other.named(tool, workflow));
            if beside.any(|other| other.what == what && other.name == own) || !is_misspelt(name, &[own]) {
                continue;
            }
            let at = &title.at;
            let note = format!(
                "{at}: `{name}` is another {what} than `{own}`, so what is said of it does not count here; is it misspelt?"
            );
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        notes
    }

    /// A queue, if the configuration describes it.
    pub(crate) fn queue(&self, cluster: Cluster, queue: Queue) -> Option<&QueueSpec> {
        self.clusters.get(&cluster)?.get(&queue)
    }

    /// A queue and those that take what it does not, in order; none where it is not described.
    pub(crate) fn chain(&self, cluster: Cluster, queue: Queue) -> Vec<QueueLimits> {
        let Some(first) = self.queue(cluster, queue) else { return Vec::new() };
        let mut chain = vec![first.limits];
        for next in &first.fallback {
            let known = chain.iter().any(|limits| limits.queue == next.value);
            chain.extend(self.queue(cluster, next.value).filter(|_| !known).map(|next| next.limits));
        }
        chain
    }
}
