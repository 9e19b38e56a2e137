//! What a simulated cluster is made of, and how it misbehaves.

use crate::testing::mishap::{ReportFault, Rules, SubmissionFault};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a simulated cluster is made of.
#[derive(Clone, Debug)]
pub(super) struct Machinery {
    pub(super) rules: Rules,
    pub(super) reports: Vec<(ReportFault, f64)>,
    pub(super) submissions: Vec<(SubmissionFault, f64)>,
    pub(super) queue_delay: Duration,
    pub(super) nodes: u32,
    /// Nodes and when they die.
    pub(super) deaths: Vec<(Duration, u32)>,
    pub(super) grace: Duration,
    /// Whether what was handed over behind an attempt starts only if that one succeeds.
    pub(super) after_success: bool,
    /// What people do while it runs, and when, in order.
    pub(super) people: VecDeque<(Duration, Steer)>,
    pub(super) flaw: Option<Flaw>,
    /// Who wants to know when the driver is told that something is durable.
    pub(super) told: Option<Told>,
}

/// Something to call.
#[derive(Clone)]
pub(super) struct Told(pub(super) Arc<dyn Fn() + Send + Sync>);

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told")
    }
}

/// What people do to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Steer {
    /// Ctrl-C.
    Interrupt,
    /// So many tasks at once from now on.
    Limit(u32),
}

/// A mistake built into the seams on purpose, to see that it is found.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Records are said to be durable before they are.
    ToldBeforeDurable,
    /// A report of an end that comes twice counts for the next attempt too.
    EndsCountedTwice,
    /// What was cancelled before it began begins nevertheless.
    StartsAfterCancel,
}
