//! What every executor keeps to, whatever it runs attempts with.

use super::Executor;
use crate::id::{AttemptId, SlotId, TaskId};
use crate::model::{After, Cancel, Ending, Failure, Launch, Report, StartFailure, Usage, Verdict};
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
        after: None,
    };
    many_end_once_each(executor, reports, &order).await;
    what_is_called_back_never_starts(executor, reports, &order).await;
    orders_wait_for_ends(executor, reports, &order).await;
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

async fn orders_wait_for_ends(
    executor: &mut dyn Executor,
    reports: &mut UnboundedReceiver<Report>,
    order: &impl Fn(i64, &[&str]) -> Launch,
) {
    let after = |number, after| Launch { after: Some(after), ..order(number, &["/bin/true"]) };
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
}
