//! The one thread that writes while a workflow runs.

use crate::model::{Record, RunState};
use crate::store::StoreError;
use crate::store::control::Answer;
use crate::store::journal::{Context, Entry, Journal, Written};
use crate::store::open::Database;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Where nothing is to be written, requests from outside are looked for so often.
const LISTEN: Duration = Duration::from_millis(500);

/// After so long what had no room is tried again; then after twice as long, up to the longest.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(3);

/// The driver's end of the writer.
#[derive(Debug)]
pub(crate) struct Writer {
    entries: Option<Sender<Entry>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread; it tells what it did by `tell`.
    pub(crate) fn start(
        database: Database,
        context: Context,
        tell: impl Fn(Written) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (entries, incoming) = channel();
        let thread = std::thread::Builder::new()
            .name("jobmon-store".to_owned())
            .spawn(move || run(Journal::new(database, context), &incoming, tell))?;
        Ok(Self { entries: Some(entries), thread: Some(thread) })
    }

    pub(crate) fn records(&self, records: Vec<Record>) {
        self.send(Entry::Records(records));
    }

    pub(crate) fn attempt_ids(&self, count: u32) {
        self.send(Entry::AttemptIds(count));
    }

    pub(crate) fn heartbeat(&self, now: i64) {
        self.send(Entry::Heartbeat(now));
    }

    /// Writes what is said to a request.
    pub(crate) fn answer(&self, answer: Answer) {
        self.send(Entry::Answer(answer));
    }

    /// Writes how the run ended; the last of all.
    pub(crate) fn end(&self, state: RunState, reason: Option<String>, at: i64) {
        self.send(Entry::End { state, reason, at });
    }

    /// Waits until all is written and the file is closed.
    pub(crate) fn close(&mut self) {
        self.entries = None;
        if let Some(thread) = self.thread.take()
            && let Err(panic) = thread.join()
        {
            std::panic::resume_unwind(panic);
        }
    }

    fn send(&self, entry: Entry) {
        // A writer that is gone has told why; the driver hears of it on the other channel.
        if let Some(entries) = &self.entries
            && entries.send(entry).is_err()
        {
            tracing::debug!("the writer has ended");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.entries = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer panicked");
        }
    }
}

/// Writes a batch. Where there is no room for it, it is tried again, with all that came meanwhile, until there is, or nobody
/// waits for it any more.
fn write(
    journal: &mut Journal,
    mut batch: Vec<Entry>,
    incoming: &Receiver<Entry>,
    tell: &impl Fn(Written),
) -> Result<Vec<Written>, StoreError> {
    let mut written = journal.write(&batch);
    let mut delay = FIRST_DELAY;
    while let Err(error @ StoreError::NoRoom { .. }) = written {
        tracing::warn!(%error, "tried again in {delay:?}");
        if delay == FIRST_DELAY {
            tell(Written::Waits(error));
        }
        delay = (delay * 2).min(LONGEST_DELAY);
        let left = match incoming.recv_timeout(delay) {
            Ok(next) => {
                batch.push(next);
                batch.extend(incoming.try_iter());
                false
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        written = journal.write(&batch);
        if left {
            return written;
        }
    }
    if delay > FIRST_DELAY && written.is_ok() {
        tell(Written::GoesOn);
    }
    written
}

fn run(mut journal: Journal, incoming: &Receiver<Entry>, tell: impl Fn(Written)) {
    loop {
        match incoming.recv_timeout(LISTEN) {
            Ok(first) => {
                // What came while the last commit was under way goes into one transaction.
                let batch: Vec<Entry> = std::iter::once(first).chain(incoming.try_iter()).collect();
                match write(&mut journal, batch, incoming, &tell) {
                    Ok(told) => told.into_iter().for_each(&tell),
                    Err(error) => {
                        tell(Written::Failed(error));
                        break;
                    }
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        // After each commit as well: that costs a hundredth of it.
        journal.requests().into_iter().map(Written::Request).for_each(&tell);
    }
    tracing::debug!(commits = journal.commits(), "the writer has ended");
}
