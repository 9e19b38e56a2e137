//! What files and variables say, all together.

use crate::config::error::ConfigError;
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
    /// What is wrong with them.
    pub(crate) errors: Vec<ConfigError>,
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
