//! Tasks of a set by a key.

use crate::plan::{LookUpError, TaskRef, TaskSet};
use std::collections::HashMap;
use std::hash::Hash;
use std::panic::Location;

/// The tasks of a [`TaskSet`], grouped by a key; made by [`TaskSet::group_by`].
///
/// ```
/// # use jobmon::prelude::*;
/// # #[task_template(command = "fit --place {place} --year {year}")]
/// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
/// # let mut wf = Tool::new("demo").workflow("fits");
/// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
/// let by_place = fits.group_by(|fit| fit.place);
/// for (place, fits) in by_place.iter() {
///     wf.add(Command::new("sum").node_arg("place", *place).upstream(fits));
/// }
/// assert!(wf.check().is_ok());
/// ```
pub struct Groups<K, T> {
    all: TaskSet<T>,
    places: HashMap<K, usize>,
    /// In the order in which the keys were first met.
    sets: Vec<TaskSet<T>>,
}

impl<K: Hash + Eq, T> Groups<K, T> {
    pub(crate) fn new(set: &TaskSet<T>, mut key: impl FnMut(&T) -> K) -> Self {
        let mut places = HashMap::new();
        let mut picks: Vec<Vec<u32>> = Vec::new();
        for (position, (_, task)) in (0_u32..).zip(set.iter()) {
            let place = *places.entry(key(task)).or_insert(picks.len());
            if place == picks.len() {
                picks.push(Vec::new());
            }
            picks[place].push(position);
        }
        let sets = picks.into_iter().map(|picks| set.pick(&picks)).collect();
        Self { all: set.clone(), places, sets }
    }

    /// How many groups there are.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// let by_place = fits.group_by(|fit| fit.place);
    /// assert_eq!(by_place.len(), 3);
    /// ```
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether there is no group.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// let by_place = fits.group_by(|fit| fit.place);
    /// assert!(!by_place.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// The tasks with this key.
    ///
    /// Where there are none, the set is empty and `check` and `run` tell it with this call's place.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// let by_place = fits.group_by(|fit| fit.place);
    /// assert_eq!(by_place.get(&3).len(), 3);
    /// ```
    #[track_caller]
    pub fn get(&self, key: &K) -> TaskSet<T> {
        let place = Location::caller().into();
        self.try_get(key).unwrap_or_else(|error| {
            self.all.poison(place, error);
            self.all.pick(&[])
        })
    }

    /// The tasks with this key.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// let by_place = fits.group_by(|fit| fit.place);
    /// assert!(by_place.try_get(&4).is_err());
    /// ```
    ///
    /// # Errors
    /// [`LookUpError::None`] where there are none.
    pub fn try_get(&self, key: &K) -> Result<TaskSet<T>, LookUpError> {
        let place = self.places.get(key).ok_or(LookUpError::None { of: self.all.len() })?;
        Ok(self.sets[*place].clone())
    }

    /// The one task with this key.
    ///
    /// Where there are none or several, the handle names no task and `check` and `run` tell it with this call's place.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// let by_cell = fits.group_by(|fit| (fit.place, fit.year));
    /// assert_eq!(by_cell.one(&(3, 1990)), fits.one(|fit| fit.place == 3 && fit.year == 1990));
    /// ```
    #[track_caller]
    pub fn one(&self, key: &K) -> TaskRef<T> {
        let place = Location::caller().into();
        let found = self.try_get(key).and_then(|group| group.try_one(|_| true));
        found.unwrap_or_else(|error| self.all.poison(place, error))
    }

    /// Goes through the groups, each with its key, in the order in which the keys were first met.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # #[task_template(command = "fit --place {place} --year {year}")]
    /// # struct Fit { #[node_arg] place: u32, #[node_arg] year: u16 }
    /// # let mut wf = Tool::new("demo").workflow("fits");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3, year in 1990..1993 }));
    /// let by_place = fits.group_by(|fit| fit.place);
    /// let places: Vec<u32> = by_place.iter().map(|(place, _)| *place).collect();
    /// assert_eq!(places, [1, 2, 3]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&K, TaskSet<T>)> {
        let mut places: Vec<(&K, usize)> = self.places.iter().map(|(key, place)| (key, *place)).collect();
        places.sort_unstable_by_key(|(_, place)| *place);
        places.into_iter().map(|(key, place)| (key, self.sets[place].clone()))
    }
}

impl<K, T> std::fmt::Debug for Groups<K, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Groups({} of {} tasks)", self.sets.len(), self.all.len())
    }
}
