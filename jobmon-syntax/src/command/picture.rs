//! A mistake as a picture: the line that it is in, and carets under it.

use std::ops::Range;

/// How many columns of a line are shown.
const WIDEST: usize = 100;
/// How many of them come before the mistake where the line is longer.
const BEFORE: usize = 40;

/// The line of `text` that `span` begins in, and carets under it: two indented lines, as in
/// [`SyntaxError::picture`](super::SyntaxError::picture). Of a long line only what is around the mistake is shown.
///
/// ```
/// use jobmon_syntax::command::point_at;
/// assert_eq!(point_at("fit --in {imput}", &(9..16)), "  fit --in {imput}\n           ^^^^^^^");
/// ```
pub fn point_at(text: &str, span: &Range<usize>) -> String {
    let start = floor(text, span.start);
    let mut line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    let indent = text[line_start..start].find(|c: char| !c.is_whitespace()).unwrap_or(start - line_start);
    line_start += indent;
    let end = floor(text, span.end).clamp(start, line_end);
    let line_end = line_start + text[line_start..line_end].trim_end().len();
    let (mut cut_before, mut cut_after) = ("", "");
    let mut shown = line_start..line_end.max(start);
    if width(&text[shown.clone()]) > WIDEST {
        if width(&text[line_start..start]) > BEFORE {
            shown.start = last(text, line_start..start, BEFORE);
            cut_before = "..";
        }
        let to = first(text, shown.clone(), WIDEST);
        if to < shown.end {
            shown.end = to.max(start);
            cut_after = "..";
        }
    }
    let line: String = text[shown.clone()].chars().map(printable).collect();
    let before = cut_before.len() + width(&text[shown.start..start]);
    let under = width(&text[start..end.clamp(start, shown.end.max(start))]).max(1);
    format!("  {cut_before}{line}{cut_after}\n  {}{}", " ".repeat(before), "^".repeat(under))
}

/// Where the last so many columns of a range begin.
fn last(text: &str, range: Range<usize>, columns: usize) -> usize {
    let mut left = columns;
    let fits = |c: &char| {
        let taken = left.checked_sub(columns_of(*c));
        left = taken.unwrap_or(0);
        taken.is_some()
    };
    range.end - text[range.clone()].chars().rev().take_while(fits).map(char::len_utf8).sum::<usize>()
}

/// Where the first so many columns of a range end.
fn first(text: &str, range: Range<usize>, columns: usize) -> usize {
    let mut left = columns;
    let fits = |c: &char| {
        let taken = left.checked_sub(columns_of(*c));
        left = taken.unwrap_or(0);
        taken.is_some()
    };
    range.start + text[range.clone()].chars().take_while(fits).map(char::len_utf8).sum::<usize>()
}

/// The columns that a text takes on a terminal.
fn width(text: &str) -> usize {
    text.chars().map(|c| columns_of(printable(c))).sum()
}

/// Characters that terminals show on two columns; the large blocks, which are nearly all there is in programs.
const WIDE: [std::ops::RangeInclusive<u32>; 12] = [
    0x1100..=0x115F,
    0x2E80..=0x303E,
    0x3041..=0x4DBF,
    0x4E00..=0xA4CF,
    0xAC00..=0xD7A3,
    0xF900..=0xFAFF,
    0xFE30..=0xFE4F,
    0xFF00..=0xFF60,
    0xFFE0..=0xFFE6,
    0x1F300..=0x1F64F,
    0x1F900..=0x1F9FF,
    0x20000..=0x3FFFD,
];

fn columns_of(c: char) -> usize {
    match u32::from(c) {
        _ if is_mark(c) => 0,
        code if WIDE.iter().any(|block| block.contains(&code)) => 2,
        _ => 1,
    }
}

/// Whether the character is a part of the letter before it.
pub(super) fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x0300..=0x036F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x200B..=0x200F | 0x20D0..=0x20FF | 0xFE00..=0xFE0F)
}

/// The last border of a character of `text` that isn't after `at`, whatever text the caller gave.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn printable(c: char) -> char {
    if c == '\t' {
        ' '
    } else if c.is_control() {
        char::REPLACEMENT_CHARACTER
    } else {
        c
    }
}

#[cfg(test)]
mod tests {
    use super::point_at;

    #[test]
    fn carets_stand_under_wide_letters_and_marks() {
        assert_eq!(
            point_at("fit 東京 {x}", &("fit 東京 ".len().."fit 東京 {x}".len())),
            "  fit 東京 {x}\n           ^^^"
        );
        assert_eq!(point_at("e\u{301} {x}", &(4..7)), "  e\u{301} {x}\n    ^^^");
        assert_eq!(point_at("a 東", &(2..5)), "  a 東\n    ^^");
    }

    #[test]
    fn a_long_line_is_cut_to_what_is_around_the_mistake() {
        let long = format!("{} {{x}} {}", "a".repeat(5000), "b".repeat(5000));
        let picture = point_at(&long, &(5001..5004));
        let expected = format!("  ..{} {{x}} {}..\n  {}^^^", "a".repeat(39), "b".repeat(56), " ".repeat(42));
        assert_eq!(picture, expected);
        let picture = point_at(&long, &(0..5000));
        assert_eq!(picture, format!("  {}..\n  {}", "a".repeat(100), "^".repeat(100)));
        let picture = point_at(&long, &(long.len()..long.len()));
        assert_eq!(picture, format!("  ..{}\n  {}^", "b".repeat(40), " ".repeat(42)));
        let picture = point_at(&"東".repeat(200), &(300..303));
        assert_eq!(picture, format!("  ..{}..\n  {}^^", "東".repeat(50), " ".repeat(42)));
    }
}
