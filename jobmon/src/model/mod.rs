//! Plain data: the words that plan, engine, executors, store and report share.

mod args;
mod asking;
mod attempt;
mod counts;
mod directory;
mod failure;
mod grant;
mod queue;
mod record;
mod resources;
mod retry;
mod scale;
mod status;
mod steer;
mod template;
mod values;

pub use args::{ArgValue, Fixed, Given, GuardArg, IdentArg, ListArg, OptionalArg, PlainArg, ScriptArg, TextArg};
pub(crate) use asking::ResourcesFunction;
pub use asking::{Asked, Asking};
// What engine, executors and store say to one another is no part of what programs are written against.
#[doc(hidden)]
pub use attempt::{After, Cancel, Ending, Expected, Launch, Report, Stray, Usage, Verdict};
#[doc(hidden)]
pub use counts::Counts;
#[doc(hidden)]
pub use directory::{RunDirectory, Stream};
pub use failure::{Failure, FailureKind, Lack, StartFailure};
#[doc(hidden)]
pub use grant::{Exhausted, Lacking};
#[doc(hidden)]
pub use queue::{Bounds, QueueLimits, Refusal};
pub use queue::{Cluster, Queue};
#[doc(hidden)]
pub use record::Record;
pub use resources::Resources;
#[doc(hidden)]
pub use resources::{Request, TooLittle};
#[doc(hidden)]
pub use retry::RetrySpec;
pub use retry::{ExitCodes, ExitMeaning, RetryPolicy};
#[doc(hidden)]
pub use scale::ScaleSpec;
pub(crate) use scale::multiplied;
pub use scale::{Quantity, Scale};
#[doc(hidden)]
pub use status::TaskStatus;
pub use status::{AttemptState, RunState, TaskState, WorkflowState};
#[doc(hidden)]
pub use steer::{Limit, Steer};
pub use template::{ArgSpec, CommandSpec, Place, Role, TemplateSpec};
pub(crate) use values::{ArgText, Fits, Values, flag_text, pack_list};
pub use values::{ValueMistake, ValueWriter};
