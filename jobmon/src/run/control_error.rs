//! What can go wrong when a run is steered from outside, or tasks are moved by hand.

use crate::run::error::told;
use crate::store::StoreError;
use std::path::PathBuf;
use std::time::Duration;

/// Why a run was not steered, or tasks were not moved.
///
/// ```
/// use jobmon::control::{Control, ControlError};
/// # let state = tempfile::tempdir()?;
/// # let nowhere = state.path().join("nowhere");
/// # #[cfg(any())]
/// let nowhere = "nowhere";
/// let error = Control::at(nowhere).workflow("model").pause().unwrap_err();
/// assert!(matches!(error, ControlError::NoState { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// There is no state file.
    #[error("there is no state file {}; say the state directory that the workflow runs in", path.display())]
    NoState {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// No workflow is meant by what was said.
    #[error("there is no workflow{} in the state; {hint}", said(asked.as_ref(), ""))]
    NoSuchWorkflow {
        /// What was said.
        asked: Option<String>,
        /// What there is.
        hint: String,
    },
    /// Several workflows are meant by what was said.
    #[error("{} workflows may be meant{}: {}; say `.workflow(..)`, `.tool(..)`, `.args(..)` or `.number(..)`", found.len(), said(asked.as_ref(), "by "), listed(found))]
    SeveralWorkflows {
        /// What was said.
        asked: Option<String>,
        /// The workflows.
        found: Vec<String>,
    },
    /// Only a run that is under way can do this, and there is none.
    #[error("cannot {what} workflow {name}, which is not being run{}; {hint}", last.as_deref().unwrap_or(""))]
    NotRunning {
        /// The workflow.
        name: String,
        /// What was asked.
        what: &'static str,
        /// How its last run ended, if there was one.
        last: Option<String>,
        /// What to do instead.
        hint: &'static str,
    },
    /// Tasks are moved between runs only.
    #[error("workflow {name} is being run{}; tasks are moved by hand when it is not: stop the run first", told(who.as_ref(), holders))]
    IsRunning {
        /// The workflow.
        name: String,
        /// Who runs it, and since when, as far as the state file says it.
        who: Option<String>,
        /// The processes that hold the workflow's lock, as far as this user may see them.
        holders: Vec<(u32, String)>,
    },
    /// The workflow has no such template.
    #[error("workflow {name} has no template `{template}`; {hint}")]
    NoSuchTemplate {
        /// The workflow.
        name: String,
        /// What was said.
        template: String,
        /// What there is.
        hint: String,
    },
    /// No task is meant by what was said.
    #[error("workflow {name} has no task {asked}{}", hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
    NoSuchTask {
        /// The workflow.
        name: String,
        /// What was said.
        asked: String,
        /// What may have been meant.
        hint: Option<String>,
    },
    /// The driver does not do it.
    #[error("cannot {what} workflow {name}: {answer}")]
    Refused {
        /// The workflow.
        name: String,
        /// What was asked.
        what: &'static str,
        /// What the driver said.
        answer: String,
    },
    /// The driver has not answered in time.
    #[error(
        "asked to {what} workflow {name}, its driver has not answered within {waited:?}; it may be stopped, or wait for the disk. The request stays and is taken up when the driver goes on"
    )]
    Unanswered {
        /// The workflow.
        name: String,
        /// What was asked.
        what: &'static str,
        /// How long was waited.
        waited: Duration,
    },
    /// The run ended, or its driver died, before it took the request up.
    #[error("cannot {what} workflow {name}: its run ended first")]
    Ended {
        /// The workflow.
        name: String,
        /// What was asked.
        what: &'static str,
    },
    /// The state cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn said(asked: Option<&String>, before: &str) -> String {
    asked.map(|asked| format!(" {before}{asked}")).unwrap_or_default()
}

/// The first few.
fn listed(found: &[String]) -> String {
    let more = if found.len() > 5 { ", .." } else { "" };
    format!("{}{more}", found[..found.len().min(5)].join(", "))
}
