//! Signals while a run lasts.

use crate::exec::local::{Replaced, SIGNALS, SignalPipe};
use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The signals that come while this lives. When the last of a process is dropped, its signals do what they did before.
#[derive(Debug)]
pub(super) struct Signals {
    number: u64,
    incoming: UnboundedReceiver<i32>,
}

/// What a signal is called.
pub(super) fn name(signal: i32) -> &'static str {
    SIGNALS.iter().find(|(number, _)| *number == signal).map_or("a signal", |(_, name)| *name)
}

/// What all runs of the process share: handlers belong to processes.
#[derive(Debug, Default)]
struct Shared {
    next: u64,
    listeners: Vec<(u64, UnboundedSender<i32>)>,
    listening: Option<Listening>,
}

#[derive(Debug)]
struct Listening {
    /// Dropped first: after it no handler of ours runs.
    replaced: Replaced,
    thread: JoinHandle<()>,
}

static SHARED: Mutex<Shared> = Mutex::new(Shared { next: 0, listeners: Vec::new(), listening: None });

/// Made once and kept: a handler may still be about to write when the last run ends.
static PIPE: OnceLock<SignalPipe> = OnceLock::new();

impl Signals {
    pub(super) fn install() -> io::Result<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.listening.is_none() {
            let pipe = pipe()?;
            let thread = std::thread::Builder::new().name("jobmon-signals".to_owned()).spawn(|| listen(pipe))?;
            shared.listening = Some(Listening { replaced: Replaced::new(pipe), thread });
        }
        let (sender, incoming) = unbounded_channel();
        let number = shared.next;
        shared.next += 1;
        shared.listeners.push((number, sender));
        Ok(Self { number, incoming })
    }

    /// The next signal.
    pub(super) async fn recv(&mut self) -> Option<i32> {
        self.incoming.recv().await
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.listeners.retain(|(number, _)| *number != self.number);
        if !shared.listeners.is_empty() {
            return;
        }
        let Some(Listening { replaced, thread }) = shared.listening.take() else { return };
        drop(replaced);
        drop(shared);
        if let Some(pipe) = PIPE.get() {
            pipe.end();
        }
        if thread.join().is_err() {
            tracing::error!("the thread that listens to signals panicked");
        }
    }
}

/// The next signal; never where none is listened to.
pub(super) async fn next(signals: &mut Option<Signals>) -> Option<i32> {
    match signals {
        Some(signals) => signals.recv().await,
        None => std::future::pending().await,
    }
}

/// When nobody waits for the run any more.
pub(super) async fn abandoned(abandoned: &mut Option<UnboundedReceiver<()>>) {
    match abandoned {
        Some(abandoned) => drop(abandoned.recv().await),
        None => std::future::pending().await,
    }
}

fn pipe() -> io::Result<&'static SignalPipe> {
    if let Some(pipe) = PIPE.get() {
        return Ok(pipe);
    }
    let made = SignalPipe::new()?;
    Ok(PIPE.get_or_init(|| made))
}

/// Hands each signal to all runs, until the pipe says that it is over.
fn listen(pipe: &SignalPipe) {
    while let Some(signal) = pipe.next() {
        let shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, listener) in &shared.listeners {
            if listener.send(signal).is_err() {
                tracing::debug!(signal, "a run that is ending takes no more signals");
            }
        }
    }
}
