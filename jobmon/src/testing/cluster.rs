//! A cluster that is only imagined: it runs attempts in virtual time, and misbehaves as the rules say.

use crate::engine::Order;
use crate::id::AttemptId;
use crate::model::{Cancel, Ending, Failure, Report, Usage, Verdict};
use crate::plan::PlanData;
use crate::testing::durations::Subject;
use crate::testing::happened::Happened;
use crate::testing::machinery::{Flaw, Machinery};
use crate::testing::mishap::{Course, ReportFault};
use crate::testing::seed::{Accident, Seed};
use crate::testing::trace::{AttemptTrace, Trace};
use crate::testing::witness::Witness;
use crate::testing::world::bounded;
use crate::time::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The cluster, and what is known of it from outside.
pub(super) struct Cluster {
    pub(super) plan: Arc<PlanData>,
    pub(super) seed: Seed,
    pub(super) machinery: Machinery,
    pub(super) trace: Trace,
    pub(super) witness: Witness,
    pub(super) now: Duration,
    count: u64,
    coming: BinaryHeap<Reverse<Coming>>,
    /// Attempts that were launched and have not begun: each waits for its turn, or for the end of another.
    waiting: BTreeMap<AttemptId, (Order, u64)>,
    /// Whether an order ever named another attempt to start after.
    hands_over: bool,
    running: BTreeMap<AttemptId, Running>,
    /// Ends that the driver has not said to be durable.
    unrecorded: BTreeMap<AttemptId, Ending>,
    /// What the driver hears next.
    pub(super) heard: VecDeque<Report>,
}

#[derive(Debug)]
struct Running {
    order: Order,
    place: usize,
    began: Duration,
    node: u32,
    course: Course,
    /// Tells its present end from those that were to be.
    end: u64,
    cancelled: bool,
}

/// Something that will happen; of what happens at one instant, what was to happen first.
#[derive(Debug, PartialEq, Eq)]
struct Coming {
    at: Duration,
    count: u64,
    what: Event,
}

#[derive(Debug, PartialEq, Eq)]
enum Event {
    Begin(AttemptId, u64),
    End(AttemptId, u64),
    Hear(Box<Report>),
    NodeDies(u32),
}

impl Ord for Coming {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.count).cmp(&(other.at, other.count))
    }
}

impl PartialOrd for Coming {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Cluster {
    /// Rules of reports have these numbers, those of submissions the next.
    const REPORTS: u32 = 1;
    const SUBMISSIONS: u32 = 9;
    /// Lost ends are found by looking again.
    const LOOK: Duration = Duration::from_mins(1);

    pub(super) fn new(plan: Arc<PlanData>, seed: Seed, machinery: Machinery) -> Self {
        let mut cluster = Self {
            trace: Trace::new(Arc::clone(&plan)),
            witness: Witness::new(Arc::clone(&plan)),
            plan,
            seed,
            machinery,
            now: Duration::ZERO,
            count: 0,
            coming: BinaryHeap::new(),
            waiting: BTreeMap::new(),
            hands_over: false,
            running: BTreeMap::new(),
            unrecorded: BTreeMap::new(),
            heard: VecDeque::new(),
        };
        for (at, node) in cluster.machinery.deaths.clone() {
            cluster.plan_for(at, Event::NodeDies(node));
        }
        cluster
    }

    /// When the next thing happens.
    pub(super) fn next(&self) -> Option<Duration> {
        self.coming.peek().map(|Reverse(coming)| coming.at)
    }

    /// Lets the next thing happen.
    pub(super) fn happen(&mut self) {
        let Some(Reverse(Coming { at, what, .. })) = self.coming.pop() else { return };
        self.now = self.now.max(at);
        match what {
            Event::Begin(attempt, turn) => {
                // It may have been called back and launched anew meanwhile.
                if let Some((order, _)) = self.waiting.get(&attempt).copied().filter(|(_, its)| *its == turn) {
                    self.waiting.remove(&attempt);
                    self.begin(order);
                }
            }
            Event::End(attempt, end) => {
                if self.running.get(&attempt).is_some_and(|running| running.end == end) {
                    let running = &self.running[&attempt];
                    let verdict = running.course.end.as_ref().map(|(_, verdict)| verdict.clone());
                    let verdict = if running.cancelled { Verdict::Cancelled } else { verdict.unwrap_or(Verdict::Done) };
                    self.end(attempt, verdict);
                }
            }
            Event::Hear(report) => self.heard.push_back(*report),
            Event::NodeDies(node) => self.node_dies(node),
        }
    }

    pub(super) fn wall(&self) -> Timestamp {
        Timestamp(i64::try_from(self.now.as_micros()).unwrap_or(i64::MAX))
    }

    fn plan_for(&mut self, at: Duration, what: Event) -> u64 {
        self.count += 1;
        self.coming.push(Reverse(Coming { at, count: self.count, what }));
        self.count
    }

    pub(super) fn launch(&mut self, order: Order) {
        self.witness.launched(order.attempt);
        self.hands_over |= order.after.is_some();
        let turn = self.count + 1;
        self.waiting.insert(order.attempt, (order, turn));
        let follows = order.after.filter(|after| self.running.contains_key(after) || self.waiting.contains_key(after));
        if follows.is_some() {
            self.count += 1;
            return;
        }
        let at = self.now + self.machinery.queue_delay + self.submission_delay(&order);
        self.plan_for(at, Event::Begin(order.attempt, turn));
    }

    fn submission_delay(&self, order: &Order) -> Duration {
        for ((fault, rate), rule) in self.machinery.submissions.iter().zip(Self::SUBMISSIONS..) {
            let accident = Accident { rule, task: order.task.0, number: order.number.into() };
            let words =
                || format!("the order of {} #{} is {}", self.plan.task_name(order.task), order.number, fault.word());
            if self.seed.strikes(accident, *rate, words) {
                return fault.delay();
            }
        }
        Duration::ZERO
    }

    fn begin(&mut self, order: Order) {
        let Order { attempt, task, number, granted, .. } = order;
        let subject = Subject { plan: &self.plan, task, attempt: number, granted };
        let course = self.machinery.rules.course(&subject, &self.seed);
        if !course.starts {
            let verdict = course.end.map_or(Verdict::Cancelled, |(_, verdict)| verdict);
            self.trace.note(self.now, Happened::NoStart { task, number, verdict: verdict.clone() });
            self.witness.never_begins(attempt);
            return self.report_end(attempt, Some(order), verdict, Duration::ZERO);
        }
        self.witness.begins(&order);
        let trace = AttemptTrace { task, id: attempt, number, granted, began: self.now, ended: None, verdict: None };
        let place = self.trace.begin(trace);
        let end = match &course.end {
            Some((takes, _)) => self.plan_for(self.now + *takes, Event::End(attempt, self.count + 1)),
            None => 0,
        };
        let node = order.slot.0 % self.machinery.nodes.max(1);
        let running = Running { order, place, began: self.now, node, course, end, cancelled: false };
        self.running.insert(attempt, running);
        let report = Report::Started { attempt, pid: 1, at: self.wall() };
        self.report(&order, report);
    }

    fn end(&mut self, attempt: AttemptId, verdict: Verdict) {
        let Some(Running { order, place, began, .. }) = self.running.remove(&attempt) else { return };
        self.trace.end(place, self.now, verdict.clone());
        self.witness.ends(&order, &verdict);
        let succeeded = verdict == Verdict::Done;
        self.report_end(attempt, Some(order), verdict, self.now.saturating_sub(began));
        self.let_follow(attempt, succeeded);
    }

    /// What was to start after this attempt begins in its place, or comes home.
    fn let_follow(&mut self, attempt: AttemptId, succeeded: bool) {
        if !self.hands_over {
            return;
        }
        let followers: Vec<Order> =
            self.waiting.values().filter(|(order, _)| order.after == Some(attempt)).map(|(order, _)| *order).collect();
        for order in followers {
            if self.machinery.after_success && !succeeded {
                self.come_home(order.attempt);
            } else {
                self.waiting.remove(&order.attempt);
                self.begin(order);
            }
        }
    }

    fn report_end(&mut self, attempt: AttemptId, order: Option<Order>, verdict: Verdict, wall: Duration) {
        let usage = Usage { wall, ..Usage::default() };
        let ending = Ending { verdict, at: self.wall(), usage, strays: Vec::new() };
        self.unrecorded.insert(attempt, ending.clone());
        let report = Report::Ended { attempt, ending };
        match order {
            Some(order) => self.report(&order, report),
            None => self.heard.push_back(report),
        }
    }

    /// Reports, unless chance garbles it.
    fn report(&mut self, order: &Order, report: Report) {
        let is_end = matches!(report, Report::Ended { .. });
        let number = u64::from(order.number) * 2 + u64::from(is_end);
        for ((fault, rate), rule) in self.machinery.reports.clone().into_iter().zip(Self::REPORTS..) {
            let accident = Accident { rule, task: order.task.0, number };
            let what = if is_end { "end" } else { "start" };
            let words = || {
                format!(
                    "the report of the {what} of {} #{} is {}",
                    self.plan.task_name(order.task),
                    order.number,
                    fault.word()
                )
            };
            if !self.seed.strikes(accident, rate, words) {
                continue;
            }
            match fault {
                ReportFault::Late(by) => self.hear(bounded(by), report),
                ReportFault::Doubled => {
                    self.hear(Duration::ZERO, report.clone());
                    // Soon mostly, so that it meets the next attempt, or a second later.
                    let part = self.seed.draw(rule, order.task.0, number | 1 << 32).powi(4);
                    self.hear(Duration::from_secs(1).mul_f64(part), report);
                }
                ReportFault::Lost if is_end => self.hear(Self::LOOK, report),
                ReportFault::Lost => {}
                ReportFault::OutOfOrder if is_end => self.hear(Duration::ZERO, report),
                ReportFault::OutOfOrder => {
                    let takes = self
                        .running
                        .get(&order.attempt)
                        .and_then(|running| running.course.end.as_ref())
                        .map(|(takes, _)| *takes);
                    self.hear(takes.unwrap_or_default() + Duration::from_secs(1), report);
                }
            }
            return;
        }
        self.heard.push_back(report);
    }

    fn hear(&mut self, after: Duration, report: Report) {
        self.plan_for(self.now + after, Event::Hear(Box::new(report)));
    }

    pub(super) fn cancel(&mut self, attempts: &[AttemptId], how: Cancel) {
        for attempt in attempts {
            let after = match (self.running.get(attempt), how) {
                (None, _) => {
                    self.take_back(*attempt);
                    continue;
                }
                (Some(running), Cancel::Gracefully) if running.course.ignores_term => self.machinery.grace,
                (Some(_), Cancel::Gracefully | Cancel::Now) => Duration::ZERO,
            };
            let own = self.running[attempt].course.end.as_ref().map(|(takes, _)| self.running[attempt].began + *takes);
            // What ends by itself within the grace period ends as it would have.
            if own.is_some_and(|own| own < self.now + after) {
                continue;
            }
            let end = self.plan_for(self.now + after, Event::End(*attempt, self.count + 1));
            if let Some(running) = self.running.get_mut(attempt) {
                (running.end, running.cancelled) = (end, true);
            }
        }
    }

    pub(super) fn call_back(&mut self, attempts: &[AttemptId]) {
        attempts.iter().for_each(|attempt| self.take_back(*attempt));
    }

    /// Where an attempt comes home that only a success was to start, what waits for it never starts either.
    fn come_home(&mut self, attempt: AttemptId) {
        self.waiting.remove(&attempt);
        self.witness.never_begins(attempt);
        self.report_end(attempt, None, Verdict::Cancelled, Duration::ZERO);
        self.let_follow(attempt, false);
    }

    /// What has not begun comes home cancelled.
    fn take_back(&mut self, attempt: AttemptId) {
        let Some((order, _)) = self.waiting.get(&attempt).copied() else { return };
        if self.machinery.flaw != Some(Flaw::StartsAfterCancel) {
            self.waiting.remove(&attempt);
        }
        self.witness.never_begins(attempt);
        self.report_end(attempt, None, Verdict::Cancelled, Duration::ZERO);
        // Its end is an end: what was to follow it has its turn when the one before has ended.
        let followers: Vec<AttemptId> = self
            .waiting
            .values()
            .filter(|(next, _)| next.after == Some(attempt))
            .map(|(next, _)| next.attempt)
            .collect();
        for follower in followers {
            if let Some((next, _)) = self.waiting.get_mut(&follower) {
                next.after = order.after;
            }
            if order.after.is_none_or(|after| !self.running.contains_key(&after) && !self.waiting.contains_key(&after))
            {
                let turn = self.waiting[&follower].1;
                self.plan_for(self.now, Event::Begin(follower, turn));
            }
        }
    }

    pub(super) fn recorded(&mut self, attempts: &[AttemptId]) {
        for attempt in attempts {
            self.unrecorded.remove(attempt);
        }
    }

    fn node_dies(&mut self, node: u32) {
        self.trace.note(self.now, Happened::NodeDies(node));
        let lost: Vec<AttemptId> =
            self.running.iter().filter(|(_, running)| running.node == node).map(|(attempt, _)| *attempt).collect();
        for attempt in lost {
            self.end(attempt, Verdict::Failed(Failure::NodeFailed));
        }
    }

    /// What runs while nothing will ever happen to it: the names.
    pub(super) fn hanging(&self) -> Vec<String> {
        self.running.values().map(|running| self.plan.task_name(running.order.task)).collect()
    }

    /// The driver is gone, and with it all that runs. What a keeper that outlived it wrote down of ends.
    pub(super) fn driver_dies(&mut self) -> BTreeMap<AttemptId, Ending> {
        self.waiting.clear();
        let running: Vec<AttemptId> = self.running.keys().copied().collect();
        running.into_iter().for_each(|attempt| self.end(attempt, Verdict::Cancelled));
        self.heard.clear();
        // Reports to a driver that is gone are heard by nobody; what happens to nodes happens.
        let coming = std::mem::take(&mut self.coming);
        self.coming = coming.into_iter().filter(|Reverse(coming)| matches!(coming.what, Event::NodeDies(_))).collect();
        std::mem::take(&mut self.unrecorded)
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("now", &self.now).field("running", &self.running).finish_non_exhaustive()
    }
}
