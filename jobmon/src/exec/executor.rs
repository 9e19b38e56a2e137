//! The seam between the engine and what runs tasks.

use crate::id::AttemptId;
use crate::model::{Cancel, Launch, Report};
use tokio::sync::mpsc::UnboundedSender;

/// Where an executor sends its reports.
pub type Reports = UnboundedSender<Report>;

/// Starts, watches and ends attempts. No call waits; everything that happens comes back as a [`Report`].
///
/// Each attempt that was handed to [`launch`](Self::launch) comes home in exactly one [`Report::Ended`],
/// even one that could not be started or was cancelled before it was.
pub trait Executor: Send {
    /// How many attempts it runs at once.
    fn slots(&self) -> u32;

    /// Starts attempts, in this order. More may be given than there are slots: the rest wait for a free one.
    fn launch(&mut self, batch: Vec<Launch>);

    /// Ends attempts that run, and calls back those that have not started. Unknown and ended ones are passed over.
    fn cancel(&mut self, attempts: &[AttemptId], how: Cancel);

    /// Calls back attempts that have not started: they come home cancelled. Those that run go on, and unknown and ended
    /// ones are passed over. One that came home so may be launched again.
    fn call_back(&mut self, attempts: &[AttemptId]);

    /// Says that these ends are durable, so that nobody else has to remember them.
    fn recorded(&mut self, attempts: &[AttemptId]);

    /// Asks for the end of the executor itself: when all attempts have ended and nothing is left, it reports
    /// [`Report::Closed`].
    fn close(&mut self);
}
