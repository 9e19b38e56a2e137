//! Why a simulation gave no trace.

use crate::testing::Trace;
use std::fmt;

/// Why a simulation gave no trace. Its `Debug`, which a failed test shows, reads like its `Display`.
#[derive(thiserror::Error)]
pub enum SimulationError {
    /// The workflow cannot be run, whatever the cluster does: all its mistakes, or a refusal.
    #[error("the workflow cannot be run: {0}")]
    Refused(#[source] Box<crate::run::Error>),
    /// Rules name tasks that the workflow does not have.
    #[error("{}", .0.join("\n"))]
    Rules(Vec<String>),
    /// Nothing more would ever happen.
    #[error("nothing more happens, and the workflow is not at its end: {why}\n{trace}")]
    Stuck {
        /// What the run waits for.
        why: String,
        /// What had happened.
        trace: Box<Trace>,
    },
    /// Something happened that must never happen: a fault of jobmon itself. Please report it with the text.
    #[error("{what}\n{trace}")]
    Broken {
        /// What happened.
        what: String,
        /// What had happened before.
        trace: Box<Trace>,
    },
    /// The directory for the state file cannot be made.
    #[error("cannot make a directory for the state of a simulated run below {}", path.display())]
    Directory {
        /// Where.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl fmt::Debug for SimulationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<crate::run::Error> for SimulationError {
    fn from(error: crate::run::Error) -> Self {
        Self::Refused(Box::new(error))
    }
}

impl From<crate::store::StoreError> for SimulationError {
    fn from(error: crate::store::StoreError) -> Self {
        crate::run::Error::from(error).into()
    }
}
