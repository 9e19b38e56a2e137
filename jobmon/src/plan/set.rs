//! Many tasks of one template, and how to find some of them again.

use crate::id::TaskId;
use crate::model::Place;
use crate::plan::error::{Mistakes, PlanError};
use crate::plan::upstream::SetNode;
use crate::plan::{Groups, LookUpError, TaskRef};
use std::fmt;
use std::hash::Hash;
use std::panic::Location;
use std::sync::Arc;

/// Many tasks of one template: one node of the graph, so that waiting for all of them is one edge.
///
/// It keeps the structs that the tasks were made of, so tasks are found by their fields:
/// `fits.filter(|fit| fit.location == 3)`. Cloning it is cheap.
///
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit --place {place} --year {year}")]
/// struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
///
/// #[task_template(command = "sum --place {place}")]
/// struct Sum { #[node_arg] place: u32, #[upstream] fits: TaskSet<Fit> }
///
/// let mut wf = Tool::new("demo").workflow("sets");
/// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
/// let sums = wf.add_all(grid!(Sum { place in 1..=3, fits: fits.filter(|fit| fit.place == place) }));
/// assert_eq!((fits.len(), sums.len()), (9, 3));
/// wf.check()?;
/// # Ok::<(), jobmon::plan::PlanErrors>(())
/// ```
pub struct TaskSet<T> {
    workflow: u32,
    /// The structs that were added together; the first of them is the task `first`.
    tasks: Arc<Vec<T>>,
    first: u32,
    /// Which of `tasks` are in the set, in order; all of them if there is no list.
    picks: Option<Arc<[u32]>>,
    node: SetNode,
    mistakes: Mistakes,
}

impl<T> TaskSet<T> {
    pub(crate) fn new(workflow: u32, tasks: Vec<T>, first: TaskId, mistakes: Mistakes) -> Self {
        Self { workflow, tasks: Arc::new(tasks), first: first.0, picks: None, node: SetNode::default(), mistakes }
    }

    pub(crate) fn pick(&self, picks: Vec<u32>) -> Self {
        Self {
            workflow: self.workflow,
            tasks: Arc::clone(&self.tasks),
            first: self.first,
            picks: Some(picks.into()),
            node: SetNode::default(),
            mistakes: self.mistakes.clone(),
        }
    }

    /// How many tasks it holds.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// assert_eq!(fits.len(), 9);
    /// ```
    pub fn len(&self) -> usize {
        self.picks.as_ref().map_or(self.tasks.len(), |picks| picks.len())
    }

    /// Whether it holds no task.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// assert!(fits.filter(|fit| fit.year == 2050).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Goes through its tasks, each with the struct that it was made of, in the order of adding.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// for (task, fit) in fits.iter().filter(|(_, fit)| fit.place == 3) {
    ///     wf.add_upstream(task, fits.one(|other| other.place == 1 && other.year == fit.year));
    /// }
    /// assert!(wf.check().is_ok());
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (TaskRef<T>, &T)> {
        self.positions().map(|position| (self.handle(position), &self.tasks[position as usize]))
    }

    /// The handles of its tasks, as a list that is stored as it is: one edge a task.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// let first: Vec<TaskRef<Fit>> = fits.refs().into_iter().take(2).collect();
    /// wf.add(Command::new("report").upstream(first));
    /// ```
    pub fn refs(&self) -> Vec<TaskRef<T>> {
        self.positions().map(|position| self.handle(position)).collect()
    }

    /// The tasks for which `keep` holds. It looks at each task: for a look-up per task use [`group_by`](Self::group_by).
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// assert_eq!(fits.filter(|fit| fit.place == 3).len(), 3);
    /// ```
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(&T) -> bool) -> Self {
        self.pick(self.positions().filter(|&position| keep(&self.tasks[position as usize])).collect())
    }

    /// The one task for which `wanted` holds.
    ///
    /// Where none or several match, the handle names no task and `check` and `run` tell it with this call's place.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// let fit = fits.one(|fit| fit.place == 3 && fit.year == 1990);
    /// wf.add(Command::new("report").upstream(fit));
    /// assert!(wf.check().is_ok());
    ///
    /// fits.one(|fit| fit.year == 2050);
    /// assert!(wf.check().unwrap_err().to_string().contains("none of the 9 tasks matches"));
    /// ```
    #[track_caller]
    pub fn one(&self, wanted: impl FnMut(&T) -> bool) -> TaskRef<T> {
        let place = Location::caller().into();
        self.try_one(wanted).unwrap_or_else(|error| self.poison(place, error))
    }

    /// The one task for which `wanted` holds.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// use jobmon::plan::LookUpError;
    /// assert_eq!(fits.try_one(|fit| fit.place == 3), Err(LookUpError::Several { matches: 3, of: 9 }));
    /// assert_eq!(fits.try_one(|fit| fit.place == 4), Err(LookUpError::None { of: 9 }));
    /// ```
    ///
    /// # Errors
    /// [`LookUpError`] where none or several match.
    pub fn try_one(&self, mut wanted: impl FnMut(&T) -> bool) -> Result<TaskRef<T>, LookUpError> {
        let mut found = self.positions().filter(|&position| wanted(&self.tasks[position as usize]));
        match (found.next(), found.count()) {
            (Some(position), 0) => Ok(self.handle(position)),
            (Some(_), more) => Err(LookUpError::Several { matches: more + 1, of: self.len() }),
            (None, _) => Err(LookUpError::None { of: self.len() }),
        }
    }

    /// Groups the tasks by a key that is computed from each, once, so that look-ups are fast.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// let by_cell = fits.group_by(|fit| (fit.place, fit.year));
    /// let by_place = fits.group_by(|fit| fit.place);
    /// assert_eq!((by_cell.len(), by_place.len()), (9, 3));
    /// wf.add(Command::new("report").upstream(by_cell.one(&(3, 1990))).upstream(by_place.get(&2)));
    /// ```
    pub fn group_by<K: Hash + Eq>(&self, key: impl FnMut(&T) -> K) -> Groups<K, T> {
        Groups::new(self, key)
    }

    pub(crate) fn poison(&self, place: Place, error: LookUpError) -> TaskRef<T> {
        self.mistakes.add(PlanError::LookUp { place, error });
        TaskRef::poisoned(self.workflow)
    }

    pub(crate) fn handle(&self, position: u32) -> TaskRef<T> {
        TaskRef::new(self.workflow, TaskId(self.first + position))
    }

    pub(crate) const fn workflow(&self) -> u32 {
        self.workflow
    }

    pub(crate) fn node(&self) -> &SetNode {
        self.node.with_members(self.task_ids())
    }

    pub(crate) fn task_ids(&self) -> impl Iterator<Item = TaskId> {
        self.positions().map(|position| TaskId(self.first + position))
    }

    pub(crate) fn task(&self, position: u32) -> &T {
        &self.tasks[position as usize]
    }

    pub(crate) fn positions(&self) -> impl ExactSizeIterator<Item = u32> {
        let picks = self.picks.as_deref();
        let len = u32::try_from(self.len()).expect("a workflow has fewer than 2^31 tasks");
        (0..len).map(move |at| picks.map_or(at, |picks| picks[at as usize]))
    }
}

impl<T> Clone for TaskSet<T> {
    fn clone(&self) -> Self {
        Self {
            workflow: self.workflow,
            tasks: Arc::clone(&self.tasks),
            first: self.first,
            picks: self.picks.clone(),
            node: self.node.clone(),
            mistakes: self.mistakes.clone(),
        }
    }
}

impl<T> fmt::Debug for TaskSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let full = std::any::type_name::<T>();
        write!(f, "TaskSet<{}>({} tasks)", full.rsplit("::").next().unwrap_or(full), self.len())
    }
}
