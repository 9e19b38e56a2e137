//! The proof that one run drives a workflow: a lock that dies with the processes that hold it.

use crate::store::StoreError;
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The lock of a workflow, held by the driver, the keeper and its slot processes through one open file.
#[derive(Debug)]
pub struct Lease {
    file: OwnedFd,
}

/// Somebody else has the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The processes that have the lock's file open, as far as this user may see them: number and name.
    pub holders: Vec<(u32, String)>,
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
                Ok(()) => return Ok(Ok(Self { file })),
                // Somebody may only be looking whether it is held.
                Err(rustix::io::Errno::WOULDBLOCK) if looks.next().is_some() => {
                    std::thread::park_timeout(Self::LOOK);
                }
                Err(rustix::io::Errno::WOULDBLOCK) => return Ok(Err(Held { holders: holders(path) })),
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

    /// Gives the lock back at once, also where a child that the program forked still has the file open.
    pub fn release(self) {
        if let Err(error) = flock(&self.file, FlockOperation::Unlock) {
            tracing::warn!(%error, "the lock of the workflow lasts until its file is closed");
        }
    }

    /// The same open file once more, to be handed down: the lock lasts until all of them are closed.
    ///
    /// # Errors
    /// Where there are no descriptors left.
    pub fn share(&self) -> Result<OwnedFd, StoreError> {
        self.file.try_clone().map_err(|source| StoreError::Share { source })
    }
}

/// Who has a file open. Processes of other users, and of other containers, are not seen.
pub(super) fn holders(path: &Path) -> Vec<(u32, String)> {
    let Ok(wanted) = path.canonicalize() else { return Vec::new() };
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let own = std::process::id();
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut found: Vec<(u32, String)> =
        pids.filter(|pid| *pid != own && has_open(*pid, &wanted)).map(|pid| (pid, name(pid))).collect();
    found.sort_unstable();
    found
}

fn has_open(pid: u32, wanted: &Path) -> bool {
    let Ok(descriptors) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors.filter_map(Result::ok).any(|entry| std::fs::read_link(entry.path()).is_ok_and(|open| open == wanted))
}

fn name(pid: u32) -> String {
    let name = std::fs::read_to_string(PathBuf::from(format!("/proc/{pid}/comm")));
    name.map_or_else(|_| "?".to_owned(), |name| name.trim_end().to_owned())
}
