//! What tasks used: of one, of its attempts, of many.

use crate::model::{AttemptState, Usage};
use crate::plan::{TaskRef, TaskSet};
use crate::run::{RunOutcome, Spread};
use crate::store::{AttemptRow, Database, StoreError};
use crate::time::Timestamp;
use std::fmt;
use std::time::Duration;

/// What a task used, over all its attempts that ran, in this run and in earlier ones. An attempt of which nobody lived to
/// measure it is among the attempts, and adds nothing to the rest.
///
/// ```
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// let mut wf = Tool::new("demo").workflow("usage");
/// let task = wf.add(Command::new("true"));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
/// let usage = run.usage_of(task).ok_or("it did not run")?;
/// assert_eq!(usage.attempts, 1);
/// assert!(usage.memory > 0 && usage.wall >= std::time::Duration::ZERO);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskUsage {
    /// How many attempts ran.
    pub attempts: u32,
    /// The most memory that the processes of one attempt held at once, in bytes; [`Usage::peak_memory`] says how it is
    /// measured.
    pub memory: u64,
    /// How long its attempts ran, together.
    pub wall: Duration,
    /// Processor time in user mode of all processes of its attempts.
    pub user: Duration,
    /// Processor time in system mode of all processes of its attempts.
    pub system: Duration,
}

/// What one attempt at a task used, where, and how it ended.
///
/// ```
/// use jobmon::model::AttemptState;
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// let mut wf = Tool::new("demo").workflow("attempts");
/// let task = wf.add(Command::new("sh").arg("-c").arg("test $JOBMON_ATTEMPT = 2"));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
/// let ends: Vec<AttemptState> = run.attempts_of(task).iter().map(|attempt| attempt.state).collect();
/// assert_eq!(ends, [AttemptState::Failed, AttemptState::Done]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptUsage {
    /// The how manieth attempt at the task it is, from 1, over all runs.
    pub number: u32,
    /// The machine that it ran on.
    pub host: String,
    /// When its main process existed; `None` if it never did.
    pub started: Option<Timestamp>,
    /// What it used; `None` if it never ran, or if nobody lived to measure it.
    pub used: Option<Usage>,
    /// How it ended.
    pub state: AttemptState,
    /// With what its main process exited, if it did.
    pub exit_code: Option<i32>,
    /// The signal that ended its main process, if one did.
    pub signal: Option<i32>,
    /// Why it failed, in words, if it did.
    pub reason: Option<String>,
}

/// How what many tasks used is spread: each task counts once, with what all its attempts used.
///
/// ```
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// let mut wf = Tool::new("demo").workflow("summary");
/// let tasks = wf.add_all((0..3).map(|id| Command::new("true").node_arg("id", id)));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
/// let summary = run.usage_summary(&tasks);
/// assert_eq!(summary.count, 3);
/// assert!(summary.memory.median() <= summary.memory.quantile(0.9));
/// assert!(summary.wall.mean() <= summary.wall.max());
/// println!("{summary}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageSummary {
    /// How many of the tasks ran and were measured.
    pub count: usize,
    /// Memory, in bytes.
    pub memory: Spread<u64>,
    /// Time on the wall's clock.
    pub wall: Spread<Duration>,
    /// Processor time, in user and in system mode.
    pub cpu: Spread<Duration>,
}

impl TaskUsage {
    /// Processor time, in user and in system mode.
    ///
    /// ```
    /// # use jobmon::run::TaskUsage;
    /// # use std::time::Duration;
    /// let times = [Duration::from_secs(2), Duration::from_secs(1)];
    /// let usage = TaskUsage { user: times[0], system: times[1], ..TaskUsage::default() };
    /// assert_eq!(usage.cpu(), Duration::from_secs(3));
    /// ```
    pub fn cpu(&self) -> Duration {
        self.user + self.system
    }

    pub(super) fn add(&mut self, attempt: Usage) {
        let Usage { wall, user, system, peak_memory } = attempt;
        self.attempts += 1;
        self.memory = self.memory.max(peak_memory);
        self.wall += wall;
        self.user += user;
        self.system += system;
    }
}

impl RunOutcome {
    /// What a task used; `None` if it never ran, or if of none of its attempts it was measured, or if it is of another
    /// workflow.
    ///
    /// It is read from the state file when it is asked for, so that it is there also for a workflow that was complete
    /// before. Where the file cannot be read a warning says so and the answer is `None`.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
    /// let mut wf = Tool::new("demo").workflow("usage");
    /// let first = wf.add(Command::new("sh").arg("-c").arg("exit 1").max_attempts(2));
    /// let second = wf.add(Command::new("true").upstream(first));
    /// # #[cfg(any())]
    /// let options = RunOptions::default();
    /// let run = wf.run(options)?;
    /// assert_eq!(run.usage_of(first).map(|usage| usage.attempts), Some(2));
    /// assert_eq!(run.usage_of(second), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn usage_of<T: ?Sized>(&self, task: TaskRef<T>) -> Option<TaskUsage> {
        let id = self.source.task(task)?;
        self.used(&[self.source.tasks.of(id)]).pop().flatten()
    }

    /// The attempts at a task, in order, with what each used and how it ended; none if there was no attempt, or the task
    /// is of another workflow. Attempts that failed to start are among them, those that were called off before are not.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
    /// let mut wf = Tool::new("demo").workflow("attempts");
    /// let task = wf.add(Command::new("sh").arg("-c").arg("exit 3").max_attempts(2));
    /// # #[cfg(any())]
    /// let options = RunOptions::default();
    /// let run = wf.run(options)?;
    /// let attempts = run.attempts_of(task);
    /// assert_eq!(attempts.len(), 2);
    /// assert_eq!((attempts[1].number, attempts[1].exit_code), (2, Some(3)));
    /// assert_eq!(attempts[1].reason.as_deref(), Some("exited with code 3"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn attempts_of<T: ?Sized>(&self, task: TaskRef<T>) -> Vec<AttemptUsage> {
        let Some(id) = self.source.task(task) else { return Vec::new() };
        let read = self.database().and_then(|database| database.attempts_at(self.source.tasks.of(id)));
        let rows = read.unwrap_or_else(|error| {
            tracing::warn!(%error, "what the attempts at a task used is not known");
            Vec::new()
        });
        rows.into_iter().map(AttemptUsage::of).collect()
    }

    /// Goes through the tasks of a set that ran, in the set's order: each with the struct that it was made of and what it
    /// used. Nothing comes of a set of another workflow.
    ///
    /// All is read at once, by one query, when this is called.
    ///
    /// ```
    /// use jobmon::prelude::*;
    ///
    /// #[task_template(command = "true {place}")]
    /// struct Fit { #[node_arg] place: u32 }
    ///
    /// # let state = tempfile::tempdir()?;
    /// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
    /// let mut wf = Tool::new("demo").workflow("usages");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=3 }));
    /// # #[cfg(any())]
    /// let options = RunOptions::default();
    /// let run = wf.run(options)?;
    /// let largest = run.usages(&fits).max_by_key(|(_, _, usage)| usage.memory);
    /// assert!(largest.is_some_and(|(_, fit, _)| (1..=3).contains(&fit.place)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn usages<'set, T>(
        &self,
        set: &'set TaskSet<T>,
    ) -> impl Iterator<Item = (TaskRef<T>, &'set T, TaskUsage)> + use<'set, T> {
        let used = self.used_by(set);
        set.iter().zip(used).filter_map(|((task, of), used)| Some((task, of, used?)))
    }

    /// How what the tasks of a set used is spread: least, mean, median, most and any quantile of memory, time and
    /// processor time. Tasks that never ran do not count, nor those of which it was not measured; of a set of another workflow none does.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
    /// let mut wf = Tool::new("demo").workflow("summary");
    /// let tasks = wf.add_all((0..3).map(|id| Command::new("true").node_arg("id", id)));
    /// # #[cfg(any())]
    /// let options = RunOptions::default();
    /// let summary = wf.run(options)?.usage_summary(&tasks);
    /// assert!(summary.memory.quantile(0.9) <= summary.memory.max());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn usage_summary<T>(&self, set: &TaskSet<T>) -> UsageSummary {
        UsageSummary::of(&self.used_by(set).into_iter().flatten().collect::<Vec<_>>())
    }

    /// What each task of a set used.
    fn used_by<T>(&self, set: &TaskSet<T>) -> Vec<Option<TaskUsage>> {
        if set.workflow() != self.source.plan.number {
            return Vec::new();
        }
        let tasks: Vec<i64> = set.task_ids().map(|task| self.source.tasks.of(task)).collect();
        self.used(&tasks)
    }

    fn used(&self, tasks: &[i64]) -> Vec<Option<TaskUsage>> {
        let mut used: Vec<(u32, Option<TaskUsage>)> = vec![(0, None); tasks.len()];
        let read = self.database().and_then(|database| {
            database.used(tasks, |place, attempt| {
                let (attempts, used) = &mut used[place];
                *attempts += 1;
                if let Some(attempt) = attempt {
                    used.get_or_insert_default().add(attempt);
                }
            })
        });
        if let Err(error) = read {
            tracing::warn!(%error, "what tasks used is not known");
            used.fill((0, None));
        }
        used.into_iter().map(|(attempts, used)| Some(TaskUsage { attempts, ..used? })).collect()
    }

    fn database(&self) -> Result<Database, StoreError> {
        Database::read(self.source.home.database())
    }
}

impl UsageSummary {
    /// Of what each task used.
    pub(super) fn of(used: &[TaskUsage]) -> Self {
        Self {
            count: used.len(),
            memory: used.iter().map(|used| used.memory).collect(),
            wall: used.iter().map(|used| used.wall).collect(),
            cpu: used.iter().map(TaskUsage::cpu).collect(),
        }
    }
}

impl AttemptUsage {
    fn of(row: AttemptRow) -> Self {
        let AttemptRow { number, host, started, usage, state, exit_code, signal, reason } = row;
        Self { number, host, started, used: usage, state, exit_code, signal, reason }
    }
}

impl fmt::Display for UsageSummary {
    /// One line each for memory, time and processor time; a word where no task ran.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == 0 {
            return write!(f, "no task ran");
        }
        let tasks = if self.count == 1 { "1 task".to_owned() } else { format!("{} tasks", self.count) };
        let memory = |bytes: u64| {
            let tenths = (u128::from(bytes) * 10 + (1 << 19)) >> 20;
            format!("{}.{}M", tenths / 10, tenths % 10)
        };
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        write!(f, "{tasks}\n  memory: {}", Line(&self.memory, memory))?;
        write!(f, "\n  time: {}\n  processor time: {}", Line(&self.wall, seconds), Line(&self.cpu, seconds))
    }
}

/// A spread in words.
struct Line<'a, V, W>(&'a Spread<V>, W);

impl<V: crate::run::Measure, W: Fn(V) -> String> fmt::Display for Line<'_, V, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(spread, words) = self;
        let parts =
            [("min", spread.min()), ("median", spread.median()), ("mean", spread.mean()), ("max", spread.max())];
        let parts = parts.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", words(value?))));
        write!(f, "{}", parts.collect::<Vec<_>>().join(", "))
    }
}
