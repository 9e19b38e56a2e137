//! What each task asks for, of all that is said of it.

use crate::config::{ConfigError, ConfigMistake, Configuration, Layer, Level, Merged, Settings, Source, hint};
use crate::id::{TaskId, TemplateId};
use crate::model::{Cluster, QueueLimits, Request, Resources, RetryPolicy, Scale};
use crate::plan::data::PlanData;
use crate::plan::task::Overrides;
use crate::units::Cores;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

/// A plan, and what its tasks ask for. That is found out for each template, and for each task of which something is said.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    plan: Arc<PlanData>,
    configuration: Arc<Configuration>,
    /// What names a cluster or a queue that is not there.
    errors: Vec<ConfigError>,
    asks: Vec<Ask>,
    /// For each template, the place of what its tasks ask for.
    of_template: Vec<u32>,
    /// The same for each entry of the plan's `overrides`.
    of_overrides: Vec<u32>,
}

/// What a task asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ask {
    pub(crate) request: Request,
    pub(crate) max_attempts: u32,
    pub(crate) cluster: Cluster,
}

impl Deref for Settled {
    type Target = PlanData;

    fn deref(&self) -> &PlanData {
        &self.plan
    }
}

impl Settled {
    /// Finds out what all tasks ask for.
    pub(crate) fn of(plan: Arc<PlanData>, configuration: Configuration) -> Self {
        let mut asks = Asks::default();
        let configuration = Arc::new(configuration);
        let templates = (0_u32..).zip(&plan.templates);
        let of_template = templates.map(|(template, _)| asks.add(&plan, &configuration, TemplateId(template), None));
        let of_template: Vec<u32> = of_template.collect();
        let mut of_overrides = vec![0; plan.overrides.len()];
        for task in &plan.tasks {
            let Some(at) = (task.overrides as usize).checked_sub(1) else { continue };
            let said = &plan.overrides[at];
            of_overrides[at] = match &said.said {
                None => of_template[task.template.index()],
                Some(_) => asks.add(&plan, &configuration, task.template, Some(said)),
            };
        }
        Self { plan, configuration, errors: asks.errors, asks: asks.all, of_template, of_overrides }
    }

    pub(crate) fn plan(&self) -> &Arc<PlanData> {
        &self.plan
    }

    /// What files and variables say.
    pub(crate) fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// What names a cluster or a queue that is not there.
    pub(crate) fn unknown(&self) -> &[ConfigError] {
        &self.errors
    }

    /// All that is asked for.
    pub(crate) fn asks(&self) -> &[Ask] {
        &self.asks
    }

    /// The place of what a task asks for among all that is asked for.
    pub(crate) fn place_of(&self, task: TaskId) -> u32 {
        let entry = &self.plan.tasks[task.index()];
        match (entry.overrides as usize).checked_sub(1) {
            Some(at) => self.of_overrides[at],
            None => self.of_template[entry.template.index()],
        }
    }

    pub(crate) fn ask(&self, task: TaskId) -> &Ask {
        &self.asks[self.place_of(task) as usize]
    }

    pub(crate) fn resources(&self, task: TaskId) -> Resources {
        self.ask(task).request.resources
    }

    pub(crate) fn max_attempts(&self, task: TaskId) -> u32 {
        self.ask(task).max_attempts
    }

    /// What all tasks ask for: the different requests, and for each task the place of its own among them.
    pub(crate) fn requests(&self) -> (Vec<Request>, Vec<u32>) {
        let requests = self.asks.iter().map(|ask| ask.request.clone()).collect();
        (requests, self.task_ids().map(|task| self.place_of(task)).collect())
    }
}

/// What the tasks of a template ask for, or one of which this is said, and what of it names a cluster or a queue that is not
/// there.
pub(crate) fn ask_of(
    plan: &PlanData,
    configuration: &Configuration,
    template: TemplateId,
    task: Option<&Overrides>,
) -> (Ask, Vec<ConfigError>) {
    let mut asks = Asks::default();
    let place = asks.add(plan, configuration, template, task);
    (asks.all.swap_remove(place as usize), asks.errors)
}

/// All that is asked for, most of it once.
#[derive(Default)]
struct Asks {
    all: Vec<Ask>,
    errors: Vec<ConfigError>,
    /// The places of those that ask for the same at first.
    known: HashMap<(TemplateId, Cluster, Resources, u32), Vec<u32>>,
    /// The limits of queues, so that all requests share them.
    chains: HashMap<(Cluster, Option<&'static str>), Arc<[QueueLimits]>>,
}

impl Asks {
    fn add(
        &mut self,
        plan: &PlanData,
        configuration: &Configuration,
        template: TemplateId,
        task: Option<&Overrides>,
    ) -> u32 {
        let merged = merged(plan, configuration, template, task.and_then(Overrides::settings));
        self.look_up(&merged, configuration);
        let retry = plan.retry_of(template, task);
        let ask = self.ask(&merged, retry, configuration);
        let key = (template, ask.cluster, ask.request.resources, ask.max_attempts);
        let known = self.known.entry(key).or_default();
        // Where tasks scale each in its own way, it is cheaper to keep one too many than to look at all.
        if let Some(place) = known.iter().rev().take(8).find(|place| self.all[**place as usize] == ask) {
            return *place;
        }
        let place = u32::try_from(self.all.len()).expect("there are no more requests than tasks and templates");
        known.push(place);
        self.all.push(ask);
        place
    }

    /// Notes a cluster that nobody describes, and a queue that its cluster does not have. Where a cluster has none, a queue is a
    /// name without limits.
    fn look_up(&mut self, merged: &Merged, configuration: &Configuration) {
        let Some(cluster) = &merged.cluster else { return };
        let name = cluster.said.value;
        let queues = configuration.clusters.get(&name);
        let queue = merged.queue.as_ref();
        let error = match (queues, queue) {
            (None, _) if name != Cluster::LOCAL => {
                let known = configuration.clusters.keys().filter(|known| **known != Cluster::LOCAL);
                let known = std::iter::once(Cluster::LOCAL.name()).chain(known.map(|known| known.name()));
                let hint = hint(name.name(), known);
                (cluster.said.at.clone(), ConfigMistake::UnknownCluster { cluster: name, hint })
            }
            (Some(queues), Some(queue)) if !queues.is_empty() && !queues.contains_key(&queue.said.value) => {
                let (at, queue) = (queue.said.at.clone(), queue.said.value);
                let hint = hint(queue.name(), queues.keys().map(|known| known.name()));
                (at, ConfigMistake::UnknownQueue { cluster: name, queue, hint })
            }
            (None | Some(_), _) => return,
        };
        let error = ConfigError { at: error.0, mistake: error.1 };
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    fn ask(&mut self, merged: &Merged, retry: RetryPolicy, configuration: &Configuration) -> Ask {
        let cluster = merged.cluster.as_ref().map_or(Cluster::LOCAL, |held| held.said.value);
        let queue = merged.queue.as_ref().map(|held| held.said.value);
        let chain = || queue.map_or_else(Vec::new, |queue| configuration.chain(cluster, queue)).into();
        let key = (cluster, queue.map(crate::model::Queue::name));
        let resources = Resources {
            memory: merged.memory.as_ref().map(|held| held.said.value),
            runtime: merged.runtime.as_ref().map(|held| held.said.value),
            cores: merged.cores.as_ref().map_or(Cores::ONE, |held| held.said.value).count(),
            queue,
        };
        Ask {
            request: Request {
                resources,
                memory_scale: merged.memory_scale.as_ref().map_or(Scale::USUAL, |held| held.said.value.clone()),
                runtime_scale: merged.runtime_scale.as_ref().map_or(Scale::USUAL, |held| held.said.value.clone()),
                retry,
                queues: Arc::clone(self.chains.entry(key).or_insert_with(chain)),
            },
            max_attempts: merged.max_attempts.as_ref().map_or(Settings::MAX_ATTEMPTS, |held| held.said.value),
            cluster,
        }
    }
}

/// What holds for the tasks of a template, and for one of which this is said.
///
/// Which cluster it is must be known before what is said for one cluster only, and the queue before what it gives to those
/// that say nothing.
pub(crate) fn merged(
    plan: &PlanData,
    configuration: &Configuration,
    template: TemplateId,
    task: Option<&Settings>,
) -> Merged {
    let template = &plan.templates[template.index()];
    let built_in = Settings::built_in();
    let in_code = plan.template_defaults.get(template.name.as_ref());
    let own = [
        (Source::BuiltIn, Level::Tools, Some(&built_in)),
        (Source::Attribute, Level::Templates, Some(&template.settings)),
        (Source::Call, Level::Tools, Some(&plan.tool_said.settings)),
        (Source::Call, Level::Workflows, Some(&plan.said.settings)),
        (Source::Call, Level::Templates, in_code.map(|defaults| &defaults.saying.settings)),
        (Source::Call, Level::Tasks, task),
    ];
    let own =
        own.into_iter().filter_map(|(source, level, settings)| Some(Layer { source, level, settings: settings? }));
    let own: Vec<Layer<'_>> = own.collect();
    let with = |cluster, queue: Option<&Settings>| {
        let mut layers = own.clone();
        layers.extend(configuration.layers(&plan.tool, &plan.name, &template.name, cluster));
        layers.extend(queue.map(|settings| Layer { source: Source::QueueDefault, level: Level::Tools, settings }));
        Merged::of(&layers)
    };
    let cluster = with(None, None).cluster.map(|held| held.said.value);
    let merged = with(cluster, None);
    let queue = merged.queue.as_ref().zip(cluster);
    match queue.and_then(|(queue, cluster)| configuration.queue(cluster, queue.said.value)) {
        Some(queue) => with(cluster, Some(&queue.defaults)),
        None => merged,
    }
}
