//! What may go wrong on a simulated cluster.

use crate::model::{Failure, Resources, StartFailure, Verdict};
use crate::testing::durations::Subject;
use crate::testing::seed::{Accident, Seed};
use crate::testing::world::bounded;
use crate::testing::{Durations, Which};
use crate::units::{Memory, WallTime};
use std::collections::HashMap;
use std::time::Duration;

/// What may happen to an attempt.
///
/// ```
/// use jobmon::testing::{Mishap, Simulation};
/// let simulation = Simulation::new(1)
///     .mishap("fit", Mishap::Exit(3), 2) // the first two attempts at each `fit`
///     .sometimes("fit", Mishap::NodeFailure, 0.01); // and one of a hundred, by chance
/// # let _ = simulation;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mishap {
    /// It exits with this code.
    Exit(i32),
    /// It is ended by this signal.
    Signal(i32),
    /// It runs out of memory, whatever it was granted.
    OutOfMemory,
    /// It never ends by itself: only by its wall time, or when it is cancelled.
    Hang,
    /// It exits with 0 and leaves none of its outputs; a task that has no `output` succeeds so.
    NoOutput,
    /// It cannot be started, and never will be: as where there is no such program.
    CannotStart,
    /// It cannot be started for now: as where no process is to be had.
    NoProcess,
    /// The machine that it runs on fails.
    NodeFailure,
    /// Other work takes its place.
    Preemption,
    /// It is gone, and nobody saw how it ended.
    Vanish,
}

impl Mishap {
    fn verdict(self, granted: Resources) -> Option<Verdict> {
        let start = |failure: fn(Box<str>) -> StartFailure, why: &str| Failure::StartFailed(failure(why.into()));
        Some(Verdict::Failed(match self {
            Self::Hang => return None,
            Self::Exit(code) => Failure::Exit(code),
            Self::Signal(signal) => Failure::Signal(signal),
            Self::OutOfMemory => Failure::OutOfMemory(granted.memory),
            Self::NoOutput => Failure::OutputMissing("it is not there".into()),
            Self::CannotStart => start(StartFailure::Permanent, "there is no such program"),
            Self::NoProcess => start(StartFailure::Transient, "no process is to be had"),
            Self::NodeFailure => Failure::NodeFailed,
            Self::Preemption => Failure::Preempted,
            Self::Vanish => Failure::Vanished,
        }))
    }

    /// Whether it happens before the attempt runs.
    const fn is_at_the_start(self) -> bool {
        matches!(self, Self::CannotStart | Self::NoProcess)
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Exit(_) => "exits",
            Self::Signal(_) => "is ended by a signal",
            Self::OutOfMemory => "runs out of memory",
            Self::Hang => "hangs",
            Self::NoOutput => "leaves no output",
            Self::CannotStart => "cannot be started",
            Self::NoProcess => "cannot be started for now",
            Self::NodeFailure => "loses its node",
            Self::Preemption => "is preempted",
            Self::Vanish => "vanishes",
        }
    }
}

/// What may happen to what the cluster reports.
///
/// ```
/// use jobmon::testing::{ReportFault, Simulation};
/// use std::time::Duration;
/// let simulation = Simulation::new(1)
///     .reports(ReportFault::Late(Duration::from_secs(300)), 0.1)
///     .reports(ReportFault::Doubled, 0.1);
/// # let _ = simulation;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportFault {
    /// It comes so much later.
    Late(Duration),
    /// It comes twice.
    Doubled,
    /// It is lost. That an attempt runs is then never told; that it has ended, when the cluster is asked a minute later.
    Lost,
    /// That an attempt runs is told after it has ended.
    OutOfOrder,
}

impl ReportFault {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Late(_) => "late",
            Self::Doubled => "doubled",
            Self::Lost => "lost",
            Self::OutOfOrder => "out of order",
        }
    }
}

/// What may happen to the order to start an attempt.
///
/// ```
/// use jobmon::testing::{Simulation, SubmissionFault};
/// use std::time::Duration;
/// let minute = Duration::from_secs(60);
/// let simulation = Simulation::new(1).submissions(SubmissionFault::Refused(minute), 0.2);
/// # let _ = simulation;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubmissionFault {
    /// It is refused for so long, and waits: that is no attempt's end.
    Refused(Duration),
    /// It was accepted and reported as failed: it is looked up before it is given again, and found half a minute later.
    Unclear,
}

impl SubmissionFault {
    pub(super) const fn delay(self) -> Duration {
        match self {
            Self::Refused(delay) => bounded(delay),
            Self::Unclear => Duration::from_secs(30),
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Refused(_) => "refused for now",
            Self::Unclear => "accepted and reported as failed",
        }
    }
}

/// A rule for attempts at some tasks.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) which: Which,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Takes(Durations),
    /// To so many attempts at each of the tasks.
    Strikes(Mishap, u32),
    Sometimes(Mishap, f64),
    Needs(Memory),
    IgnoresTerm,
}

/// How an attempt goes if nobody ends it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Course {
    /// Whether it runs at all.
    pub(super) starts: bool,
    /// After which time it ends, and how; `None` for never.
    pub(super) end: Option<(Duration, Verdict)>,
    pub(super) ignores_term: bool,
}

/// All rules for attempts, and how often they struck.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) all: Vec<Rule>,
    struck: HashMap<(usize, u32), u32>,
}

impl Rules {
    /// The rules' numbers begin behind those of crashes, reports and submissions.
    pub(super) const FIRST: u32 = 16;

    /// How an attempt goes. The last rule about its duration counts, and the first mishap that strikes it.
    pub(super) fn course(&mut self, subject: &Subject<'_>, seed: &Seed) -> Course {
        let mut takes = Duration::from_secs(1);
        let (mut mishap, mut needs, mut ignores_term) = (None, None, false);
        for (at, rule) in (0_u32..).zip(&self.all) {
            if !rule.which.includes(subject.plan, subject.task) {
                continue;
            }
            match &rule.what {
                What::Takes(durations) => takes = durations.of(subject, seed, Self::FIRST + at),
                What::Needs(memory) => needs = Some(*memory),
                What::IgnoresTerm => ignores_term = true,
                What::Strikes(what, times) if mishap.is_none() => {
                    let struck = self.struck.entry((at as usize, subject.task.0)).or_default();
                    if *struck < *times {
                        *struck += 1;
                        mishap = Some(*what);
                    }
                }
                What::Sometimes(what, rate) if mishap.is_none() => {
                    let number = u64::from(subject.attempt);
                    let accident = Accident { rule: Self::FIRST + at, task: subject.task.0, number };
                    let words = || format!("{} #{number} {}", subject.name(), what.word());
                    mishap = seed.strikes(accident, *rate, words).then_some(*what);
                }
                What::Strikes(..) | What::Sometimes(..) => {}
            }
        }
        // Who is to leave no output succeeds without one.
        mishap = mishap.filter(|what| *what != Mishap::NoOutput || subject.plan.leaves_output(subject.task));
        let starts = !mishap.is_some_and(Mishap::is_at_the_start);
        let mut end = match mishap {
            None => Some((takes, Verdict::Done)),
            Some(mishap) => mishap.verdict(subject.granted).map(|verdict| (takes, verdict)),
        };
        let lacks = |granted: Memory| needs.is_some_and(|needs| granted < needs);
        if starts && mishap.is_none() && subject.granted.memory.is_some_and(lacks) {
            end = Some((takes / 2, Verdict::Failed(Failure::OutOfMemory(subject.granted.memory))));
        }
        if !starts {
            end = end.map(|(_, verdict)| (Duration::ZERO, verdict));
        }
        Course { starts, end: within(end, subject.granted.runtime), ignores_term }
    }
}

/// The wall time ends what lasts longer.
fn within(end: Option<(Duration, Verdict)>, runtime: Option<WallTime>) -> Option<(Duration, Verdict)> {
    let Some(runtime) = runtime else { return end };
    let most = Duration::from_secs(runtime.seconds());
    match end {
        Some((takes, _)) if takes <= most => end,
        _ => Some((most, Verdict::Failed(Failure::Timeout(Some(runtime))))),
    }
}
