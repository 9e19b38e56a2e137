//! What can go wrong with the state file.

use crate::id::WorkflowId;
use crate::store::Want;
use crate::store::openers::openers;
use rusqlite::ErrorCode;
use rustix::fs::Access;
use std::io;
use std::path::{Path, PathBuf};

/// Why the state could not be read or written.
///
/// ```
/// use jobmon::prelude::*;
/// use jobmon::run::StoreError;
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path();
/// let file = directory.join("notes.txt");
/// std::fs::write(&file, "no directory")?;
/// let mut wf = Tool::new("demo").workflow("nowhere");
/// wf.add(Command::new("true"));
/// let error = wf.run(RunOptions::new().state(&file)).unwrap_err();
/// assert!(matches!(error, jobmon::Error::Store(StoreError::Directory { .. })));
/// assert!(error.to_string().starts_with("cannot prepare the state directory"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The directory of the state cannot be made or written to.
    #[error("cannot prepare the state directory {}; choose another with `JOBMON_HOME` or `RunOptions::state`", path.display())]
    Directory {
        /// The directory or file that was to be made.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The state file cannot be opened.
    #[error("cannot open the state file {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
    /// The state file is locked by somebody who does not let go.
    #[error("the state file {} has been locked for too long{}; start again when whoever locks it has ended", path.display(), by(holders))]
    Busy {
        /// The file.
        path: PathBuf,
        /// The processes that have it open, as far as this user may see them: number and name.
        holders: Vec<(u32, String)>,
    },
    /// This user may not write the state file, or what SQLite keeps beside it.
    #[error("the state file {} cannot be written here: this user may not, or its file system is read-only; choose another state directory with `JOBMON_HOME` or `RunOptions::state`", path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
    },
    /// The state file is damaged.
    #[error("the state file {} is damaged: {found}. Put a copy in its place (`jobmon::control::back_up` makes them), save what is left of it by `sqlite3 FILE .recover`, or begin anew with another state directory", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was found.
        found: String,
    },
    /// The state file cannot be copied.
    #[error("cannot copy the state file {} to {}", path.display(), to.display())]
    BackUp {
        /// The file.
        path: PathBuf,
        /// Where it was to be copied to.
        to: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is there but holds something else.
    #[error("{} is not a state file of jobmon: {reason}; it was left as it is", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        reason: String,
    },
    /// The state file was written by a newer jobmon.
    #[error("the state file {} has version {found} of the schema, this jobmon knows up to {known}; use a newer jobmon", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that is known.
        known: i64,
    },
    /// A statement failed.
    #[error("cannot {what} in the state file {}", path.display())]
    Statement {
        /// What was attempted.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
    /// There is no room for what was to be written.
    #[error("cannot {what} in the state file {}: {want}; make room, then start the program again: with `RunOptions::resume(true)` it goes on", path.display())]
    NoRoom {
        /// What was attempted.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Of what there is no more.
        want: Want,
    },
    /// The file may not become as large as it would have to.
    #[error("cannot {what} in the state file {}, which may not grow: look at `ulimit -f` and at how large files its file system takes", path.display())]
    TooLarge {
        /// What was attempted.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The disk or its file system fails.
    #[error("cannot {what} in the state file {}: its disk fails; see what `dmesg` says of it, and copy the state directory to another disk", path.display())]
    Disk {
        /// What was attempted.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is not at its place any more.
    #[error("cannot {what} in the state file {}: while the run used it, somebody moved, replaced or deleted it; put it back where it was and start the program again with `RunOptions::resume(true)`, or all that was done is lost", path.display())]
    Gone {
        /// What was attempted.
        what: &'static str,
        /// Where the file was.
        path: PathBuf,
    },
    /// What was read makes no sense.
    #[error("the state file {} holds {found:?} where {expected} was expected; it may be damaged: restore a copy, or begin anew with another state directory", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// Another driver has taken the workflow over.
    #[error(
        "workflow {workflow} was taken over by {by} while this run was away; this one has ended its tasks and recorded nothing more"
    )]
    LeaseLost {
        /// The workflow.
        workflow: WorkflowId,
        /// Who has it now, and since when.
        by: String,
    },
    /// The lock cannot be handed down.
    #[error("cannot hand the lock of the workflow to the process that starts its tasks")]
    Share {
        /// The cause.
        source: io::Error,
    },
    /// The thread that writes the state is gone: a panic in it.
    #[error("the thread that writes the state ended without a word; please report this as a bug of jobmon")]
    WriterLost,
    /// The lock cannot be taken for another reason than that somebody has it.
    #[error("cannot lock {}", path.display())]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl StoreError {
    /// What a failure to open the file comes to.
    pub(super) fn of_opening(path: PathBuf, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) if !is_writable(&path) => {
                Self::NotWritable { path }
            }
            Some(ErrorCode::CannotOpen) => Self::Open { path, source },
            _ => match Self::of_statement("open it", &path, source) {
                Self::Statement { path, source, .. } => Self::Open { path, source },
                told => told,
            },
        }
    }

    /// What the failure of a statement that was to do `what` comes to.
    pub(super) fn of_statement(what: &'static str, path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::NoRoom { what, want: Want::of_disk(&path), path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { holders: openers(&path), path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt { path, found: source.to_string() },
            Some(ErrorCode::ReadOnly) => Self::NotWritable { path },
            _ => Self::Statement { what, path, source },
        }
    }

    /// Whether a file in WAL mode may be unreadable only because its log cannot be made.
    pub(super) fn is_for_want_of_a_log(&self) -> bool {
        let code = match self {
            Self::Open { source, .. } => source.sqlite_error_code(),
            _ => None,
        };
        matches!(self, Self::NotWritable { .. }) || code == Some(ErrorCode::CannotOpen)
    }
}

fn is_writable(path: &Path) -> bool {
    let may = |path: &Path| rustix::fs::access(path, Access::WRITE_OK).is_ok();
    may(path) || !path.exists() && path.parent().is_some_and(may)
}

fn by(holders: &[(u32, String)]) -> String {
    let holders: Vec<String> = holders.iter().map(|(pid, name)| format!("{pid} ({name})")).collect();
    if holders.is_empty() {
        String::new()
    } else {
        format!(", by one of those that have it open: {}", holders.join(", "))
    }
}
