//! The reader of a command: one pass over the characters that never stops at a mistake.

use std::ops::Range;

use super::ast::{Group, Item, Part, Placeholder, Word};
use super::brace::{self, Brace};
use super::error::{SyntaxError, SyntaxErrorKind};
use super::parse::{Names, push_text};
use super::shell::{self, ShellSyntax};

/// A word while it is read.
#[derive(Default)]
struct Draft {
    start: usize,
    parts: Vec<Part>,
    splice: Option<Placeholder>,
    /// Where something follows the list.
    after_splice: Option<usize>,
    /// A `[` of a pattern has been told, so that its `]` needs no second error.
    pattern: bool,
}

#[derive(Default)]
pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
    items: Vec<Item>,
    names: Names,
    errors: Vec<SyntaxError>,
    draft: Option<Draft>,
    group: Option<Group>,
    /// Groups inside the group, which are told and then read as if they had no brackets.
    nested: usize,
    /// Parentheses that were told when they opened.
    parens: usize,
    /// A backquote was told when it opened.
    backquote: bool,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, ..Self::default() }
    }

    /// The items, as far as they can be made out, the names in them, and the mistakes.
    pub(super) fn read(mut self) -> (Vec<Item>, Names, Vec<SyntaxError>) {
        self.run();
        self.check_program();
        (self.items, self.names, self.errors)
    }

    fn run(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | '\r' => {
                    self.end_word();
                    self.at += 1;
                }
                '\'' | '"' => self.quoted(c),
                '\\' => self.backslash(),
                '{' | '}' => self.brace(None),
                '[' => self.open_bracket(),
                ']' => self.close_bracket(),
                '|' | '&' | ';' | '<' | '>' | '(' | ')' => self.operator(c),
                '$' | '`' => self.expansion(c),
                '#' if self.draft.is_none() => self.comment(),
                '~' if self.draft.is_none() => self.told_text(c, ShellSyntax::Tilde),
                '*' | '?' => self.told_text(c, ShellSyntax::Pattern { character: c }),
                _ => self.text(c),
            }
        }
        self.end_word();
        if let Some(group) = self.group.take() {
            self.errors.push(SyntaxError::new(SyntaxErrorKind::UnclosedGroup, group.span.start..group.span.start + 1));
            self.items.push(Item::Group(group));
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn error(&mut self, kind: SyntaxErrorKind, span: Range<usize>) {
        self.errors.push(SyntaxError::new(kind, span));
    }

    /// The word that is being read, begun here if there is none. `at` is still before what is added to it.
    fn word(&mut self) -> &mut Draft {
        let at = self.at;
        self.draft.get_or_insert_with(|| Draft { start: at, ..Draft::default() })
    }

    /// As [`word`](Self::word), to add a character or a value, which can't follow a list.
    fn grow(&mut self) -> &mut Draft {
        let at = self.at;
        let word = self.word();
        if word.splice.is_some() {
            word.after_splice.get_or_insert(at);
        }
        word
    }

    /// Takes a character as text.
    fn text(&mut self, c: char) {
        if c == '\0' {
            self.error(SyntaxErrorKind::Nul, self.at..self.at + 1);
        }
        push_text(&mut self.grow().parts, c);
        self.at += c.len_utf8();
    }

    /// Takes a character as text that a shell would act on.
    fn told_text(&mut self, c: char, syntax: ShellSyntax) {
        self.error(SyntaxErrorKind::Shell(syntax), self.at..self.at + c.len_utf8());
        self.text(c);
    }

    fn quoted(&mut self, quote: char) {
        let start = self.at;
        self.word();
        self.at += 1;
        while let Some(c) = self.peek() {
            match c {
                '{' | '}' => self.brace(Some(quote)),
                '\\' if quote == '"' => self.backslash_in_quotes(),
                '$' | '`' if quote == '"' => self.expansion(c),
                _ if c == quote => {
                    self.at += 1;
                    return;
                }
                _ => self.text(c),
            }
        }
        self.error(SyntaxErrorKind::UnclosedQuote { quote }, start..start + 1);
    }

    fn backslash(&mut self) {
        let rest = &self.text[self.at + 1..];
        match rest.chars().next() {
            None => {
                self.error(SyntaxErrorKind::TrailingBackslash, self.at..self.at + 1);
                self.at += 1;
            }
            Some('\n') => self.at += 2,
            Some('\r') if rest.starts_with("\r\n") => self.at += 3,
            Some('{' | '}') => {
                self.error(SyntaxErrorKind::EscapedBrace, self.at..self.at + 2);
                self.word();
                self.at += if rest.starts_with("{{") || rest.starts_with("}}") { 3 } else { 2 };
            }
            Some(c) => {
                self.word();
                self.at += 1;
                self.text(c);
            }
        }
    }

    fn backslash_in_quotes(&mut self) {
        match self.rest()[1..].chars().next() {
            Some('\n') => self.at += 2,
            Some(c @ ('"' | '\\' | '$' | '`')) => {
                self.at += 1;
                self.text(c);
            }
            _ => self.text('\\'),
        }
    }

    /// A placeholder with its marks, a doubled brace, or a mistake.
    fn brace(&mut self, quote: Option<char>) {
        let (start, first) = (self.at, self.draft.is_none());
        let (brace, end) = brace::read(self.text, start, quote);
        let name = match brace {
            Brace::Literal(c) => {
                push_text(&mut self.grow().parts, c);
                self.at = end;
                return;
            }
            Brace::Name(name) => Some(name),
            Brace::Wrong { kind, meant } => {
                self.error(kind, start..end);
                meant
            }
        };
        self.word();
        let Some(name) = name else {
            self.at = end;
            return;
        };
        let value = self.names.placeholder(name, start..end);
        match self.text[end..].chars().next() {
            Some('?') if quote.is_none() => self.guard(value, first),
            _ if quote.is_none() && self.text[end..].starts_with("...") => self.splice(value),
            _ => {
                self.grow().parts.push(Part::Value(value));
                self.at = end;
            }
        }
    }

    fn splice(&mut self, list: Placeholder) {
        let end = list.span.end + 3;
        if self.word().splice.is_some() {
            self.error(SyntaxErrorKind::TwoLists, list.span.start..end);
            self.word().parts.push(Part::Value(list));
        } else {
            self.word().splice = Some(list);
        }
        self.at = end;
    }

    fn guard(&mut self, guard: Placeholder, first: bool) {
        let span = guard.span.start..guard.span.end + 1;
        let apart = self.text[span.end..].chars().next().is_none_or(|c| c.is_whitespace() || c == ']');
        self.at = span.end;
        match &mut self.group {
            Some(group) if first && group.guard.is_none() && group.words.is_empty() => {
                group.guard = Some(guard);
                self.draft = None;
                if !apart {
                    self.error(SyntaxErrorKind::GuardWithoutSpace, span);
                }
            }
            _ => {
                self.error(SyntaxErrorKind::MisplacedGuard, span);
                self.word().parts.push(Part::Value(guard));
            }
        }
    }

    fn open_bracket(&mut self) {
        let span = self.at..self.at + 1;
        if self.draft.is_some() {
            self.told_text('[', ShellSyntax::Pattern { character: '[' });
            self.word().pattern = true;
            return;
        }
        self.at = span.end;
        if self.group.is_some() {
            self.nested += 1;
            self.error(SyntaxErrorKind::NestedGroup, span);
        } else {
            self.group = Some(Group { guard: None, words: Vec::new(), span });
        }
    }

    fn close_bracket(&mut self) {
        let span = self.at..self.at + 1;
        if self.draft.as_ref().is_some_and(|word| word.pattern) {
            self.text(']');
            self.word().pattern = false;
            return;
        }
        if self.group.is_none() {
            self.error(SyntaxErrorKind::UnopenedGroup, span);
            self.text(']');
            return;
        }
        self.end_word();
        self.at = span.end;
        // After a second bracket that one is the mistake, and after an operator the operator is.
        if !self.peek().is_none_or(|c| c.is_whitespace() || "]|&;<>()".contains(c)) {
            self.error(SyntaxErrorKind::TextAfterGroup, span);
        }
        if self.nested > 0 {
            self.nested -= 1;
        } else {
            self.close_group();
        }
    }

    fn close_group(&mut self) {
        let Some(mut group) = self.group.take() else { return };
        group.span.end = self.at;
        let values = |word: &Word| word.splice.is_some() || word.parts.iter().any(|part| part.placeholder().is_some());
        if group.words.is_empty() {
            self.error(SyntaxErrorKind::EmptyGroup, group.span.clone());
        } else if group.guard.is_none() && !group.words.iter().any(values) && !self.items.is_empty() {
            self.error(SyntaxErrorKind::ConstantGroup, group.span.clone());
        }
        self.items.push(Item::Group(group));
    }

    fn end_word(&mut self) {
        let Some(draft) = self.draft.take() else { return };
        if let Some(start) = draft.after_splice {
            self.error(SyntaxErrorKind::TextAfterList, start..self.at);
        }
        let word = Word { parts: draft.parts, splice: draft.splice, span: draft.start..self.at };
        match &mut self.group {
            Some(group) => group.words.push(word),
            None => self.items.push(Item::Word(word)),
        }
    }

    /// Tells an operator of the shell once, and ends the word as a shell would.
    fn operator(&mut self, c: char) {
        let start = self.at;
        let (syntax, length) = match c {
            '|' | '&' if self.rest().starts_with("||") => (ShellSyntax::AndOr { operator: "||" }, 2),
            '|' | '&' if self.rest().starts_with("&&") => (ShellSyntax::AndOr { operator: "&&" }, 2),
            '|' => (ShellSyntax::Pipe, 1),
            '&' => (ShellSyntax::Background, 1),
            ';' => (ShellSyntax::Semicolon, 1),
            '<' => (ShellSyntax::RedirectInput, self.redirection()),
            '>' => (ShellSyntax::RedirectOutput, self.redirection()),
            _ => (ShellSyntax::Subshell, 1),
        };
        self.end_word();
        self.at += length;
        match c {
            '(' => self.parens += 1,
            ')' if self.parens > 0 => {
                self.parens -= 1;
                return;
            }
            _ => {}
        }
        self.error(SyntaxErrorKind::Shell(syntax), start..start + length);
    }

    /// The length of an operator such as `>>`, `<<` or `>&`.
    fn redirection(&self) -> usize {
        let rest = self.rest();
        rest.find(|c| !matches!(c, '<' | '>' | '&' | '|')).unwrap_or(rest.len())
    }

    /// Tells `$` or a backquote once, and leaves out the name that belongs to it.
    fn expansion(&mut self, c: char) {
        let (start, rest) = (self.at, self.rest());
        let (syntax, told, skipped) = if c == '`' {
            (ShellSyntax::Substitution, 1, 1)
        } else if rest.starts_with("$(") {
            (ShellSyntax::Substitution, 2, 2)
        } else if rest.starts_with("${") && !rest.starts_with("${{") {
            (ShellSyntax::Variable, 1, rest.find('}').map_or(2, |end| end + 1))
        } else {
            let special = rest[1..].starts_with(['$', '*', '@', '#', '?', '!', '-']);
            (ShellSyntax::Variable, 1, 1 + usize::from(special))
        };
        self.word();
        self.at += skipped;
        if told == 2 {
            self.parens += 1;
        }
        if c == '`' {
            self.backquote = !self.backquote;
        }
        if c != '`' || self.backquote {
            self.error(SyntaxErrorKind::Shell(syntax), start..start + told);
        }
    }

    fn comment(&mut self) {
        let end = self.rest().find('\n').map_or(self.text.len(), |end| self.at + end);
        self.error(SyntaxErrorKind::Shell(ShellSyntax::Comment), self.at..self.at + 1);
        self.at = end;
    }

    /// The program is always run, by its name: what else the first word can be is a mistake.
    fn check_program(&mut self) {
        let span = self.items.first().map_or(0..self.text.len(), Item::span);
        let kind = match self.items.first() {
            None if self.errors.is_empty() => SyntaxErrorKind::Empty,
            None => return,
            Some(Item::Group(group)) if group.words.is_empty() => return,
            Some(Item::Group(_)) => SyntaxErrorKind::OptionalProgram,
            Some(Item::Word(word)) if word.splice.is_some() => SyntaxErrorKind::ListProgram,
            Some(Item::Word(word)) => {
                let written = &self.text[span.clone()];
                match shell::program(written) {
                    Some(syntax @ ShellSyntax::Builtin { .. }) => {
                        // The command is a script: what else only a shell understands is the same mistake.
                        self.errors.retain(|error| error.kind.is_for_a_shell_too());
                        SyntaxErrorKind::Shell(syntax)
                    }
                    Some(syntax) => SyntaxErrorKind::Shell(syntax),
                    None if word.parts.is_empty()
                        && !self.errors.iter().any(|error| span.contains(&error.span.start)) =>
                    {
                        SyntaxErrorKind::EmptyProgram
                    }
                    None => return,
                }
            }
        };
        self.error(kind, span);
    }
}
