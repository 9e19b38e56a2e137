//! What is said comes out as it went in, however it is cut.

use crate::exec::local::ends::{EndsError, read_ends, write_ends};
use crate::exec::local::frame::{Channel, Received};
use crate::exec::local::message::{Begin, Head, Notice, Order, read, read_order};
use crate::exec::local::wire::Wire;
use crate::id::{AttemptId, SlotId, TaskId};
use crate::model::{
    After, Cancel, Ending, Expected, Failure, Lack, Launch, Queue, Resources, RunDirectory, StartFailure, Stray, Usage,
    Verdict,
};
use crate::time::Timestamp;
use crate::units::{Memory, WallTime};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;
use std::time::Duration;

fn attempt() -> impl Strategy<Value = AttemptId> {
    any::<i64>().prop_map(AttemptId)
}

fn after() -> impl Strategy<Value = After> {
    prop_oneof![attempt().prop_map(After::AnyEnd), attempt().prop_map(After::Success)]
}

fn expected((path, may_be_empty): (String, bool)) -> Expected {
    Expected { path: path.into(), may_be_empty }
}

fn launch() -> impl Strategy<Value = Launch> {
    let names = (attempt(), any::<u32>(), any::<u32>(), option::of(after()));
    let words = (vec(any::<String>(), 0..5), vec(any::<(String, String)>(), 0..5));
    let files = (option::of(any::<String>()), option::of(any::<String>()), vec(any::<(String, bool)>(), 0..3));
    let queue = option::of(select(vec!["long.q", "", "größe"]));
    let granted = (option::of(any::<u64>()), option::of(any::<u64>()), any::<u32>(), queue);
    let granted = granted.prop_map(|(memory, runtime, cores, queue)| Resources {
        memory: memory.map(Memory::from_bytes),
        runtime: runtime.map(WallTime::from_seconds),
        cores,
        queue: queue.map(Queue::named),
    });
    (names, words, any::<String>(), files, granted).prop_map(
        |((attempt, task, slot, after), (argv, env), directory, (stdout, stderr, outputs), granted)| Launch {
            attempt,
            task: TaskId(task),
            slot: SlotId(slot),
            argv,
            env,
            directory: directory.into(),
            stdout: stdout.map(PathBuf::from),
            stderr: stderr.map(PathBuf::from),
            outputs: outputs.into_iter().map(expected).collect(),
            granted,
            after,
        },
    )
}

fn failure() -> impl Strategy<Value = Failure> {
    let reason = || any::<String>().prop_map(String::into_boxed_str);
    prop_oneof![
        option::of(any::<u64>()).prop_map(|bytes| Failure::OutOfMemory(bytes.map(Memory::from_bytes))),
        option::of(any::<u64>()).prop_map(|seconds| Failure::Timeout(seconds.map(WallTime::from_seconds))),
        (any::<i32>(), option::of(any::<u64>()))
            .prop_map(|(code, bytes)| Failure::ToldByExit(code, Lack::Memory(bytes.map(Memory::from_bytes)))),
        (any::<i32>(), option::of(any::<u64>()))
            .prop_map(|(code, seconds)| Failure::ToldByExit(code, Lack::Time(seconds.map(WallTime::from_seconds)))),
        any::<i32>().prop_map(Failure::Exit),
        any::<i32>().prop_map(Failure::Signal),
        reason().prop_map(Failure::OutputMissing),
        reason().prop_map(|reason| Failure::StartFailed(StartFailure::Permanent(reason))),
        reason().prop_map(|reason| Failure::StartFailed(StartFailure::Transient(reason))),
        reason().prop_map(Failure::ResourcesFailed),
        Just(Failure::NodeFailed),
        Just(Failure::Preempted),
        Just(Failure::Vanished),
    ]
}

fn stray() -> impl Strategy<Value = Stray> {
    any::<(u32, String)>().prop_map(|(pid, name)| Stray { pid, name })
}

fn ending() -> impl Strategy<Value = Ending> {
    let verdict = prop_oneof![Just(Verdict::Done), failure().prop_map(Verdict::Failed), Just(Verdict::Cancelled)];
    let usage = any::<(Duration, Duration, Duration, u64)>().prop_map(|(wall, user, system, peak_memory)| Usage {
        wall,
        user,
        system,
        peak_memory,
    });
    (verdict, any::<i64>(), usage, vec(stray(), 0..3)).prop_map(|(verdict, at, usage, strays)| Ending {
        verdict,
        at: Timestamp(at),
        usage,
        strays,
    })
}

fn order() -> impl Strategy<Value = Order> {
    let begin = any::<(u32, u32, Duration, String, bool)>().prop_map(|(driver, slots, grace, directory, cgroups)| {
        Order::Begin(Begin { driver, slots, grace, directory: RunDirectory::new(directory.into()), cgroups })
    });
    let how = prop_oneof![Just(Cancel::Gracefully), Just(Cancel::Now)];
    prop_oneof![
        begin,
        launch().prop_map(|launch| Order::Launch(Head::of(&launch))),
        (vec(attempt(), 0..5), how).prop_map(|(attempts, how)| Order::Cancel { attempts, how }),
        vec(attempt(), 0..5).prop_map(Order::Recorded),
        Just(Order::Close),
    ]
}

fn notice() -> impl Strategy<Value = Notice> {
    prop_oneof![
        any::<(u32, u32)>().prop_map(|(version, pid)| Notice::Hello { version, pid }),
        (attempt(), any::<u32>(), any::<i64>()).prop_map(|(attempt, pid, at)| Notice::Started {
            attempt,
            pid,
            at: Timestamp(at)
        }),
        (attempt(), stray(), any::<i64>()).prop_map(|(attempt, process, at)| Notice::Suspended {
            attempt,
            process,
            at: Timestamp(at)
        }),
        (attempt(), ending()).prop_map(|(attempt, ending)| Notice::Ended { attempt, ending }),
        Just(Notice::Closed),
    ]
}

fn bytes(value: &impl Wire) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.put(&mut bytes);
    bytes
}

fn round_trip<T: Wire + Debug + PartialEq>(value: &T) -> Result<(), TestCaseError> {
    let whole = bytes(value);
    prop_assert_eq!(&read::<T>(&whole).unwrap(), value);
    for end in 0..whole.len() {
        prop_assert!(read::<T>(&whole[..end]).is_err(), "cut at {}", end);
    }
    Ok(())
}

proptest! {
    #[test]
    fn messages_come_out_as_they_went_in(launch in launch(), order in order(), notice in notice()) {
        round_trip(&launch)?;
        round_trip(&order)?;
        round_trip(&notice)?;
        prop_assert_eq!(read_order(&bytes(&launch)).unwrap(), Order::Launch(Head::of(&launch)));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(noise in vec(any::<u8>(), 0..200)) {
        if let Ok(launch) = read::<Launch>(&noise) {
            prop_assert_eq!(bytes(&launch), &noise[..]);
        }
        if let Ok(notice) = read::<Notice>(&noise) {
            prop_assert_eq!(bytes(&notice), &noise[..]);
        }
    }

    #[test]
    fn a_channel_gives_what_was_queued_in_order(notices in vec(notice(), 0..50)) {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (one, two) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
        let (mut one, mut two) = (Channel::new(one), Channel::new(two));
        for notice in &notices {
            one.queue(notice);
        }
        let mut arrived: Vec<Notice> = Vec::new();
        while arrived.len() < notices.len() {
            one.flush().ok();
            two.receive();
            while let Some(message) = two.next().unwrap() {
                arrived.push(read(message).unwrap());
            }
        }
        prop_assert_eq!(arrived, notices);
        drop(one);
        // A process that another test starts at this moment holds a copy of the other end until its program begins.
        let mut last = two.receive();
        while last == Received::Nothing {
            std::thread::yield_now();
            last = two.receive();
        }
        prop_assert_eq!(last, Received::End);
    }
}

#[test]
fn long_messages_pass_in_pieces() {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (one, two) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
    let (mut one, mut two) = (Channel::new(one), Channel::new(two));
    let text = "0123456789".repeat(500_000);
    let notice = |number: i64| Notice::Ended {
        attempt: AttemptId(number),
        ending: Ending {
            verdict: Verdict::Failed(Failure::OutputMissing(text.as_str().into())),
            at: Timestamp(0),
            usage: Usage::default(),
            strays: Vec::new(),
        },
    };
    (0..3).for_each(|number| one.queue(&notice(number)));
    let mut arrived = 0;
    while arrived < 3 {
        one.flush().ok();
        assert_ne!(two.receive(), Received::End);
        while let Some(message) = two.next().unwrap() {
            assert_eq!(read::<Notice>(message).unwrap(), notice(arrived));
            arrived += 1;
        }
    }
    assert!(!one.has_queued());
}

#[test]
fn the_file_of_ends_is_whole_or_refused() {
    let home = tempfile::TempDir::new().unwrap();
    let path = home.path().join("ends");
    assert_eq!(read_ends(&path).unwrap(), []);
    let usage = Usage { wall: Duration::from_millis(1500), peak_memory: 1 << 20, ..Usage::default() };
    let strays = vec![Stray { pid: 7, name: "left".to_owned() }];
    let ending = Ending { verdict: Verdict::Failed(Failure::Exit(3)), at: Timestamp(5), usage, strays };
    let ends = BTreeMap::from([(AttemptId(2), ending.clone()), (AttemptId(1), ending.clone())]);
    write_ends(&path, &ends).unwrap();
    assert_eq!(read_ends(&path).unwrap(), [(AttemptId(1), ending.clone()), (AttemptId(2), ending)]);

    let whole = std::fs::read(&path).unwrap();
    for end in 0..whole.len() {
        std::fs::write(&path, &whole[..end]).unwrap();
        assert!(matches!(read_ends(&path), Err(EndsError::Damaged { .. })), "cut at {end}");
    }
    for place in (0..8).chain(12..whole.len()) {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(read_ends(&path), Err(EndsError::Damaged { .. })), "wrong at {place}");
    }
    let mut newer = whole;
    newer[8] = 2;
    std::fs::write(&path, &newer).unwrap();
    let told = read_ends(&path).unwrap_err().to_string();
    assert!(told.contains("version 2") && told.contains("version 1"), "{told}");
}

#[test]
fn what_nobody_will_take_is_not_tried_for_ever() {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (one, two) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
    let mut channel = Channel::new(one);
    channel.queue(&Notice::Closed);
    drop(two);
    // A process that another test starts at this moment holds a copy of the other end until its program begins.
    while channel.flush().is_ok() {
        channel.queue(&Notice::Closed);
        std::thread::yield_now();
    }
    assert!(!channel.has_queued());
    assert_eq!(channel.receive(), Received::End);
}
