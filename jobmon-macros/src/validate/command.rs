//! The command and the other texts with placeholders: their syntax, and the arguments that they use.

use super::fields::Sorted;
use crate::diagnostics::Diagnostics;
use crate::given::Written;
use crate::model::{Arg, Command, Place};
use crate::options::Variable;
use crate::parse::{Body, Raw, RawField};
use jobmon_syntax::command::{self, Part, Placeholder, SyntaxError, Usage};
use jobmon_syntax::file;
use jobmon_syntax::suggest::did_you_mean;
use std::ops::Range;
use syn::{ExprArray, LitStr};

/// A placeholder that no field has.
pub(crate) struct Unknown<'a> {
    /// The literal that it stands in.
    pub(crate) literal: &'a LitStr,
    pub(crate) name: String,
    /// The argument that is meant, perhaps.
    near: Option<String>,
    /// What to write instead.
    pub(crate) hint: String,
    /// Where it stands in the literal's value.
    pub(crate) span: Range<usize>,
}

impl Unknown<'_> {
    fn meant(&mut self, name: &str) {
        self.near = Some(name.to_owned());
        self.hint = format!("did you mean `{{{name}}}`? The command does not use it");
    }
}

/// A text with placeholders.
struct Read<'a> {
    literal: &'a LitStr,
    uses: Vec<(Placeholder, Usage)>,
    /// The place of what is written `{x}` in it.
    plain: Place,
}

/// Checks the command and the other texts; gives each argument its places, and the placeholders that no field has.
/// There are no arguments where a text is missing or cannot be read, since it cannot be said then what is used.
pub(super) fn uses<'a>(
    raw: &'a Raw,
    fields: &Sorted<'a>,
    errors: &mut Diagnostics,
) -> (Option<Vec<Arg<'a>>>, Vec<Unknown<'a>>) {
    let mut texts = Vec::new();
    match &raw.options.command {
        Some(Written::Text(text)) if is_shell(raw) => texts.push(read_script(text, errors)),
        Some(Written::Text(text)) => texts.push(read_command(text, errors)),
        Some(Written::Words(words, list)) => texts.extend(read_words(words, list, errors)),
        None => {}
    }
    let mut complete = !texts.is_empty() && (raw.options.env_is_whole || !raw.options.has("env"));
    for (name, path) in raw.options.files() {
        let read = path.and_then(|path| read_path(name, path, errors));
        complete &= read.is_some() || !raw.options.has(name);
        texts.extend(read);
    }
    complete &= !raw.options.outputs.is_empty() || !raw.options.has("output");
    for path in &raw.options.outputs {
        let read = read_path("output", path, errors);
        complete &= read.is_some();
        texts.extend(read);
    }
    for Variable { value, .. } in &raw.options.env {
        let read = read_text(value, errors);
        complete &= read.is_some();
        texts.extend(read);
    }
    let unknown = unknown(raw, fields, &texts, errors);
    let mut unknown = unknown;
    let args = complete.then(|| args(fields, &texts, &mut unknown, errors));
    (args, unknown)
}

/// The command, which a template must have.
pub(super) fn required(raw: &Raw, errors: &mut Diagnostics) -> Option<Command> {
    if !raw.options.has("command") {
        errors.error(
            &raw.ident,
            format!(
                "`{}` has no command; write `#[task_template(command = \"program --flag {{argument}}\")]`",
                raw.ident
            ),
        );
    }
    if let (Some(Written::Words(_, list)), true) = (&raw.options.command, is_shell(raw)) {
        let message =
            "a shell reads one text, not a list of words; write `command = \"..\"`, or leave `shell = true` out";
        errors.error(list, message);
    }
    Some(match raw.options.command.as_ref()? {
        Written::Text(text) if is_shell(raw) => Command::Shell(text.value()),
        Written::Text(text) => Command::Text(text.value()),
        Written::Words(words, _) => Command::Words(words.iter().map(LitStr::value).collect()),
    })
}

fn is_shell(raw: &Raw) -> bool {
    raw.options.shell == Some(true)
}

/// Tells the mistakes of the command. Its placeholders are known even so.
fn read_command<'a>(literal: &'a LitStr, errors: &mut Diagnostics) -> Read<'a> {
    let text = literal.value();
    for mistake in command::parse(&text).err().into_iter().flatten() {
        tell(literal, &text, &mistake, errors);
    }
    Read { literal, uses: command::find_placeholders(&text), plain: Place::Plain }
}

/// As [`read_command`], for a script.
fn read_script<'a>(literal: &'a LitStr, errors: &mut Diagnostics) -> Read<'a> {
    let text = literal.value();
    for mistake in command::parse_shell(&text).err().into_iter().flatten() {
        tell(literal, &text, &mistake, errors);
    }
    Read { literal, uses: command::find_placeholders_in_shell(&text), plain: Place::Script }
}

/// As [`read_command`], for a command that is given word by word.
fn read_words<'a>(literals: &'a [LitStr], list: &ExprArray, errors: &mut Diagnostics) -> Vec<Read<'a>> {
    let words: Vec<String> = literals.iter().map(LitStr::value).collect();
    for (at, mistake) in command::parse_words(&words).err().into_iter().flatten() {
        match literals.get(at) {
            Some(literal) => tell(literal, &words[at], &mistake, errors),
            None => errors.error(list, mistake),
        }
    }
    let empty = |literal| Read { literal, uses: Vec::new(), plain: Place::Plain };
    let mut read: Vec<Read<'_>> = literals.iter().map(empty).collect();
    for (at, placeholder, usage) in command::find_placeholders_in_words(&words) {
        read[at].uses.push((placeholder, usage));
    }
    read
}

fn tell(literal: &LitStr, text: &str, mistake: &SyntaxError, errors: &mut Diagnostics) {
    // There is nothing to point at in an empty text.
    let blank = text.trim().is_empty();
    errors.error(literal, if blank { mistake.to_string() } else { mistake.picture(text) });
}

/// The path of a file that gets output.
fn read_path<'a>(option: &str, literal: &'a LitStr, errors: &mut Diagnostics) -> Option<Read<'a>> {
    if literal.value().trim().is_empty() {
        errors.error(
            literal,
            format!("`{option}` is the path of a file, and this one is empty: `{option} = \"{{out}}\"`"),
        );
        return None;
    }
    let read = read_text(literal, errors)?;
    if let Some(wrong) = wrong_path(&literal.value()) {
        errors.error(literal, format!("`{option}` can't go to {:?}: {wrong}", literal.value()));
    }
    Some(read)
}

/// What is wrong with a path whatever its values are.
fn wrong_path(written: &str) -> Option<&'static str> {
    let text = command::parse_text(written).ok()?;
    let written: String =
        text.parts().iter().map(|part| if let Part::Text(text) = part { text } else { "x" }).collect();
    let names = |after: &str| after.starts_with(|c: char| c == '{' || c == '_' || c.is_ascii_alphabetic());
    let variable = |part: &Part| matches!(part, Part::Text(text) if text.split('$').skip(1).any(names));
    if text.parts().iter().any(variable) {
        return Some("no shell puts a variable's value in; make it an argument, which may have a `$` in it");
    }
    file::wrong(if written.starts_with('~') { "~" } else { &written })
}

/// A text that is one value, whatever is in it.
fn read_text<'a>(literal: &'a LitStr, errors: &mut Diagnostics) -> Option<Read<'a>> {
    let text = literal.value();
    match command::parse_text(&text) {
        Ok(path) => {
            let uses: Vec<_> = path.placeholders().map(|placeholder| (placeholder.clone(), Usage::Plain)).collect();
            marks(literal, &text, &uses, errors);
            Some(Read { literal, uses, plain: Place::Text })
        }
        Err(mistakes) => {
            mistakes.iter().for_each(|mistake| tell(literal, &text, mistake, errors));
            None
        }
    }
}

/// Tells `...` after a placeholder in a text, where it would be three dots.
fn marks(literal: &LitStr, text: &str, uses: &[(Placeholder, Usage)], errors: &mut Diagnostics) {
    for (Placeholder { span, .. }, _) in uses {
        let after = &text[span.end..];
        if after.starts_with("...") {
            errors.error(
                literal,
                pictured(
                    "`...` splices a list into words, and this text is one value",
                    text,
                    &(span.start..span.end + 3),
                    "leave it out; dots that are meant, or a list in one text, are the matter of an argument that is one value",
                ),
            );
        }
    }
}

/// The placeholders that stand for nothing, each name once in a text. One that stands for an upstream is a mistake
/// that is told at once.
fn unknown<'a>(raw: &Raw, fields: &Sorted<'_>, texts: &[Read<'a>], errors: &mut Diagnostics) -> Vec<Unknown<'a>> {
    let mut unknown: Vec<Unknown<'a>> = Vec::new();
    if matches!(raw.body, Body::Tuple) {
        return unknown;
    }
    for Read { literal, uses, .. } in texts {
        for (Placeholder { name, span, .. }, _) in uses {
            let told = |unknown: &Unknown<'_>| unknown.name == *name && std::ptr::eq(unknown.literal, *literal);
            if fields.upstreams.iter().any(|field| field.name == *name) {
                errors.error(
                    literal,
                    pictured(
                        &format!("`{name}` is an upstream, not an argument"),
                        &literal.value(),
                        span,
                        "an upstream has no text: it orders the tasks; what is read from it is an argument of its own",
                    ),
                );
            } else if raw.fields().iter().all(|field| field.name != *name) && !unknown.iter().any(told) {
                let (near, hint) = hint(name, fields);
                unknown.push(Unknown { literal, name: name.clone(), near, hint, span: span.clone() });
            }
        }
    }
    unknown
}

/// A message with the place in the text between it and the hint, as mistakes of syntax are shown.
pub(crate) fn pictured(message: &str, text: &str, span: &Range<usize>, hint: &str) -> String {
    format!("{message}\n{}\n{hint}", command::point_at(text, span))
}

/// The argument that is meant, perhaps, and what to write instead.
fn hint(name: &str, fields: &Sorted<'_>) -> (Option<String>, String) {
    let known = || fields.args.iter().map(|(field, _)| field.name.as_str());
    match did_you_mean(name, known()) {
        Some(near) => (Some(near.to_owned()), format!("did you mean `{{{near}}}`?")),
        None if known().next().is_none() => (None, format!("add a field: `#[node_arg] {name}: ..`")),
        None => {
            let names: Vec<String> = known().map(|name| format!("`{{{name}}}`")).collect();
            let verb = if names.len() == 1 { "argument is" } else { "arguments are" };
            (None, format!("its {verb} {}", names.join(", ")))
        }
    }
}

fn args<'a>(
    fields: &Sorted<'a>,
    texts: &[Read<'_>],
    unknown: &mut [Unknown<'_>],
    errors: &mut Diagnostics,
) -> Vec<Arg<'a>> {
    let args: Vec<Arg<'a>> =
        fields.args.iter().map(|&(field, role)| Arg { field, role, places: places(field, texts) }).collect();
    let left: Vec<&RawField> = args.iter().filter(|arg| arg.places.is_empty()).map(|arg| arg.field).collect();
    // One name that is unknown and one field that is left are one mistake, however unlike.
    if let ([unknown], [field]) = (&mut *unknown, left.as_slice())
        && unknown.near.is_none()
    {
        unknown.meant(&field.name);
    }
    for field in left {
        // A misspelled placeholder is one mistake: that it leaves its field unused is not told too.
        let misspelled = unknown.iter().any(|unknown| unknown.near.as_ref() == Some(&field.name));
        if !misspelled {
            unused(field, texts, errors);
        }
    }
    args
}

/// Tells that an argument is in no text. One in a brace that is wrong was told already.
fn unused(field: &RawField, texts: &[Read<'_>], errors: &mut Diagnostics) {
    let name = &field.name;
    let doubled = format!("{{{{{name}}}}}");
    if texts.iter().any(|text| text.literal.value().contains(&doubled)) {
        let message = format!("`{doubled}` is text in braces, so `{name}` is never used; write `{{{name}}}`");
        errors.error(&field.ident, message);
    } else if !texts.iter().any(|text| opens(&text.literal.value(), name)) {
        let message = format!("`{name}` is never used in the command; write `{{{name}}}` in it");
        errors.error(&field.ident, message);
    }
}

/// Whether the text has a brace with this name after it, be it closed or not, with `_` or `-` in it.
fn opens(text: &str, name: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|c: char| c == '_' || c.is_alphanumeric());
    text.replace('-', "_").split('{').skip(1).filter_map(|after| after.strip_prefix(name)).any(|rest| !goes_on(rest))
}

/// The places in which an argument stands. What is one value is one value or none, and one in a text, too.
fn places(field: &RawField, texts: &[Read<'_>]) -> Vec<Place> {
    let uses = texts
        .iter()
        .flat_map(|text| text.uses.iter().map(|(placeholder, usage)| (placeholder, place(*usage, text.plain))));
    let mut places: Vec<Place> =
        uses.filter(|(placeholder, _)| placeholder.name == field.name).map(|(_, place)| place).collect();
    places.sort_unstable();
    places.dedup();
    if places.contains(&Place::Plain) || places.contains(&Place::Script) {
        places.retain(|place| !matches!(place, Place::Optional | Place::Text));
    }
    places
}

fn place(usage: Usage, plain: Place) -> Place {
    match usage {
        Usage::Plain => plain,
        Usage::Optional => Place::Optional,
        Usage::Splice | Usage::OptionalSplice => Place::List,
        Usage::Guard => Place::Guard,
    }
}
