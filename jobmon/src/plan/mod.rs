//! What a user writes against: workflows, tasks, handles; and the check of it all.

mod check;
mod command;
mod data;
mod defaults;
mod draft;
mod drawing;
mod error;
mod explain;
mod groups;
mod handle;
mod identity;
mod mistakes;
mod name;
mod outputs;
mod parts;
mod queues;
mod saying;
mod set;
mod settled;
mod task;
mod template;
mod upstream;
mod visitor;
mod workflow;

pub(crate) use check::{Checked, check, check_fits};
pub use command::Command;
pub(crate) use data::PlanData;
pub use defaults::{Defaults, TemplateDefaults};
pub use draft::Draft;
pub use error::PlanError;
pub use explain::{Explained, Explanation};
pub use groups::Groups;
pub use handle::TaskRef;
pub(crate) use identity::identity;
pub use mistakes::{LookUpError, PlanErrors};
#[doc(hidden)]
pub use saying::Saying;
pub use set::TaskSet;
pub(crate) use settled::Settled;
pub use task::{Describe, IntoTask, Task, TaskExt};
pub use template::{Arg, Template};
pub use upstream::{Upstream, Upstreams};
pub use visitor::{TaskTemplate, Visitor};
pub use workflow::{GraphNode, Tool, Workflow};
