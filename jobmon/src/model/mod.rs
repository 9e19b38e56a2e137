//! Plain data: the words that plan, engine, executors, store and report share.

mod args;
mod attempt;
mod counts;
mod directory;
mod failure;
mod queue;
mod record;
mod resources;
mod scale;
mod status;
mod template;
mod values;

#[doc(hidden)]
pub use args::Given;
pub use args::{ArgValue, Fixed, GuardArg, IdentArg, ListArg, OptionalArg, PlainArg, ScriptArg, TextArg};
pub use attempt::{After, Cancel, Ending, Launch, Report, Stray, Usage, Verdict};
pub use counts::Counts;
pub use directory::{RunDirectory, Stream};
pub use failure::{Failure, StartFailure};
pub use queue::{Bounds, Cluster, Queue, QueueLimits, Refusal};
pub use record::Record;
pub use resources::{Request, Resources, TooLittle};
pub use scale::{Quantity, Scale};
pub use status::{AttemptState, RunState, TaskState, TaskStatus, WorkflowState};
pub use template::{ArgSpec, CommandSpec, Place, Role, TemplateSpec};
pub(crate) use values::{ArgText, Fits, Values, flag_text, pack_list};
pub use values::{ValueMistake, ValueWriter};
