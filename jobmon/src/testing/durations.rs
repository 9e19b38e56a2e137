//! How long simulated attempts take.

use crate::id::TaskId;
use crate::model::{ArgText, Resources, Role};
use crate::plan::{PlanData, TaskSet};
use crate::testing::seed::Seed;
use crate::testing::world::bounded;
use crate::units::WallTime;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long attempts take; a [`Duration`] or a [`WallTime`] becomes one that is always the same.
///
/// ```
/// use jobmon::testing::{Durations, Simulation};
/// use std::time::Duration;
/// let minutes = |minutes| Duration::from_secs(60 * minutes);
/// let simulation = Simulation::new(1)
///     .durations(minutes(1))
///     .duration("fit", Durations::between(minutes(5), minutes(10)))
///     .duration("sum", Durations::by(move |task| minutes(task.arg("place").map_or(1, |place| place.len() as u64))));
/// # let _ = simulation;
/// ```
#[derive(Clone)]
pub struct Durations(Rule);

#[derive(Clone)]
enum Rule {
    Always(Duration),
    Between(Duration, Duration),
    Exponential(Duration),
    By(Arc<dyn Fn(&Subject<'_>) -> Duration + Send + Sync>),
    Each(BTreeMap<TaskId, Duration>),
}

impl Durations {
    /// Anything from `least` to `most`, each as likely.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let durations = jobmon::testing::Durations::between(Duration::from_secs(1), Duration::from_secs(9));
    /// # let _ = durations;
    /// ```
    pub const fn between(least: Duration, most: Duration) -> Self {
        Self(Rule::Between(least, most))
    }

    /// So long on average, most of them shorter, some much longer: an exponential distribution.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let durations = jobmon::testing::Durations::exponential(Duration::from_secs(60));
    /// # let _ = durations;
    /// ```
    pub const fn exponential(mean: Duration) -> Self {
        Self(Rule::Exponential(mean))
    }

    /// What a function says of each attempt.
    ///
    /// ```
    /// # use std::time::Duration;
    /// use jobmon::testing::Durations;
    /// // The second attempt finds the cache filled.
    /// let durations = Durations::by(|task| Duration::from_secs(if task.attempt() == 1 { 60 } else { 5 }));
    /// # let _ = durations;
    /// ```
    pub fn by(function: impl Fn(&Subject<'_>) -> Duration + Send + Sync + 'static) -> Self {
        Self(Rule::By(Arc::new(function)))
    }

    /// What a function says of each task of a set, by the struct that it was made of.
    pub(super) fn each<T>(set: &TaskSet<T>, duration: impl Fn(&T) -> Duration) -> Self {
        let each = set.task_ids().zip(set.iter()).map(|(task, (_, of))| (task, duration(of)));
        Self(Rule::Each(each.collect()))
    }

    /// How long an attempt takes, to the millisecond.
    pub(super) fn of(&self, subject: &Subject<'_>, seed: &Seed, rule: u32) -> Duration {
        let part = || seed.draw(rule, subject.task.0, u64::from(subject.attempt));
        let duration = match &self.0 {
            Rule::Always(duration) => return bounded(*duration),
            Rule::By(function) => return bounded(function(subject)),
            Rule::Each(each) => return bounded(each.get(&subject.task).copied().unwrap_or_default()),
            Rule::Between(least, most) => {
                let least = bounded(*least);
                least + bounded(*most).saturating_sub(least).mul_f64(part())
            }
            Rule::Exponential(mean) => bounded(*mean).mul_f64(-(1.0 - part()).ln()),
        };
        Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }
}

impl From<Duration> for Durations {
    fn from(duration: Duration) -> Self {
        Self(Rule::Always(duration))
    }
}

impl From<WallTime> for Durations {
    fn from(time: WallTime) -> Self {
        Duration::from_secs(time.seconds()).into()
    }
}

impl fmt::Debug for Durations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Rule::Always(duration) => write!(f, "always {duration:?}"),
            Rule::Between(least, most) => write!(f, "between {least:?} and {most:?}"),
            Rule::Exponential(mean) => write!(f, "exponential, {mean:?} on average"),
            Rule::By(_) => f.write_str("by a function"),
            Rule::Each(each) => write!(f, "of {} tasks", each.len()),
        }
    }
}

/// An attempt, for whom it matters.
///
/// ```
/// use jobmon::testing::Durations;
/// use std::time::Duration;
/// let by_place = Durations::by(|task| match task.arg("place").as_deref() {
///     Some("6") => Duration::from_secs(600), // a large one
///     _ => Duration::from_secs(60),
/// });
/// # let _ = by_place;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub(super) plan: &'a PlanData,
    pub(super) task: TaskId,
    pub(super) attempt: u32,
    pub(super) granted: Resources,
}

impl Subject<'_> {
    /// The task's name.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let durations = jobmon::testing::Durations::by(|task| Duration::from_secs(task.name().len() as u64));
    /// # let _ = durations;
    /// ```
    pub fn name(&self) -> String {
        self.plan.task_name(self.task)
    }

    /// The text of an argument; several values have a space between them, and what is not there is `None`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let draws = |task: &jobmon::testing::Subject<'_>| task.arg("draws")?.parse::<u64>().ok();
    /// let durations = jobmon::testing::Durations::by(move |task| Duration::from_secs(draws(task).unwrap_or(1)));
    /// # let _ = durations;
    /// ```
    pub fn arg(&self, name: &str) -> Option<String> {
        let mut args = [Role::Node, Role::Task, Role::Op].into_iter().flat_map(|role| self.plan.args(self.task, role));
        match args.find(|(arg, _)| *arg == name)?.1 {
            ArgText::Absent => None,
            ArgText::One(text) => Some(text.to_owned()),
            ArgText::Flag(flag) => Some(flag.to_string()),
            ArgText::Many(texts) => Some(texts.join(" ")),
        }
    }

    /// The how manieth attempt at the task it is, from 1, over all runs.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let durations = jobmon::testing::Durations::by(|task| Duration::from_secs(60) / task.attempt());
    /// # let _ = durations;
    /// ```
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// What it was granted.
    ///
    /// ```
    /// # use std::time::Duration;
    /// // Twice the cores, half the time.
    /// let durations = jobmon::testing::Durations::by(|task| Duration::from_secs(60) / task.granted().cores);
    /// # let _ = durations;
    /// ```
    pub const fn granted(&self) -> Resources {
        self.granted
    }
}
