//! Cuts Rust into tokens, as far as the rules need them: words, `::`, `=>`, `!=`, and other characters one by one. Comments,
//! strings and characters are left out, so that nothing is found in them.

/// A token and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: text, line: 1, tokens: Vec::new() };
    while !lexer.rest.is_empty() {
        lexer.step();
    }
    lexer.tokens
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn step(&mut self) {
        let first = self.rest.chars().next().expect("there is something left");
        if self.rest.starts_with("//") {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.block_comment();
        } else if let Some(length) = string(self.rest) {
            self.skip(length);
        } else if first.is_alphabetic() || first == '_' {
            let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            self.token(end.unwrap_or(self.rest.len()));
        } else if ["::", "=>", "!="].iter().any(|pair| self.rest.starts_with(pair)) {
            self.token(2);
        } else if first.is_whitespace() {
            self.skip(first.len_utf8());
        } else {
            self.token(first.len_utf8());
        }
    }

    fn token(&mut self, length: usize) {
        self.tokens.push(Token { text: self.rest[..length].to_owned(), line: self.line });
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        let (skipped, rest) = self.rest.split_at(length);
        self.line += skipped.matches('\n').count();
        self.rest = rest;
    }

    /// They nest.
    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.skip(2);
            } else {
                self.skip(self.rest.chars().next().map_or(0, char::len_utf8));
            }
            if depth == 0 || self.rest.is_empty() {
                return;
            }
        }
    }
}

/// The length of the string or character literal that the text begins with.
fn string(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        let rest = text.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.starts_with('"') || prefix.ends_with('r') && raw(rest).is_some())
    });
    if let Some(prefix) = prefix {
        let rest = &text[prefix.len()..];
        let length = if prefix.ends_with('r') { raw(rest) } else { quoted(rest, '"') };
        return length.map(|length| prefix.len() + length);
    }
    character(text).or_else(|| text.strip_prefix('b').and_then(character).map(|length| length + 1))
}

/// `#"..."#`, with as many `#`.
fn raw(text: &str) -> Option<usize> {
    let marks = text.len() - text.trim_start_matches('#').len();
    let inner = text[marks..].strip_prefix('"')?;
    let end = format!("\"{}", &text[..marks]);
    let length = inner.find(&end).map_or(inner.len(), |at| at + end.len());
    Some(marks + 1 + length)
}

fn quoted(text: &str, mark: char) -> Option<usize> {
    let mut escaped = false;
    let mut inner = text.strip_prefix(mark)?.char_indices();
    let end = inner.find(|(_, c)| {
        let ends = *c == mark && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    Some(end.map_or(text.len(), |(at, c)| 1 + at + c.len_utf8()))
}

/// `'x'` or `'\n'`, and no lifetime.
fn character(text: &str) -> Option<usize> {
    let mut inner = text.strip_prefix('\'')?.chars();
    let first = inner.next()?;
    (first == '\\' || inner.next() == Some('\'')).then(|| quoted(text, '\'')).flatten()
}

#[test]
fn comments_strings_and_characters_are_no_code() {
    let text = "a // b\n/* c /* d */ e */ f::g \"h\\\" i\" r#\"j \" k\"# '\\'' 'l' b'm' b\"n\" &'o x => '\"' y\"\np\"z";
    let found: Vec<(String, usize)> = tokens(text).into_iter().map(|token| (token.text, token.line)).collect();
    let expected = [
        ("a", 1),
        ("f", 2),
        ("::", 2),
        ("g", 2),
        ("&", 2),
        ("'", 2),
        ("o", 2),
        ("x", 2),
        ("=>", 2),
        ("y", 2),
        ("z", 3),
    ];
    assert_eq!(found, expected.map(|(text, line)| (text.to_owned(), line)));
}
