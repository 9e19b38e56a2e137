//! Which tasks a rule is for.

use crate::id::TaskId;
use crate::plan::{PlanData, TaskRef, TaskSet, TaskTemplate};
use std::collections::BTreeSet;
use std::fmt;

/// Which tasks a rule or a question is for: all of them, those of a template, or some by their handles.
///
/// What takes a `Which` takes what can become one: a handle, a set of them, or the name of a template.
///
/// ```
/// use jobmon::prelude::*;
/// use jobmon::testing::{Simulation, Which};
///
/// #[task_template(command = "fit {year}")]
/// struct Fit {
///     #[node_arg]
///     year: u16,
/// }
///
/// let mut wf = Tool::new("demo").workflow("w");
/// let fits = wf.add_all(grid!(Fit { year in 1990..1993 }));
/// let first = wf.add(Command::new("prep"));
/// let trace = Simulation::new(1)
///     .fail(Which::of::<Fit>(), 1) // each fit fails once
///     .fail(first, 2)
///     .fail("command", 1) // the template of commands without a name
///     .run(&wf)?;
/// assert_eq!((trace.starts(&fits), trace.starts(first)), (6, 3));
/// # Ok::<(), jobmon::testing::SimulationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Which(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    All,
    Template(String),
    Tasks { workflow: u32, tasks: BTreeSet<TaskId> },
}

impl Which {
    /// All tasks.
    ///
    /// ```
    /// use jobmon::testing::{Simulation, Which};
    /// let simulation = Simulation::new(1).fail(Which::all(), 1);
    /// # let _ = simulation;
    /// ```
    pub const fn all() -> Self {
        Self(Kind::All)
    }

    /// The tasks of a template.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// use jobmon::testing::{Simulation, Which};
    ///
    /// #[task_template(command = "prep")]
    /// struct Prep;
    ///
    /// let simulation = Simulation::new(1).fail(Which::of::<Prep>(), 1);
    /// # let _ = (simulation, Prep);
    /// ```
    pub fn of<T: TaskTemplate>() -> Self {
        Self(Kind::Template(T::SPEC.name.to_owned()))
    }

    /// Whether a task of this workflow is meant.
    pub(super) fn includes(&self, plan: &PlanData, task: TaskId) -> bool {
        match &self.0 {
            Kind::All => true,
            Kind::Template(name) => plan.template(task).name == *name,
            Kind::Tasks { workflow, tasks } => *workflow == plan.number && tasks.contains(&task),
        }
    }

    /// The same, asked of what happened to this workflow. A name that nobody has is told: what is asked of it would always hold.
    #[track_caller]
    pub(super) fn asked_of(self, plan: &PlanData) -> Self {
        let is_empty =
            matches!(&self.0, Kind::Tasks { workflow, tasks } if *workflow == plan.number && tasks.is_empty());
        match self.mistake(plan).filter(|_| !is_empty) {
            None => self,
            Some(mistake) => panic!("the trace is asked about {self}: {mistake}"),
        }
    }

    /// Why no task of this workflow is meant, if none is.
    pub(super) fn mistake(&self, plan: &PlanData) -> Option<String> {
        match &self.0 {
            Kind::All => None,
            Kind::Template(name) => {
                let there_is = plan.templates.iter().any(|template| template.name == *name);
                let names: BTreeSet<&str> = plan.templates.iter().map(|template| template.name.as_ref()).collect();
                let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
                (!there_is).then(|| {
                    format!("no task of the workflow is of a template `{name}`; its templates are {}", names.join(", "))
                })
            }
            Kind::Tasks { workflow, .. } if *workflow != plan.number => {
                Some("it names a task of another workflow".to_owned())
            }
            Kind::Tasks { tasks, .. } if tasks.is_empty() => Some("it names no task: its set is empty".to_owned()),
            Kind::Tasks { .. } => None,
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::All => f.write_str("all tasks"),
            Kind::Template(name) => write!(f, "`{name}`"),
            Kind::Tasks { tasks, .. } => match tasks.first() {
                Some(task) if tasks.len() == 1 => write!(f, "task {task}"),
                _ => write!(f, "{} tasks", tasks.len()),
            },
        }
    }
}

impl From<&str> for Which {
    fn from(template: &str) -> Self {
        Self(Kind::Template(template.to_owned()))
    }
}

impl<T: ?Sized> From<TaskRef<T>> for Which {
    fn from(task: TaskRef<T>) -> Self {
        Self(Kind::Tasks { workflow: task.workflow(), tasks: task.task().into_iter().collect() })
    }
}

impl<T> From<&TaskSet<T>> for Which {
    fn from(set: &TaskSet<T>) -> Self {
        Self(Kind::Tasks { workflow: set.workflow(), tasks: set.task_ids().collect() })
    }
}
