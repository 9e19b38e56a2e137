//! What a task asks for may be computed when it is about to run.

use crate::model::{Failure, Resources};
use crate::units::{Memory, WallTime};
use std::any::Any;
use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What a function that computes resources is told; see [`TaskExt::resources_from`](crate::TaskExt::resources_from).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asking {
    /// The task's name.
    pub task: String,
    /// The how manieth attempt it is for, from 1, over all runs.
    pub attempt: u32,
    /// What the task asks for where the function says nothing.
    pub resources: Resources,
    /// What the attempt before was granted, in this run or an earlier one; `None` where none has failed.
    pub granted: Option<Resources>,
    /// Why the attempt before failed, in this run or an earlier one; `None` where none has.
    pub failure: Option<Failure>,
}

/// What a function that computes resources asks for. What it does not say counts as the task says it otherwise.
///
/// ```
/// use jobmon::model::Asked;
/// let asked = Asked::new().memory("8G".parse()?).cores(2);
/// assert_eq!(asked, Asked::new().cores(2).memory("8 GiB".parse()?));
/// # Ok::<(), jobmon::units::UnitError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "it asks for nothing until the function gives it back"]
pub struct Asked {
    memory: Option<Memory>,
    runtime: Option<WallTime>,
    cores: Option<u32>,
}

impl Asked {
    /// Nothing is asked for.
    pub const fn new() -> Self {
        Self { memory: None, runtime: None, cores: None }
    }

    /// So much memory.
    pub const fn memory(self, memory: Memory) -> Self {
        Self { memory: Some(memory), ..self }
    }

    /// So much time.
    pub const fn runtime(self, runtime: WallTime) -> Self {
        Self { runtime: Some(runtime), ..self }
    }

    /// So many cores.
    pub const fn cores(self, cores: u32) -> Self {
        Self { cores: Some(cores), ..self }
    }

    fn over(self, below: Resources) -> Resources {
        Resources {
            memory: self.memory.or(below.memory),
            runtime: self.runtime.or(below.runtime),
            cores: self.cores.unwrap_or(below.cores),
            ..below
        }
    }
}

/// A function that computes what a task asks for.
#[derive(Clone)]
pub(crate) struct ResourcesFunction(Arc<Function>);

type Function = dyn Fn(&Asking) -> Result<Asked, String> + Send + Sync;

impl ResourcesFunction {
    pub(crate) fn new<E: Display>(function: impl Fn(&Asking) -> Result<Asked, E> + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |asking| function(asking).map_err(|error| error.to_string())))
    }

    /// What it asks for, all in all; its error or its panic in words.
    pub(crate) fn call(&self, asking: &Asking) -> Result<Resources, String> {
        match catch_unwind(AssertUnwindSafe(|| (self.0)(asking))) {
            Ok(asked) => asked.map(|asked| asked.over(asking.resources)),
            Err(panic) => Err(format!("the function panicked: {}", words(&*panic))),
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it said nothing")
}

impl fmt::Debug for ResourcesFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_panics_are_words() {
        let asking =
            Asking { task: "it".into(), attempt: 1, resources: Resources::default(), granted: None, failure: None };
        let failing = ResourcesFunction::new(|asking: &Asking| Err(format!("nothing known of {}", asking.task)));
        assert_eq!(failing.call(&asking).unwrap_err(), "nothing known of it");
        let panics = ResourcesFunction::new(|_: &Asking| -> Result<Asked, String> { panic!("no {}", "way") });
        assert_eq!(panics.call(&asking).unwrap_err(), "the function panicked: no way");
        let asks = ResourcesFunction::new(|_: &Asking| Ok::<_, String>(Asked::new().cores(3)));
        assert_eq!(asks.call(&asking), Ok(Resources { cores: 3, ..Resources::default() }));
    }
}
