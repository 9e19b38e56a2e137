//! The order to start an attempt, with all that its process will see.

use crate::engine::Order;
use crate::id::{AttemptId, RunId, WorkflowId};
use crate::model::{After, Expected, Launch};
use crate::plan::PlanData;
use crate::store::TaskNumbers;
use std::path::PathBuf;
use std::sync::Arc;

/// Makes launches of orders.
#[derive(Debug)]
pub(super) struct Launcher {
    pub(super) plan: Arc<PlanData>,
    pub(super) tasks: Arc<TaskNumbers>,
    pub(super) workflow: WorkflowId,
    pub(super) run: RunId,
    pub(super) token: String,
    /// Where tasks start that say no directory; absolute.
    pub(super) directory: PathBuf,
    /// After which ends those start that were handed over: where failures end the run, none is to start anything.
    pub(super) after: fn(AttemptId) -> After,
}

impl Launcher {
    /// The launch of an order; an error in words where the task's command cannot be made.
    pub(super) fn launch(&self, order: &Order) -> Result<Launch, String> {
        let rendered = self.plan.render(order.task)?;
        let directory = self.plan.directory(order.task, &self.directory);
        let [stdout, stderr] = [rendered.stdout, rendered.stderr].map(|file| file.map(|path| directory.join(path)));
        let overrides = self.plan.overrides(order.task);
        let said = overrides.map_or(&[][..], |overrides| &overrides.outputs);
        let may_be_empty = self.plan.output_may_be_empty(order.task);
        let expected = |path| Expected { path: directory.join(path), may_be_empty };
        let outputs = rendered.outputs.iter().chain(said).map(expected).collect();
        Ok(Launch {
            attempt: order.attempt,
            task: order.task,
            slot: order.slot,
            argv: rendered.argv,
            env: self.environment(order, rendered.env),
            directory,
            stdout,
            stderr,
            outputs,
            granted: order.granted,
            after: order.after.map(self.after),
        })
    }

    /// What the template says, what the task says over it, and what is set in any case.
    fn environment(&self, order: &Order, mut variables: Vec<(String, String)>) -> Vec<(String, String)> {
        let granted = order.granted;
        let said = self.plan.overrides(order.task).map_or(&[][..], |overrides| &overrides.env);
        variables.extend_from_slice(said);
        let mut set = |name: &str, value: String| variables.push((name.to_owned(), value));
        set("JOBMON_WORKFLOW_ID", self.workflow.to_string());
        set("JOBMON_WORKFLOW_RUN_ID", self.run.to_string());
        set("JOBMON_RUN_TOKEN", self.token.clone());
        set("JOBMON_TASK_ID", self.tasks.of(order.task).to_string());
        set("JOBMON_TASK_INSTANCE_ID", order.attempt.to_string());
        set("JOBMON_TASK_NAME", self.plan.task_name(order.task));
        set("JOBMON_ATTEMPT", order.number.to_string());
        set("JOBMON_CORES", granted.cores.to_string());
        if let Some(memory) = granted.memory {
            set("JOBMON_MEMORY_BYTES", memory.bytes().to_string());
        }
        if let Some(runtime) = granted.runtime {
            set("JOBMON_RUNTIME_SECONDS", runtime.seconds().to_string());
        }
        variables
    }
}
