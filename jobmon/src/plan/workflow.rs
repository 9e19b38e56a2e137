//! Tools and workflows: where tasks are added.

use crate::config::{Environment, Files, Machine};
use crate::id::TaskId;
use crate::plan::data::PlanData;
use crate::plan::defaults::Defaults;
use crate::plan::draft::Draft;
use crate::plan::mistakes::{Mistakes, PlanErrors};
use crate::plan::saying::Saying;
use crate::plan::settled::Settled;
use crate::plan::task::{Describe, IntoTask};
use crate::plan::upstream::{Upstream, Upstreams};
use crate::plan::{TaskRef, TaskSet, check::check, drawing, notes::notes};
use petgraph::graph::DiGraph;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Display;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// An application: what the workflows of one program belong to.
///
/// ```
/// # use jobmon::prelude::*;
/// let tool = Tool::new("covid");
/// let (mut fits, mut reports) = (tool.workflow("fits"), tool.workflow("reports").args("2024"));
/// fits.add(Command::new("fit"));
/// reports.add(Command::new("report"));
/// assert!(fits.check().is_ok() && reports.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    name: String,
    said: Saying,
}

impl Defaults for Tool {
    fn saying(&mut self) -> &mut Saying {
        &mut self.said
    }
}

impl Tool {
    /// The tool of this name.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("covid").workflow("fits");
    /// wf.add(Command::new("true"));
    /// assert!(wf.check().is_ok());
    /// ```
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), said: Saying::default() }
    }

    /// A workflow of this tool. With its arguments, the name says which workflow it is: a program that is started again
    /// means the same one.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("covid").workflow("fits");
    /// wf.add(Command::new("true"));
    /// assert!(wf.check().is_ok());
    /// ```
    #[track_caller]
    pub fn workflow(&self, name: impl Into<String>) -> Workflow {
        static NUMBERS: AtomicU32 = AtomicU32::new(1);
        Workflow {
            plan: Arc::new(PlanData {
                number: NUMBERS.fetch_add(1, Ordering::Relaxed),
                tool: self.name.clone(),
                name: name.into(),
                place: Location::caller(),
                args: String::new(),
                unique: false,
                max_concurrently_running: None,
                attributes: Vec::new(),
                tool_said: self.said.clone(),
                said: Saying::default(),
                files: Files::Found,
                resources_files: Vec::new(),
                template_defaults: BTreeMap::new(),
                templates: Vec::new(),
                template_ids: HashMap::new(),
                last_spec: None,
                tasks: Vec::new(),
                packed: Vec::new(),
                needs: Vec::new(),
                late: Vec::new(),
                known_late: HashSet::new(),
                sets: Vec::new(),
                overrides: Vec::new(),
                mistakes: Mistakes::default(),
            }),
        }
    }
}

/// Tasks and what they wait for.
///
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "echo {word}")]
/// struct Say {
///     #[node_arg]
///     word: String,
///     #[upstream]
///     after: Option<TaskRef<Say>>,
/// }
///
/// let mut wf = Tool::new("demo").workflow("talk").args("round 1");
/// let hello = wf.add(Say { word: "hello".into(), after: None });
/// wf.add(Say { word: "world".into(), after: Some(hello) });
/// wf.check()?;
/// # Ok::<(), jobmon::plan::PlanErrors>(())
/// ```
#[derive(Debug)]
pub struct Workflow {
    plan: Arc<PlanData>,
}

impl Defaults for Workflow {
    fn saying(&mut self) -> &mut Saying {
        &mut self.plan_mut().said
    }
}

impl Workflow {
    /// What tells this workflow from others of its name: the same arguments mean the same workflow. None by default.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("covid").workflow("fits").args(format!("round {}", 2));
    /// wf.add(Command::new("true"));
    /// assert!(wf.check().is_ok());
    /// ```
    #[must_use]
    pub fn args(mut self, args: impl Display) -> Self {
        self.plan_mut().args = args.to_string();
        self
    }

    /// Makes each run a workflow of its own, which no later one can resume.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("covid").workflow("trial").unique();
    /// wf.add(Command::new("true"));
    /// assert!(wf.check().is_ok());
    /// ```
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.plan_mut().unique = true;
        self
    }

    /// How many of its tasks run at once at most; 0 starts nothing. Without it the machine is the limit.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("covid").workflow("fits").max_concurrently_running(100);
    /// wf.add(Command::new("true"));
    /// assert!(wf.check().is_ok());
    /// ```
    #[must_use]
    pub fn max_concurrently_running(mut self, tasks: u32) -> Self {
        self.plan_mut().max_concurrently_running = Some(tasks);
        self
    }

    /// A name and a value to find it by in the database. The last value of a name counts.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("covid").workflow("fits").attribute("owner", "me").attribute("release", 7);
    /// wf.add(Command::new("true"));
    /// assert!(wf.check().is_ok());
    /// ```
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.plan_mut().attributes.push((name.into(), value.to_string()));
        self
    }

    /// Adds a task. Mistakes are told by [`check`](Self::check) and `run`, all at once.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// let first: TaskRef<Command> = wf.add(Command::new("echo").arg("hello"));
    /// wf.add(Command::new("echo").arg("world").upstream(first));
    /// assert_eq!(wf.len(), 2);
    /// ```
    #[track_caller]
    pub fn add<I: IntoTask>(&mut self, task: I) -> TaskRef<I::Template> {
        let task = task.into_task();
        let place = Location::caller();
        let plan = self.plan_mut();
        let id = TaskId(plan.count());
        task.inner.describe(&mut Draft::new(plan, place, task.overrides));
        TaskRef::new(plan.number, id)
    }

    /// Adds many tasks of one template.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// #[task_template(command = "fit {year}")]
    /// struct Fit { #[node_arg] year: u16 }
    ///
    /// let fits: TaskSet<Fit> = wf.add_all((1990..1993).map(|year| Fit { year }));
    /// let more = wf.add_all(grid!(Fit { year in 2000..2003 }).into_iter().map(|fit| fit.memory("8G")));
    /// assert_eq!((fits.len(), more.len()), (3, 3));
    /// ```
    #[track_caller]
    pub fn add_all<I: IntoTask>(&mut self, tasks: impl IntoIterator<Item = I>) -> TaskSet<I::Template> {
        let place = Location::caller();
        let plan = self.plan_mut();
        let first = TaskId(plan.count());
        let tasks = tasks.into_iter().map(|task| {
            let task = task.into_task();
            task.inner.describe(&mut Draft::new(plan, place, task.overrides));
            task.inner
        });
        let tasks = tasks.collect();
        TaskSet::new(plan.number, tasks, first, plan.mistakes.clone())
    }

    /// Lets a task that was added wait for more.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// let report = wf.add(Command::new("report"));
    /// let fits = wf.add_all((0..3).map(|id| Command::new("fit").node_arg("id", id)));
    /// wf.add_upstream(report, fits); // added before, starts afterwards
    /// assert!(wf.check().is_ok());
    /// ```
    #[track_caller]
    pub fn add_upstream<T>(&mut self, task: TaskRef<T>, upstream: impl Upstream) {
        let place = Location::caller();
        let plan = self.plan_mut();
        // A poisoned handle was told where it was made.
        let Some(id) = task.task() else { return };
        if task.workflow() != plan.number {
            plan.mistakes.add(crate::plan::PlanError::ForeignHandle { place: place.into(), task: format!("{task:?}") });
            return;
        }
        let mut upstreams = Upstreams::default();
        upstream.put(&mut upstreams);
        for upstream in upstreams.drain() {
            match plan.need(&upstream) {
                Some(need) if plan.needs(id).contains(&need) || !plan.known_late.insert((id, need)) => {}
                Some(need) => plan.late.push((id, need)),
                None => plan.foreign_handle(id, place),
            }
        }
    }

    /// How many tasks it has.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("true"));
    /// assert_eq!(wf.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.plan.tasks.len()
    }

    /// Whether it has no task.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// assert!(wf.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.plan.tasks.is_empty()
    }

    /// Looks for mistakes without running anything.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").memory("8"));
    /// wf.add(Command::new("fit").name("again").max_attempts(0));
    /// let mistakes = wf.check().unwrap_err().to_string();
    /// assert!(mistakes.contains("`8` has no unit") && mistakes.contains("`again` has 0 attempts"));
    /// ```
    ///
    /// A task that asks for more memory than this process may use of the machine is a mistake too; a run that says how much
    /// there is, by `RunOptions::memory`, compares with that.
    ///
    /// # Errors
    /// All mistakes at once, each with the place in the program where it was made.
    pub fn check(&self) -> Result<(), PlanErrors> {
        let environment = Environment::read();
        self.check_on(Machine::of(&environment), &environment)
    }

    /// As [`check`](Self::check), on a machine that has so much.
    pub(crate) fn check_on(&self, there_is: Machine, environment: &Environment) -> Result<(), PlanErrors> {
        let configuration = self.plan.configuration(None, environment);
        let plan = Settled::of(Arc::clone(&self.plan), configuration);
        notes(&plan, &there_is).iter().for_each(|note| tracing::warn!("{note}"));
        check(&plan, &there_is).map(drop)
    }

    /// The graph of the tasks, each edge from a task to one that waits for it. A [`TaskSet`] that tasks wait for is a
    /// node of its own.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// let first = wf.add(Command::new("prep").template("prep"));
    /// wf.add_all((0..3).map(|id| Command::new("fit").node_arg("id", id).template("fit").upstream(first)));
    /// let graph = wf.graph();
    /// assert_eq!((graph.node_count(), graph.edge_count()), (4, 3));
    /// ```
    pub fn graph(&self) -> DiGraph<GraphNode, ()> {
        drawing::graph(&self.plan)
    }

    /// The graph of the templates: the nodes hold their names, the edges how many tasks of the one wait for tasks of the
    /// other.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// let first = wf.add(Command::new("prep").template("prep"));
    /// wf.add_all((0..3).map(|id| Command::new("fit").node_arg("id", id).template("fit").upstream(first)));
    /// let graph = wf.template_graph();
    /// assert_eq!((graph.node_count(), graph.edge_weights().sum::<usize>()), (2, 3));
    /// ```
    pub fn template_graph(&self) -> DiGraph<String, usize> {
        drawing::template_graph(&self.plan)
    }

    pub(crate) fn plan(&self) -> &Arc<PlanData> {
        &self.plan
    }

    /// The plan to be changed. A run that is still under way in another thread keeps the one that it was given.
    pub(crate) fn plan_mut(&mut self) -> &mut PlanData {
        Arc::make_mut(&mut self.plan)
    }
}

/// A node of [`Workflow::graph`].
///
/// ```
/// # use jobmon::prelude::*;
/// # let mut wf = Tool::new("demo").workflow("w");
/// use jobmon::plan::GraphNode;
/// let all = wf.add_all((0..3).map(|id| Command::new("fit").node_arg("id", id)));
/// wf.add(Command::new("report").upstream(all));
/// let graph = wf.graph();
/// assert!(graph.node_weights().any(|node| *node == GraphNode::Set { len: 3 }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphNode {
    /// A task.
    Task {
        /// Its name.
        name: String,
        /// Its template's name.
        template: String,
    },
    /// A set of tasks that others wait for together.
    Set {
        /// How many tasks it holds.
        len: usize,
    },
}
