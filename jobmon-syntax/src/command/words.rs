//! A command given as its words, each of them a text of its own.

use super::ast::{Command, Item, Part, Placeholder, Usage, Word};
use super::brace::{self, Brace};
use super::error::{SyntaxError, SyntaxErrorKind};
use super::parse::{Names, push_text};
use super::shell;

/// Reads a command that is given word by word: nothing is split or quoted, and there are no groups.
///
/// A word holds text, `{x}` anywhere, `{{` and `}}` for braces, and at its end perhaps `{x}...`, which repeats it.
///
/// ```
/// use jobmon_syntax::command::{Value, parse_words};
///
/// let command = parse_words(&["grep", "-e", "a b", "{file}"]).expect("it follows the grammar");
/// let argv = command.render(|_| Some(Value::One("x.txt")));
/// assert_eq!(argv, Ok(["grep", "-e", "a b", "x.txt"].map(ToOwned::to_owned).to_vec()));
/// ```
///
/// # Errors
///
/// All mistakes in order, each with the index of its word. Its span is a place in that word.
pub fn parse_words<W: AsRef<str>>(words: &[W]) -> Result<Command, Vec<(usize, SyntaxError)>> {
    let (command, errors) = read(words);
    if errors.is_empty() { Ok(command) } else { Err(errors) }
}

/// The placeholders of a command that is given word by word, right or wrong as it is; each with the index of its word.
///
/// ```
/// use jobmon_syntax::command::{Usage, find_placeholders_in_words};
///
/// let found = find_placeholders_in_words(&["cat", "{files}...", "{a:>3}"]);
/// let found: Vec<_> = found.iter().map(|(word, value, usage)| (*word, value.name.as_str(), *usage)).collect();
/// assert_eq!(found, [(1, "files", Usage::Splice), (2, "a", Usage::Plain)]);
/// ```
pub fn find_placeholders_in_words<W: AsRef<str>>(words: &[W]) -> Vec<(usize, Placeholder, Usage)> {
    let (command, _) = read(words);
    let words = command.items.iter().enumerate();
    words.flat_map(|(at, item)| item.placeholders().map(move |(value, usage)| (at, value.clone(), usage))).collect()
}

/// The command, as far as it can be made out, an item for each word.
fn read<W: AsRef<str>>(words: &[W]) -> (Command, Vec<(usize, SyntaxError)>) {
    let (mut names, mut errors) = (Names::default(), Vec::new());
    let mut items = Vec::new();
    for (at, text) in words.iter().map(AsRef::as_ref).enumerate() {
        let mut wrong = Vec::new();
        let word = read_word(text, &mut names, &mut wrong);
        let kind = match at {
            0 => wrong_program(text, &word),
            _ => is_group(text, &word).then_some(SyntaxErrorKind::GroupInWords),
        };
        wrong.extend(kind.map(|kind| SyntaxError::new(kind, 0..text.len())));
        errors.extend(wrong.into_iter().map(|error| (at, error)));
        items.push(Item::Word(word));
    }
    if items.is_empty() {
        errors.push((0, SyntaxError::new(SyntaxErrorKind::Empty, 0..0)));
    }
    (Command { items, names: names.0 }, errors)
}

fn read_word(text: &str, names: &mut Names, errors: &mut Vec<SyntaxError>) -> Word {
    let mut word = Word { parts: Vec::new(), splice: None, span: 0..text.len() };
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        at += c.len_utf8();
        match c {
            '\0' => errors.push(SyntaxError::new(SyntaxErrorKind::Nul, start..at)),
            '{' | '}' => at = read_brace(text, start, &mut word, names, errors),
            _ => push_text(&mut word.parts, c),
        }
    }
    word
}

/// Reads what a brace begins, with the mark of a list behind it, and gives its end.
fn read_brace(text: &str, start: usize, word: &mut Word, names: &mut Names, errors: &mut Vec<SyntaxError>) -> usize {
    let (brace, end) = brace::read(text, start, None);
    let name = match brace {
        Brace::Literal(c) => {
            push_text(&mut word.parts, c);
            return end;
        }
        Brace::Name(name) => name,
        Brace::Wrong { kind, meant } => {
            errors.push(SyntaxError::new(kind, start..end));
            let Some(name) = meant else { return end };
            name
        }
    };
    let value = names.placeholder(name, start..end);
    let Some(rest) = text[end..].strip_prefix("...") else {
        word.parts.push(Part::Value(value));
        return end;
    };
    if rest.is_empty() {
        word.splice = Some(value);
    } else {
        // It is known as a value even so.
        word.parts.push(Part::Value(value));
        errors.push(SyntaxError::new(SyntaxErrorKind::TextAfterListInWords, end + 3..text.len()));
    }
    end + 3
}

fn wrong_program(text: &str, word: &Word) -> Option<SyntaxErrorKind> {
    match shell::program(text) {
        _ if word.splice.is_some() => Some(SyntaxErrorKind::ListProgram),
        _ if text.is_empty() => Some(SyntaxErrorKind::EmptyProgram),
        Some(syntax) => Some(SyntaxErrorKind::Shell(syntax)),
        None if text.contains(' ') && !text.contains('/') => Some(SyntaxErrorKind::CommandInWord),
        None => None,
    }
}

/// Whether the word looks as if it were to be left out or opened a group that is: `[--flag {x}]`, `[{x}?`, `[--flag`.
fn is_group(text: &str, word: &Word) -> bool {
    let valued = word.splice.is_some() || word.parts.iter().any(|part| part.placeholder().is_some());
    let guard = text.starts_with("[{") && text.split_once('}').is_some_and(|(_, rest)| rest.starts_with('?'));
    let flag =
        text.starts_with("[-") && if text.contains(']') { valued && text.ends_with(']') } else { text.len() > 2 };
    guard || flag
}
