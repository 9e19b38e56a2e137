//! What was not enough grows, nothing else does, and what is booked is there.

use super::scenario::plan;
use super::world::{Plan, World};
use crate::engine::Order;
use crate::model::{
    Bounds, Failure, Lacking, Queue, QueueLimits, Request, Resources, Scale, TaskState, TooLittle, Verdict,
};
use crate::units::{Memory, WallTime};
use proptest::prelude::*;

pub(super) fn asks(memory: &str, runtime: &str) -> Request {
    let resources = Resources {
        memory: Some(memory.parse().unwrap()),
        runtime: Some(runtime.parse().unwrap()),
        cores: 1,
        queue: None,
    };
    Request { resources, ..Request::default() }
}

/// One task that asks for this; may be tried `max_attempts` times.
pub(super) fn one(request: Request, max_attempts: u32) -> Plan {
    let mut one = plan("-", 1);
    one.requests = vec![request];
    one.facts[0].max_attempts = max_attempts;
    one
}

/// What each attempt was granted, and how the run ended.
fn grants(plan: Plan, mut verdict: impl FnMut(Order) -> Verdict) -> String {
    let mut world = World::new(plan);
    let mut granted = Vec::new();
    world.run(|order| {
        let Resources { memory, runtime, .. } = order.granted;
        granted.push(format!("{} {}", memory.unwrap(), runtime.unwrap()));
        verdict(order)
    });
    format!("{}; {}", granted.join(", "), world.finished.unwrap())
}

fn lacks(failure: impl Fn(Order) -> Failure) -> impl Fn(Order) -> Verdict {
    move |order| Verdict::Failed(failure(order))
}

#[test]
fn memory_grows_after_it_was_not_enough() {
    let verdict = |order: Order| match order.granted.memory.unwrap() >= Memory::from_bytes(200 << 20) {
        true => Verdict::Done,
        false => Verdict::Failed(Failure::OutOfMemory(order.granted.memory)),
    };
    insta::assert_snapshot!(grants(one(asks("100M", "1h"), 3), verdict), @"100M 1h, 150M 1h, 225M 1h; DONE");
}

#[test]
fn run_time_grows_by_its_own_scale() {
    let hours = ["2h", "4h"].map(|text| text.parse::<WallTime>().unwrap());
    let request = Request { runtime_scale: Scale::Steps(hours.to_vec().into()), ..asks("1G", "1h") };
    let grown = grants(one(request, 4), lacks(|order| Failure::Timeout(order.granted.runtime)));
    insta::assert_snapshot!(grown, @"1G 1h, 1G 2h, 1G 4h, 1G 4h; FAILED");
}

#[test]
fn a_crash_gets_no_more_of_anything() {
    let grown = grants(one(asks("1G", "1h"), 3), lacks(|_| Failure::Exit(1)));
    insta::assert_snapshot!(grown, @"1G 1h, 1G 1h, 1G 1h; FAILED");
}

#[test]
fn all_that_there_is_is_given_once() {
    let mut plan = one(asks("2G", "1h"), 10);
    plan.limits.memory = Some("4G".parse().unwrap());
    let grown = grants(plan, lacks(|order| Failure::OutOfMemory(order.granted.memory)));
    insta::assert_snapshot!(grown, @"2G 1h, 3G 1h, 4G 1h; FAILED");
}

fn queue(name: &str, memory: &str, runtime: &str) -> QueueLimits {
    let most = Bounds { memory: Some(memory.parse().unwrap()), runtime: Some(runtime.parse().unwrap()), cores: None };
    QueueLimits { queue: Queue::named(name), least: Bounds::default(), most }
}

/// What each attempt was granted, and in which queue.
fn in_queues(request: Request, there_is: &str, failure: impl Fn(Order) -> Failure) -> String {
    let mut plan = one(request, 10);
    plan.limits.memory = Some(there_is.parse().unwrap());
    let mut queues = Vec::new();
    let granted = grants(plan, |order| {
        queues.push(order.granted.queue.unwrap().to_string());
        Verdict::Failed(failure(order))
    });
    format!("{granted}; {}", queues.join(" "))
}

#[test]
fn what_the_queue_does_not_give_a_fallback_gives_and_the_most_is_given_once() {
    let queues = [queue("short", "10G", "2h"), queue("quick", "64G", "30m"), queue("long", "20G", "1d")];
    let request = Request { queues: queues.into(), ..asks("8G", "1h") };
    let memory = in_queues(request.clone(), "1T", |order| Failure::OutOfMemory(order.granted.memory));
    insta::assert_snapshot!(memory, @"8G 1h, 12G 1h, 18G 1h, 20G 1h; FAILED; short long long long");
    let runtime = in_queues(request.clone(), "1T", |order| Failure::Timeout(order.granted.runtime));
    insta::assert_snapshot!(runtime, @"8G 1h, 8G 1h30m, 8G 2h15m, 8G 3h22m30s, 8G 5h3m45s, 8G 7h35m38s, 8G 11h23m27s, 8G 17h5m11s, 8G 1d; FAILED; short short long long long long long long long");
    let machine = in_queues(request, "15G", |order| Failure::OutOfMemory(order.granted.memory));
    insta::assert_snapshot!(machine, @"8G 1h, 12G 1h, 15G 1h; FAILED; short long long");
}

/// A request between the maximum of one queue and the minimum of the next is raised to that.
#[test]
fn a_fallback_that_wants_more_gets_more() {
    let mut big = queue("big", "128G", "1d");
    big.least.memory = Some("64G".parse().unwrap());
    let request = Request { queues: [queue("short", "10G", "2h"), big].into(), ..asks("8G", "1h") };
    let memory = in_queues(request, "1T", |order| Failure::OutOfMemory(order.granted.memory));
    insta::assert_snapshot!(memory, @"8G 1h, 64G 1h, 96G 1h, 128G 1h; FAILED; short big big big");
}

#[test]
fn steps_that_end_below_the_most_are_taken_again() {
    let steps: Vec<Memory> = ["10G", "12G"].map(|text| text.parse().unwrap()).into();
    let queues = [queue("short", "12G", "2h")];
    let ends_at_most = Request { memory_scale: Scale::Steps(steps.into()), queues: queues.into(), ..asks("8G", "1h") };
    let memory = in_queues(ends_at_most.clone(), "1T", |order| Failure::OutOfMemory(order.granted.memory));
    insta::assert_snapshot!(memory, @"8G 1h, 10G 1h, 12G 1h; FAILED; short short short");
    let below = Request { queues: [queue("short", "16G", "2h")].into(), ..ends_at_most };
    let mut plan = one(below, 4);
    plan.limits.memory = None;
    insta::assert_snapshot!(grants(plan, lacks(|order| Failure::OutOfMemory(order.granted.memory))), @"8G 1h, 10G 1h, 12G 1h, 12G 1h; FAILED");
}

proptest! {
    /// Nothing above the bounds of the queue that is named, never less than an attempt had, whatever fails.
    #[test]
    fn what_is_granted_is_what_its_queue_gives(
        limits in proptest::collection::vec((1_u64..200, 1_u64..200), 1..4),
        asked in (1_u64..50, 1_u64..50),
        lacks in proptest::collection::vec(any::<bool>(), 1..12),
    ) {
        let queues: Vec<QueueLimits> = limits.iter().zip(["a", "b", "c"]).map(|((memory, runtime), name)| QueueLimits {
            queue: Queue::named(name),
            least: Bounds::default(),
            most: Bounds {
                memory: Some(Memory::from_bytes(memory << 20)),
                runtime: Some(WallTime::from_seconds(*runtime)),
                cores: None,
            },
        }).collect();
        let (memory, runtime) = (Some(Memory::from_bytes(asked.0 << 20)), Some(WallTime::from_seconds(asked.1)));
        let resources = Resources { memory, runtime, cores: 1, queue: Some(Queue::named("a")) };
        let request = Request { resources, queues: queues.clone().into(), ..Request::default() };
        let mut had = TooLittle::default();
        for memory in lacks {
            let granted = request.granted(had, None);
            let queue = queues.iter().find(|queue| Some(queue.queue) == granted.queue).unwrap();
            prop_assert!(queue.takes(&granted), "{granted:?} in {queue:?}");
            let lacking = if memory { Lacking::Memory } else { Lacking::Runtime };
            match lacking {
                Lacking::Memory => had.memory = had.memory.max(granted.memory),
                Lacking::Runtime => had.runtime = had.runtime.max(granted.runtime),
            }
            if request.exhausted(lacking, had, None).is_none() {
                let next = request.granted(had, None);
                let more = match lacking {
                    Lacking::Memory => next.memory > had.memory,
                    Lacking::Runtime => next.runtime > had.runtime,
                };
                prop_assert!(more, "{had:?} is followed by {next:?}");
            }
        }
    }
}

/// Another run is told what was not enough for the attempts before: it does not begin from the start.
#[test]
fn what_grew_is_not_forgotten_by_a_crash() {
    let mut world = World::new(one(asks("8G", "1h"), 3));
    world.commit(usize::MAX);
    let first = *world.running.first_key_value().unwrap().1;
    world.end(first.attempt, Verdict::Failed(Failure::OutOfMemory(first.granted.memory)));
    world.commit(usize::MAX);
    world.crash();
    world.commit(usize::MAX);
    let second = *world.running.first_key_value().unwrap().1;
    assert_eq!(second.granted.memory, Some("12G".parse().unwrap()));
    world.run(|_| Verdict::Done);
    assert_eq!(world.engine.status(second.task).state(), TaskState::Done);
}

proptest! {
    /// The world asserts at each start that no more is booked than there is.
    #[test]
    fn no_mix_of_sizes_overcommits_and_each_task_has_its_turn(
        sizes in proptest::collection::vec((1_u64..1024, 1_u32..3), 1..60),
        slots in 1_u32..5,
    ) {
        let mut mixed = plan(&"- ".repeat(sizes.len()), slots);
        mixed.limits.memory = Some("1G".parse().unwrap());
        mixed.limits.cores = slots.max(2);
        let request = |(mib, cores): &(u64, u32)| {
            let memory = Some(Memory::from_bytes(mib << 20));
            Request { resources: Resources { memory, cores: *cores, runtime: None, queue: None }, ..Request::default() }
        };
        mixed.requests = sizes.iter().map(request).collect();
        mixed.facts.iter_mut().zip(0_u32..).for_each(|(facts, place)| facts.request = place);
        let mut world = World::new(mixed);
        world.run(|_| Verdict::Done);
        prop_assert_eq!(world.engine.counts().of(TaskState::Done), sizes.len());
    }
}
