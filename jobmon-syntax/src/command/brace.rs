//! What a brace begins: a placeholder, a doubled brace, or a mistake.

use super::error::SyntaxErrorKind;

/// What was read at a brace.
pub(super) enum Brace<'t> {
    /// `{{` or `}}`.
    Literal(char),
    /// `{name}`.
    Name(&'t str),
    /// Something else; `meant` is the name that was probably meant, so that nobody calls it unused.
    Wrong { kind: SyntaxErrorKind, meant: Option<&'t str> },
}

/// Reads what begins at the brace at `start`, inside quotes of the kind `quote` if any, and gives it with its end.
pub(super) fn read(text: &str, start: usize, quote: Option<char>) -> (Brace<'_>, usize) {
    let rest = &text[start..];
    if rest.starts_with("{{") {
        return (Brace::Literal('{'), start + 2);
    }
    if rest.starts_with("}}") {
        return (Brace::Literal('}'), start + 2);
    }
    if rest.starts_with('}') {
        return (Brace::Wrong { kind: SyntaxErrorKind::UnopenedBrace, meant: None }, start + 1);
    }
    let inside = &rest[1..];
    // A quote that ends here ends the placeholder too, so that one forgotten brace isn't told as a forgotten quote.
    let ends = |c: char| match quote {
        Some(quote) => c == quote,
        None => matches!(c, '\'' | '"'),
    };
    match inside.find(|c| matches!(c, '{' | '}' | '\n') || ends(c)) {
        Some(end) if inside[end..].starts_with('}') => (name(&inside[..end]), start + 1 + end + 1),
        _ => (Brace::Wrong { kind: SyntaxErrorKind::UnclosedBrace, meant: None }, start + 1),
    }
}

fn name(body: &str) -> Brace<'_> {
    if is_name(body) {
        return Brace::Name(body);
    }
    let meant = meant_name(body);
    let kind = match (body, meant) {
        ("", _) => SyntaxErrorKind::NoName,
        (_, Some(name)) => with_more(body, name),
        _ if body.bytes().all(|byte| byte.is_ascii_digit()) => SyntaxErrorKind::Position { body: body.to_owned() },
        _ if is_expansion(body) => SyntaxErrorKind::BraceExpansion { body: body.to_owned() },
        _ => SyntaxErrorKind::NotAName { body: body.to_owned() },
    };
    Brace::Wrong { kind, meant }
}

/// The mistake of a `body` that is `name` and something that doesn't belong in the braces.
fn with_more(body: &str, name: &str) -> SyntaxErrorKind {
    let (body, name) = (body.to_owned(), name.to_owned());
    match body.trim().trim_start_matches("r#").strip_prefix(&name) {
        Some("...") => SyntaxErrorKind::MarkInBraces { name, mark: "..." },
        Some("?") => SyntaxErrorKind::MarkInBraces { name, mark: "?" },
        _ if body.trim().starts_with("self.") => SyntaxErrorKind::FieldAccess { body, name },
        Some(more) if more.starts_with(':') => SyntaxErrorKind::Format { body, name },
        Some(more) if more.starts_with('!') => SyntaxErrorKind::Conversion { body, name },
        Some(more) if more.starts_with('.') => SyntaxErrorKind::FieldAccess { body, name },
        _ if body.trim().starts_with("r#") => SyntaxErrorKind::RawName { name },
        _ => SyntaxErrorKind::SpaceInBraces { body, name },
    }
}

/// The name in ` x `, `r#x`, `self.x`, `x...`, `x?`, `x:>3`, `x!r` and `x.y`; none in anything else.
fn meant_name(body: &str) -> Option<&str> {
    let body = body.trim();
    let body = body.strip_prefix("r#").or_else(|| body.strip_prefix("self.")).unwrap_or(body);
    let end = body.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(body.len());
    let (name, more) = body.split_at(end);
    let known = matches!(more, "" | "..." | "?") || more.starts_with([':', '!']) || is_field(more);
    (is_name(name) && known).then_some(name)
}

fn is_field(more: &str) -> bool {
    more.strip_prefix('.').is_some_and(|field| field.starts_with(|c: char| c == '_' || c.is_alphanumeric()))
}

fn is_expansion(body: &str) -> bool {
    (body.contains(',') || body.contains("..")) && !body.contains(char::is_whitespace)
}

fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c == '_' || c.is_alphabetic());
    starts && text != "_" && text.chars().all(|c| c == '_' || c.is_alphanumeric())
}
