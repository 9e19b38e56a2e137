//! What a program with workflows needs: `use jobmon::prelude::*;`

pub use crate::{
    ArgValue, Command, Defaults, Fixed, Progress, RunOptions, TaskExt, TaskRef, TaskSet, TaskTemplate, Tool, Workflow,
};
pub use crate::{grid, task_template};
