//! The proof that one run drives a workflow: a lock that dies with the processes that hold it.

use crate::store::StoreError;
use crate::store::holder::{Held, Holder};
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use std::cell::Cell;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

/// The lock of a workflow, held by the driver, the keeper and its slot processes through one open file.
#[derive(Debug)]
pub struct Lease {
    file: OwnedFd,
    /// Whether processes of the run have it too: then it lasts as long as the last of them.
    is_shared: Cell<bool>,
}

impl Lease {
    /// So often, and after so long, the lock is tried again.
    const LOOKS: u32 = 3;
    const LOOK: Duration = Duration::from_millis(2);

    /// Takes the lock; `Err(Held)` inside where somebody else has it.
    ///
    /// # Errors
    /// [`StoreError::Lock`] where the file cannot be opened or locked at all.
    pub fn take(path: &Path) -> Result<Result<Self, Held>, StoreError> {
        let failed = |source: io::Error| StoreError::Lock { path: path.to_owned(), source };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        // Never deleted: a lock on a deleted file and one on its successor would be two locks.
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::from_raw_mode(0o644)).map_err(|error| failed(error.into()))?;
        let mut looks = 0..Self::LOOKS;
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Ok(Self { file, is_shared: Cell::new(false) })),
                // Somebody may only be looking whether it is held.
                Err(rustix::io::Errno::WOULDBLOCK) if looks.next().is_some() => {
                    std::thread::park_timeout(Self::LOOK);
                }
                Err(rustix::io::Errno::WOULDBLOCK) => return Ok(Err(Held::look(path))),
                Err(error) => return Err(failed(error.into())),
            }
        }
    }

    /// Whether somebody has the lock. Whoever takes it at that very moment tries it again.
    ///
    /// # Errors
    /// [`StoreError::Lock`] where that cannot be told.
    pub fn is_held(path: &Path) -> Result<bool, StoreError> {
        let failed = |source: io::Error| StoreError::Lock { path: path.to_owned(), source };
        let file = match rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
            Ok(file) => file,
            Err(rustix::io::Errno::NOENT) => return Ok(false),
            Err(error) => return Err(failed(error.into())),
        };
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(false),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// Writes into the file who has the lock, for those who do not get it.
    pub fn sign(&self, holder: &Holder) {
        if let Err(error) = self.write(&holder.text()) {
            tracing::warn!(%error, "who comes now is not told who has the lock of the workflow");
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        // A reader between the two finds nothing, and looks again.
        rustix::fs::ftruncate(&self.file, 0)?;
        let written = rustix::io::pwrite(&self.file, text.as_bytes(), 0)?;
        if written == text.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
    }

    /// Gives the lock back at once, also where a child that the program forked still has the file open.
    pub fn release(self) {
        self.unlock();
        self.is_shared.set(true);
    }

    fn unlock(&self) {
        if let Err(error) = self.write("") {
            tracing::debug!(%error, "the lock's file still says who had it");
        }
        if let Err(error) = flock(&self.file, FlockOperation::Unlock) {
            tracing::warn!(%error, "the lock of the workflow lasts until its file is closed");
        }
    }

    /// The same open file once more, to be handed down: the lock lasts until all of them are closed.
    ///
    /// # Errors
    /// Where there are no descriptors left.
    pub fn share(&self) -> Result<OwnedFd, StoreError> {
        self.is_shared.set(true);
        self.file.try_clone().map_err(|source| StoreError::Share { source })
    }
}

/// A start that came to nothing had it alone: it is given back, whoever has the file open by then.
impl Drop for Lease {
    fn drop(&mut self) {
        if !self.is_shared.get() {
            self.unlock();
        }
    }
}
