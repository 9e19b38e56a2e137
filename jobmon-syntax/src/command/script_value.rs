//! Quotes, expansions and values in a script.

use std::ops::Range;

use super::ast::Placeholder;
use super::error::{SyntaxError, SyntaxErrorKind};
use super::script::{Piece, Quoting};
use super::script_error::ScriptSyntax;
use super::script_parser::{Frame, Open, Parser, Token};

impl Parser<'_> {
    pub(super) fn backslash(&mut self) {
        if self.peek(1) == Some('\n') {
            return self.take(2);
        }
        self.word.push('\0');
        if self.is_value(1) {
            self.errors.push(SyntaxError::new(SyntaxErrorKind::EscapedBrace, self.span(2)));
            self.at += 2;
        } else if self.at + 1 == self.tokens.len() {
            self.errors.push(SyntaxError::new(SyntaxErrorKind::TrailingBackslash, self.span(1)));
            self.at += 1;
        } else {
            self.take(2);
        }
    }

    pub(super) fn dollar(&mut self) {
        let ansi = self.is_command() || self.top() == Some(Frame::Expansion) && !self.is_quoted();
        match self.peek(1) {
            Some('(') if self.peek(2) == Some('(') => self.push(Frame::Arithmetic(0), 3),
            Some('(') => self.push(Frame::Paren, 2),
            Some('{') => self.push(Frame::Expansion, 2),
            Some('[') => self.push(Frame::OldArithmetic, 2),
            Some('\'') if ansi => self.push(Frame::Ansi, 2),
            Some('#' | '$' | '!' | '?' | '*' | '@' | '-') => {
                self.word.push('\0');
                self.take(2);
            }
            _ => {
                if let Some((Token::Value(value), span)) = self.tokens.get(self.at + 1) {
                    let (name, end) = (value.name.clone(), span.end);
                    self.error(ScriptSyntax::DollarBeforeValue { name }, self.span(1).start..end);
                }
                self.word.push('\0');
                self.take(1);
            }
        }
    }

    /// Whether the expansion here stands in double quotes, in which `'` is a character like others.
    pub(super) fn is_quoted(&self) -> bool {
        let expansion = |frame: &Frame| matches!(frame, Frame::Expansion | Frame::Arithmetic(_) | Frame::OldArithmetic);
        self.open.iter().rev().map(|open| open.frame).find(|frame| !expansion(frame)) == Some(Frame::Double)
    }

    /// Whether commands stand here, not parts of a word.
    fn is_command(&self) -> bool {
        matches!(self.top(), None | Some(Frame::Paren | Frame::Case | Frame::Backquote))
    }

    pub(super) fn arithmetic(&mut self, c: char, depth: u32) {
        let twice = self.peek(1) == Some(')');
        let open = self.open.last_mut().expect("it is on top");
        match c {
            '(' => open.frame = Frame::Arithmetic(depth + 1),
            _ if depth > 0 => open.frame = Frame::Arithmetic(depth - 1),
            _ if twice => {
                self.take(2);
                return self.pop();
            }
            // Two subshells, one in the other, begin like arithmetic.
            _ => open.frame = Frame::Paren,
        }
        self.take(1);
    }

    /// Ends the backquotes, whatever is open in them.
    pub(super) fn close_backquote(&mut self) {
        self.end_word();
        if let Some(open) = self.open.last().filter(|open| open.frame != Frame::Backquote) {
            self.errors.push(SyntaxError::new(unclosed(open.frame), open.span.clone()));
        }
        while self.top().is_some_and(|frame| frame != Frame::Backquote) {
            self.pop();
        }
        self.pop();
        self.take(1);
        let values = std::mem::take(&mut self.quoted_values);
        if std::mem::take(&mut self.escaped) {
            values.into_iter().for_each(|span| self.error(ScriptSyntax::ValueInBackquotes, span));
        }
    }

    pub(super) fn comment(&mut self) {
        while let Some((token, span)) = self.tokens.get(self.at).cloned() {
            match token {
                Token::Char('\n') => return,
                Token::Char('`') if self.is_in(Frame::Backquote) => return,
                Token::Char(_) => self.take(1),
                Token::Value(_) => {
                    self.error(ScriptSyntax::ValueInComment, span);
                    self.at += 1;
                }
            }
        }
    }

    pub(super) fn value(&mut self, value: Placeholder, span: &Range<usize>) {
        let quotes = |frame: &Frame| matches!(frame, Frame::Double | Frame::Single | Frame::Ansi);
        let around = self.open.iter().rev().map(|open| open.frame).find(|frame| !quotes(frame));
        match around {
            Some(Frame::Expansion) => self.error(ScriptSyntax::ValueInExpansion, span.clone()),
            Some(Frame::Arithmetic(_) | Frame::OldArithmetic) => {
                self.error(ScriptSyntax::ValueInArithmetic, span.clone());
            }
            _ if self.is_index() => self.error(ScriptSyntax::ValueInArithmetic, span.clone()),
            _ => {}
        }
        if self.is_in(Frame::Backquote) {
            self.quoted_values.push(span.clone());
        }
        if let Some((_, values)) = &mut self.test {
            values.push(span.clone());
        }
        let quoting = match self.top() {
            Some(Frame::Double) => Quoting::Double,
            Some(Frame::Single) => Quoting::Single,
            Some(Frame::Ansi) => Quoting::Ansi,
            _ => Quoting::Open,
        };
        self.at += 1;
        if quoting == Quoting::Open && self.is_command() && self.marked(&value, span) {
            return;
        }
        self.word.push('\0');
        self.pieces.push(Piece::Value(value, quoting));
    }

    /// Whether the word so far is `name[`, as in `name[3]=..`, or `[` in a list of elements: an index is arithmetic.
    fn is_index(&self) -> bool {
        let word = if self.is_command() { self.word.as_str() } else { self.open.last().map_or("", Open::word) };
        let Some((name, index)) = word.split_once('[') else { return false };
        let is_name = name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
        let in_list = || self.open.iter().any(|open| open.frame == Frame::Paren);
        is_name && !index.contains(']') && (!name.is_empty() || in_list())
    }

    /// Takes the mark behind a value; true if it made a list of it.
    fn marked(&mut self, value: &Placeholder, span: &Range<usize>) -> bool {
        let rest = &self.text[span.end..];
        if rest.starts_with('?') {
            self.error(ScriptSyntax::Guard { name: value.name.clone() }, span.start..span.end + 1);
            self.at += 1;
            return false;
        }
        let Some(rest) = rest.strip_prefix("...") else { return false };
        let ends = rest.chars().next().is_none_or(|c| c.is_whitespace() || ";|&()<>`".contains(c));
        if !ends || !self.word.is_empty() {
            self.error(ScriptSyntax::ListInWord { name: value.name.clone() }, span.start..span.end + 3);
        }
        self.at += 3;
        self.word.push('\0');
        self.pieces.push(Piece::List(value.clone()));
        true
    }

    pub(super) fn end_test(&mut self) {
        const ARITHMETIC: [&str; 8] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-v", "-R"];
        let Some((start, values)) = self.test.take() else { return };
        self.seen.test(
            self.text,
            self.tokens.get(start).map_or(self.text.len(), |(_, span)| span.start)..self.place(),
            &ARITHMETIC,
        );
        let from = self.tokens.get(start).map_or(self.text.len(), |(_, span)| span.start);
        let to = self.tokens.get(self.at).map_or(self.text.len(), |(_, span)| span.start);
        let operator =
            self.text[from..to].split_whitespace().find_map(|word| ARITHMETIC.iter().find(|op| **op == word));
        if let Some(operator) = operator {
            for span in values {
                self.error(ScriptSyntax::ValueInTest { operator }, span);
            }
        }
    }
}

pub(super) fn unclosed(frame: Frame) -> SyntaxErrorKind {
    let (opened, closes) = match frame {
        Frame::Double => return SyntaxErrorKind::UnclosedQuote { quote: '"' },
        Frame::Single | Frame::Ansi => return SyntaxErrorKind::UnclosedQuote { quote: '\'' },
        Frame::Paren => ("(", ")"),
        Frame::Case => ("case", "esac"),
        Frame::Backquote => ("`", "`"),
        Frame::Expansion => ("${{", "}}"),
        Frame::Arithmetic(_) => ("((", "))"),
        Frame::OldArithmetic => ("$[", "]"),
    };
    SyntaxErrorKind::Script(ScriptSyntax::Unclosed { opened, closes })
}
