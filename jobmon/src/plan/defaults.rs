//! What tools, workflows and templates say for their tasks.

use crate::model::{RetryPolicy, Scale};
use crate::plan::saying::Saying;
use crate::plan::wall_time::IntoWallTime;
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
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("demo").workflow("w").memory("8G");
    /// let fit = wf.add(Command::new("fit"));
    /// assert_eq!(wf.explain(fit)?.value("memory"), "8G");
    /// # Ok::<(), jobmon::plan::PlanErrors>(())
    /// ```
    #[must_use]
    #[track_caller]
    fn memory(mut self, memory: impl Display) -> Self {
        self.saying().memory(&memory, Location::caller());
        self
    }

    /// The time that they ask for: `"90s"`, `"1h30m"`, `"01:30:00"`, or a `Duration`.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("demo").workflow("w").runtime("1h30m");
    /// let fit = wf.add(Command::new("fit"));
    /// assert_eq!(wf.explain(fit)?.value("runtime"), "1h30m");
    /// # Ok::<(), jobmon::plan::PlanErrors>(())
    /// ```
    #[must_use]
    #[track_caller]
    fn runtime(mut self, runtime: impl IntoWallTime) -> Self {
        self.saying().runtime(&runtime, Location::caller());
        self
    }

    /// How many cores they use.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("demo").workflow("w").cores(4);
    /// let fit = wf.add(Command::new("fit"));
    /// assert_eq!(wf.explain(fit)?.value("cores"), "4");
    /// # Ok::<(), jobmon::plan::PlanErrors>(())
    /// ```
    #[must_use]
    #[track_caller]
    fn cores(mut self, cores: u32) -> Self {
        self.saying().cores(cores, Location::caller());
        self
    }

    /// How often they may run before they have failed; 1 means no retry.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("demo").workflow("w").max_attempts(5);
    /// let fit = wf.add(Command::new("fit"));
    /// assert_eq!(wf.explain(fit)?.value("max_attempts"), "5");
    /// # Ok::<(), jobmon::plan::PlanErrors>(())
    /// ```
    #[must_use]
    #[track_caller]
    fn max_attempts(mut self, attempts: u32) -> Self {
        self.saying().max_attempts(attempts, Location::caller());
        self
    }

    /// How their memory grows after an attempt ran out of memory.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// use jobmon::model::Scale;
    /// let wf = Tool::new("demo").memory_scale(Scale::By(2.0)).workflow("w"); // 8G, 16G, 32G
    /// # let _ = wf;
    /// ```
    #[must_use]
    #[track_caller]
    fn memory_scale(mut self, scale: Scale<Memory>) -> Self {
        self.saying().memory_scale(scale, Location::caller());
        self
    }

    /// How their run time grows after an attempt ran out of time.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// use jobmon::model::Scale;
    /// let wf = Tool::new("demo").runtime_scale(Scale::By(3.0)).workflow("w"); // 1h, 3h, 9h
    /// # let _ = wf;
    /// ```
    #[must_use]
    #[track_caller]
    fn runtime_scale(mut self, scale: Scale<WallTime>) -> Self {
        self.saying().runtime_scale(scale, Location::caller());
        self
    }

    /// Which of their failures are tried again, how often, after which delay, and what exit codes mean. What is said nearer to a
    /// task stands over it, word by word; of a template its attribute is nearer than its workflow.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// use jobmon::model::RetryPolicy;
    /// use std::time::Duration;
    /// let policy = RetryPolicy::new().delay(Duration::from_secs(10)).backoff(2.0).jitter(true);
    /// let mut wf = Tool::new("demo").workflow("w").retry(policy);
    /// wf.template_named("fit", |fit| fit.retry(RetryPolicy::new().delay(Duration::from_secs(1))));
    /// wf.add(Command::new("fit.sh").template("fit"));
    /// assert!(wf.check().is_ok());
    /// ```
    #[must_use]
    #[track_caller]
    fn retry(mut self, policy: RetryPolicy) -> Self {
        self.saying().retry(policy, Location::caller());
        self
    }

    /// The queue that they go to.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("demo").workflow("w").queue("long.q");
    /// let fit = wf.add(Command::new("fit"));
    /// assert_eq!(wf.explain(fit)?.value("queue"), "long.q");
    /// # Ok::<(), jobmon::plan::PlanErrors>(())
    /// ```
    #[must_use]
    #[track_caller]
    fn queue(mut self, queue: impl Display) -> Self {
        self.saying().queue(&queue, Location::caller());
        self
    }

    /// The cluster that they run on; by default `local`, which is this machine.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("demo").workflow("w").cluster("local");
    /// let fit = wf.add(Command::new("fit"));
    /// assert_eq!(wf.explain(fit)?.value("cluster"), "local");
    /// # Ok::<(), jobmon::plan::PlanErrors>(())
    /// ```
    #[must_use]
    #[track_caller]
    fn cluster(mut self, cluster: impl Display) -> Self {
        self.saying().cluster(&cluster, Location::caller());
        self
    }
}

/// What is said of a template: see [`Workflow::template`](crate::Workflow::template).
///
/// ```
/// # use jobmon::prelude::*;
/// # #[task_template(command = "fit {year}")]
/// # struct Fit { #[node_arg] year: u16 }
/// # let mut wf = Tool::new("demo").workflow("w");
/// wf.template::<Fit>(|fit| fit.memory("8G").cores(2));
/// # let _ = Fit { year: 1990 };
/// ```
#[derive(Clone, Debug, Default)]
pub struct TemplateDefaults(pub(crate) Saying);

impl Defaults for TemplateDefaults {
    fn saying(&mut self) -> &mut Saying {
        &mut self.0
    }
}
