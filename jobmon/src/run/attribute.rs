//! What was said of tasks and workflows to find them by.

use crate::store::AttributeRow;
use std::fmt;

/// An attribute that a state directory remembers, of a task or of a workflow; see
/// [`Recorded::attributes`](crate::Recorded::attributes).
///
/// ```
/// # use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// use jobmon::Recorded;
/// let mut wf = Tool::new("demo").workflow("w").attribute("owner", "me");
/// wf.add(Command::new("true").name("fit").attribute("release", 7));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
/// let told: Vec<String> = Recorded::at(run.state()).attributes()?.iter().map(ToString::to_string).collect();
/// assert_eq!(told, ["demo/w: owner = me", "demo/w: fit: release = 7"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedAttribute {
    /// The tool.
    pub tool: String,
    /// The workflow.
    pub workflow: String,
    /// The arguments of the workflow; empty where it has none.
    pub args: String,
    /// The name of the task; `None` where the attribute is the workflow's own.
    pub task: Option<String>,
    /// The name of the attribute.
    pub name: String,
    /// Its value, as text.
    pub value: String,
}

impl RecordedAttribute {
    pub(super) fn of(row: AttributeRow) -> Self {
        let AttributeRow { tool, workflow, args, task, name, value } = row;
        Self { tool, workflow, args, task, name, value }
    }
}

impl fmt::Display for RecordedAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tool, self.workflow)?;
        if !self.args.is_empty() {
            write!(f, " ({})", self.args)?;
        }
        if let Some(task) = &self.task {
            write!(f, ": {task}")?;
        }
        write!(f, ": {} = {}", self.name, self.value)
    }
}
