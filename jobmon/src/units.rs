//! Sizes of memory, lengths of time and numbers of cores, as people write them.

pub use jobmon_syntax::units::UnitError;

use jobmon_syntax::units::{format_memory, format_wall_time, parse_memory, parse_wall_time};
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// A size of memory, in bytes; written `"8G"`, `"512M"` or `"1.5 GiB"`, all units being powers of 1024.
///
/// ```
/// use jobmon::units::Memory;
/// let memory: Memory = "1.5G".parse()?;
/// assert_eq!(memory.bytes(), 3 << 29);
/// assert!("8".parse::<Memory>().is_err(), "8 of what?");
/// # Ok::<(), jobmon::units::UnitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Memory(u64);

impl Memory {
    /// So many bytes.
    ///
    /// ```
    /// # use jobmon::units::Memory;
    /// assert_eq!(Memory::from_bytes(3 << 29).to_string(), "1.5G");
    /// ```
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The size in bytes.
    ///
    /// ```
    /// # use jobmon::units::Memory;
    /// assert_eq!("1K".parse::<Memory>()?.bytes(), 1024);
    /// # Ok::<(), jobmon::units::UnitError>(())
    /// ```
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Memory {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse_memory(text).map(Self)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format_memory(self.0))
    }
}

/// A length of time on the wall's clock, in whole seconds; written `"90s"`, `"1h30m"`, `"2d"` or `"01:30:00"`.
///
/// ```
/// use jobmon::units::WallTime;
/// let time: WallTime = "1h30m".parse()?;
/// assert_eq!(time.seconds(), 5400);
/// # Ok::<(), jobmon::units::UnitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(u64);

impl WallTime {
    /// So many seconds.
    ///
    /// ```
    /// # use jobmon::units::WallTime;
    /// assert_eq!(WallTime::from_seconds(5400).to_string(), "1h30m");
    /// ```
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// The length in seconds.
    ///
    /// ```
    /// # use jobmon::units::WallTime;
    /// assert_eq!("01:30:00".parse::<WallTime>()?.seconds(), 5400);
    /// # Ok::<(), jobmon::units::UnitError>(())
    /// ```
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl FromStr for WallTime {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse_wall_time(text).map(Self)
    }
}

impl From<WallTime> for Duration {
    fn from(time: WallTime) -> Self {
        Self::from_secs(time.0)
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format_wall_time(self.0))
    }
}

/// A number of cores, at least one; written `"4"`.
///
/// ```
/// use jobmon::units::Cores;
/// let cores: Cores = "4".parse()?;
/// assert_eq!((cores.count(), Cores::new(0)), (4, None));
/// # Ok::<(), jobmon::units::CoresError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cores(NonZeroU32);

impl Cores {
    /// One core.
    pub const ONE: Self = Self(NonZeroU32::MIN);

    /// So many; `None` for 0.
    ///
    /// ```
    /// assert!(jobmon::units::Cores::new(0).is_none());
    /// ```
    pub const fn new(count: u32) -> Option<Self> {
        match NonZeroU32::new(count) {
            Some(count) => Some(Self(count)),
            None => None,
        }
    }

    /// How many.
    ///
    /// ```
    /// assert_eq!(jobmon::units::Cores::ONE.count(), 1);
    /// ```
    pub const fn count(self) -> u32 {
        self.0.get()
    }
}

impl FromStr for Cores {
    type Err = CoresError;

    fn from_str(text: &str) -> Result<Self, CoresError> {
        text.trim().parse().map(Self).map_err(|_| CoresError { text: text.to_owned() })
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Why a text says no number of cores.
///
/// ```
/// let error = "none".parse::<jobmon::units::Cores>().unwrap_err();
/// assert_eq!(error.text, "none");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no number of cores; write a whole number, at least 1")]
pub struct CoresError {
    /// What is written.
    pub text: String,
}
