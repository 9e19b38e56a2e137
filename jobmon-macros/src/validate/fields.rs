//! What each field is to the task.

use crate::diagnostics::Diagnostics;
use crate::model::Role;
use crate::parse::{OPTIONS, ROLES, RawField, role_name};
use jobmon_syntax::suggest::edits;
use syn::{Attribute, GenericArgument, Meta, PathArguments, Type};

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
            Some(role @ ("node_arg" | "task_arg" | "op_arg")) if is_handle(&field.ty) => {
                handle(field, role, errors);
            }
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
///
/// It suggests what is the same but for upper and lower case, or differs in a third of the letters, counting those in the wrong
/// case: not `node_arg` for `NodeArg`.
fn nearly_role(attr: &Attribute) -> bool {
    // The last of a path, too: a role is never found in a crate.
    let name = attr.path().segments.last().map(|last| last.ident.to_string());
    let near = |name: &str, role: &str| edits(name, role) <= name.len().max(3) / 3 || name.eq_ignore_ascii_case(role);
    name.is_some_and(|name| ROLES.iter().any(|role| near(&name, role)))
}

/// Tells that a handle is no argument. It has no text, whatever the command does with it.
fn handle(field: &RawField, role: &str, errors: &mut Diagnostics) {
    let name = &field.name;
    let told = field.attrs.iter().find(|attr| role_name(attr) == Some(role));
    let message =
        format!("`{name}` is a handle of a task, which has no text; write `#[upstream]` instead of `#[{role}]`");
    match told {
        Some(attr) => errors.error(attr, message),
        None => errors.error(&field.ident, message),
    }
}

/// Whether the type is that of a handle, in an `Option` or a list or not, as far as its name tells.
fn is_handle(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            last.ident == "TaskRef"
                || last.ident == "TaskSet"
                || ((last.ident == "Option" || last.ident == "Vec")
                    && first_type(&last.arguments).is_some_and(is_handle))
        }),
        Type::Reference(reference) => is_handle(&reference.elem),
        Type::Paren(inner) => is_handle(&inner.elem),
        Type::Group(inner) => is_handle(&inner.elem),
        _ => false,
    }
}

fn first_type(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
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
