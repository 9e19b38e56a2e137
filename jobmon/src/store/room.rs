//! Disks that are full.

use crate::store::StoreError;
use crate::store::errno;
use crate::store::open::Database;
use crate::units::Memory;
use rusqlite::{Error, ErrorCode};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The state file cannot grow.
///
/// ```
/// use jobmon::run::{StoreError, Want};
///
/// fn advice(error: &StoreError) -> Option<String> {
///     match error {
///         StoreError::NoRoom { want: Want::Disk { free, .. }, .. } => Some(format!("{free} bytes are left")),
///         StoreError::NoRoom { want: Want::Quota, .. } => Some("look at `quota -s`".to_owned()),
///         _ => None,
///     }
/// }
/// # let _ = advice;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Want {
    /// The disk is full.
    Disk {
        /// How many bytes are free on it for this user.
        free: u64,
        /// How many it has.
        size: u64,
    },
    /// The quota of the user, the group or the project is used up.
    Quota,
}

impl Want {
    /// The disk on which a file lies.
    pub(super) fn of_disk(path: &Path) -> Self {
        match rustix::fs::statvfs(path) {
            Ok(found) => Self::Disk { free: found.f_bavail * found.f_frsize, size: found.f_blocks * found.f_frsize },
            Err(_) => Self::Disk { free: 0, size: 0 },
        }
    }
}

impl fmt::Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk { size: 0, .. } => f.write_str("its disk is full"),
            Self::Disk { free, size } => {
                let [free, size] = [*free, *size].map(Memory::from_bytes);
                write!(f, "its disk is full ({free} of {size} free)")
            }
            Self::Quota => f.write_str("your disk quota is used up (`quota -s` shows it)"),
        }
    }
}

impl Database {
    /// What a failure to write comes to: a disk without room is told as that, and of other failures of the machine the reason.
    pub(crate) fn explained(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Statement { what, path, source }
                if source.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) =>
            {
                match errno::last(&self.connection) {
                    Some(reason) => self.unwritten(what, path, &source, reason),
                    None => StoreError::Statement { what, path, source },
                }
            }
            error => error,
        }
    }

    fn unwritten(&self, what: &'static str, path: PathBuf, sqlite: &Error, reason: io::Error) -> StoreError {
        match reason.kind() {
            io::ErrorKind::StorageFull => StoreError::NoRoom { what, want: Want::of_disk(&self.path), path },
            io::ErrorKind::QuotaExceeded => StoreError::NoRoom { what, want: Want::Quota, path },
            io::ErrorKind::FileTooLarge => StoreError::TooLarge { what, path, source: reason },
            _ => {
                tracing::debug!(%sqlite, "SQLite's words");
                StoreError::Disk { what, path, source: reason }
            }
        }
    }
}
