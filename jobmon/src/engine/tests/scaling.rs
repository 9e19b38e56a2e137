//! What was not enough grows, nothing else does, and what is booked is there.

use super::scenario::plan;
use super::world::{Plan, World};
use crate::engine::Order;
use crate::model::{Failure, Request, Resources, Scale, TaskState, Verdict};
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
