//! Plain data: the words that plan, engine, executors, store and report share.

mod args;
mod attempt;
mod counts;
mod directory;
mod failure;
mod record;
mod resources;
mod retry;
mod scale;
mod status;
mod template;
mod values;

#[doc(hidden)]
pub use args::Given;
pub use args::{ArgValue, Fixed, GuardArg, IdentArg, ListArg, OptionalArg, PlainArg, ScriptArg, TextArg};
pub use attempt::{After, Cancel, Ending, Expected, Launch, Report, Stray, Usage, Verdict};
pub use counts::Counts;
pub use directory::{RunDirectory, Stream};
pub use failure::{Failure, FailureKind, Lack, StartFailure};
pub use record::Record;
pub use resources::{Request, Resources, TooLittle};
pub use retry::{ExitCodes, ExitMeaning, RetryPolicy, RetrySpec};
pub use scale::{Quantity, Scale};
pub use status::{AttemptState, RunState, TaskState, TaskStatus, WorkflowState};
pub use template::{ArgSpec, CommandSpec, Place, Role, TemplateSpec};
pub(crate) use values::{ArgText, Fits, Values, flag_text, pack_list};
pub use values::{ValueMistake, ValueWriter};
