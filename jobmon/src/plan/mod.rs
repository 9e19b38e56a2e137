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
mod identities;
mod identity;
mod look;
mod mistakes;
mod name;
mod notes;
mod outputs;
mod parts;
mod queues;
mod retries;
mod saying;
#[cfg(feature = "serde")]
mod serialized;
mod set;
mod settled;
mod task;
mod template;
mod upstream;
mod visitor;
mod wall_time;
mod workflow;

pub(crate) use check::{Checked, check};
pub use command::Command;
pub(crate) use data::PlanData;
pub use defaults::{Defaults, TemplateDefaults};
#[doc(hidden)]
pub use draft::Draft;
pub use error::PlanError;
pub use explain::{Explained, Explanation};
pub use groups::Groups;
pub use handle::TaskRef;
pub(crate) use identities::Identities;
pub(crate) use identity::identity;
pub use mistakes::{LookUpError, PlanErrors};
pub(crate) use notes::notes;
#[doc(hidden)]
pub use saying::Saying;
pub use set::TaskSet;
pub(crate) use settled::Settled;
#[doc(hidden)]
pub use task::Describe;
pub use task::{IntoTask, Task, TaskExt};
#[doc(hidden)]
pub use template::{Arg, Template};
pub use upstream::Upstream;
#[doc(hidden)]
pub use upstream::Upstreams;
pub use visitor::TaskTemplate;
#[doc(hidden)]
pub use visitor::Visitor;
pub use wall_time::IntoWallTime;
pub use workflow::{GraphNode, Tool, Workflow};
