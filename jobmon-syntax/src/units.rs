//! Sizes of memory and lengths of time as people write them.
//!
//! Memory: `8G`, `512M`, `1.5 GiB`, `1G512M`; units `B`, `K M G T`, `KB..TB` and `KiB..TiB` in any case, all powers of
//! 1024, decimals allowed.
//! Time: `90s`, `15m`, `1h30m`, `2d`, `01:30:00`, `2d 01:30:00`, and `2-01:30:00` as Slurm writes it.
//! A number without its unit is an error: whether `8` are bytes or gigabytes is not for us to guess.

use std::fmt;

/// The size of memory that `text` says, in bytes; a part of a byte counts as one.
///
/// ```
/// use jobmon_syntax::units::parse_memory;
///
/// assert_eq!(parse_memory("8G"), Ok(8 << 30));
/// assert_eq!(parse_memory("1.5 GiB"), parse_memory("1G512M"));
/// let error = parse_memory("8").expect_err("no unit");
/// assert_eq!(error.to_string(), "`8` has no unit; write it as \"8G\", \"512M\" or \"1.5 GiB\"");
/// ```
///
/// # Errors
///
/// When a number lacks its unit, when there is no such unit, when something else is no size, and when it is zero,
/// negative or more than a `u64` of bytes holds.
pub fn parse_memory(text: &str) -> Result<u64, UnitError> {
    parse(Quantity::Memory, text, |unit| {
        let power = match unit.to_ascii_lowercase().as_str() {
            "b" => 0,
            "k" | "kb" | "kib" => 10,
            "m" | "mb" | "mib" => 20,
            "g" | "gb" | "gib" => 30,
            "t" | "tb" | "tib" => 40,
            _ => return None,
        };
        Some(1 << power)
    })
}

/// The length of time that `text` says, in seconds; a part of a second counts as one.
///
/// ```
/// use jobmon_syntax::units::parse_wall_time;
///
/// assert_eq!(parse_wall_time("1h30m"), Ok(5400));
/// assert_eq!(parse_wall_time("01:30:00"), Ok(5400));
/// let error = parse_wall_time("90").expect_err("no unit");
/// assert_eq!(error.to_string(), "`90` has no unit; write it as \"90m\", \"1h30m\" or \"01:30:00\"");
/// ```
///
/// # Errors
///
/// When a number lacks its unit, when there is no such unit, when something else is no time, when hours and minutes
/// can't be told from minutes and seconds, and when it is zero, negative or more than a `u64` of seconds holds.
pub fn parse_wall_time(text: &str) -> Result<u64, UnitError> {
    if text.contains(':') {
        return parse_clock(text);
    }
    parse(Quantity::WallTime, text, |unit| {
        Some(match unit.to_ascii_lowercase().as_str() {
            "s" => 1,
            "m" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            _ => return None,
        })
    })
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A size of memory in the largest unit that says it exactly: `8G`, `1.5G`, `512M`, `1000B`.
///
/// [`parse_memory`] gives the same number back, of all but zero, which is written `0B`.
///
/// ```
/// use jobmon_syntax::units::format_memory;
///
/// assert_eq!(format_memory(8 << 30), "8G");
/// assert_eq!(format_memory(1536 << 20), "1.5G");
/// assert_eq!(format_memory(1000), "1000B");
/// ```
pub fn format_memory(bytes: u64) -> String {
    for (unit, power) in [("T", 40), ("G", 30), ("M", 20), ("K", 10)] {
        let size = 1_u64 << power;
        let thousandths = u128::from(bytes % size) * 1000;
        if bytes < size || !thousandths.is_multiple_of(size.into()) {
            continue;
        }
        let (whole, thousandths) = (bytes / size, thousandths / u128::from(size));
        if thousandths == 0 {
            return format!("{whole}{unit}");
        }
        let decimals = format!("{thousandths:03}");
        return format!("{whole}.{}{unit}", decimals.trim_end_matches('0'));
    }
    format!("{bytes}B")
}

/// A length of time as days, hours, minutes and seconds: `2d`, `1h30m`, `45s`.
///
/// [`parse_wall_time`] gives the same number back, of all but zero, which is written `0s`.
///
/// ```
/// use jobmon_syntax::units::format_wall_time;
///
/// assert_eq!(format_wall_time(5400), "1h30m");
/// assert_eq!(format_wall_time(2 * 86_400), "2d");
/// ```
pub fn format_wall_time(seconds: u64) -> String {
    let parts =
        [(seconds / DAY, 'd'), (seconds % DAY / HOUR, 'h'), (seconds % HOUR / MINUTE, 'm'), (seconds % MINUTE, 's')];
    let mut text = String::new();
    for (number, unit) in parts.into_iter().filter(|(number, _)| *number > 0) {
        text.push_str(&number.to_string());
        text.push(unit);
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// What a text is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// A size of memory.
    Memory,
    /// A length of time.
    WallTime,
}

impl Quantity {
    fn noun(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::WallTime => "time",
        }
    }

    fn spellings(self) -> &'static str {
        match self {
            Self::Memory => "write it as \"8G\", \"512M\" or \"1.5 GiB\"",
            Self::WallTime => "write it as \"90m\", \"1h30m\" or \"01:30:00\"",
        }
    }
}

/// Why a text says no size of memory or no length of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitError {
    /// Nothing is written.
    Empty(Quantity),
    /// A number without its unit.
    NoUnit {
        /// What it was to be.
        quantity: Quantity,
        /// The number.
        number: String,
    },
    /// A unit that doesn't exist.
    UnknownUnit {
        /// What it was to be.
        quantity: Quantity,
        /// The unit.
        unit: String,
        /// All that is written.
        text: String,
    },
    /// Something that is no number with a unit.
    NotANumber {
        /// What it was to be.
        quantity: Quantity,
        /// All that is written.
        text: String,
    },
    /// A unit that is given twice or after a smaller one.
    Order {
        /// What it was to be.
        quantity: Quantity,
        /// The unit.
        unit: String,
        /// All that is written.
        text: String,
    },
    /// A `:` in something that isn't hours, minutes and seconds.
    NotAClock {
        /// All that is written.
        text: String,
    },
    /// Less than nothing.
    Negative {
        /// What it was to be.
        quantity: Quantity,
        /// All that is written.
        text: String,
    },
    /// Nothing.
    Zero {
        /// What it was to be.
        quantity: Quantity,
        /// All that is written.
        text: String,
    },
    /// More than a `u64` holds.
    TooLarge {
        /// What it was to be.
        quantity: Quantity,
        /// All that is written.
        text: String,
    },
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quantity = match self {
            Self::Empty(quantity) => {
                write!(f, "no {} is given", quantity.noun())?;
                *quantity
            }
            Self::NoUnit { quantity, number } => {
                write!(f, "`{number}` has no unit")?;
                *quantity
            }
            Self::UnknownUnit { quantity, unit, text } => {
                write!(f, "`{unit}` is no unit of {} in `{text}`", quantity.noun())?;
                *quantity
            }
            Self::NotANumber { quantity, text } => {
                write!(f, "`{text}` is no {}", quantity.noun())?;
                *quantity
            }
            Self::Order { quantity, unit, text } => {
                write!(f, "`{unit}` comes too late in `{text}`: each unit is given once, the largest first")?;
                *quantity
            }
            Self::NotAClock { text } => {
                write!(f, "`{text}` is no time of hours, minutes and seconds")?;
                Quantity::WallTime
            }
            Self::Negative { quantity, text } => {
                write!(f, "`{text}` is negative")?;
                *quantity
            }
            Self::Zero { quantity, text } => {
                write!(f, "`{text}` is no {} at all", quantity.noun())?;
                *quantity
            }
            Self::TooLarge { quantity, text } => {
                write!(f, "`{text}` is more {} than can be counted", quantity.noun())?;
                *quantity
            }
        };
        write!(f, "; {}", quantity.spellings())
    }
}

impl std::error::Error for UnitError {}

/// The sum of numbers, each with its unit, the largest unit first.
fn parse(quantity: Quantity, text: &str, size: impl Fn(&str) -> Option<u64>) -> Result<u64, UnitError> {
    let owned = || text.to_owned();
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(UnitError::Empty(quantity));
    }
    if rest.starts_with('-') {
        return Err(UnitError::Negative { quantity, text: owned() });
    }
    let (mut sum, mut last) = (0_u64, u64::MAX);
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, after) = split(after.trim_start(), char::is_alphabetic);
        if !is_decimal(number) {
            return Err(UnitError::NotANumber { quantity, text: owned() });
        }
        if unit.is_empty() {
            return Err(no_unit(quantity, text, number, after));
        }
        let Some(size) = size(unit) else {
            return Err(UnitError::UnknownUnit { quantity, unit: unit.to_owned(), text: owned() });
        };
        if size >= last {
            return Err(UnitError::Order { quantity, unit: unit.to_owned(), text: owned() });
        }
        let part = multiply(number, size).and_then(|part| sum.checked_add(part));
        sum = part.ok_or_else(|| UnitError::TooLarge { quantity, text: owned() })?;
        last = size;
        rest = after.trim_start();
    }
    if sum == 0 { Err(UnitError::Zero { quantity, text: owned() }) } else { Ok(sum) }
}

/// A number is alone at the end, or followed by something that is no unit at all.
fn no_unit(quantity: Quantity, text: &str, number: &str, after: &str) -> UnitError {
    if after.is_empty() || after.starts_with(|c: char| c.is_ascii_digit()) {
        UnitError::NoUnit { quantity, number: number.to_owned() }
    } else {
        UnitError::NotANumber { quantity, text: text.to_owned() }
    }
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// `8` and `1.5`; digits on both sides of the point.
fn is_decimal(number: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match number.split_once('.') {
        Some((whole, decimals)) => digits(whole) && digits(decimals),
        None => digits(number),
    }
}

/// `number` times `size`, rounded up; none when it is more than a `u64` holds.
fn multiply(number: &str, size: u64) -> Option<u64> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let whole = whole.parse::<u64>().ok()?.checked_mul(size)?;
    // Digits beyond the 18th are less than a millionth of a byte or a second.
    let decimals = &decimals[..decimals.len().min(18)];
    let scale = 10_u128.pow(u32::try_from(decimals.len()).ok()?);
    let decimals = if decimals.is_empty() { 0 } else { decimals.parse::<u128>().ok()? };
    let part = (decimals * u128::from(size)).div_ceil(scale);
    whole.checked_add(u64::try_from(part).ok()?)
}

/// `01:30:00` with days before it, `2d ` or `2-`, or without.
fn parse_clock(text: &str) -> Result<u64, UnitError> {
    let owned = || text.to_owned();
    let trimmed = text.trim();
    if trimmed.starts_with('-') {
        return Err(UnitError::Negative { quantity: Quantity::WallTime, text: owned() });
    }
    let with_days = trimmed.split_once(['-', 'd', 'D']);
    let (days, clock) =
        with_days.map_or((Some(0), trimmed), |(days, clock)| (whole(days.trim_end()), clock.trim_start()));
    let fields: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds] = fields[..] else { return Err(UnitError::NotAClock { text: owned() }) };
    let (Some(days), Some(hours), Some(minutes), Some(seconds)) =
        (days, whole(hours), sixtieth(minutes), sixtieth(seconds))
    else {
        return Err(UnitError::NotAClock { text: owned() });
    };
    if with_days.is_some() && hours >= 24 {
        return Err(UnitError::NotAClock { text: owned() });
    }
    let total = days.checked_mul(DAY).zip(hours.checked_mul(HOUR)).and_then(|(days, hours)| days.checked_add(hours));
    match total.and_then(|total| total.checked_add(minutes * MINUTE + seconds)) {
        Some(0) => Err(UnitError::Zero { quantity: Quantity::WallTime, text: owned() }),
        Some(total) => Ok(total),
        None => Err(UnitError::TooLarge { quantity: Quantity::WallTime, text: owned() }),
    }
}

fn whole(digits: &str) -> Option<u64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// Minutes or seconds of a clock: two digits, less than 60.
fn sixtieth(digits: &str) -> Option<u64> {
    if digits.len() == 2 { whole(digits).filter(|n| *n < 60) } else { None }
}
