//! A script for bash, and the `argv` that runs it.

use super::ast::{Placeholder, Usage};
use super::render::{RenderError, Value, Values, look_up};
use std::fmt::Write as _;

/// A script that follows the grammar of shell mode. Made by [`parse_shell`](crate::command::parse_shell) alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    pub(super) pieces: Vec<Piece>,
    pub(super) names: Vec<String>,
}

/// A piece of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text for bash, doubled braces resolved.
    Text(String),
    /// A value in its place.
    Value(Placeholder, Quoting),
    /// A list, each item a word of its own.
    List(Placeholder),
}

/// What stands around a value, and so what must stand around the expansion that it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Nothing.
    Open,
    /// `"`.
    Double,
    /// `'`.
    Single,
    /// `$'`.
    Ansi,
}

/// The array in which the script finds its values. They come as `$1` and so on, but a function has `$1` of its own, and
/// `set` and `shift` change it.
const ARRAY: &str = "__jobmon";

impl Script {
    /// The distinct names of placeholders in order of their first use.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Each use of a placeholder in order of place, with what is asked of its value: one value or a list.
    pub fn placeholders(&self) -> impl Iterator<Item = (&Placeholder, Usage)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Value(placeholder, _) => Some((placeholder, Usage::Plain)),
            Piece::List(placeholder) => Some((placeholder, Usage::Splice)),
        })
    }

    /// The words that run the script: bash, its options, the script, and the values as its arguments.
    ///
    /// The values are no part of the script, so that bash never reads them as its own language.
    ///
    /// ```
    /// use jobmon_syntax::command::{Value, parse_shell};
    ///
    /// let script = parse_shell("sort {file} | head").expect("it follows the grammar");
    /// let argv = script.render(|_| Some(Value::One("a; rm -rf /"))).expect("the value fits");
    /// assert_eq!(argv[..4], ["bash", "-euo", "pipefail", "-c"]);
    /// assert!(!argv[4].contains("rm"));
    /// assert_eq!(argv[5..], ["jobmon", "a; rm -rf /"]);
    /// ```
    ///
    /// # Errors
    ///
    /// When `lookup` doesn't know a name, when a value is a list where one belongs or the other way round, when it is
    /// absent, and when it contains a NUL.
    pub fn render<'v>(&self, lookup: impl Fn(&str) -> Option<Value<'v>>) -> Result<Vec<String>, RenderError> {
        let found = look_up(&self.names, lookup)?;
        let values = Values(&found);
        let mut arguments: Vec<String> = Vec::new();
        // Where the value of each name begins among the arguments, once it is there.
        let mut places: Vec<Option<usize>> = vec![None; self.names.len()];
        let mut script = String::new();
        if !self.names.is_empty() {
            write_text(&mut script, format_args!("{ARRAY}=(\"$@\"); "));
        }
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => script.push_str(text),
                Piece::Value(placeholder, quoting) => {
                    let value = values.one(placeholder)?;
                    let place = *places[placeholder.slot].get_or_insert_with(|| {
                        arguments.push(value.to_owned());
                        arguments.len() - 1
                    });
                    quoting.write(place, &mut script);
                }
                Piece::List(placeholder) => {
                    let items = values.many(placeholder)?;
                    let place = *places[placeholder.slot].get_or_insert_with(|| {
                        arguments.extend(items.iter().map(|item| (*item).to_owned()));
                        arguments.len() - items.len()
                    });
                    // An empty list is no word; older shells take an empty array for one that was never set.
                    if !items.is_empty() {
                        write_text(&mut script, format_args!("\"${{{ARRAY}[@]:{place}:{}}}\"", items.len()));
                    }
                }
            }
        }
        let fixed = ["bash", "-euo", "pipefail", "-c", &script, "jobmon"];
        Ok(fixed.into_iter().map(ToOwned::to_owned).chain(arguments).collect())
    }
}

impl Quoting {
    fn write(self, place: usize, script: &mut String) {
        let (open, close) = match self {
            Self::Open => ("\"", "\""),
            Self::Double => ("", ""),
            Self::Single => ("'\"", "\"'"),
            Self::Ansi => ("'\"", "\"$'"),
        };
        write_text(script, format_args!("{open}${{{ARRAY}[{place}]}}{close}"));
    }
}

fn write_text(script: &mut String, text: std::fmt::Arguments<'_>) {
    script.write_fmt(text).expect("a text takes everything");
}
