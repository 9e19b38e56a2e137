//! What every executor keeps to, whatever it runs attempts with.

use super::Executor;
use crate::id::{AttemptId, SlotId, TaskId};
use crate::model::{After, Cancel, Ending, Failure, Launch, Report, Resources, StartFailure, Usage, Verdict};
use crate::units::{Memory, WallTime};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

const PATIENCE: Duration = Duration::from_mins(2);
const MANY: i64 = 300;

/// Puts an executor with several slots through all that the contract says, and closes it.
pub(super) async fn keep(executor: &mut dyn Executor, reports: &mut UnboundedReceiver<Report>, directory: &Path) {
    let order = |number: i64, argv: &[&str]| Launch {
        attempt: AttemptId(number),
        task: TaskId(u32::try_from(number).unwrap()),
        slot: SlotId(u32::try_from(number).unwrap()),
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        env: Vec::new(),
        directory: directory.to_path_buf(),
        stdout: None,
        stderr: None,
        outputs: Vec::new(),
        granted: Resources::default(),
        after: None,
    };
    many_end_once_each(executor, reports, &order).await;
    what_is_called_back_never_starts(executor, reports, &order).await;
    what_is_called_back_may_start_elsewhere(executor, reports, &order).await;
    orders_wait_for_ends(executor, reports, &order).await;
    time_is_kept_to_and_counts_from_the_start(executor, reports, &order).await;
    memory_is_kept_to(executor, reports, &order).await;
    executor.close();
    assert_eq!(next(reports).await, Report::Closed);
}

async fn next(reports: &mut UnboundedReceiver<Report>) -> Report {
    tokio::time::timeout(PATIENCE, reports.recv()).await.expect("a report").expect("a living executor")
}

/// Collects so many ends.
async fn ends(
    executor: &mut dyn Executor,
    reports: &mut UnboundedReceiver<Report>,
    count: usize,
) -> BTreeMap<AttemptId, Ending> {
    let mut ends = BTreeMap::new();
    while ends.len() < count {
        if let Report::Ended { attempt, ending } = next(reports).await {
            executor.recorded(&[attempt]);
            assert_eq!(ends.insert(attempt, ending), None, "{attempt} has ended twice");
        }
    }
    ends
}

async fn many_end_once_each(
    executor: &mut dyn Executor,
    reports: &mut UnboundedReceiver<Report>,
    order: &impl Fn(i64, &[&str]) -> Launch,
) {
    let verdict = |number: i64| match number % 3 {
        0 => Verdict::Done,
        1 => Verdict::Failed(Failure::Exit(1)),
        _ => Verdict::Failed(Failure::StartFailed(StartFailure::Permanent(
            format!("cannot start {}: there is no such file", directory_file(order, "nowhere")).into(),
        ))),
    };
    let program = |number: i64| ["/bin/true", "/bin/false", "./nowhere"][usize::try_from(number % 3).unwrap()];
    executor.launch((0..MANY).map(|number| order(number, &[program(number)])).collect());
    let (mut running, mut ended) = (BTreeSet::new(), BTreeSet::new());
    while ended.len() < usize::try_from(MANY).unwrap() {
        match next(reports).await {
            Report::Started { attempt, pid, .. } => {
                assert!(pid > 1);
                assert!(running.insert(attempt), "{attempt} has started twice");
                assert!(running.len() <= executor.slots() as usize, "more at once than there are slots");
            }
            Report::Ended { attempt, ending } => {
                assert!(ended.insert(attempt), "{attempt} has ended twice");
                assert_eq!(running.remove(&attempt), attempt.0 % 3 != 2, "{attempt} was told to have started");
                assert_eq!(ending.verdict, verdict(attempt.0));
                executor.recorded(&[attempt]);
            }
            Report::Suspended { .. } => {}
            Report::Closed => panic!("closed without being asked to"),
        }
    }
}

fn directory_file(order: &impl Fn(i64, &[&str]) -> Launch, name: &str) -> String {
    order(0, &[]).directory.join("./").join(name).display().to_string()
}

async fn what_is_called_back_never_starts(
    executor: &mut dyn Executor,
    reports: &mut UnboundedReceiver<Report>,
    order: &impl Fn(i64, &[&str]) -> Launch,
) {
    let slots = i64::from(executor.slots());
    let running: Vec<AttemptId> = (1000..1000 + slots).map(AttemptId).collect();
    let waiting: Vec<AttemptId> = (2000..2010).map(AttemptId).collect();
    executor.launch(running.iter().map(|attempt| order(attempt.0, &["/bin/sleep", "1000"])).collect());
    executor.launch(waiting.iter().map(|attempt| order(attempt.0, &["/bin/true"])).collect());
    executor.cancel(&[AttemptId(77_777), waiting[0]], Cancel::Now);
    executor.cancel(&waiting[1..], Cancel::Gracefully);
    let ended = ends(executor, reports, waiting.len()).await;
    assert_eq!(ended.keys().copied().collect::<Vec<_>>(), waiting);
    for ending in ended.values() {
        assert_eq!((&ending.verdict, ending.usage), (&Verdict::Cancelled, Usage::default()));
    }
    executor.cancel(&running, Cancel::Gracefully);
    let ended = ends(executor, reports, running.len()).await;
    assert_eq!(ended.keys().copied().collect::<Vec<_>>(), running);
    assert!(ended.values().all(|ending| ending.verdict == Verdict::Cancelled));
}

/// An order to start after an end, which writes its number down when it starts, so that it is seen what never did.
fn note(order: &impl Fn(i64, &[&str]) -> Launch, number: i64, after: After) -> Launch {
    let argv = ["/bin/sh", "-c", "echo $0 >> started", &number.to_string()];
    Launch { after: Some(after), ..order(number, &argv) }
}

/// The numbers that were written down since the last call, in order.
fn noted(order: &impl Fn(i64, &[&str]) -> Launch) -> Vec<i64> {
    let file = order(0, &[]).directory.join("started");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    std::fs::remove_file(file).ok();
    let mut numbers: Vec<i64> = text.lines().map(|line| line.parse().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

/// What waits for another's end is called back while that one runs: it comes home, once, without having started, and may
/// be launched again, to follow somebody else.
async fn what_is_called_back_may_start_elsewhere(
    executor: &mut dyn Executor,
    reports: &mut UnboundedReceiver<Report>,
    order: &impl Fn(i64, &[&str]) -> Launch,
) {
    let note = |number: i64, after: i64| note(order, number, After::AnyEnd(AttemptId(after)));
    let slots = i64::from(executor.slots());
    assert!(slots > 1, "there is another place to start in");
    let running: Vec<AttemptId> = (4000..4000 + slots).map(AttemptId).collect();
    executor.launch(running.iter().map(|attempt| order(attempt.0, &["/bin/sleep", "1000"])).collect());
    executor.launch(vec![note(5000, 4000), note(5001, 5000), note(5002, 4000)]);
    executor.call_back(&[AttemptId(5000), AttemptId(77_777), running[0]]);
    let came_home = ends(executor, reports, 1).await;
    let ending = &came_home[&AttemptId(5000)];
    assert_eq!((&ending.verdict, ending.usage), (&Verdict::Cancelled, Usage::default()));
    // 5001 may follow any end of 5000, and this was one; it waits for a free slot now.
    executor.launch(vec![note(5000, 4001)]);
    executor.cancel(&[running[1]], Cancel::Gracefully);
    let ended = ends(executor, reports, 3).await;
    let verdicts: Vec<(i64, &Verdict)> = ended.iter().map(|(attempt, ending)| (attempt.0, &ending.verdict)).collect();
    assert_eq!(verdicts, [(4001, &Verdict::Cancelled), (5000, &Verdict::Done), (5001, &Verdict::Done)]);
    assert_eq!(noted(order), [5000, 5001], "each started once, and what waits for 4000 did not");

    // Called back once more, it is the end of a run: nothing is left of it.
    executor.call_back(&[AttemptId(5002)]);
    executor.cancel(&running, Cancel::Gracefully);
    let ended = ends(executor, reports, running.len()).await;
    assert!(ended.values().all(|ending| ending.verdict == Verdict::Cancelled));
    assert!(ended.contains_key(&AttemptId(5002)));
    assert!(noted(order).is_empty());
}

async fn orders_wait_for_ends(
    executor: &mut dyn Executor,
    reports: &mut UnboundedReceiver<Report>,
    order: &impl Fn(i64, &[&str]) -> Launch,
) {
    let after = |number: i64, after| note(order, number, after);
    let (good, bad) = (AttemptId(3000), AttemptId(3001));
    executor.launch(vec![after(3002, After::Success(good)), after(3003, After::AnyEnd(bad))]);
    let unknown = ends(executor, reports, 2).await;
    // Nothing was known of either: whether the first had ended well, nobody can say.
    assert_eq!(unknown[&AttemptId(3002)].verdict, Verdict::Cancelled);
    assert_eq!(unknown[&AttemptId(3003)].verdict, Verdict::Done);

    executor.launch(vec![
        order(good.0, &["/bin/true"]),
        order(bad.0, &["/bin/false"]),
        after(3004, After::Success(good)),
        after(3005, After::AnyEnd(bad)),
        after(3006, After::Success(bad)),
        after(3007, After::Success(AttemptId(3006))),
        after(3008, After::AnyEnd(AttemptId(3006))),
    ]);
    let ended = ends(executor, reports, 7).await;
    let verdicts: Vec<(i64, &Verdict)> = ended.iter().map(|(attempt, ending)| (attempt.0, &ending.verdict)).collect();
    let failed = Verdict::Failed(Failure::Exit(1));
    let (done, cancelled) = (&Verdict::Done, &Verdict::Cancelled);
    let expected =
        [(3000, done), (3001, &failed), (3004, done), (3005, done), (3006, cancelled), (3007, cancelled), (3008, done)];
    assert_eq!(verdicts, expected);
    assert!(ended[&AttemptId(3004)].at >= ended[&good].at);
    assert_eq!(noted(order), [3003, 3004, 3005, 3008], "what may follow success only did not start after a failure");
    chains_end_with_a_failure(executor, reports, order).await;
}

/// Whatever is on its way when the first of a chain fails, or cannot be started, nothing behind it starts.
async fn chains_end_with_a_failure(
    executor: &mut dyn Executor,
    reports: &mut UnboundedReceiver<Report>,
    order: &impl Fn(i64, &[&str]) -> Launch,
) {
    for round in 0..100 {
        let first = 3100 + round * 4;
        let program = if round % 2 == 0 { "/bin/false" } else { "./nowhere" };
        let after = |number: i64| note(order, number, After::Success(AttemptId(number - 1)));
        let chain = [order(first, &[program]), after(first + 1), after(first + 2), after(first + 3)];
        chain.into_iter().for_each(|launch| executor.launch(vec![launch]));
        let ended = ends(executor, reports, 4).await;
        assert!(ended.values().skip(1).all(|ending| ending.verdict == Verdict::Cancelled), "{ended:?}");
    }
    assert!(noted(order).is_empty(), "nothing started");
}

/// Who gets a second gets it from its own start, however long it waited for another.
async fn time_is_kept_to_and_counts_from_the_start(
    executor: &mut dyn Executor,
    reports: &mut UnboundedReceiver<Report>,
    order: &impl Fn(i64, &[&str]) -> Launch,
) {
    let runtime = Some(WallTime::from_seconds(1));
    let sleeper = |number, after| {
        let granted = Resources { runtime, ..Resources::default() };
        Launch { granted, after, ..order(number, &["/bin/sleep", "1000"]) }
    };
    let first = AttemptId(6000);
    executor.launch(vec![sleeper(first.0, None), sleeper(6001, Some(After::AnyEnd(first)))]);
    let ended = ends(executor, reports, 2).await;
    for ending in ended.values() {
        assert_eq!(ending.verdict, Verdict::Failed(Failure::Timeout(runtime)));
        assert!(ending.usage.wall >= Duration::from_secs(1), "{ending:?}");
    }
}

async fn memory_is_kept_to(
    executor: &mut dyn Executor,
    reports: &mut UnboundedReceiver<Report>,
    order: &impl Fn(i64, &[&str]) -> Launch,
) {
    let memory = Some(Memory::from_bytes(100 << 20));
    let granted = Resources { memory, ..Resources::default() };
    // A line is held until it is whole.
    let holds = |number, script| Launch { granted, ..order(number, &["/bin/sh", "-c", script]) };
    let (much, little) = ("(head -c 300M /dev/zero; sleep 1000) | tail -n 1", "head -c 1M /dev/zero | tail -n 1");
    executor.launch(vec![holds(7000, much), holds(7001, little)]);
    let ended = ends(executor, reports, 2).await;
    let verdicts: Vec<(i64, &Verdict)> = ended.iter().map(|(attempt, ending)| (attempt.0, &ending.verdict)).collect();
    assert_eq!(verdicts, [(7000, &Verdict::Failed(Failure::OutOfMemory(memory))), (7001, &Verdict::Done)]);
}
