//! What strangers wrote, made harmless for a terminal.

use std::iter::Peekable;
use std::str::Chars;

/// So many lines of what a task said are shown, each cut after so many characters.
const LINES: usize = 10;
const LINE: usize = 200;

/// The last lines of a file of which this is the end, as a terminal may show them. `is_part` says that the file begins
/// before; what is left of a line that does so too is shown only where it is all there is, and then its end.
pub fn last_lines(end: &[u8], is_part: bool) -> Vec<String> {
    // The rest of a character that begins before is none.
    let cut = if is_part { end.iter().take_while(|byte| **byte & 0xc0 == 0x80).count().min(3) } else { 0 };
    let text = String::from_utf8_lossy(&end[cut..]);
    let (first, others) = text.split_once('\n').unwrap_or((&text, ""));
    let first = match is_part {
        false => Some(harmless(first, LINE)),
        true if others.trim().is_empty() => Some(end_of(first)),
        true => None,
    };
    let others = others.split('\n').map(|line| harmless(line, LINE));
    let mut shown: Vec<String> = first.into_iter().chain(others).collect();
    while shown.last().is_some_and(|line| line.trim().is_empty()) {
        shown.pop();
    }
    shown.drain(..shown.len().saturating_sub(LINES));
    shown
}

/// The end of a line of which nobody knows how long it is.
fn end_of(line: &str) -> String {
    let shown = harmless(line, usize::MAX);
    let from = shown.char_indices().rev().nth(LINE - 1).map_or(0, |(at, _)| at);
    format!(".. {}", &shown[from..])
}

/// A line as a terminal may show it: escape sequences are gone, other control characters are spelled out, of what a
/// carriage return overwrote only the last is left, and after `most` characters it is cut, which is said.
pub(super) fn harmless(line: &str, most: usize) -> String {
    // Programs that draw a progress bar write their line again and again.
    let line = line.trim_end_matches(['\r', '\n']);
    let line = line.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or(line);
    let mut shown = String::with_capacity(line.len().min(most));
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => skip_escape(&mut chars),
            '\u{9b}' => skip_parameters(&mut chars),
            '\t' => shown.push_str("    "),
            c if is_harmful(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    cut(shown, most)
}

/// Whether a terminal would act on a character instead of showing it, or show others in another order.
pub(super) fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn cut(mut text: String, most: usize) -> String {
    if let Some((at, _)) = text.char_indices().nth(most) {
        let more = text[at..].chars().count();
        text.truncate(at);
        return format!("{text} .. ({more} more)");
    }
    text
}

/// What follows an escape character and belongs to it.
fn skip_escape(chars: &mut Peekable<Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_parameters(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            skip_text(chars);
        }
        _ => {
            while chars.next_if(|c| matches!(c, ' '..='/')).is_some() {}
            chars.next_if(|c| matches!(c, '0'..='~'));
        }
    }
}

/// A title, a link, a palette, a picture: up to BEL or ESC \, or where another sequence begins. Where it does not end it is
/// no such thing, and shown.
fn skip_text(chars: &mut Peekable<Chars<'_>>) {
    let mut inside = chars.clone();
    while let Some(c) = inside.peek() {
        match c {
            '\x1b' => {
                let at_escape = inside.clone();
                inside.next();
                *chars = if inside.next_if_eq(&'\\').is_some() { inside } else { at_escape };
                return;
            }
            '\x07' | '\u{9c}' => {
                inside.next();
                *chars = inside;
                return;
            }
            _ => {
                inside.next();
            }
        }
    }
}

/// Parameters, and the letter that ends them.
fn skip_parameters(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
    chars.next_if(|c| matches!(c, '@'..='~'));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_gone_and_the_rest_is_spelled_out() {
        let shown = |line: &str| harmless(line, 40);
        assert_eq!(shown("plain text, naïve 🦀"), "plain text, naïve 🦀");
        assert_eq!(shown("\x1b[1;31merror\x1b[0m: no"), "error: no");
        assert_eq!(shown("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\"), "alink");
        assert_eq!(shown("\x1b(Bx\x1bcy\u{9b}2Jz"), "xyz");
        assert_eq!(shown("bell\x07 del\x7f \u{202e}txt"), "bell\\u{7} del\\u{7f} \\u{202e}txt");
        assert_eq!(shown(" 10%\r 50%\r100%\r"), "100%");
        assert_eq!(shown("a\tb\r\n"), "a    b");
        assert_eq!(shown(&"x".repeat(45)), format!("{} .. (5 more)", "x".repeat(40)));
        assert_eq!(shown("\x1b]0;no end: it failed"), "0;no end: it failed");
        assert_eq!(shown("\x1bPno end\x1b[31m: it failed"), ": it failed");
        assert_eq!(shown("\x1b"), "");
        assert_eq!(shown("\x1b[12"), "");
    }

    #[test]
    fn the_last_lines_are_whole_ones_where_there_are_any() {
        assert_eq!(last_lines(b"", false), [""; 0]);
        assert_eq!(last_lines(b"one\n\ntwo\n\n \n", false), ["one", "", "two"]);
        assert_eq!(last_lines(b"half\nwhole\n", true), ["whole"]);
        assert_eq!(last_lines(b"half\n", true), [".. half"]);
        assert_eq!(last_lines(b"\xb1\x80half \n\n", true), [".. half "]);
        let long = format!("{}: it failed\n", "x".repeat(8000));
        assert_eq!(last_lines(long.as_bytes(), true), [format!(".. {}: it failed", "x".repeat(LINE - 11))]);
        assert_eq!(last_lines(long.as_bytes(), false), [format!("{} .. (7811 more)", "x".repeat(LINE))]);
        assert_eq!(last_lines(b"bad \xff\xfe byte", false), ["bad \u{fffd}\u{fffd} byte"]);
        let many: Vec<String> = (0..30).map(|line| line.to_string()).collect();
        assert_eq!(last_lines(many.join("\n").as_bytes(), false), many[20..]);
    }

    proptest! {
        #[test]
        fn nothing_acts_on_a_terminal(line in "[\\PC\\x00-\\x1f\\x7f-\\x9f]{0,60}", most in 0_usize..50) {
            let shown = harmless(&line, most);
            prop_assert!(!shown.contains(is_harmful), "{shown:?}");
            prop_assert_eq!(harmless(&shown, 100), shown);
        }
    }
}
