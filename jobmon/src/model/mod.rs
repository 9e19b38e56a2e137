//! Plain data: the words that plan, engine, executors, store and report share.

mod args;
mod attempt;
mod counts;
mod directory;
mod failure;
mod record;
mod resources;
mod status;
mod template;
mod values;

pub use args::{ArgValue, Fixed, GuardArg, IdentArg, ListArg, OptionalArg, PlainArg};
pub use attempt::{After, Cancel, Ending, Launch, Report, Stray, Usage, Verdict};
pub use counts::Counts;
pub use directory::{RunDirectory, Stream};
pub use failure::{Failure, StartFailure};
pub use record::Record;
pub use resources::Resources;
pub use status::{AttemptState, RunState, TaskState, TaskStatus, WorkflowState};
pub use template::{ArgSpec, CommandSpec, Place, Role, TemplateSpec};
pub(crate) use values::{ArgText, Fits, Values, flag_text, pack_list};
pub use values::{ValueMistake, ValueWriter};
