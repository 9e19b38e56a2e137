//! Handles of tasks that were added to a workflow.

use crate::id::TaskId;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// The number of no workflow, for sets that are of none yet.
pub(crate) const NOBODYS: u32 = u32::MAX;

/// The handle of a task that was added to a workflow, typed by its template.
///
/// It is `Copy`, and a field of this type in another task, marked `#[upstream]`, is a dependency. With the feature `serde` it
/// is written as its number in the workflow, so that the struct of a template can derive `Serialize`; it cannot be read
/// back, since no number tells which workflow is meant.
///
/// ```
/// # use jobmon::prelude::*;
/// #[task_template(command = "prep")]
/// struct Prep;
///
/// #[task_template(command = "fit {year}")]
/// struct Fit {
///     #[node_arg]
///     year: u16,
///     #[upstream]
///     prep: TaskRef<Prep>,
///     #[upstream]
///     before: Option<TaskRef<Self>>,
/// }
///
/// let mut wf = Tool::new("demo").workflow("handles");
/// let prep = wf.add(Prep);
/// let mut before = None;
/// for year in 1990..1993 {
///     before = Some(wf.add(Fit { year, prep, before }));
/// }
/// wf.check()?;
/// # Ok::<(), jobmon::plan::PlanErrors>(())
/// ```
pub struct TaskRef<T: ?Sized> {
    workflow: u32,
    index: u32,
    template: PhantomData<fn() -> T>,
}

impl<T: ?Sized> TaskRef<T> {
    /// The index of a handle that names no task, because the look-up that should have found one failed.
    const POISONED: u32 = u32::MAX;

    pub(crate) const fn new(workflow: u32, task: TaskId) -> Self {
        Self { workflow, index: task.0, template: PhantomData }
    }

    pub(crate) const fn poisoned(workflow: u32) -> Self {
        Self { workflow, index: Self::POISONED, template: PhantomData }
    }

    /// The number of its workflow within this process.
    pub(crate) const fn workflow(self) -> u32 {
        self.workflow
    }

    /// The task; `None` for a poisoned handle.
    pub(crate) const fn task(self) -> Option<TaskId> {
        if self.index == Self::POISONED { None } else { Some(TaskId(self.index)) }
    }
}

impl<T: ?Sized> Clone for TaskRef<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for TaskRef<T> {}

impl<T: ?Sized> PartialEq for TaskRef<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.workflow, self.index) == (other.workflow, other.index)
    }
}

impl<T: ?Sized> Eq for TaskRef<T> {}

impl<T: ?Sized> Hash for TaskRef<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.workflow, self.index).hash(state);
    }
}

impl<T: ?Sized> PartialOrd for TaskRef<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: ?Sized> Ord for TaskRef<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.workflow, self.index).cmp(&(other.workflow, other.index))
    }
}

impl<T: ?Sized> fmt::Debug for TaskRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let full = std::any::type_name::<T>();
        let short = full.rsplit("::").next().unwrap_or(full);
        match self.task() {
            Some(task) => write!(f, "TaskRef<{short}>({task})"),
            None => write!(f, "TaskRef<{short}>(of no task)"),
        }
    }
}
