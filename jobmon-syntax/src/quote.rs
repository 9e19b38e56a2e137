//! Words as a person can paste them into a shell.

use std::borrow::Cow;

/// A word as a POSIX shell reads it back, with quotes only where they are needed.
///
/// Control characters stay what they are: who prints them to a terminal replaces them first.
///
/// ```
/// use jobmon_syntax::quote::quote;
///
/// assert_eq!(quote("--out=/data/fit_3.txt"), "--out=/data/fit_3.txt");
/// assert_eq!(quote("Hong Kong, China"), "'Hong Kong, China'");
/// assert_eq!(quote("it's"), "\"it's\"");
/// assert_eq!(quote(""), "''");
/// ```
pub fn quote(word: &str) -> Cow<'_, str> {
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(in_quotes(word))
}

/// A command as a POSIX shell reads it back: the words, quoted where needed, with spaces between.
///
/// ```
/// use jobmon_syntax::quote::quote_argv;
///
/// assert_eq!(quote_argv(["grep", "-e", "a b", "x.txt"]), "grep -e 'a b' x.txt");
/// assert_eq!(quote_argv(["A=1", "B=2"]), "'A=1' B=2", "the first word is the program, not an assignment");
/// ```
pub fn quote_argv<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    let mut command = String::new();
    for (index, word) in words.into_iter().enumerate() {
        let word = word.as_ref();
        if index > 0 {
            command.push(' ');
        }
        if index == 0 && (word.contains('=') || KEYWORDS.contains(&word)) {
            command.push_str(&in_quotes(word));
        } else {
            command.push_str(&quote(word));
        }
    }
    command
}

/// Words that a shell reads as its own grammar where a program is expected, unless they are quoted.
const KEYWORDS: [&str; 18] = [
    "case",
    "coproc",
    "do",
    "done",
    "elif",
    "else",
    "esac",
    "fi",
    "for",
    "function",
    "if",
    "in",
    "select",
    "then",
    "time",
    "until",
    "while",
    "namespace",
];

/// Characters that no shell acts on. Letters of other scripts are among them, but not their white space.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@' | '%' | '+' | '=' | ':' | ',' | '.' | '/' | '-')
}

fn in_quotes(word: &str) -> String {
    // `!` is history to an interactive bash, in double quotes too.
    if word.contains('\'') && !word.contains(['"', '$', '`', '\\', '!']) {
        return format!("\"{word}\"");
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
