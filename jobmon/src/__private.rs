//! What the macros name. Not for use by hand: it changes without notice.

pub use crate::model::{ArgSpec, ArgValue, GuardArg, IdentArg, ListArg, OptionalArg, Place, PlainArg, Role};
pub use crate::model::{TemplateSpec, ValueWriter};
pub use crate::plan::{TaskTemplate, Upstream, Visitor};
