//! Text into words and placeholders, with all mistakes at once.

use std::ops::Range;

use super::ast::{Command, Part, Placeholder, Text, Usage};
use super::brace::{self, Brace};
use super::error::{SyntaxError, SyntaxErrorKind};
use super::parser::Parser;

/// Reads a command.
///
/// ```
/// use jobmon_syntax::command::parse;
///
/// assert!(parse("python3 fit.py --year {year} [--draws {draws}] {files}...").is_ok());
/// let errors = parse("cat *.csv | sort").expect_err("no shell runs it");
/// assert_eq!(errors.iter().map(|error| error.message()).collect::<Vec<_>>(), [
///     "`*` is a pattern of file names",
///     "`|` is a pipe",
/// ]);
/// ```
///
/// # Errors
///
/// All mistakes of the text, in order of place.
pub fn parse(text: &str) -> Result<Command, Vec<SyntaxError>> {
    let (command, errors) = read(text);
    if errors.is_empty() { Ok(command) } else { Err(errors) }
}

/// The placeholders of a command in order of place, right or wrong as it is.
///
/// So the other mistakes of a command don't keep its names from being checked. The name of a malformed placeholder counts
/// when it is plain, as in `{x...}` or `{x:>3}`.
///
/// ```
/// use jobmon_syntax::command::{Usage, find_placeholders};
///
/// let found = find_placeholders("cat {a} | sort [-k {b?}]");
/// let found: Vec<_> = found.iter().map(|(placeholder, usage)| (placeholder.name.as_str(), *usage)).collect();
/// assert_eq!(found, [("a", Usage::Plain), ("b", Usage::Optional)]);
/// ```
pub fn find_placeholders(text: &str) -> Vec<(Placeholder, Usage)> {
    let (command, _) = read(text);
    let mut found: Vec<_> = command.placeholders().map(|(placeholder, usage)| (placeholder.clone(), usage)).collect();
    // A second list in a word is kept as a value before the first.
    found.sort_by_key(|(placeholder, _)| placeholder.span.start);
    found
}

/// Reads the template of one value: text, `{x}`, and `{{` `}}` for braces. Nothing is split, quoted or left out.
///
/// ```
/// let text = jobmon_syntax::command::parse_text("{root}/a b.txt").expect("it follows the grammar");
/// assert_eq!(text.names(), ["root"]);
/// ```
///
/// # Errors
///
/// All mistakes of the text, in order of place.
pub fn parse_text(text: &str) -> Result<Text, Vec<SyntaxError>> {
    let mut parts = Vec::new();
    let mut names = Names::default();
    let mut errors = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        at += c.len_utf8();
        match c {
            '{' | '}' => {
                let (brace, end) = brace::read(text, start, None);
                at = end;
                match brace {
                    Brace::Literal(c) => push_text(&mut parts, c),
                    Brace::Name(name) => parts.push(Part::Value(names.placeholder(name, start..end))),
                    Brace::Wrong { kind, .. } => errors.push(SyntaxError::new(kind, start..end)),
                }
            }
            '\0' => errors.push(SyntaxError::new(SyntaxErrorKind::Nul, start..at)),
            _ => push_text(&mut parts, c),
        }
    }
    if errors.is_empty() { Ok(Text { parts, names: names.0 }) } else { Err(errors) }
}

/// The command, as far as it can be made out, and its mistakes in order of place.
fn read(text: &str) -> (Command, Vec<SyntaxError>) {
    let (items, names, mut errors) = Parser::new(text).read();
    errors.sort_by_key(|error| error.span.start);
    (Command { items, names: names.0 }, errors)
}

/// Names in order of their first use.
#[derive(Default)]
pub(super) struct Names(pub(super) Vec<String>);

impl Names {
    pub(super) fn placeholder(&mut self, name: &str, span: Range<usize>) -> Placeholder {
        let slot = self.0.iter().position(|known| known == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        });
        Placeholder { name: name.to_owned(), slot, span }
    }
}

/// Adds a character to the text at the end of `parts`.
pub(super) fn push_text(parts: &mut Vec<Part>, c: char) {
    if let Some(Part::Text(text)) = parts.last_mut() {
        text.push(c);
    } else {
        parts.push(Part::Text(c.into()));
    }
}
