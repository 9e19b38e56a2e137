//! What each field is to the task.

use crate::diagnostics::Diagnostics;
use crate::model::Role;
use crate::parse::{OPTIONS, ROLES, RawField, role_name};
use jobmon_syntax::suggest::did_you_mean;
use syn::{Attribute, Meta};

/// The fields by what they are. Those with a mistake are in none of the lists.
#[derive(Default)]
pub(super) struct Sorted<'a> {
    pub(super) args: Vec<(&'a RawField, Role)>,
    pub(super) upstreams: Vec<&'a RawField>,
}

pub(super) fn sort<'a>(fields: &'a [RawField], errors: &mut Diagnostics) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    for field in fields {
        match role(field, errors) {
            None => {}
            Some("upstream") => sorted.upstreams.push(field),
            Some("node_arg") => sorted.args.push((field, Role::Node)),
            Some("task_arg") => sorted.args.push((field, Role::Task)),
            Some(_) => sorted.args.push((field, Role::Op)),
        }
    }
    sorted
}

/// The one role of a field.
fn role(field: &RawField, errors: &mut Diagnostics) -> Option<&'static str> {
    let mut known: Option<&'static str> = None;
    for attr in &field.attrs {
        if attr.path().is_ident(OPTIONS) {
            errors.error(attr, "`#[task_template(..)]` belongs on the struct, not on a field");
        }
        let Some(role) = role_name(attr) else { continue };
        plain(attr, role, errors);
        match known {
            None => known = Some(role),
            Some(first) if first == role => errors.error(attr, format!("`#[{role}]` is given twice")),
            Some(first) => {
                errors
                    .error(attr, format!("`{}` is a `#[{first}]` already; it can't be a `#[{role}]` too", field.name));
            }
        }
    }
    if known.is_none() && !field.attrs.iter().any(nearly_role) {
        errors.error(&field.ident, no_role(&field.name));
    }
    known
}

/// A role takes nothing: `#[node_arg]`.
fn plain(attr: &Attribute, role: &str, errors: &mut Diagnostics) {
    if !matches!(attr.meta, Meta::Path(_)) {
        errors.error(&attr.meta, format!("`#[{role}]` takes nothing; write `#[{role}]`"));
    }
}

/// Whether the attribute looks like a role with a typing error, which the compiler tells by itself.
fn nearly_role(attr: &Attribute) -> bool {
    let name = attr.path().get_ident().map(ToString::to_string);
    name.is_some_and(|name| did_you_mean(&name, ROLES).is_some())
}

fn no_role(name: &str) -> String {
    format!(
        "say what `{name}` is to the task, with one of\n  \
         #[node_arg]  tells this task from its siblings in the workflow\n  \
         #[task_arg]  is data: changing it makes another task\n  \
         #[op_arg]    is how it runs: changing it doesn't\n  \
         #[upstream]  is a task that must be done before"
    )
}
