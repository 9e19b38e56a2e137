//! A task on its way into a workflow, and what can be said of it besides its template.

use crate::config::Settings;
use crate::model::{Asked, Asking, ResourcesFunction, RetryPolicy, Scale};
use crate::plan::draft::Draft;
use crate::plan::saying::Saying;
use crate::plan::upstream::{Upstream, Upstreams};
use crate::plan::visitor::TaskTemplate;
use crate::plan::wall_time::IntoWallTime;
use crate::units::{Memory, WallTime};
use std::fmt::Display;
use std::panic::Location;
use std::path::PathBuf;

/// A task with what was said of it by [`TaskExt`]; give it to [`Workflow::add`](crate::Workflow::add).
///
/// ```
/// # use jobmon::prelude::*;
/// # let mut wf = Tool::new("demo").workflow("w");
/// let task: Task<Command> = Command::new("fit").memory("8G").name("the fit");
/// # use jobmon::Task;
/// wf.add(task);
/// assert!(wf.check().is_ok());
/// ```
#[derive(Clone, Debug)]
#[must_use = "a task does nothing until it is added to a workflow"]
pub struct Task<T> {
    pub(crate) inner: T,
    pub(crate) overrides: Option<Box<Overrides>>,
}

/// What was said of one task. It stands over what its template says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) name: Option<String>,
    /// What it asks for; nothing for most tasks.
    pub(crate) said: Option<Box<Saying>>,
    pub(crate) resources_from: Option<ResourcesFunction>,
    pub(crate) outputs: Vec<PathBuf>,
    pub(crate) output_may_be_empty: Option<bool>,
    pub(crate) priority: i32,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) upstreams: Upstreams,
}

impl Overrides {
    /// What is said of what it asks for.
    pub(crate) fn settings(&self) -> Option<&Settings> {
        self.said.as_ref().map(|said| &said.settings)
    }
}

/// What can be added to a workflow: a struct with `#[task_template]`, a [`Command`](crate::Command), or a [`Task`] of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no task",
    label = "this isn't a task",
    note = "a task is a struct with `#[task_template(..)]`, or a `Command`, by value: clone one that is needed again; many are added by `add_all`",
    note = "what is said of a task is said before it is added: `wf.add(task.memory(\"8G\"))`"
)]
///
/// ```
/// # use jobmon::prelude::*;
/// use jobmon::IntoTask;
///
/// /// Adds a task and one that tells of it.
/// fn announced<T: IntoTask>(wf: &mut Workflow, task: T) -> TaskRef<T::Template> {
///     let task = wf.add(task);
///     wf.add(Command::new("echo").arg("done").upstream(task));
///     task
/// }
///
/// let mut wf = Tool::new("demo").workflow("w");
/// announced(&mut wf, Command::new("fit").memory("8G"));
/// assert_eq!(wf.len(), 2);
/// ```
pub trait IntoTask {
    /// What the task is made of; its handle is a `TaskRef` of this.
    type Template: Describe;

    /// The task.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// use jobmon::{IntoTask as _, Task};
    /// let task: Task<Command> = Command::new("fit").into_task();
    /// # let _ = task;
    /// ```
    fn into_task(self) -> Task<Self::Template>;
}

/// What a workflow can write down as a task.
pub trait Describe {
    #[doc(hidden)]
    fn describe(&self, draft: &mut Draft<'_>);
}

impl<T: TaskTemplate> Describe for T {
    fn describe(&self, draft: &mut Draft<'_>) {
        draft.template(T::SPEC, |visitor| self.visit(visitor));
    }
}

#[diagnostic::do_not_recommend]
impl<T: TaskTemplate> IntoTask for T {
    type Template = T;

    fn into_task(self) -> Task<T> {
        Task { inner: self, overrides: None }
    }
}

#[diagnostic::do_not_recommend]
impl<T: Describe> IntoTask for Task<T> {
    type Template = T;

    fn into_task(self) -> Self {
        self
    }
}

/// What can be said of a task before it is added.
///
/// A method of the struct's own of one of these names comes first: `TaskExt::memory(fit, "8G")` calls the one of this trait.
///
/// ```
/// use jobmon::prelude::*;
/// let mut wf = Tool::new("demo").workflow("overrides");
/// let first = wf.add(Command::new("true").name("first").memory("512M").runtime("10m"));
/// wf.add(Command::new("echo").arg("done").upstream(first).priority(1).attribute("release", 7));
/// assert!(wf.check().is_ok());
/// ```
pub trait TaskExt: IntoTask + Sized {
    /// Its name, unique in the workflow; by default the template's name and the node arguments.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").name("the first fit"));
    /// assert!(wf.check().is_ok());
    /// ```
    fn name(self, name: impl Into<String>) -> Task<Self::Template> {
        overriding(self, |overrides| overrides.name = Some(name.into()))
    }

    /// The memory it asks for: `"8G"`, `"512M"`. What takes more is ended and tried again with
    /// more.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").memory("1.5 GiB"));
    /// assert!(wf.check().is_ok());
    /// ```
    #[track_caller]
    fn memory(self, memory: impl Display) -> Task<Self::Template> {
        saying(self, |said, place| said.memory(&memory, place))
    }

    /// The time it asks for: `"90s"`, `"1h30m"`, `"01:30:00"`, or a `Duration`. What takes longer is ended and tried again
    /// with more.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").runtime("1h30m"));
    /// assert!(wf.check().is_ok());
    /// ```
    #[track_caller]
    fn runtime(self, runtime: impl IntoWallTime) -> Task<Self::Template> {
        saying(self, |said, place| said.runtime(&runtime, place))
    }

    /// How many cores it uses.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").cores(4));
    /// assert!(wf.check().is_ok());
    /// ```
    #[track_caller]
    fn cores(self, cores: u32) -> Task<Self::Template> {
        saying(self, |said, place| said.cores(cores, place))
    }

    /// How often it may run before it has failed; 1 means no retry.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").max_attempts(1));
    /// assert!(wf.check().is_ok());
    /// ```
    #[track_caller]
    fn max_attempts(self, attempts: u32) -> Task<Self::Template> {
        saying(self, |said, place| said.max_attempts(attempts, place))
    }

    /// How its memory grows after an attempt ran out of memory; half as much again by default.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// use jobmon::model::Scale;
    /// wf.add(Command::new("fit").memory("8G").memory_scale(Scale::By(2.0)));
    /// assert!(wf.check().is_ok());
    /// ```
    #[track_caller]
    fn memory_scale(self, scale: Scale<Memory>) -> Task<Self::Template> {
        saying(self, |said, place| said.memory_scale(scale, place))
    }

    /// How its run time grows after an attempt ran out of time; half as much again by default.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// use jobmon::model::Scale;
    /// let steps = vec!["2h".parse()?, "4h".parse()?];
    /// wf.add(Command::new("fit").runtime("1h").runtime_scale(Scale::Steps(steps.into())));
    /// assert!(wf.check().is_ok());
    /// # Ok::<(), jobmon::units::UnitError>(())
    /// ```
    #[track_caller]
    fn runtime_scale(self, scale: Scale<WallTime>) -> Task<Self::Template> {
        saying(self, |said, place| said.runtime_scale(scale, place))
    }

    /// The queue that it goes to, one of its cluster.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").queue("long"));
    /// assert!(wf.check().is_ok());
    /// ```
    #[track_caller]
    fn queue(self, queue: impl Display) -> Task<Self::Template> {
        saying(self, |said, place| said.queue(&queue, place))
    }

    /// The cluster that it runs on; by default `local`, which is this machine.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").cluster("local"));
    /// assert!(wf.check().is_ok());
    /// ```
    #[track_caller]
    fn cluster(self, cluster: impl Display) -> Task<Self::Template> {
        saying(self, |said, place| said.cluster(&cluster, place))
    }

    /// Which of its failures are tried again, how often, after which delay, and what its exit codes mean. What the policy does
    /// not say counts as the template says it, else as the workflow does.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// use jobmon::model::{ExitMeaning, RetryPolicy};
    /// use std::time::Duration;
    /// let policy = RetryPolicy::new().exit(42, ExitMeaning::NoRetry).delay(Duration::from_secs(10));
    /// wf.add(Command::new("fit").retry(policy));
    /// assert!(wf.check().is_ok());
    /// ```
    #[track_caller]
    fn retry(self, policy: RetryPolicy) -> Task<Self::Template> {
        saying(self, |said, place| said.retry(policy, place))
    }

    /// A function that says what it asks for: it is called when all that the task waits for is done, so that it can look at what
    /// that wrote, and again before each further attempt. What it does not say counts as the task says it otherwise.
    ///
    /// It is called in a thread of its own, by the program that runs the workflow. Its error, or its panic, fails the task.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// use jobmon::model::{Asked, Asking};
    /// use jobmon::units::Memory;
    /// let input = std::path::PathBuf::from("survey.csv");
    /// let three_times_the_input = move |_: &Asking| {
    ///     let size = std::fs::metadata(&input)?.len();
    ///     Ok::<_, std::io::Error>(Asked::new().memory(Memory::from_bytes(3 * size)))
    /// };
    /// wf.add(Command::new("fit").resources_from(three_times_the_input).runtime("1h"));
    /// assert!(wf.check().is_ok());
    /// ```
    fn resources_from<E: Display>(
        self,
        function: impl Fn(&Asking) -> Result<Asked, E> + Send + Sync + 'static,
    ) -> Task<Self::Template> {
        overriding(self, |overrides| overrides.resources_from = Some(ResourcesFunction::new(function)))
    }

    /// One more file, or directory, that must be there when it has succeeded, not be empty, and not be the file that was
    /// there before: else the attempt has failed. A path that is not absolute is seen from where the task starts.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").arg("--out").arg("fit.csv").output("fit.csv"));
    /// assert!(wf.check().is_ok());
    /// ```
    fn output(self, path: impl Into<PathBuf>) -> Task<Self::Template> {
        overriding(self, |overrides| overrides.outputs.push(path.into()))
    }

    /// Whether its outputs may be empty; no by default.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("grep").args(["-c", "x", "a"]).output("found").output_may_be_empty(true));
    /// assert!(wf.check().is_ok());
    /// ```
    fn output_may_be_empty(self, may: bool) -> Task<Self::Template> {
        overriding(self, |overrides| overrides.output_may_be_empty = Some(may))
    }

    /// Tasks of higher priority start first; 0 by default.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").priority(10));
    /// assert!(wf.check().is_ok());
    /// ```
    fn priority(self, priority: i32) -> Task<Self::Template> {
        overriding(self, |overrides| overrides.priority = priority)
    }

    /// A name and a value to find it by in the database. The last value of a name counts.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").attribute("release", 7));
    /// assert!(wf.check().is_ok());
    /// ```
    fn attribute(self, name: impl Into<String>, value: impl Display) -> Task<Self::Template> {
        overriding(self, |overrides| overrides.attributes.push((name.into(), value.to_string())))
    }

    /// More tasks that must be done before.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// let prep = wf.add(Command::new("prep"));
    /// wf.add(Command::new("fit").upstream(prep).upstream(vec![prep]));
    /// assert!(wf.check().is_ok());
    /// ```
    fn upstream(self, upstream: impl Upstream) -> Task<Self::Template> {
        overriding(self, |overrides| upstream.put(&mut overrides.upstreams))
    }

    /// A variable of its environment. The last value of a name counts.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").env("OMP_NUM_THREADS", "4"));
    /// assert!(wf.check().is_ok());
    /// ```
    fn env(self, name: impl Into<String>, value: impl Into<String>) -> Task<Self::Template> {
        overriding(self, |overrides| overrides.env.push((name.into(), value.into())))
    }

    /// The directory that it starts in; by default that of the program that runs the workflow.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").current_dir("/tmp"));
    /// assert!(wf.check().is_ok());
    /// ```
    fn current_dir(self, directory: impl Into<PathBuf>) -> Task<Self::Template> {
        overriding(self, |overrides| overrides.directory = Some(directory.into()))
    }
}

impl<T: IntoTask> TaskExt for T {}

/// What is said of what a task asks for, with the place of the call that says it.
#[track_caller]
fn saying<T: IntoTask>(task: T, say: impl FnOnce(&mut Saying, &'static Location<'static>)) -> Task<T::Template> {
    let place = Location::caller();
    overriding(task, |overrides| say(overrides.said.get_or_insert_default(), place))
}

fn overriding<T: IntoTask>(task: T, change: impl FnOnce(&mut Overrides)) -> Task<T::Template> {
    let mut task = task.into_task();
    change(task.overrides.get_or_insert_default());
    task
}
