//! The reader of a script: it follows the quotes and brackets of bash, so that it knows what stands around each value.
//!
//! Where it cannot follow it refuses: a value that is thought to be in quotes and is not would be split, and one in
//! arithmetic would be run.

use std::ops::Range;

use super::ast::{Placeholder, Usage};
use super::brace::{self, Brace};
use super::error::{SyntaxError, SyntaxErrorKind};
use super::parse::Names;
use super::script::{Piece, Script};
use super::script_error::ScriptSyntax;
use super::script_value::unclosed;
use super::script_variable::Seen;

/// Reads a script for bash: shell syntax, in which `{x}` is a value and `{x}...` a list.
///
/// A value is what it is wherever it stands, in quotes too: it is never split, expanded or run. Braces of the shell are
/// doubled: `${{HOME}}`. Brackets are the shell's own.
///
/// ```
/// use jobmon_syntax::command::parse_shell;
///
/// assert!(parse_shell("if [ -e {file} ]; then sort {file} | head > \"{out}.txt\"; fi").is_ok());
/// let errors = parse_shell("echo $(( {n} + 1 ))").expect_err("bash would run what is in n");
/// assert_eq!(errors[0].message(), "arithmetic would run what the value contains");
/// ```
///
/// # Errors
///
/// All mistakes of the text, in order of place. That it is right as a script of bash is not checked.
pub fn parse_shell(text: &str) -> Result<Script, Vec<SyntaxError>> {
    let (script, errors) = read(text);
    if errors.is_empty() { Ok(script) } else { Err(errors) }
}

/// The placeholders of a script in order of place, right or wrong as it is.
pub fn find_placeholders_in_shell(text: &str) -> Vec<(Placeholder, Usage)> {
    let (script, _) = read(text);
    script.placeholders().map(|(placeholder, usage)| (placeholder.clone(), usage)).collect()
}

fn read(text: &str) -> (Script, Vec<SyntaxError>) {
    let mut parser = Parser { text, names: Names::default(), fresh: true, ..Parser::default() };
    parser.take_braces();
    parser.run();
    parser.errors.sort_by_key(|error| error.span.start);
    (Script { pieces: parser.pieces, names: parser.names.0 }, parser.errors)
}

/// A character of the script, or a value in it.
#[derive(Debug, Clone)]
pub(super) enum Token {
    Char(char),
    Value(Placeholder),
}

/// What is open around a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// `(`, `$(`, `<(`.
    Paren,
    /// `case` in parentheses: its `)` closes nothing.
    Case,
    Backquote,
    Double,
    Single,
    /// `$'`.
    Ansi,
    /// `${`.
    Expansion,
    /// `((`, `$((`, with so many parentheses open in it.
    Arithmetic(u32),
    /// `$[`.
    OldArithmetic,
}

/// A frame with the place where it was opened, and the word that goes on when it is closed.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) frame: Frame,
    pub(super) span: Range<usize>,
    word: String,
    fresh: bool,
}

#[derive(Default)]
pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<(Token, Range<usize>)>,
    pub(super) at: usize,
    pub(super) open: Vec<Open>,
    /// What of the word that is being read stands outside quotes; a NUL for all else.
    pub(super) word: String,
    /// Whether a word here could be `esac`.
    pub(super) fresh: bool,
    /// Backslashes and values in the backquotes that are open.
    pub(super) escaped: bool,
    pub(super) quoted_values: Vec<Range<usize>>,
    /// The values in the `[[ ]]` that is open, and where it begins.
    pub(super) test: Option<(usize, Vec<Range<usize>>)>,
    pub(super) seen: Seen,
    pub(super) pieces: Vec<Piece>,
    pub(super) names: Names,
    pub(super) errors: Vec<SyntaxError>,
}

impl Open {
    pub(super) fn word(&self) -> &str {
        &self.word
    }
}

impl Parser<'_> {
    /// Resolves braces, whatever is around them.
    fn take_braces(&mut self) {
        let text = self.text;
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let mut end = at + c.len_utf8();
            let mut token = Some(Token::Char(c));
            if matches!(c, '{' | '}') {
                let (brace, after) = brace::read(text, at, None);
                end = after;
                token = match brace {
                    Brace::Literal(c) => Some(Token::Char(c)),
                    Brace::Name(name) => Some(Token::Value(self.names.placeholder(name, at..end))),
                    Brace::Wrong { kind, meant } => {
                        self.errors.push(SyntaxError::new(kind, at..end));
                        meant.map(|name| Token::Value(self.names.placeholder(name, at..end)))
                    }
                };
            } else if c == '\0' {
                self.errors.push(SyntaxError::new(SyntaxErrorKind::Nul, at..end));
            }
            self.tokens.extend(token.map(|token| (token, at..end)));
            at = end;
        }
    }

    fn run(&mut self) {
        while let Some((token, span)) = self.tokens.get(self.at).cloned() {
            match token {
                Token::Value(value) => self.value(value, &span),
                Token::Char(c) => self.char(c),
            }
        }
        self.end_word();
        self.end_test();
        self.tell_variables();
        if let Some(open) = self.open.pop() {
            let kind = unclosed(open.frame);
            self.errors.push(SyntaxError::new(kind, open.span));
        } else if self.text.trim().is_empty() {
            self.errors.push(SyntaxError::new(SyntaxErrorKind::Empty, 0..self.text.len()));
        }
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<char> {
        match self.tokens.get(self.at + ahead) {
            Some((Token::Char(c), _)) => Some(*c),
            Some((Token::Value(_), _)) | None => None,
        }
    }

    pub(super) fn is_value(&self, ahead: usize) -> bool {
        matches!(self.tokens.get(self.at + ahead), Some((Token::Value(_), _)))
    }

    /// Where the next token begins.
    pub(super) fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.text.len(), |(_, span)| span.start)
    }

    /// The span of so many tokens from here on.
    pub(super) fn span(&self, count: usize) -> Range<usize> {
        let end = (self.at + count).min(self.tokens.len()) - 1;
        self.tokens[self.at].1.start..self.tokens[end].1.end
    }

    pub(super) fn error(&mut self, syntax: ScriptSyntax, span: Range<usize>) {
        self.errors.push(SyntaxError::new(SyntaxErrorKind::Script(syntax), span));
    }

    pub(super) fn top(&self) -> Option<Frame> {
        self.open.last().map(|open| open.frame)
    }

    pub(super) fn is_in(&self, frame: Frame) -> bool {
        self.open.iter().any(|open| open.frame == frame)
    }

    /// Takes so many characters as they are.
    pub(super) fn take(&mut self, count: usize) {
        for _ in 0..count {
            if let Some(c) = self.peek(0) {
                match self.pieces.last_mut() {
                    Some(Piece::Text(text)) => text.push(c),
                    _ => self.pieces.push(Piece::Text(c.into())),
                }
                self.at += 1;
            }
        }
    }

    /// Opens what so many characters open.
    pub(super) fn push(&mut self, frame: Frame, count: usize) {
        let span = self.span(count);
        self.word.push('\0');
        let open = Open { frame, span, word: std::mem::take(&mut self.word), fresh: self.fresh };
        self.open.push(open);
        self.fresh = true;
        self.take(count);
    }

    pub(super) fn pop(&mut self) {
        if let Some(open) = self.open.pop() {
            // What closes it was taken, but where backquotes end in it.
            let closed = self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |(_, span)| span.start);
            let inside = open.span.end..closed.max(open.span.end);
            match open.frame {
                Frame::Arithmetic(_) | Frame::OldArithmetic => self.seen.arithmetic(inside),
                Frame::Expansion => self.seen.expansion(inside),
                Frame::Paren => self.seen.parenthesis(inside.end, self.open.len()),
                Frame::Case | Frame::Backquote | Frame::Double | Frame::Single | Frame::Ansi => {}
            }
            self.word = open.word;
            self.fresh = open.fresh;
        }
    }

    fn char(&mut self, c: char) {
        if c == '`' && self.is_in(Frame::Backquote) {
            return self.close_backquote();
        }
        if c == '\\' && self.is_in(Frame::Backquote) {
            self.escaped = true;
        }
        match self.top() {
            Some(Frame::Single) => self.until('\'', c),
            Some(Frame::Ansi) if c == '\\' => self.backslash(),
            Some(Frame::Ansi) => self.until('\'', c),
            Some(Frame::Double) => match c {
                '\\' => self.backslash(),
                '$' => self.dollar(),
                '`' => self.push(Frame::Backquote, 1),
                _ => self.until('"', c),
            },
            Some(Frame::Expansion) if c == '}' => self.until('}', c),
            Some(Frame::Arithmetic(depth)) if matches!(c, '(' | ')') => self.arithmetic(c, depth),
            Some(Frame::OldArithmetic) if c == ']' => self.until(']', c),
            Some(Frame::Expansion | Frame::Arithmetic(_) | Frame::OldArithmetic) => match c {
                '\'' if self.top() == Some(Frame::Expansion) && self.is_quoted() => {
                    self.error(ScriptSyntax::QuoteInExpansion, self.span(1));
                    self.take(1);
                }
                '\'' if self.top() != Some(Frame::Expansion) => self.take(1),
                _ if !self.quote(c) => self.take(1),
                _ => {}
            },
            None | Some(Frame::Paren | Frame::Case | Frame::Backquote) => self.command(c),
        }
    }

    /// Takes a character; `end` closes what is open.
    fn until(&mut self, end: char, c: char) {
        self.take(1);
        if c == end {
            self.pop();
        }
    }

    /// Takes what quotes, or begins an expansion, outside quotes; false if the character does neither.
    fn quote(&mut self, c: char) -> bool {
        match c {
            '\'' => self.push(Frame::Single, 1),
            '"' => self.push(Frame::Double, 1),
            '`' => self.push(Frame::Backquote, 1),
            '\\' => self.backslash(),
            '$' => self.dollar(),
            _ => return false,
        }
        true
    }

    fn command(&mut self, c: char) {
        if self.quote(c) {
            return;
        }
        match c {
            '#' if self.word.is_empty() => self.comment(),
            '<' if self.peek(1) == Some('<') && self.peek(2) != Some('<') => {
                self.error(ScriptSyntax::HereDocument, self.span(2));
                self.end_word();
                self.take(2);
            }
            '<' | '>' => {
                self.end_word();
                let same = (1..3).take_while(|ahead| self.peek(*ahead) == Some(c)).count();
                self.take(1 + same);
            }
            '(' => {
                self.end_word();
                match self.peek(1) {
                    Some('(') => self.push(Frame::Arithmetic(0), 2),
                    _ => self.push(Frame::Paren, 1),
                }
                // The word is over: only `$(` stands inside one.
                self.open.last_mut().expect("it was pushed").word.clear();
            }
            ')' => {
                self.end_word();
                self.seen.command(self.text, self.place(), self.open.len());
                self.take(1);
                match self.top() {
                    Some(Frame::Paren) => self.pop(),
                    _ => self.fresh = true,
                }
            }
            ';' | '&' | '|' | '\n' => {
                self.end_word();
                self.seen.command(self.text, self.place(), self.open.len());
                self.fresh = true;
                self.take(1);
            }
            ' ' | '\t' | '\r' => {
                self.end_word();
                self.take(1);
            }
            _ => {
                self.take(1);
                if c == '=' {
                    self.seen.equals(self.text, &self.word, self.place(), self.open.len());
                }
                self.word.push(c);
            }
        }
    }

    /// Does what a word of the shell's own says.
    pub(super) fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        if word.is_empty() {
            return;
        }
        self.seen.word(&word, self.fresh, self.place(), self.open.len(), self.peek(0));
        if word.starts_with("[-") && word.len() > 2 && !word.contains(']') {
            self.error(ScriptSyntax::Group, self.before(word.len()));
        }
        let in_parens = matches!(self.top(), Some(Frame::Paren | Frame::Case));
        match word.as_str() {
            "case" if in_parens => {
                let open = Open { frame: Frame::Case, span: self.before(4), word: String::new(), fresh: false };
                self.open.push(open);
            }
            "esac" if self.fresh && self.top() == Some(Frame::Case) => self.pop(),
            "[[" if self.test.is_none() => self.test = Some((self.at, Vec::new())),
            "]]" => self.end_test(),
            _ => {}
        }
        self.fresh = word == "in";
    }

    /// The span of so many bytes before this place.
    fn before(&self, bytes: usize) -> Range<usize> {
        let end = self.tokens.get(self.at).map_or(self.text.len(), |(_, span)| span.start);
        let start = (0..=end.saturating_sub(bytes)).rev().find(|at| self.text.is_char_boundary(*at));
        start.unwrap_or(0)..end
    }
}
