//! Clusters, their queues, and what these allow.

use crate::model::Resources;
use crate::units::{Cores, Memory, WallTime};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The names of queues and clusters that were ever met. There are few, so each is kept as long as the process lives, and a name
/// is copied and compared like a number.
static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

fn kept(name: &str) -> &'static str {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let name: &'static str = Box::leak(Box::from(name));
    names.insert(name);
    name
}

/// The name of a queue of a cluster.
///
/// ```
/// use jobmon::model::Queue;
/// let queue = Queue::named("long.q");
/// assert_eq!((queue.name(), queue), ("long.q", Queue::named("long.q")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Queue(&'static str);

impl Queue {
    /// The queue of this name.
    ///
    /// ```
    /// assert_eq!(jobmon::model::Queue::named("long.q").to_string(), "long.q");
    /// ```
    pub fn named(name: &str) -> Self {
        Self(kept(name))
    }

    /// Its name.
    ///
    /// ```
    /// assert_eq!(jobmon::model::Queue::named("long.q").name(), "long.q");
    /// ```
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// The name of a cluster. One is built in: this machine.
///
/// ```
/// use jobmon::model::Cluster;
/// assert_eq!(Cluster::LOCAL, Cluster::named("local"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cluster(&'static str);

impl Cluster {
    /// This machine.
    pub const LOCAL: Self = Self("local");

    /// The cluster of this name.
    ///
    /// ```
    /// assert_eq!(jobmon::model::Cluster::named("slurm").to_string(), "slurm");
    /// ```
    pub fn named(name: &str) -> Self {
        Self(kept(name))
    }

    /// Its name.
    ///
    /// ```
    /// assert_eq!(jobmon::model::Cluster::LOCAL.name(), "local");
    /// ```
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// Bounds of what a task may ask for; what is not said has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Of its memory.
    pub memory: Option<Memory>,
    /// Of its run time.
    pub runtime: Option<WallTime>,
    /// Of its cores.
    pub cores: Option<Cores>,
}

/// What a queue gives to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// The queue.
    pub queue: Queue,
    /// The least that may be asked for.
    pub least: Bounds,
    /// The most.
    pub most: Bounds,
}

/// Why a queue does not take a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The queue.
    pub queue: Queue,
    /// What is asked for: `16G of memory`.
    pub asked: String,
    /// What the queue allows: `8G at most`.
    pub limit: String,
}

impl QueueLimits {
    /// Whether the queue takes a request.
    pub fn takes(&self, asked: &Resources) -> bool {
        let within = |least: Option<u64>, asked: Option<u64>, most: Option<u64>| {
            asked.is_none_or(|asked| least.is_none_or(|least| least <= asked) && most.is_none_or(|most| asked <= most))
        };
        let bytes = |memory: Option<Memory>| memory.map(Memory::bytes);
        let seconds = |runtime: Option<WallTime>| runtime.map(WallTime::seconds);
        let count = |cores: Option<Cores>| cores.map(|cores| u64::from(cores.count()));
        within(bytes(self.least.memory), bytes(asked.memory), bytes(self.most.memory))
            && within(seconds(self.least.runtime), seconds(asked.runtime), seconds(self.most.runtime))
            && within(count(self.least.cores), Some(asked.cores.into()), count(self.most.cores))
    }

    /// Why it does not take a request, if so.
    pub fn refuses(&self, asked: &Resources) -> Option<Refusal> {
        let memory = refusal(self.least.memory, asked.memory, self.most.memory, "of memory");
        let runtime = || refusal(self.least.runtime, asked.runtime, self.most.runtime, "of run time");
        let cores = || refusal(self.least.cores, Cores::new(asked.cores), self.most.cores, "cores");
        let (asked, limit) = memory.or_else(runtime).or_else(cores)?;
        Some(Refusal { queue: self.queue, asked, limit })
    }
}

fn refusal<T: PartialOrd + fmt::Display>(
    least: Option<T>,
    asked: Option<T>,
    most: Option<T>,
    what: &str,
) -> Option<(String, String)> {
    let asked = asked?;
    let least = least.filter(|least| asked < *least).map(|least| format!("{least} at least"));
    let most = most.filter(|most| asked > *most).map(|most| format!("{most} at most"));
    least.or(most).map(|limit| (format!("{asked} {what}"), limit))
}
