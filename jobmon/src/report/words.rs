//! Numbers and names as people read them.

use crate::report::harmless::harmless;
use std::time::Duration;

/// Names and reasons are cut behind so many characters.
const NAME: usize = 100;
const REASON: usize = 400;

/// A name among other words, harmless and cut where it is long.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", harmless(name, NAME))
}

/// A reason, harmless and cut where it is long.
pub(super) fn shortened(reason: &str) -> String {
    harmless(reason, REASON)
}

/// So many of a thing.
pub(super) fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// A rate as people read it.
pub(super) fn rate_text(rate: f64) -> String {
    let (number, unit) = match rate {
        rate if rate >= 0.95 => (rate, "s"),
        rate if rate >= 0.95 / 60.0 => (rate * 60.0, "min"),
        rate => (rate * 3600.0, "h"),
    };
    if number < 9.95 { format!("{number:.1}/{unit}") } else { format!("{number:.0}/{unit}") }
}

/// A time as people read it, in two units at most.
pub(super) fn time_text(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{minutes}m{:02}s", seconds % 60),
        3600..86400 => format!("{hours}h{:02}m", minutes % 60),
        _ if days > 999 => "years".to_owned(),
        _ => format!("{days}d{:02}h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_times_are_short() {
        let rates = [12345.0, 12.3, 1.0, 0.5, 0.02, 0.01, 0.0001].map(rate_text);
        assert_eq!(rates.join(" "), "12345/s 12/s 1.0/s 30/min 1.2/min 36/h 0.4/h");
        let times = [0, 59, 60, 3599, 3600, 86399, 86400, 86_400_000].map(Duration::from_secs).map(time_text);
        assert_eq!(times.join(" "), "0s 59s 1m00s 59m59s 1h00m 23h59m 1d00h years");
    }
}
