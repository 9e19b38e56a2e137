//! Many short tasks that write down what they do, to be killed at any moment.

use crate::options;
use jobmon::Progress;
use jobmon::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Writes its attempt and the time to its own file, at its start and as its very last act.
#[task_template(
    command = r#"printf '%s begin %s\n' "$JOBMON_TASK_INSTANCE_ID" "$EPOCHREALTIME" >> {state}/act{id}
                 printf '%s end %s\n' "$JOBMON_TASK_INSTANCE_ID" "$EPOCHREALTIME" >> {state}/act{id}"#,
    shell = true
)]
struct Act {
    #[node_arg]
    id: u32,
    #[op_arg]
    state: PathBuf,
    #[upstream]
    before: Option<TaskRef<Self>>,
}

/// Three layers of a hundred, two at a time.
pub(crate) fn acts(state: &Path) -> jobmon::Result<()> {
    let mut wf = Tool::new("test").workflow("acts");
    let mut refs: Vec<TaskRef<Act>> = Vec::new();
    for id in 0..300 {
        // Not the task of its own place in the layer above, so that layers mix.
        let before = refs.len().checked_sub(100).map(|at| refs[at]);
        refs.push(wf.add(Act { id, state: state.to_owned(), before }));
    }
    let grace = Duration::from_millis(200);
    wf.run(options(state).cores(2).grace(grace).progress(Progress::Off))?.ok()
}
