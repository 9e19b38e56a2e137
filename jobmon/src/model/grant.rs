//! What the next attempt is granted: of what is asked for, what the queues and the machine give.

use crate::model::{Quantity, Queue, QueueLimits, Request, Resources, TooLittle};
use crate::units::Memory;

/// What of an attempt was too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// It ran out of memory.
    Memory,
    /// It ran out of time.
    Runtime,
}

/// What gave all that it has, so that no other attempt gets more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exhausted {
    /// The machine, or what of it the run may use.
    Machine,
    /// The queue, and those that take what it does not.
    Queue(Queue),
}

impl Request {
    /// What is granted after attempts had too little, where the machine has so much memory: what is asked for, in the first
    /// queue that takes it. Where none does, the most of the one that gives the largest part of it.
    pub fn granted(&self, had: TooLittle, there_is: Option<Memory>) -> Resources {
        let mut asked = self.after(had);
        asked.memory = asked.memory.map(|memory| at_most(memory, there_is));
        if let Some(queue) = self.queues.iter().find(|queue| queue.takes(&asked)) {
            return Resources { queue: Some(queue.queue), ..asked };
        }
        let Some(widest) = widest(&self.queues, &asked) else { return asked };
        let mut granted = widest.within(&asked);
        granted.memory = granted.memory.map(|memory| at_most(memory, there_is));
        granted
    }

    /// Why an attempt that had so much, which was not enough, is not followed by one that has more; `None` where it is, or where
    /// nothing but its own steps keep it from that.
    pub fn exhausted(&self, lacking: Lacking, had: TooLittle, there_is: Option<Memory>) -> Option<Exhausted> {
        let (asked, next) = (self.after(had), self.granted(had, there_is));
        let limits = self.queues.iter().find(|limits| Some(limits.queue) == next.queue);
        let machine = lacking == Lacking::Memory && had.memory.zip(there_is).is_some_and(|(had, all)| had >= all);
        let queue = limits.filter(|limits| match lacking {
            Lacking::Memory => is_all(had.memory, asked.memory, next.memory, limits.most.memory),
            Lacking::Runtime => is_all(had.runtime, asked.runtime, next.runtime, limits.most.runtime),
        });
        let queue = queue.map(|limits| Exhausted::Queue(limits.queue));
        if machine { Some(Exhausted::Machine) } else { queue }
    }
}

fn at_most<Q: Quantity>(asked: Q, most: Option<Q>) -> Q {
    most.map_or(asked, |most| asked.min(most))
}

/// Whether the next attempt has no more than was too little, since there is no more.
fn is_all<Q: Quantity>(had: Option<Q>, asked: Option<Q>, next: Option<Q>, most: Option<Q>) -> bool {
    let (Some(had), Some(asked), Some(next)) = (had, asked, next) else { return false };
    next <= had && (asked > next || most.is_some_and(|most| had >= most))
}

/// The queue that gives the largest part of what is asked for; of equals the first.
fn widest<'q>(queues: &'q [QueueLimits], asked: &Resources) -> Option<&'q QueueLimits> {
    let mut widest: Option<(&QueueLimits, u64)> = None;
    for queue in queues.iter().filter(|queue| queue.has_cores(asked)) {
        let given = queue.within(asked);
        let parts = [part(given.memory, asked.memory), part(given.runtime, asked.runtime)];
        let part = parts[0].min(parts[1]);
        if widest.is_none_or(|(_, most)| part > most) {
            widest = Some((queue, part));
        }
    }
    widest.map(|(queue, _)| queue)
}

/// What part is given, in parts of a million; all where nothing is asked for.
fn part<Q: Quantity>(given: Option<Q>, asked: Option<Q>) -> u64 {
    const ALL: u128 = 1_000_000;
    let (Some(given), Some(asked)) = (given, asked) else { return u64::MAX };
    let part = u128::from(given.amount()) * ALL / u128::from(asked.amount()).max(1);
    u64::try_from(part.min(ALL)).unwrap_or(u64::MAX)
}

impl QueueLimits {
    fn has_cores(&self, asked: &Resources) -> bool {
        let only_cores = Resources { memory: None, runtime: None, ..*asked };
        self.takes(&only_cores)
    }

    /// What is asked for, brought within its bounds.
    fn within(&self, asked: &Resources) -> Resources {
        Resources {
            memory: asked.memory.map(|memory| between(self.least.memory, memory, self.most.memory)),
            runtime: asked.runtime.map(|runtime| between(self.least.runtime, runtime, self.most.runtime)),
            queue: Some(self.queue),
            ..*asked
        }
    }
}

fn between<Q: Quantity>(least: Option<Q>, asked: Q, most: Option<Q>) -> Q {
    at_most(least.map_or(asked, |least| asked.max(least)), most)
}
