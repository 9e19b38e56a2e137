//! Many tasks of one template, and how to find some of them again.

use crate::id::TaskId;
use crate::model::Place;
use crate::plan::error::PlanError;
use crate::plan::handle::NOBODYS;
use crate::plan::mistakes::Mistakes;
use crate::plan::parts::{Part, Parts};
use crate::plan::upstream::SetNode;
use crate::plan::{Groups, LookUpError, TaskRef};
use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::panic::Location;

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
    parts: Parts<T>,
    node: SetNode,
    mistakes: Mistakes,
}

impl<T> TaskSet<T> {
    pub(crate) fn new(workflow: u32, tasks: Vec<T>, first: TaskId, mistakes: Mistakes) -> Self {
        Self { workflow, parts: Parts::One(Part::new(tasks, first)), node: SetNode::default(), mistakes }
    }

    fn of(&self, parts: Parts<T>) -> Self {
        Self { workflow: self.workflow, parts, node: SetNode::default(), mistakes: self.mistakes.clone() }
    }

    /// Those at these places of the set, which are in order.
    pub(crate) fn pick(&self, places: &[u32]) -> Self {
        self.of(self.parts.pick(places))
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
        self.parts.len()
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

    /// Goes through its tasks, each with the struct that it was made of, in the order of adding; the parts of a
    /// [`union`](Self::union) come in their order.
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
        let tasks = self.parts.iter().map(|(task, of)| (TaskRef::new(self.workflow, task), of));
        Counted { tasks, left: self.len() }
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
        self.iter().map(|(handle, _)| handle).collect()
    }

    /// Whether the task is in the set. It looks at each.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// let fits = wf.add_all((0..3).map(|id| Command::new("fit").node_arg("id", id)));
    /// let report = wf.add(Command::new("report"));
    /// assert!(!fits.contains(report));
    /// ```
    pub fn contains(&self, task: TaskRef<T>) -> bool {
        self.iter().any(|(handle, _)| handle == task)
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
        let kept = (0_u32..).zip(self.parts.iter()).filter(|(_, (_, task))| keep(task));
        self.pick(&kept.map(|(place, _)| place).collect::<Vec<_>>())
    }

    /// The tasks of both sets, each once: those of this one, then what only the other one holds. It is one node of the
    /// graph like any set.
    ///
    /// Where the other one is of another workflow, `check` and `run` tell it with this call's place.
    ///
    /// ```
    /// use jobmon::prelude::*;
    ///
    /// #[task_template(command = "prep {year}")]
    /// struct Prep {
    ///     #[node_arg]
    ///     year: u16,
    /// }
    ///
    /// let mut wf = Tool::new("demo").workflow("union");
    /// let early = wf.add_all(grid!(Prep { year in 1950..1960 }));
    /// let late = wf.add_all(grid!(Prep { year in 2000..2005 }));
    /// let all = early.union(&late);
    /// assert_eq!(all.union(&late).len(), 15);
    ///
    /// // One set of many:
    /// let sets = [early, late];
    /// let all = sets.into_iter().reduce(|all, set| all.union(&set));
    /// assert_eq!(all.map(|all| all.len()), Some(15));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn union(&self, other: &Self) -> Self {
        if self.workflow == NOBODYS {
            return other.clone();
        }
        if self.is_foreign(other, Location::caller()) || other.is_empty() {
            return self.clone();
        }
        let overlapping = other.parts.as_slice().iter().any(|part| self.parts.may_share(part));
        let own: HashSet<TaskId> = if overlapping { self.task_ids().collect() } else { HashSet::new() };
        let more = other.parts.as_slice().iter().map(|part| match self.parts.may_share(part) {
            true => part.filter(|task| !own.contains(&task)),
            false => part.clone(),
        });
        self.of(self.parts.with(more))
    }

    /// Adds the tasks of another set, as [`union`](Self::union) does. Who waits for the set already waits for what it
    /// held then.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "prep {year}")]
    /// # struct Prep { #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("extend");
    /// let mut all = TaskSet::default();
    /// for decade in [1950, 1960, 1970] {
    ///     all.extend(&wf.add_all(grid!(Prep { year in decade..decade + 10 })));
    /// }
    /// assert_eq!(all.len(), 30);
    /// ```
    #[track_caller]
    pub fn extend(&mut self, other: &Self) {
        *self = self.union(other);
    }

    /// The tasks that are in both sets.
    ///
    /// A set of another workflow has none of them; it is told by `check` and `run`, as by [`union`](Self::union).
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// let (third, early) = (fits.filter(|fit| fit.place == 3), fits.filter(|fit| fit.year < 1992));
    /// assert_eq!(third.intersection(&early).len(), 2);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn intersection(&self, other: &Self) -> Self {
        self.is_foreign(other, Location::caller());
        self.among(other, true)
    }

    /// The tasks that are in this set and not in the other one.
    ///
    /// A set of another workflow has none of them; it is told by `check` and `run`, as by [`union`](Self::union).
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// let third = fits.filter(|fit| fit.place == 3);
    /// assert_eq!(fits.difference(&third).len(), 6);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn difference(&self, other: &Self) -> Self {
        self.is_foreign(other, Location::caller());
        self.among(other, false)
    }

    /// Whether the other set is of another workflow, which is told.
    fn is_foreign(&self, other: &Self, caller: &'static Location<'static>) -> bool {
        let foreign = self.workflow != other.workflow && ![self.workflow, other.workflow].contains(&NOBODYS);
        if foreign {
            self.mistakes.add(PlanError::ForeignSet { place: caller.into() });
        }
        foreign
    }

    fn among(&self, other: &Self, wanted: bool) -> Self {
        let others: HashSet<TaskRef<T>> = other.iter().map(|(handle, _)| handle).collect();
        let kept = (0_u32..).zip(self.iter()).filter(|(_, (handle, _))| others.contains(handle) == wanted);
        self.pick(&kept.map(|(place, _)| place).collect::<Vec<_>>())
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
        let mut found = self.iter().filter(|(_, task)| wanted(task));
        match (found.next(), found.count()) {
            (Some((handle, _)), 0) => Ok(handle),
            (Some(_), more) => Err(LookUpError::Several { matches: more + 1, of: self.len() }),
            (None, _) => Err(LookUpError::None { of: self.len() }),
        }
    }

    /// Groups the tasks by a key that is computed from each, once, so that look-ups are fast. Several keys are a tuple:
    /// `fits.group_by(|fit| (fit.location, fit.year))`, and then `.get(&(3, 1990))`.
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

    pub(crate) const fn workflow(&self) -> u32 {
        self.workflow
    }

    pub(crate) fn node(&self) -> &SetNode {
        self.node.with_members(self.task_ids())
    }

    pub(crate) fn task_ids(&self) -> impl Iterator<Item = TaskId> {
        self.parts.iter().map(|(task, _)| task)
    }
}

/// The set of no task, to begin with.
impl<T> Default for TaskSet<T> {
    fn default() -> Self {
        Self::new(NOBODYS, Vec::new(), TaskId(0), Mistakes::default())
    }
}

impl<'a, T> IntoIterator for &'a TaskSet<T> {
    type Item = (TaskRef<T>, &'a T);
    type IntoIter = Box<dyn ExactSizeIterator<Item = Self::Item> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

/// An iterator that knows how much is left.
struct Counted<I> {
    tasks: I,
    left: usize,
}

impl<I: Iterator> Iterator for Counted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.left = self.left.saturating_sub(1);
        self.tasks.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<I: Iterator> ExactSizeIterator for Counted<I> {}

impl<T> Clone for TaskSet<T> {
    fn clone(&self) -> Self {
        // It is the same set, so that who waits for either waits for one node.
        Self { node: self.node.clone(), ..self.of(self.parts.clone()) }
    }
}

impl<T> fmt::Debug for TaskSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let full = std::any::type_name::<T>();
        write!(f, "TaskSet<{}>({} tasks)", full.rsplit("::").next().unwrap_or(full), self.len())
    }
}
