//! Bars on a terminal, drawn anew when it is time.

use crate::model::Counts;
use crate::report::bars::Bars;
use crate::report::screen::{Screen, Size};
use std::time::Duration;

/// Bars, and what is to be said above them with the next look.
#[derive(Debug)]
pub(super) struct Drawing {
    bars: Bars,
    screen: Screen,
    size: fn() -> Size,
    pub(super) above: Vec<String>,
    /// When it was drawn last, and what was shown.
    last: Option<(Duration, Counts)>,
    /// Whether something has changed since then.
    is_news: bool,
}

impl Drawing {
    /// The least time from one drawing to the next.
    pub(super) const EVERY: Duration = Duration::from_millis(100);
    /// Where nothing happens, the time goes on.
    const IDLE: Duration = Duration::from_secs(1);

    pub(super) fn new(bars: Bars, size: fn() -> Size) -> Self {
        Self { bars, screen: Screen::default(), size, above: Vec::new(), last: None, is_news: false }
    }

    /// When there may be something to draw.
    pub(super) fn next(&self) -> Duration {
        let pause = if self.is_news || !self.above.is_empty() { Self::EVERY } else { Self::IDLE };
        self.last.as_ref().map_or(Duration::ZERO, |(at, _)| *at + pause)
    }

    /// What to send to the terminal, if it is time to.
    pub(super) fn look(&mut self, elapsed: Duration, all: &Counts, templates: &[Counts]) -> Option<String> {
        self.is_news |= self.last.as_ref().is_none_or(|(_, shown)| shown != all);
        if elapsed < self.next() {
            return None;
        }
        self.last = Some((elapsed, *all));
        self.is_news = false;
        let size = (self.size)();
        let lines = self.bars.lines(elapsed, all, templates, size);
        Some(self.screen.draw(size, &std::mem::take(&mut self.above), &lines))
    }

    /// What to send so that nothing but what was said is left.
    pub(super) fn erase(&mut self) -> String {
        let above = std::mem::take(&mut self.above);
        if std::thread::panicking() {
            // What the panic said stands below the bars, which therefore stay.
            return above.into_iter().flat_map(|line| [line, "\r\n".to_owned()]).collect();
        }
        self.screen.draw((self.size)(), &above, &[])
    }
}
