//! The part of a terminal that is drawn again and again. Nothing in it needs to be put right afterwards: the cursor is
//! always at the begin of the line below, nothing is hidden or switched.

use rustix::termios::tcgetwinsize;
use std::fmt::Write as _;

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
            // Erased behind the text, not before it: what stays the same does not flicker.
            push(&mut text, format_args!("{line}\x1b[K\r\n"));
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

/// How many columns a text takes at most: other letters than those of ASCII may be as wide as two.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
