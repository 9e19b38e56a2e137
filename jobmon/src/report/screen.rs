//! The part of a terminal that is drawn again and again. Nothing in it needs to be put right afterwards: the cursor is
//! always at the begin of the line below, nothing is hidden or switched.

use rustix::termios::tcgetwinsize;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthChar as _;

/// How large a terminal is, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Characters in a line.
    pub columns: usize,
    /// Lines.
    pub rows: usize,
}

impl Size {
    /// The size of the terminal that standard error is now; a usual one where the terminal does not know its own.
    pub fn of_stderr() -> Self {
        let size = tcgetwinsize(std::io::stderr()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
        size.map_or(Self { columns: 80, rows: 24 }, |size| Self {
            columns: size.ws_col.into(),
            rows: size.ws_row.into(),
        })
    }
}

/// What was drawn last.
#[derive(Debug, Default)]
pub(super) struct Screen {
    /// For each line, how many columns it takes.
    drawn: Vec<usize>,
}

impl Screen {
    /// What to send to the terminal, at once, so that `above` scrolls away above the lines, and `lines` stand where those
    /// drawn last stood.
    pub(super) fn draw(&mut self, size: Size, above: &[String], lines: &[String]) -> String {
        let mut text = String::new();
        let rows = self.rows(size);
        if rows > 0 {
            push(&mut text, format_args!("\x1b[{rows}A"));
        }
        // What is typed meanwhile stands at the begin of the line.
        text.push('\r');
        for line in above.iter().chain(lines) {
            // Erased behind the text, not before it: what stays the same does not flicker. At the right edge the cursor
            // stands on the last character, and nothing is behind it.
            let rest = if ends_at_edge(line, size.columns) { "" } else { "\x1b[K" };
            push(&mut text, format_args!("{line}{rest}\r\n"));
        }
        text.push_str("\x1b[J");
        self.drawn = lines.iter().map(|line| columns(line)).collect();
        text
    }

    /// How many rows the lines take now: a terminal that has become narrower breaks them. The few that cut them instead
    /// lose a line or two of what was said above.
    fn rows(&self, size: Size) -> usize {
        let rows = self.drawn.iter().map(|line| line.div_ceil(size.columns.max(1)).max(1)).sum::<usize>();
        rows.min(size.rows.saturating_sub(1))
    }
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    text.write_fmt(part).expect("writing to a string cannot fail");
}

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// How many columns a character takes: none where it is written over the one before it, two where it is a wide one.
pub(super) fn width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// Whether a line ends in the last column of a terminal, which may have broken it. A wide character is not broken.
fn ends_at_edge(line: &str, columns: usize) -> bool {
    let end = line.chars().map(width).fold(0, |at, width| if at + width > columns { width } else { at + width });
    end > 0 && end == columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Counts;
    use crate::report::bars::Bars;
    use proptest::prelude::*;
    use std::time::Duration;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    const SIZE: Size = Size { columns: 20, rows: 6 };

    fn terminal() -> vt100::Parser {
        vt100::Parser::new(6.try_into().unwrap(), 20.try_into().unwrap(), 100)
    }

    #[test]
    fn lines_stand_still_and_what_is_said_scrolls_away_above_them() {
        let (mut terminal, mut screen) = (terminal(), Screen::default());
        terminal.process(b"$ run\r\n");
        for (above, shown) in
            [(vec!["begin"], ["a 1", "all 1"]), (vec![], ["a 2", "all"]), (vec!["failed"], ["a", "all 3"])]
        {
            terminal.process(screen.draw(SIZE, &lines(&above), &lines(&shown)).as_bytes());
        }
        insta::assert_snapshot!(terminal.screen().contents(), @"
        $ run
        begin
        failed
        a
        all 3
        ");
        assert_eq!(terminal.screen().cursor_position(), (5, 0));
        terminal
            .process(screen.draw(SIZE, &lines(&["more", "than there is place"]), &lines(&["b", "all 4"])).as_bytes());
        insta::assert_snapshot!(terminal.screen().contents(), @"
        failed
        more
        than there is place
        b
        all 4
        ");
        terminal.process(screen.draw(SIZE, &lines(&["done"]), &[]).as_bytes());
        insta::assert_snapshot!(terminal.screen().contents(), @"
        failed
        more
        than there is place
        done
        ");
    }

    #[test]
    fn what_was_typed_is_erased() {
        let (mut terminal, mut screen) = (terminal(), Screen::default());
        terminal.process(screen.draw(SIZE, &[], &lines(&["a", "b"])).as_bytes());
        terminal.process(b"^C");
        terminal.process(screen.draw(SIZE, &[], &lines(&["a", "b"])).as_bytes());
        assert_eq!(terminal.screen().contents(), "a\nb");
    }

    #[test]
    fn lines_that_a_narrower_terminal_has_broken_are_all_replaced() {
        let mut screen = Screen::default();
        screen.draw(SIZE, &[], &lines(&["0123456789abcdef", "short"]));
        let narrow = Size { columns: 10, rows: 6 };
        assert!(screen.draw(narrow, &[], &lines(&["x"])).starts_with("\x1b[3A\r"));
        assert!(screen.draw(narrow, &[], &[]).starts_with("\x1b[1A\r"));
        assert_eq!(screen.draw(narrow, &[], &[]), "\r\x1b[J");
    }

    #[test]
    fn a_line_that_reaches_the_right_edge_keeps_its_last_character() {
        let mut screen = Screen::default();
        let edge = ["01234567890123456789", "0123456789012345678日本", "日本"];
        for (line, ends) in edge.iter().zip([true, false, false]) {
            assert_eq!(ends_at_edge(line, 20), ends, "{line}");
        }
        assert_eq!(screen.draw(SIZE, &lines(&edge[..1]), &[]), "\r01234567890123456789\r\n\x1b[J");
        assert_eq!(["naïve", "日本", "e\u{301}", "🦀"].map(columns), [5, 4, 1, 2]);
    }

    proptest! {
        #[test]
        fn nothing_but_what_was_said_and_the_last_lines_is_left(
            rows in 1_usize..60,
            columns in 2_usize..60,
            frames in prop::collection::vec(
                (prop::collection::vec("[a-z 日é]{0,20}", 0..4), prop::collection::vec(0_usize..90, 1..40)),
                1..8,
            ),
        ) {
            let size = Size { columns, rows };
            let parser = |rows: usize| vt100::Parser::new(
                u16::try_from(rows).unwrap().try_into().unwrap(), u16::try_from(columns).unwrap().try_into().unwrap(), 0,
            );
            let (mut terminal, mut screen, mut said) = (parser(rows), Screen::default(), Vec::new());
            let names: Vec<String> = (0..40).map(|at| format!("step {at} 日本")).collect();
            let last = frames.len() - 1;
            for (frame, (above, done)) in frames.into_iter().enumerate() {
                let mut bars = Bars::new("tool/wörk", &names[..done.len()]);
                let templates: Vec<Counts> = done.iter().map(|tasks| Counts::registered(*tasks + 1)).collect();
                let mut shown = bars.lines(Duration::ZERO, &Counts::registered(9), &templates, size);
                if frame == last {
                    shown.clear();
                }
                terminal.process(screen.draw(size, &above, &shown).as_bytes());
                said.extend(above);
                // What stands there is the end of what a terminal without end would show.
                let mut endless = parser(600);
                said.iter().chain(&shown).for_each(|line| endless.process(format!("{line}\r\n").as_bytes()));
                let text = |parser: &vt100::Parser| {
                    let rows = parser.screen().rows(0, u16::MAX);
                    let text: Vec<String> = rows.map(|row| row.trim_end().to_owned()).collect();
                    let end = text.iter().rposition(|line| !line.is_empty()).map_or(0, |at| at + 1);
                    text[..end].to_vec()
                };
                let (there, expected) = (text(&terminal), text(&endless));
                prop_assert!(expected.ends_with(&there), "{there:#?} is not the end of {expected:#?}");
                prop_assert!(there.len() >= shown.len().min(rows - 1), "{there:#?}");
                prop_assert!(shown.len() < rows, "{shown:#?}");
            }
        }
    }
}
