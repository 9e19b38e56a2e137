//! How often the state was made durable while a workflow ran, as the run itself tells it when it ends.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Listens to the one event of a run that counts its commits; all others are switched off where they would be made.
#[derive(Clone, Debug, Default)]
pub struct Commits(Arc<AtomicU64>);

impl Commits {
    const FIELD: &'static str = "commits";

    /// Begins to listen, in the whole process.
    ///
    /// # Errors
    /// If somebody listens already.
    pub fn listen() -> Result<Self, tracing::subscriber::SetGlobalDefaultError> {
        let commits = Self::default();
        tracing::subscriber::set_global_default(commits.clone())?;
        Ok(commits)
    }

    /// How many commits the runs of this process have made that have ended.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Subscriber for Commits {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.fields().field(Self::FIELD).is_some()
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Counts(&self.0));
    }

    // There is no span that it would listen to.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Counts<'a>(&'a AtomicU64);

impl Visit for Counts<'_> {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == Commits::FIELD {
            self.0.fetch_add(value, Ordering::Relaxed);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
