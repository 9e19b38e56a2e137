//! What stands in for a template with a mistake, so that one mistake is one message.

use crate::expand;
use crate::model::{Command, Template};
use crate::parse::Raw;
use proc_macro2::TokenStream;

/// An implementation without arguments and upstreams: the uses of the struct are right, whatever is wrong in it.
pub(crate) fn template(raw: &Raw) -> TokenStream {
    expand::template(&Template {
        raw,
        name: raw.ident.to_string(),
        command: Command::Text("true".to_owned()),
        args: Vec::new(),
        upstreams: Vec::new(),
    })
}
