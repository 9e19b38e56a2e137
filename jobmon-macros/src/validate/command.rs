//! The command and the other texts with placeholders: their syntax, and the arguments that they use.

use super::fields::Sorted;
use crate::diagnostics::Diagnostics;
use crate::given::Written;
use crate::model::{Arg, Command, Place};
use crate::options::Variable;
use crate::parse::{Body, Raw, RawField};
use jobmon_syntax::command::{self, Part, Placeholder, ScriptSyntax, SyntaxError, SyntaxErrorKind, Usage};
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
    /// Whether that there is no such argument was said with a mistake in its braces.
    told: bool,
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
    /// Mistakes in the braces of a placeholder.
    mistakes: Vec<SyntaxError>,
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
    let mut reader = Reader { raw, fields, errors };
    let mut texts = Vec::new();
    match &raw.options.command {
        Some(Written::Text(text)) => texts.push(reader.command(text)),
        Some(Written::Words(words, list)) => texts.extend(reader.words(words, list)),
        None => {}
    }
    // Nothing can be used in what is empty.
    let blank = texts.iter().all(|text| text.literal.value().trim().is_empty());
    let mut complete = !blank && (raw.options.env_is_whole || !raw.options.has("env"));
    for (name, path) in raw.options.files() {
        let read = path.and_then(|path| reader.path(name, path));
        complete &= read.is_some() || !raw.options.has(name);
        texts.extend(read);
    }
    complete &= !raw.options.outputs.is_empty() || !raw.options.has("output");
    for path in &raw.options.outputs {
        let read = reader.path("output", path);
        complete &= read.is_some();
        texts.extend(read);
    }
    for Variable { value, .. } in &raw.options.env {
        let read = reader.text(value);
        complete &= read.is_some();
        texts.extend(read);
    }
    let mut unknown = unknown(raw, fields, &texts, errors);
    let args = complete.then(|| args(fields, &texts, &mut unknown, errors));
    unknown.retain(|unknown| !unknown.told);
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

/// Reads the texts and tells what is wrong with each by itself.
struct Reader<'r, 'a> {
    raw: &'a Raw,
    fields: &'r Sorted<'a>,
    errors: &'r mut Diagnostics,
}

impl<'a> Reader<'_, 'a> {
    /// Tells the mistakes of the command. Its placeholders are known even so.
    fn command(&mut self, literal: &'a LitStr) -> Read<'a> {
        let text = literal.value();
        let (mistakes, uses, plain) = if is_shell(self.raw) {
            (command::parse_shell(&text).err(), command::find_placeholders_in_shell(&text), Place::Script)
        } else {
            (command::parse(&text).err(), command::find_placeholders(&text), Place::Plain)
        };
        let mistakes = mistakes.unwrap_or_default();
        mistakes.iter().for_each(|mistake| self.tell(literal, &text, mistake));
        Read { literal, uses, mistakes, plain }
    }

    /// As [`command`](Self::command), for one that is given word by word.
    fn words(&mut self, literals: &'a [LitStr], list: &ExprArray) -> Vec<Read<'a>> {
        let words: Vec<String> = literals.iter().map(LitStr::value).collect();
        let empty = |literal| Read { literal, uses: Vec::new(), mistakes: Vec::new(), plain: Place::Plain };
        let mut read: Vec<Read<'_>> = literals.iter().map(empty).collect();
        for (at, mistake) in command::parse_words(&words).err().into_iter().flatten() {
            match literals.get(at) {
                Some(literal) => {
                    self.tell(literal, &words[at], &mistake);
                    read[at].mistakes.push(mistake);
                }
                None => self.errors.error(list, mistake),
            }
        }
        for (at, placeholder, usage) in command::find_placeholders_in_words(&words) {
            read[at].uses.push((placeholder, usage));
        }
        read
    }

    /// The path of a file that gets output.
    fn path(&mut self, option: &str, literal: &'a LitStr) -> Option<Read<'a>> {
        if literal.value().trim().is_empty() {
            self.errors.error(
                literal,
                format!("`{option}` is the path of a file, and this one is empty: `{option} = \"{{out}}\"`"),
            );
            return None;
        }
        let read = self.text(literal)?;
        if let Some(wrong) = wrong_path(&literal.value()) {
            self.errors.error(literal, format!("`{option}` can't go to {:?}: {wrong}", literal.value()));
        }
        Some(read)
    }

    /// A text that is one value, whatever is in it.
    fn text(&mut self, literal: &'a LitStr) -> Option<Read<'a>> {
        let text = literal.value();
        match command::parse_text(&text) {
            Ok(path) => {
                let uses: Vec<_> = path.placeholders().map(|placeholder| (placeholder.clone(), Usage::Plain)).collect();
                marks(literal, &text, &uses, self.errors);
                Some(Read { literal, uses, mistakes: Vec::new(), plain: Place::Text })
            }
            Err(mistakes) => {
                mistakes.iter().for_each(|mistake| self.tell(literal, &text, mistake));
                None
            }
        }
    }

    /// Tells a mistake of syntax.
    fn tell(&mut self, literal: &LitStr, text: &str, mistake: &SyntaxError) {
        // That the fields have no names was told.
        let named = !matches!((&self.raw.body, &mistake.kind), (Body::Tuple, SyntaxErrorKind::Position { .. }));
        if text.trim().is_empty() {
            // There is nothing to point at.
            self.errors.error(literal, mistake);
        } else if named {
            let hint = self.hint(mistake);
            self.errors.error(literal, pictured(&mistake.message(), text, &mistake.span, &hint));
        }
    }

    /// What to write instead, which is no placeholder of an argument that is not there.
    fn hint(&self, mistake: &SyntaxError) -> String {
        let is_field = |name: &str| self.raw.fields().iter().any(|field| field.name == name);
        let template = &self.raw.ident;
        match mistake.kind.name().filter(|name| !is_field(name)) {
            None => mistake.hint(),
            Some(name) if is_variable(mistake) => format!(
                "`{template}` has no argument `{name}`; a variable of the shell is written `${name}` or `${{{{{name}}}}}`"
            ),
            Some(name) => format!("`{template}` has no argument `{name}`; {}", hint(name, self.fields).1),
        }
    }
}

/// Whether it is `${x}` in a script, where a variable of the shell is meant, perhaps.
fn is_variable(mistake: &SyntaxError) -> bool {
    matches!(mistake.kind, SyntaxErrorKind::Script(ScriptSyntax::DollarBeforeValue { .. }))
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
    for Read { literal, uses, mistakes, .. } in texts {
        for (Placeholder { name, span, .. }, _) in uses {
            let here = |mistake: &&SyntaxError| mistake.kind.name() == Some(name) && mistake.span.end == span.end;
            let mistake = mistakes.iter().find(here);
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
            } else if raw.fields().iter().all(|field| field.name != *name)
                && !unknown.iter().any(told)
                && !mistake.is_some_and(is_variable)
            {
                let (near, hint) = hint(name, fields);
                let told = mistake.is_some();
                unknown.push(Unknown { literal, name: name.clone(), near, hint, span: span.clone(), told });
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
