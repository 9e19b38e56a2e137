//! Handles as numbers, so that the structs of templates can derive `Serialize`.

use crate::plan::{TaskRef, TaskSet};
use serde::{Serialize, Serializer};

/// The task's number in its workflow, from 0; nothing where a look-up that should have found it failed.
impl<T: ?Sized> Serialize for TaskRef<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.task().map(|task| task.0).serialize(serializer)
    }
}

/// The handles of its tasks.
impl<T> Serialize for TaskSet<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|(handle, _)| handle))
    }
}
