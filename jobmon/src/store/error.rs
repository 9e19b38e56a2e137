//! What can go wrong with the state file.

use crate::id::WorkflowId;
use crate::store::Want;
use std::io;
use std::path::PathBuf;

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
        "workflow {workflow} was taken over by another run while this one was away; this one has ended its tasks and recorded nothing more"
    )]
    LeaseLost {
        /// The workflow.
        workflow: WorkflowId,
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
