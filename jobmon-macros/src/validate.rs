//! The rules of a template, one small function each. All mistakes are told at once.

mod command;
mod fields;
mod options;

pub(crate) use command::{Unknown, pictured};

use crate::case::snake_case;
use crate::diagnostics::Diagnostics;
use crate::model::Template;
use crate::parse::{Body, Raw, role_name};
use syn::GenericParam;
use syn::ext::IdentExt;

/// Checks all rules. Placeholders that no field has are returned apart, since the compiler can be made to tell them
/// inside the literal.
pub(crate) fn template<'a>(raw: &'a Raw, errors: &mut Diagnostics) -> (Option<Template<'a>>, Vec<Unknown<'a>>) {
    body(raw, errors);
    if matches!(raw.body, Body::Other(_)) {
        return (None, Vec::new());
    }
    generics(raw, errors);
    for attr in &raw.misplaced_roles {
        let role = role_name(attr).unwrap_or_default();
        errors.error(attr, format!("`#[{role}]` belongs on a field: it says what the field is to the task"));
    }
    let name = name(raw, errors);
    options::check(raw, errors);
    let fields = fields::sort(raw.fields(), errors);
    let (args, unknown) = command::uses(raw, &fields, errors);
    let command = command::required(raw, errors);
    let template = name.zip(args).zip(command).map(|((name, args), command)| Template {
        raw,
        name,
        command,
        args,
        upstreams: fields.upstreams,
    });
    (template, unknown)
}

fn body(raw: &Raw, errors: &mut Diagnostics) {
    match &raw.body {
        Body::Named(_) | Body::Unit => {}
        Body::Tuple => errors.error(
            &raw.ident,
            "a task template needs named fields: their names are those of its arguments, `{name}` in the command",
        ),
        Body::Other(keyword) => {
            let article = if keyword == "enum" { "an" } else { "a" };
            errors.error(
                keyword,
                format!("{article} {keyword} can't be a task template; a template is a struct whose fields are its arguments"),
            );
        }
    }
}

fn generics(raw: &Raw, errors: &mut Diagnostics) {
    for param in &raw.generics.params {
        let what = match param {
            GenericParam::Type(_) => "types",
            GenericParam::Const(_) => "constants",
            GenericParam::Lifetime(_) => continue,
        };
        errors.error(
            param,
            format!("a task template can't be generic over {what}: its name alone must tell what it runs"),
        );
    }
}

/// The name that is given, or the struct's in snake case.
fn name(raw: &Raw, errors: &mut Diagnostics) -> Option<String> {
    let given = raw.options.name.as_ref();
    let name = given.map_or_else(|| snake_case(&raw.ident.unraw().to_string()), syn::LitStr::value);
    let Some(wrong) = wrong_name(&name) else { return Some(name) };
    match given {
        Some(given) => errors.error(given, format!("`{name}` can't be the name of a template: {wrong}")),
        None => errors.error(
            &raw.ident,
            format!("`{name}` can't be the name of a template: {wrong}; give another by `name = \"..\"`"),
        ),
    }
    None
}

/// What is wrong with a template's name: it must be a plain word in file names, queries and commands.
fn wrong_name(name: &str) -> Option<String> {
    let begins = |char: char| char.is_ascii_alphabetic() || char == '_';
    let goes_on = |char: char| begins(char) || char.is_ascii_digit() || matches!(char, '.' | '-');
    match name.chars().next() {
        None => return Some("a name has one letter at least".to_owned()),
        Some(first) if !begins(first) => return Some("it must begin with a letter from a to z or `_`".to_owned()),
        Some(_) => {}
    }
    let wrong = name.chars().find(|&char| !goes_on(char))?;
    Some(format!("{wrong:?} can't stand in it, only letters from a to z, digits, `_`, `.` and `-`"))
}

#[cfg(test)]
mod tests;
