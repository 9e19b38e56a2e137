//! When a run begins: all is written down and looked at, and the first task may start.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Listens to the one event by which a run tells that it begins.
#[derive(Debug)]
pub struct Beginning(Mutex<Sender<Instant>>);

impl Beginning {
    const FIELD: &'static str = "resumed";

    /// Begins to listen, in the whole process; the moments come from the receiver.
    ///
    /// # Errors
    /// If somebody listens already.
    pub fn listen() -> Result<Receiver<Instant>, tracing::subscriber::SetGlobalDefaultError> {
        let (tell, told) = channel();
        tracing::subscriber::set_global_default(Self(Mutex::new(tell)))?;
        Ok(told)
    }
}

impl Subscriber for Beginning {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.fields().field(Self::FIELD).is_some()
    }

    #[expect(clippy::disallowed_methods, reason = "it measures time")]
    fn event(&self, _: &Event<'_>) {
        let now = Instant::now();
        let tell = self.0.lock().expect("nobody panics while holding it");
        tell.send(now).expect("who measures listens until the run has ended");
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
