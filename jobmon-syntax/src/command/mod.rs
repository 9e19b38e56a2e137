//! A command as people write it, and the `argv` it becomes.
//!
//! The text is split into words as a POSIX shell splits it, and no shell ever sees it:
//!
//! | written | means |
//! |---|---|
//! | `a 'b c' "d e" f\ g` | words by POSIX quoting; a newline is white space, `\` and a newline join |
//! | `{x}` | the value of `x`, anywhere in a word, in quotes too; it stays one word whatever it contains |
//! | `{x}...` | the last thing in a word outside quotes: the word once for each item of the list `x` |
//! | `[--flag {x}]` | a group, left out when a value in it is absent or a list in it is empty |
//! | `[{v}? --verbose]` | a group with a guard: left out when `v` is false, absent or empty; the guard writes nothing |
//! | `{{` `}}` `'['` | the characters themselves |
//!
//! What only a shell can do - pipes, redirections, variables, patterns - is refused with a reason instead of being
//! passed on as text. A command is always a valid Rust format string too, which is why marks stand outside the braces.
//!
//! [`parse`] reads a command, [`parse_words`] one that is given word by word, [`parse_shell`] a script for bash, [`parse_text`] the template of a single value, such as the path of an output file.

mod ast;
mod brace;
mod error;
mod parse;
mod parser;
mod picture;
mod render;
mod script;
mod script_error;
mod script_parser;
mod script_value;
mod shell;
mod words;

pub use ast::{Command, Group, Item, Part, Placeholder, Text, Usage, Word};
pub use error::{SyntaxError, SyntaxErrorKind};
pub use parse::{find_placeholders, parse, parse_text};
pub use picture::point_at;
pub use render::{RenderError, Value};
pub use script::Script;
pub use script_error::ScriptSyntax;
pub use script_parser::{find_placeholders_in_shell, parse_shell};
pub use shell::ShellSyntax;
pub use words::{find_placeholders_in_words, parse_words};
