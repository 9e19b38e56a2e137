//! What a task asks for.

use crate::model::{Quantity, Queue, QueueLimits, Refusal, RetryPolicy, Scale};
use crate::units::{Memory, WallTime};
use std::sync::Arc;

/// What a task asks for. What it does not ask for is not limited.
///
/// ```
/// use jobmon::model::Resources;
/// let asked = Resources { memory: Some("8G".parse()?), ..Resources::default() };
/// assert_eq!((asked.cores, asked.runtime), (1, None)); // what is not asked for is not limited
/// # Ok::<(), jobmon::units::UnitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resources {
    /// Memory.
    pub memory: Option<Memory>,
    /// Time on the wall's clock.
    pub runtime: Option<WallTime>,
    /// Cores.
    pub cores: u32,
    /// The queue that it goes to.
    pub queue: Option<Queue>,
}

impl Default for Resources {
    fn default() -> Self {
        Self { memory: None, runtime: None, cores: 1, queue: None }
    }
}

/// What a task asks for at first, how that grows after an attempt had too little, and when there is another attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What it asks for at first.
    pub resources: Resources,
    /// How its memory grows after it ran out of memory.
    pub memory_scale: Scale<Memory>,
    /// How its run time grows after it ran out of time.
    pub runtime_scale: Scale<WallTime>,
    /// What its queue allows, and behind it those that take what it does not, in order. Without any, there are no bounds.
    pub queues: Arc<[QueueLimits]>,
    /// Which failures are tried again, and when.
    pub retry: RetryPolicy,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            resources: Resources::default(),
            memory_scale: Scale::USUAL,
            runtime_scale: Scale::USUAL,
            queues: Arc::from([]),
            retry: RetryPolicy::new(),
        }
    }
}

/// The most that attempts at a task had when it was not enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TooLittle {
    /// The most memory with which one ran out of memory.
    pub memory: Option<Memory>,
    /// The most time with which one ran out of time.
    pub runtime: Option<WallTime>,
}

impl Request {
    /// Why none of its queues takes what is asked for at first, in the words of its own queue.
    pub fn refused(&self) -> Option<Refusal> {
        let own = self.queues.first()?.refuses(&self.resources)?;
        let taken = self.queues.iter().any(|queue| queue.takes(&self.resources));
        (!taken).then_some(own)
    }

    /// What is asked for after attempts had too little: more of what was not enough, else what is asked for at first. Where
    /// the task asks for more than was ever too little, that counts.
    pub fn after(&self, had: TooLittle) -> Resources {
        let Resources { memory, runtime, .. } = self.resources;
        Resources {
            memory: grown(memory, had.memory, &self.memory_scale),
            runtime: grown(runtime, had.runtime, &self.runtime_scale),
            ..self.resources
        }
    }
}

fn grown<Q: Quantity>(asked: Option<Q>, had: Option<Q>, scale: &Scale<Q>) -> Option<Q> {
    match (asked, had) {
        // What is no longer asked for is no longer limited.
        (None, _) => None,
        (Some(asked), Some(had)) if had >= asked => Some(scale.after(had)),
        (Some(asked), _) => Some(asked),
    }
}
