//! Tasks of a set by a key.

use crate::plan::{LookUpError, TaskRef, TaskSet};
use std::collections::HashMap;
use std::hash::Hash;
use std::panic::Location;

/// The tasks of a [`TaskSet`], grouped by a key; made by [`TaskSet::group_by`].
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
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether there is no group.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// The tasks with this key.
    ///
    /// Where there are none, the set is empty and `check` and `run` tell it with this call's place.
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
    /// # Errors
    /// [`LookUpError::None`] where there are none.
    pub fn try_get(&self, key: &K) -> Result<TaskSet<T>, LookUpError> {
        let place = self.places.get(key).ok_or(LookUpError::None { of: self.all.len() })?;
        Ok(self.sets[*place].clone())
    }

    /// The one task with this key.
    ///
    /// Where there are none or several, the handle names no task and `check` and `run` tell it with this call's place.
    #[track_caller]
    pub fn one(&self, key: &K) -> TaskRef<T> {
        let place = Location::caller().into();
        let found = self.try_get(key).and_then(|group| group.try_one(|_| true));
        found.unwrap_or_else(|error| self.all.poison(place, error))
    }

    /// Goes through the groups, each with its key, in the order in which the keys were first met.
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
