//! Where what a run tells goes: to standard error, without waiting for who reads it.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Whether somebody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// All that was said is written.
    Now,
    /// Something still waits for who reads.
    Later,
    /// Who read has gone.
    Never,
}

/// Takes text and writes it, in its order. Nobody waits for it.
pub trait Outlet {
    /// Whether somebody reads.
    fn hearing(&self) -> Hearing;

    /// Takes text, to be written behind all that was said before.
    fn say(&mut self, text: &str);

    /// Takes no more, and calls `heard` when all is written, or when nobody reads.
    fn close(&mut self, heard: Box<dyn FnOnce() + Send>);
}

/// Standard error, written to by a thread of its own: a pipe may be full and a terminal stopped by Ctrl-S for hours.
///
/// When this is dropped, it waits for who reads, but no longer than [`PATIENCE`](Self::PATIENCE). The thread is then left to
/// itself: what is read later is written later, as long as the process lives.
#[derive(Debug)]
pub struct StandardError {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread shares with those who speak.
#[derive(Debug, Default)]
struct Shared {
    texts: Mutex<Texts>,
    changed: Condvar,
    /// As in `texts`, for those who only want to know whether to speak: there is a look at it after each event.
    waits: AtomicBool,
    gone: AtomicBool,
}

#[derive(Default)]
struct Texts {
    /// What the thread has not taken yet.
    said: String,
    closed: bool,
    /// Whether the thread has written all, or has given up.
    ended: bool,
    heard: Option<Box<dyn FnOnce() + Send>>,
}

impl StandardError {
    /// So long nobody who has come to an end is held up by those who do not read.
    pub const PATIENCE: Duration = Duration::from_secs(10);

    /// Starts the thread.
    ///
    /// # Errors
    /// Where no thread is to be had.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("jobmon-tells".to_owned()).spawn(move || own.write())?;
        Ok(Self { shared, thread: Some(thread) })
    }
}

impl Outlet for StandardError {
    fn hearing(&self) -> Hearing {
        match (self.shared.gone.load(Ordering::Relaxed), self.shared.waits.load(Ordering::Relaxed)) {
            (true, _) => Hearing::Never,
            (false, true) => Hearing::Later,
            (false, false) => Hearing::Now,
        }
    }

    fn say(&mut self, text: &str) {
        let mut texts = self.shared.texts();
        if text.is_empty() || texts.closed || texts.ended {
            return;
        }
        texts.said.push_str(text);
        self.shared.waits.store(true, Ordering::Relaxed);
        self.shared.changed.notify_all();
    }

    fn close(&mut self, heard: Box<dyn FnOnce() + Send>) {
        let mut texts = self.shared.texts();
        texts.closed = true;
        if texts.ended {
            drop(texts);
            return heard();
        }
        texts.heard = Some(heard);
        self.shared.changed.notify_all();
    }
}

impl Drop for StandardError {
    fn drop(&mut self) {
        let mut texts = self.shared.texts();
        if !texts.closed {
            texts.closed = true;
            self.shared.changed.notify_all();
            let waits = self.shared.changed.wait_timeout_while(texts, Self::PATIENCE, |texts| !texts.ended);
            texts = waits.unwrap_or_else(PoisonError::into_inner).0;
        }
        let ended = texts.ended;
        drop(texts);
        let Some(thread) = self.thread.take() else { return };
        if !ended {
            tracing::debug!("nobody reads the last of what was told");
        } else if thread.join().is_err() {
            tracing::error!("the thread that tells how far the run is panicked");
        }
    }
}

impl Shared {
    fn texts(&self) -> MutexGuard<'_, Texts> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the thread does.
    fn write(&self) {
        while let Some(text) = self.next() {
            if let Err(error) = write(text.as_bytes()) {
                // Standard error may be a pipe whose reader has gone, or a file on a full disk: the work goes on.
                tracing::debug!(%error, "nobody reads the progress");
                self.gone.store(true, Ordering::Relaxed);
                break;
            }
        }
        let mut texts = self.texts();
        texts.ended = true;
        let heard = texts.heard.take();
        self.changed.notify_all();
        drop(texts);
        if let Some(heard) = heard {
            heard();
        }
    }

    /// What is to be written next, when there is something; `None` when there will be nothing more.
    fn next(&self) -> Option<String> {
        let mut texts = self.texts();
        while texts.said.is_empty() {
            self.waits.store(false, Ordering::Relaxed);
            if texts.closed {
                return None;
            }
            texts = self.changed.wait(texts).unwrap_or_else(PoisonError::into_inner);
        }
        Some(std::mem::take(&mut texts.said))
    }
}

/// Writes all of a text, by one call where there is room for it, so that nothing of others comes between. The standard
/// library's lock is not taken: whoever else speaks would wait behind it.
fn write(mut text: &[u8]) -> rustix::io::Result<()> {
    let stderr = rustix::stdio::stderr();
    while !text.is_empty() {
        match rustix::io::write(stderr, text) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => text = &text[written..],
            Err(Errno::INTR) => {}
            // Whoever gave us standard error may have made it one that does not block.
            Err(Errno::AGAIN) => match poll(&mut [PollFd::new(&stderr, PollFlags::OUT)], None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { said, closed, ended, heard: _ } = self;
        f.debug_struct("Texts")
            .field("said", said)
            .field("closed", closed)
            .field("ended", ended)
            .finish_non_exhaustive()
    }
}
