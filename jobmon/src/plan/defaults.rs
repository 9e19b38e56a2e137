//! What tools, workflows and templates say for their tasks.

use crate::model::Scale;
use crate::plan::saying::Saying;
use crate::units::{Memory, WallTime};
use std::fmt::Display;
use std::panic::Location;

/// What holds for tasks that say nothing themselves: said of a [`Tool`](crate::Tool), of a [`Workflow`](crate::Workflow), or of a
/// template by [`Workflow::template`](crate::Workflow::template). What is said nearest to the task holds, key by key.
///
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit {year}")]
/// struct Fit { #[node_arg] year: u16 }
///
/// let mut wf = Tool::new("covid").memory("2G").max_attempts(5).workflow("fits").runtime("1h");
/// wf.template::<Fit>(|fit| fit.memory("8G"));
/// let fit = wf.add(Fit { year: 1990 });
/// let special = wf.add(Fit { year: 2020 }.memory("32G"));
/// let said = wf.explain(fit)?;
/// assert_eq!((said.value("memory"), said.value("runtime"), said.value("max_attempts")), ("8G", "1h", "5"));
/// assert_eq!(wf.explain(special)?.value("memory"), "32G");
/// # Ok::<(), jobmon::plan::PlanErrors>(())
/// ```
pub trait Defaults: Sized {
    #[doc(hidden)]
    fn saying(&mut self) -> &mut Saying;

    /// The memory that they ask for: `"8G"`, `"512M"`.
    #[must_use]
    #[track_caller]
    fn memory(mut self, memory: impl Display) -> Self {
        self.saying().memory(&memory, Location::caller());
        self
    }

    /// The time that they ask for: `"90s"`, `"1h30m"`, `"01:30:00"`.
    #[must_use]
    #[track_caller]
    fn runtime(mut self, runtime: impl Display) -> Self {
        self.saying().runtime(&runtime, Location::caller());
        self
    }

    /// How many cores they use.
    #[must_use]
    #[track_caller]
    fn cores(mut self, cores: u32) -> Self {
        self.saying().cores(cores, Location::caller());
        self
    }

    /// How often they may run before they have failed; 1 means no retry.
    #[must_use]
    #[track_caller]
    fn max_attempts(mut self, attempts: u32) -> Self {
        self.saying().max_attempts(attempts, Location::caller());
        self
    }

    /// How their memory grows after an attempt ran out of memory.
    #[must_use]
    #[track_caller]
    fn memory_scale(mut self, scale: Scale<Memory>) -> Self {
        self.saying().memory_scale(scale, Location::caller());
        self
    }

    /// How their run time grows after an attempt ran out of time.
    #[must_use]
    #[track_caller]
    fn runtime_scale(mut self, scale: Scale<WallTime>) -> Self {
        self.saying().runtime_scale(scale, Location::caller());
        self
    }

    /// The queue that they go to.
    #[must_use]
    #[track_caller]
    fn queue(mut self, queue: impl Display) -> Self {
        self.saying().queue(&queue, Location::caller());
        self
    }

    /// The cluster that they run on; by default `local`, which is this machine.
    #[must_use]
    #[track_caller]
    fn cluster(mut self, cluster: impl Display) -> Self {
        self.saying().cluster(&cluster, Location::caller());
        self
    }
}

/// What is said of a template: see [`Workflow::template`](crate::Workflow::template).
#[derive(Clone, Debug, Default)]
pub struct TemplateDefaults(pub(crate) Saying);

impl Defaults for TemplateDefaults {
    fn saying(&mut self) -> &mut Saying {
        &mut self.0
    }
}
