//! Mistakes in a command, each with its place and what to write instead.

use std::fmt;
use std::ops::Range;

use super::picture::{is_mark, point_at};
use super::script_error::ScriptSyntax;
use super::shell::ShellSyntax;

/// One mistake in a command or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The rule that is broken.
    pub kind: SyntaxErrorKind,
    /// Where, in bytes of the text; both ends lie on borders of characters.
    pub span: Range<usize>,
}

/// The rules that a text can break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// Nothing is to be run.
    Empty,
    /// A NUL, which no program can be given.
    Nul,
    /// A quote without its end.
    UnclosedQuote {
        /// `'` or `"`.
        quote: char,
    },
    /// A backslash with nothing after it.
    TrailingBackslash,
    /// Something that a shell would act on.
    Shell(ShellSyntax),
    /// Something that a script can't contain.
    Script(ScriptSyntax),
    /// The program is `''`.
    EmptyProgram,
    /// The program stands in a group.
    OptionalProgram,
    /// The program is repeated for each item of a list.
    ListProgram,
    /// `{` without `}`.
    UnclosedBrace,
    /// `}` without `{`.
    UnopenedBrace,
    /// `\{` or `\}`.
    EscapedBrace,
    /// `{}`.
    NoName,
    /// `{0}`.
    Position {
        /// What stands in the braces.
        body: String,
    },
    /// `{ x }`.
    SpaceInBraces {
        /// What stands in the braces.
        body: String,
        /// The name.
        name: String,
    },
    /// `{x...}` or `{x?}`.
    MarkInBraces {
        /// The name.
        name: String,
        /// `...` or `?`.
        mark: &'static str,
    },
    /// `{x:>3}`.
    Format {
        /// What stands in the braces.
        body: String,
        /// The name.
        name: String,
    },
    /// `{x!r}`.
    Conversion {
        /// What stands in the braces.
        body: String,
        /// The name.
        name: String,
    },
    /// `{x.y}`.
    FieldAccess {
        /// What stands in the braces.
        body: String,
        /// The name.
        name: String,
    },
    /// `{r#type}`.
    RawName {
        /// The name without `r#`.
        name: String,
    },
    /// `{a,b}` or `{1..3}`.
    BraceExpansion {
        /// What stands in the braces.
        body: String,
    },
    /// `{print $1}`.
    NotAName {
        /// What stands in the braces.
        body: String,
    },
    /// `{x}?` anywhere but first in a group.
    MisplacedGuard,
    /// `[{x}?--flag]`.
    GuardWithoutSpace,
    /// `{x}...{y}...`.
    TwoLists,
    /// `{x}....txt`.
    TextAfterList,
    /// `{x}....txt` in a word of a list of words.
    TextAfterListInWords,
    /// `[--flag {x}]` as a word of a list of words.
    GroupInWords,
    /// `python3 fit.py` as the first of a list of words.
    CommandInWord,
    /// `[--a [--b {x}]]`.
    NestedGroup,
    /// `[]`.
    EmptyGroup,
    /// `[--flag]`.
    ConstantGroup,
    /// `[` without `]`.
    UnclosedGroup,
    /// `]` without `[`.
    UnopenedGroup,
    /// `[--flag {x}].txt`.
    TextAfterGroup,
}

const DOUBLED: &str = "a brace that is text is doubled: `{{` and `}}`";
const PROGRAM: &str = "the program is always run, so that it is a plain word or a `{x}` of one value";

impl SyntaxErrorKind {
    /// The name in braces that are wrong, where there is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::SpaceInBraces { name, .. }
            | Self::MarkInBraces { name, .. }
            | Self::Format { name, .. }
            | Self::Conversion { name, .. }
            | Self::FieldAccess { name, .. }
            | Self::RawName { name }
            | Self::Script(ScriptSyntax::DollarBeforeValue { name }) => Some(name),
            _ => None,
        }
    }

    /// Whether it is wrong for a shell too, so that it is told of a command that needs one.
    pub(super) fn is_for_a_shell_too(&self) -> bool {
        matches!(
            self,
            Self::Nul
                | Self::UnclosedBrace
                | Self::UnopenedBrace
                | Self::NoName
                | Self::Position { .. }
                | Self::BraceExpansion { .. }
                | Self::NotAName { .. }
        ) || self.name().is_some()
    }

    fn message(&self) -> String {
        let text = match self {
            Self::Empty => "the command is empty",
            Self::Nul => "no argument of a program can contain a NUL",
            Self::UnclosedQuote { quote } => return format!("the quote `{quote}` isn't closed"),
            Self::TrailingBackslash => "a `\\` at the end escapes nothing",
            Self::Shell(syntax) => return syntax.message(),
            Self::Script(syntax) => return syntax.message(),
            Self::EmptyProgram => "the program is the empty word",
            Self::OptionalProgram => "the program can't be optional",
            Self::ListProgram => "the program can't be a list",
            Self::UnclosedBrace => "`{` isn't closed",
            Self::UnopenedBrace => "`}` closes nothing",
            Self::EscapedBrace => "a `\\` doesn't escape a brace",
            Self::NoName => "`{}` names no argument",
            Self::Position { body } => return format!("`{{{body}}}` is a position; arguments go by name"),
            Self::SpaceInBraces { body, .. } => return format!("`{{{body}}}` has white space in its braces"),
            Self::MarkInBraces { mark, .. } => return format!("`{mark}` stands after the brace"),
            Self::Format { body, .. } => return format!("`{{{body}}}` has a format; values are written as they are"),
            Self::Conversion { body, .. } => {
                return format!("`{{{body}}}` has a conversion; values are written as they are");
            }
            Self::FieldAccess { body, .. } => return format!("`{{{body}}}` reaches into an argument"),
            Self::RawName { name } => return format!("`r#` is no part of the name `{name}`"),
            Self::BraceExpansion { body } => {
                return format!("`{{{body}}}` is a brace expansion, which only a shell can do");
            }
            Self::NotAName { body } => return format!("`{}` is no name of an argument", body.escape_debug()),
            Self::MisplacedGuard => "`?` makes a guard only of the first thing in a group",
            Self::GuardWithoutSpace => "a guard is a word of its own",
            Self::TwoLists => "a word can be repeated for one list only",
            Self::TextAfterList => "nothing can follow a list in its word",
            Self::TextAfterListInWords => "nothing can follow a list in its word",
            Self::GroupInWords => "a list of words has no optional groups",
            Self::CommandInWord => "the program of a list of words is one word, and this has a space in it",
            Self::NestedGroup => "a group can't stand in another",
            Self::EmptyGroup => "the group has no words",
            Self::ConstantGroup => "nothing decides whether this group is written",
            Self::UnclosedGroup => "`[` isn't closed",
            Self::UnopenedGroup => "`]` closes nothing",
            Self::TextAfterGroup => "`]` closes a group only at a word's end",
        };
        text.to_owned()
    }

    fn hint(&self) -> String {
        let text = match self {
            Self::Empty => "write the program and its arguments",
            Self::Nul => "leave it out",
            Self::UnclosedQuote { .. } => "close it, or write `\\` before a quote that is text",
            Self::TrailingBackslash => "leave it out, or write `\\\\` for a backslash",
            Self::Shell(syntax) => return syntax.hint(),
            Self::Script(syntax) => return syntax.hint(),
            Self::EmptyProgram | Self::OptionalProgram | Self::ListProgram => PROGRAM,
            Self::NotAName { body } if is_dashed(body) => {
                return format!("write `{{{}}}`: names are those of fields; {DOUBLED}", body.replace('-', "_"));
            }
            Self::NotAName { body } if body.contains(is_mark) => {
                "a letter of it is two characters, as some keyboards and file systems write it; type it as one, as names in Rust have it"
            }
            Self::NotAName { body } if body == "_" => "give the field a name",
            Self::UnclosedBrace | Self::UnopenedBrace | Self::EscapedBrace | Self::NotAName { .. } => DOUBLED,
            Self::NoName | Self::Position { .. } => "write the name of an argument, `{name}`",
            Self::SpaceInBraces { name, .. } => return format!("write `{{{name}}}`; {DOUBLED}"),
            Self::MarkInBraces { name, mark: "?" } => {
                return format!("write `[{{{name}}}? --flag]` to have `--flag` only when `{name}` is true or there");
            }
            Self::MarkInBraces { name, mark } => return format!("write `{{{name}}}{mark}`"),
            Self::FieldAccess { body, name } if body.trim().starts_with("self.") => {
                return format!("write `{{{name}}}`");
            }
            Self::Format { name, .. } | Self::Conversion { name, .. } | Self::FieldAccess { name, .. } => {
                return format!("write `{{{name}}}` and give the argument the value that is to be written");
            }
            Self::RawName { name } => return format!("write `{{{name}}}`"),
            Self::BraceExpansion { .. } => {
                "give a list as an argument, `{files}...`, or double the braces: `{{` and `}}`"
            }
            Self::MisplacedGuard => "write `[{x}? --flag]`; a `?` that is text is quoted: `'?'`",
            Self::GuardWithoutSpace => "put a space after the `?`: `[{x}? --flag]`",
            Self::TwoLists => "put each list in a word of its own",
            Self::TextAfterList => "put `{x}...` at the end of its word; dots that are text are quoted: `'...'`",
            Self::TextAfterListInWords => "put `{x}...` at the end of its word",
            Self::GroupInWords => {
                "each word is written as it is; give the command as one text, `command = \"program [--flag {x}]\"`, to have groups"
            }
            Self::CommandInWord => {
                "give each word a text of its own, `[\"python3\", \"fit.py\"]`; the path of a program with a space in it has a `/` too"
            }
            Self::NestedGroup => "close the first group before, or quote a bracket that is text: `'['`",
            Self::EmptyGroup => "write `[--flag {x}]` or `[{x}? --flag]`; brackets that are text are quoted: `'[]'`",
            Self::ConstantGroup => {
                "put a value in it, `[--flag {x}]`, or a guard, `[{x}? --flag]`; a bracket that is text is `'['`"
            }
            Self::UnclosedGroup => "close it with `]` at a word's end, or quote a bracket that is text: `'['`",
            Self::UnopenedGroup => "a bracket that is text is quoted: `']'`",
            Self::TextAfterGroup => "put a space after it, or quote a bracket that is text: `']'`",
        };
        text.to_owned()
    }
}

impl SyntaxError {
    pub(super) fn new(kind: SyntaxErrorKind, span: Range<usize>) -> Self {
        Self { kind, span }
    }

    /// What is wrong, in a few words: "`|` is a pipe".
    pub fn message(&self) -> String {
        self.kind.message()
    }

    /// What to write instead.
    pub fn hint(&self) -> String {
        self.kind.hint()
    }

    /// The message, the line of `text` with carets under the mistake, and the hint, on four lines.
    ///
    /// `text` is the text that was parsed. White space before the line is left out, and characters that would move the
    /// carets are replaced.
    ///
    /// ```
    /// let text = "cat {a} | sort";
    /// let errors = jobmon_syntax::command::parse(text).expect_err("a pipe needs a shell");
    /// assert!(errors[0].picture(text).starts_with("`|` is a pipe\n  cat {a} | sort\n          ^\nno shell runs"));
    /// ```
    pub fn picture(&self, text: &str) -> String {
        format!("{}\n{}\n{}", self.message(), point_at(text, &self.span), self.hint())
    }
}

/// Whether it is a name but for its dashes, as in `{out-file}`.
fn is_dashed(body: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c == '_' || c.is_alphanumeric());
    body.contains('-') && body.split('-').all(word) && !body.starts_with(|c: char| c.is_numeric())
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message(), self.hint())
    }
}

impl std::error::Error for SyntaxError {}
