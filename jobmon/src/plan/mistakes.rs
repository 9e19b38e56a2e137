//! Mistakes on their way to be told.

use crate::plan::PlanError;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// All mistakes of a workflow at once.
///
/// ```
/// # use jobmon::prelude::*;
/// # let mut wf = Tool::new("demo").workflow("w");
/// wf.add(Command::new("fit").cores(0).memory("lots"));
/// let mistakes = wf.check().unwrap_err();
/// assert_eq!(mistakes.0.len(), 2);
/// assert!(mistakes.to_string().starts_with("there are 2 mistakes in the workflow:"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanErrors(pub Vec<PlanError>, Vec<String>);

impl PlanErrors {
    /// How many are shown one by one.
    const SHOWN: usize = 50;

    pub(crate) const fn new(mistakes: Vec<PlanError>) -> Self {
        Self(mistakes, Vec::new())
    }

    /// The same, with what is no mistake but may be why there are some.
    pub(crate) fn with_notes(self, notes: Vec<String>) -> Self {
        Self(self.0, notes)
    }
}

impl fmt::Display for PlanErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "there is a mistake in the workflow:")?,
            many => write!(f, "there are {many} mistakes in the workflow:")?,
        }
        self.0.iter().take(Self::SHOWN).try_for_each(|error| write!(f, "\n  {error}"))?;
        match self.0.len().saturating_sub(Self::SHOWN) {
            0 => {}
            more => write!(f, "\n  and {more} more")?,
        }
        self.1.iter().try_for_each(|note| write!(f, "\n  note: {note}"))
    }
}

impl std::error::Error for PlanErrors {}

/// Why a look-up did not find the one task that was asked for.
///
/// ```
/// # use jobmon::prelude::*;
/// # let mut wf = Tool::new("demo").workflow("w");
/// use jobmon::plan::LookUpError;
/// let tasks = wf.add_all((0..3).map(|id| Command::new("fit").node_arg("id", id)));
/// assert_eq!(tasks.try_one(|_| false), Err(LookUpError::None { of: 3 }));
/// assert_eq!(tasks.try_one(|_| true), Err(LookUpError::Several { matches: 3, of: 3 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookUpError {
    /// No task matches.
    #[error("none of the {of} tasks matches, where one was to be found")]
    None {
        /// How many tasks were looked at.
        of: usize,
    },
    /// Several tasks match.
    #[error("{matches} of the {of} tasks match, where one was to be found")]
    Several {
        /// How many match.
        matches: usize,
        /// How many tasks were looked at.
        of: usize,
    },
}

/// The mistakes of a workflow so far, shared with the sets that it gave out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mistakes(Arc<Mutex<Vec<PlanError>>>);

impl Mistakes {
    pub(crate) fn add(&self, error: PlanError) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }

    pub(crate) fn all(&self) -> Vec<PlanError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
