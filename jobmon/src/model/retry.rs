//! Which failures of a task are tried again, how often and when.

use crate::model::{Failure, FailureKind, Lack, Resources};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Which failures of a task are tried again, how often, after which delay, and what its exit codes mean.
///
/// It is said of a workflow, of a template in its attribute, or of a task; what is not said of the task counts as the template
/// says it, else as the workflow does. Where nobody says anything all failures are tried again without a delay, but for
/// those that a second attempt could not change.
///
/// ```
/// use jobmon::model::{ExitMeaning, FailureKind, RetryPolicy};
/// use jobmon::prelude::*;
/// use std::time::Duration;
///
/// let policy = RetryPolicy::new()
///     .on([FailureKind::Timeout, FailureKind::Signal])
///     .at_most(FailureKind::Signal, 1)
///     .exit(75, ExitMeaning::RetryWithoutSpending)
///     .exit(137, ExitMeaning::OutOfMemory)
///     .delay(Duration::from_secs(10))
///     .backoff(2.0)
///     .max_delay(Duration::from_secs(300))
///     .jitter(true);
/// let mut wf = Tool::new("demo").workflow("patient").retry(policy);
/// wf.add(Command::new("fit").retry(RetryPolicy::new().jitter(false)));
/// wf.check()?;
/// # Ok::<(), jobmon::plan::PlanErrors>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a policy does nothing until it is given to a task or a workflow by `retry`"]
pub struct RetryPolicy {
    on: Option<BTreeSet<FailureKind>>,
    at_most: BTreeMap<FailureKind, u32>,
    /// What is said first counts.
    exits: Vec<(ExitCodes, ExitMeaning)>,
    delay: Option<Duration>,
    backoff: Option<f64>,
    max_delay: Option<Duration>,
    jitter: Option<bool>,
}

/// What an exit code means.
///
/// ```
/// use jobmon::prelude::*;
///
/// /// 75 is what `sysexits.h` calls a failure that passes.
/// #[task_template(command = "fit {year}", exit(42) = no_retry, exit(75) = retry_without_spending, exit(137) = out_of_memory)]
/// struct Fit { #[node_arg] year: u16 }
/// # let _ = Fit { year: 1990 };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitMeaning {
    /// The task has failed, however many attempts it has left.
    NoRetry,
    /// It is tried again while it has attempts left, also where other exit codes are not.
    Retry,
    /// It is tried again and no attempt is spent, but at most 10 times in one run, each time after a longer delay.
    RetryWithoutSpending,
    /// It ran out of memory: the next attempt gets more, if it asks for some.
    OutOfMemory,
    /// It ran out of time: the next attempt gets more, if it asks for some.
    Timeout,
}

/// An exit code, or several in a row.
///
/// ```
/// use jobmon::model::ExitCodes;
/// assert_eq!((ExitCodes::from(42).to_string(), ExitCodes::from(64..=78).to_string()), ("42".into(), "64..=78".into()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitCodes {
    pub(crate) first: u8,
    pub(crate) last: u8,
}

/// What a template's attribute says of retries. Written by `#[task_template]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetrySpec {
    /// The kinds that are tried again.
    pub on: Option<&'static [FailureKind]>,
    /// How often each kind is tried again at most.
    pub at_most: &'static [(FailureKind, u32)],
    /// What exit codes mean: the first, the last, the meaning.
    pub exits: &'static [(u8, u8, ExitMeaning)],
    /// The delay before the first retry, in seconds.
    pub delay: Option<u64>,
    /// What the delay is multiplied by each time.
    pub backoff: Option<f64>,
    /// The longest delay, in seconds.
    pub max_delay: Option<u64>,
    /// Whether delays are scattered.
    pub jitter: Option<bool>,
}

impl RetrySpec {
    /// Nothing is said.
    pub const NOTHING: Self =
        Self { on: None, at_most: &[], exits: &[], delay: None, backoff: None, max_delay: None, jitter: None };
}

impl From<u8> for ExitCodes {
    fn from(code: u8) -> Self {
        Self { first: code, last: code }
    }
}

impl From<RangeInclusive<u8>> for ExitCodes {
    fn from(codes: RangeInclusive<u8>) -> Self {
        Self { first: *codes.start(), last: *codes.end() }
    }
}

impl fmt::Display for ExitCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { first, last } if first == last => write!(f, "{first}"),
            Self { first, last } => write!(f, "{first}..={last}"),
        }
    }
}

impl RetryPolicy {
    /// The longest delay that grows, where no other is said.
    pub const MAX_DELAY: Duration = Duration::from_hours(1);

    /// A policy that says nothing.
    ///
    /// ```
    /// use jobmon::model::RetryPolicy;
    /// let policy = RetryPolicy::new(); // what it does not say is left to others
    /// # let _ = policy;
    /// ```
    pub const fn new() -> Self {
        Self {
            on: None,
            at_most: BTreeMap::new(),
            exits: Vec::new(),
            delay: None,
            backoff: None,
            max_delay: None,
            jitter: None,
        }
    }

    /// Only failures of these kinds are tried again, and exit codes that say so by themselves.
    ///
    /// ```
    /// use jobmon::model::{FailureKind, RetryPolicy};
    /// let policy = RetryPolicy::new().on([FailureKind::OutOfMemory, FailureKind::Timeout]); // a crash is final
    /// # let _ = policy;
    /// ```
    pub fn on(mut self, kinds: impl IntoIterator<Item = FailureKind>) -> Self {
        self.on = Some(kinds.into_iter().collect());
        self
    }

    /// Failures of this kind are tried again so often at most in one run; each that spends an attempt needs one too.
    ///
    /// ```
    /// use jobmon::model::{FailureKind, RetryPolicy};
    /// let policy = RetryPolicy::new().at_most(FailureKind::Signal, 1);
    /// # let _ = policy;
    /// ```
    pub fn at_most(mut self, kind: FailureKind, retries: u32) -> Self {
        self.at_most.insert(kind, retries);
        self
    }

    /// What an exit code means, or several in a row: `exit(42, ..)`, `exit(64..=78, ..)`.
    ///
    /// ```
    /// use jobmon::model::{ExitMeaning, RetryPolicy};
    /// let policy = RetryPolicy::new().exit(42, ExitMeaning::NoRetry).exit(64..=78, ExitMeaning::Retry);
    /// # let _ = policy;
    /// ```
    pub fn exit(mut self, codes: impl Into<ExitCodes>, meaning: ExitMeaning) -> Self {
        self.exits.push((codes.into(), meaning));
        self
    }

    /// How long a task waits before it is tried again; not at all by default.
    ///
    /// ```
    /// use jobmon::model::RetryPolicy;
    /// let policy = RetryPolicy::new().delay(std::time::Duration::from_secs(10));
    /// # let _ = policy;
    /// ```
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// What the delay is multiplied by with each retry; above 1. It does not grow by default.
    ///
    /// ```
    /// use jobmon::model::RetryPolicy;
    /// let policy = RetryPolicy::new().delay(std::time::Duration::from_secs(10)).backoff(2.0); // 10 s, 20 s, 40 s
    /// # let _ = policy;
    /// ```
    pub fn backoff(mut self, factor: f64) -> Self {
        self.backoff = Some(factor);
        self
    }

    /// The longest delay to which it grows; an hour by default.
    ///
    /// ```
    /// use jobmon::model::RetryPolicy;
    /// let policy = RetryPolicy::new().backoff(2.0).max_delay(std::time::Duration::from_secs(300));
    /// # let _ = policy;
    /// ```
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = Some(delay);
        self
    }

    /// Whether each delay is somewhere between half of it and all of it, so that tasks which failed together do not all come
    /// back together; no by default.
    ///
    /// ```
    /// use jobmon::model::RetryPolicy;
    /// let policy = RetryPolicy::new().delay(std::time::Duration::from_secs(10)).jitter(true);
    /// # let _ = policy;
    /// ```
    pub fn jitter(mut self, jitter: bool) -> Self {
        self.jitter = Some(jitter);
        self
    }

    /// What an attribute says.
    pub(crate) fn of_spec(spec: &RetrySpec) -> Self {
        Self {
            on: spec.on.map(|kinds| kinds.iter().copied().collect()),
            at_most: spec.at_most.iter().copied().collect(),
            exits: spec.exits.iter().map(|(first, last, meaning)| ((*first..=*last).into(), *meaning)).collect(),
            delay: spec.delay.map(Duration::from_secs),
            backoff: spec.backoff,
            max_delay: spec.max_delay.map(Duration::from_secs),
            jitter: spec.jitter,
        }
    }

    /// This, and where it says nothing what `below` says: by kind, by exit code, by word.
    pub(crate) fn over(&self, below: &Self) -> Self {
        let mut at_most = below.at_most.clone();
        at_most.extend(&self.at_most);
        Self {
            on: self.on.as_ref().or(below.on.as_ref()).cloned(),
            at_most,
            exits: self.exits.iter().chain(&below.exits).copied().collect(),
            delay: self.delay.or(below.delay),
            backoff: self.backoff.or(below.backoff),
            max_delay: self.max_delay.or(below.max_delay),
            jitter: self.jitter.or(below.jitter),
        }
    }

    /// Whether failures of this kind are tried again.
    pub(crate) fn retries(&self, kind: FailureKind) -> bool {
        self.on.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }

    /// How often failures of this kind are tried again at most, if that is said.
    pub(crate) fn bound(&self, kind: FailureKind) -> Option<u32> {
        self.at_most.get(&kind).copied()
    }

    /// What an exit code means, if that is said.
    pub(crate) fn meaning(&self, code: i32) -> Option<ExitMeaning> {
        let code = u8::try_from(code).ok()?;
        self.exits.iter().find(|(codes, _)| codes.contain(code)).map(|(_, meaning)| *meaning)
    }

    /// Whether an exit code says that something was lacking.
    pub(crate) fn reads_exits(&self) -> bool {
        self.exits.iter().any(|(_, meaning)| matches!(meaning, ExitMeaning::OutOfMemory | ExitMeaning::Timeout))
    }

    /// The failure, with what its exit code says of what was lacking to an attempt that was granted this.
    pub(crate) fn read(&self, failure: Failure, granted: Resources) -> Failure {
        let Failure::Exit(code) = failure else { return failure };
        match self.meaning(code) {
            Some(ExitMeaning::OutOfMemory) => Failure::ToldByExit(code, Lack::Memory(granted.memory)),
            Some(ExitMeaning::Timeout) => Failure::ToldByExit(code, Lack::Time(granted.runtime)),
            Some(ExitMeaning::NoRetry | ExitMeaning::Retry | ExitMeaning::RetryWithoutSpending) | None => failure,
        }
    }

    /// How long to wait before the `retry`th retry, from 1. Where delays are scattered, `seed` says where between half of the
    /// delay and all of it this one is: the same seed gives the same delay.
    pub(crate) fn delay_before(&self, retry: u32, seed: u64) -> Duration {
        let Some(delay) = self.delay else { return Duration::ZERO };
        let most = self.max_delay.unwrap_or(Self::MAX_DELAY.max(delay));
        let retries = i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = match self.backoff {
            Some(factor) => scaled(delay, factor.powi(retries)).min(most),
            None => delay,
        };
        match self.jitter {
            Some(true) => scaled(grown, 0.5 + 0.5 * fraction(seed)),
            Some(false) | None => grown,
        }
    }
}

impl ExitCodes {
    const fn contain(self, code: u8) -> bool {
        self.first <= code && code <= self.last
    }
}

/// A length of time times a factor; the longest there is where that is more.
fn scaled(time: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

/// A number from 0 to below 1 that follows from the seed and looks like chance (splitmix64).
#[expect(clippy::cast_precision_loss, reason = "the 53 bits that are kept are exact")]
fn fraction(seed: u64) -> f64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

/// What is wrong with a policy.
impl RetryPolicy {
    /// What is wrong with what one place says, in words.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut told = Vec::new();
        if self.on.as_ref().is_some_and(|kinds| kinds.contains(&FailureKind::ResourcesFailed))
            || self.at_most.contains_key(&FailureKind::ResourcesFailed)
        {
            told.push("a function that failed to compute resources is never asked again".to_owned());
        }
        for (kind, retries) in &self.at_most {
            match (retries, self.retries(*kind)) {
                (0, _) => told.push(format!("{kind:?} at most 0 times: leave it out of `on` instead")),
                (_, false) => told.push(format!("{kind:?} has a bound, but `on` leaves it out")),
                (_, true) => {}
            }
        }
        for (at, (codes, _)) in self.exits.iter().enumerate() {
            if codes.first == 0 {
                told.push(format!("exit code {codes}: 0 is success, which needs no policy"));
            } else if codes.first > codes.last {
                told.push(format!("exit codes {codes}: there are none; the smaller one comes first"));
            }
            let before = self.exits[..at].iter().map(|(before, _)| before);
            if let Some(before) = before.into_iter().find(|before| before.overlap(*codes)) {
                told.push(format!("exit code {codes} was given a meaning before, by {before}"));
            }
        }
        if let Some(factor) = self.backoff
            && !(factor > 1.0 && factor.is_finite())
        {
            told.push(format!("a backoff of {factor}: it is what the delay is multiplied by, so it is above 1"));
        }
        told
    }

    /// What is wrong with all that is said of a task together.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let alone = [
            ("backoff", self.backoff.is_some()),
            ("max_delay", self.max_delay.is_some()),
            ("jitter", self.jitter == Some(true)),
        ];
        match (self.delay, self.max_delay) {
            (None, _) => alone
                .into_iter()
                .find(|(_, said)| *said)
                .map(|(what, _)| format!("`{what}` is said, but no `delay` that it could change")),
            (Some(delay), Some(most)) if most < delay => {
                Some(format!("the delay of {delay:?} is longer than the `max_delay` of {most:?}"))
            }
            (Some(_), _) => None,
        }
    }
}

impl ExitCodes {
    const fn overlap(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

#[cfg(test)]
mod tests;
