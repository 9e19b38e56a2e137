//! What only a shell can do, and what to do about it.

/// Syntax that means something to a shell. A command is run without one, so it is refused instead of passed on as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellSyntax {
    /// `|`.
    Pipe,
    /// `&&` or `||`.
    AndOr {
        /// The two characters.
        operator: &'static str,
    },
    /// `;`.
    Semicolon,
    /// `&`.
    Background,
    /// `<`.
    RedirectInput,
    /// `>`.
    RedirectOutput,
    /// `(` and `)`.
    Subshell,
    /// `$`.
    Variable,
    /// `$(..)` or a backquote.
    Substitution,
    /// `*`, `?` or `[` outside quotes.
    Pattern {
        /// The character.
        character: char,
    },
    /// `~` at a word's start.
    Tilde,
    /// `#` at a word's start.
    Comment,
    /// `!` as the program.
    Negation,
    /// `NAME=value` as the program.
    Assignment {
        /// What stands before the `=`.
        name: String,
    },
    /// A word of the shell as the program: `cd`, `if`.
    Builtin {
        /// The word.
        word: &'static str,
    },
}

const QUOTE: &str = "no shell runs this command; write `shell = true` to have one, or quote the character";

impl ShellSyntax {
    /// What the syntax is, in a few words.
    pub(super) fn message(&self) -> String {
        let text = match self {
            Self::Pipe => "`|` is a pipe",
            Self::AndOr { operator } => return format!("`{operator}` joins commands"),
            Self::Semicolon => "`;` ends a command",
            Self::Background => "`&` starts a command in the background",
            Self::RedirectInput | Self::RedirectOutput => "`<` and `>` redirect",
            Self::Subshell => "`(` and `)` group commands",
            Self::Variable => "`$` is a shell variable",
            Self::Substitution => "`$(..)` and backquotes insert the output of a command",
            Self::Pattern { character: '[' } => "`[` inside a word is a pattern of file names",
            Self::Pattern { character } => return format!("`{character}` is a pattern of file names"),
            Self::Tilde => "`~` is a home directory, which only a shell finds",
            Self::Comment => "`#` begins a comment, which only a shell skips",
            Self::Negation => "`!` negates the exit status of a command, which only a shell can do",
            Self::Assignment { name } => {
                return format!("`{name}=` is a variable assignment, which only a shell can do");
            }
            Self::Builtin { word } => return format!("`{word}` is a part of the shell, not a program"),
        };
        text.to_owned()
    }

    /// What to write instead.
    pub(super) fn hint(&self) -> String {
        let text = match self {
            Self::Pipe | Self::AndOr { .. } | Self::Semicolon | Self::RedirectInput | Self::Subshell => QUOTE,
            Self::Background => {
                "no shell runs this command; tasks run side by side anyway; quote the character if it is text"
            }
            Self::RedirectOutput => {
                "no shell runs this command; write `shell = true` to have one, or `stdout = \"..\"` for a file; a character that is text is quoted"
            }
            Self::Variable => {
                "no shell runs this command; an argument is written `{name}`; write `shell = true` to have a shell, or quote the `$`: `'$'`"
            }
            Self::Substitution => {
                "no shell runs this command; write `shell = true` to have one, or put the character in '..'"
            }
            Self::Pattern { character: '[' } => {
                "an optional group starts a word of its own, `[--flag {x}]`; a bracket that is text is quoted: `'['`"
            }
            Self::Pattern { .. } => {
                "no shell runs this command; give the files as an argument, `{files}...`, write `shell = true`, or quote the character"
            }
            Self::Tilde => "write the whole path, or quote the character",
            Self::Comment => "leave the comment out, or quote the character",
            Self::Negation => QUOTE,
            Self::Assignment { name } => return format!("write `env {name}=value program`"),
            Self::Builtin { .. } => "no shell runs this command; write `shell = true` to have one",
        };
        text.to_owned()
    }
}

/// Words that a shell acts on itself, so that no program of that name does what is meant.
const BUILTINS: [&str; 17] = [
    ".", "alias", "case", "cd", "eval", "exec", "export", "for", "function", "if", "select", "set", "source", "ulimit",
    "unset", "until", "while",
];

/// What is shell syntax in the program as it is written, its quotes included.
pub(super) fn program(written: &str) -> Option<ShellSyntax> {
    if written == "!" {
        return Some(ShellSyntax::Negation);
    }
    if let Some(word) = BUILTINS.iter().find(|word| **word == written) {
        return Some(ShellSyntax::Builtin { word });
    }
    let (name, _) = written.split_once('=')?;
    let first = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    let all = name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
    (first && all).then(|| ShellSyntax::Assignment { name: name.to_owned() })
}
