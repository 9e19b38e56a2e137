//! Durations as seconds, dates and times as ISO 8601.

use super::{ArgValue, IdentArg, PlainArg};
use crate::model::ValueWriter;
use std::fmt;
use std::time::Duration;

/// Seconds as programs read them: `90`, `0.25`, `-1.5`.
struct Seconds {
    negative: bool,
    whole: u64,
    nanoseconds: u32,
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        write!(f, "{sign}{}", self.whole)?;
        if self.nanoseconds == 0 {
            return Ok(());
        }
        let decimals = format!("{:09}", self.nanoseconds);
        write!(f, ".{}", decimals.trim_end_matches('0'))
    }
}

macro_rules! moments {
    ($($(#[$feature:meta])? $ty:ty: |$value:ident| $text:expr;)*) => {$(
        $(#[$feature])?
        #[diagnostic::do_not_recommend]
        impl ArgValue for $ty {
            fn write_value(&self, out: &mut ValueWriter<'_>) {
                let $value = self;
                out.one($text);
            }
        }
        $(#[$feature])?
        #[diagnostic::do_not_recommend]
        impl PlainArg for $ty {}
        $(#[$feature])?
        #[diagnostic::do_not_recommend]
        impl IdentArg for $ty {}
    )*};
}

// Times of a zone are left out: two of them are equal where they are the same instant, whatever their texts.
moments! {
    Duration: |it| Seconds { negative: false, whole: it.as_secs(), nanoseconds: it.subsec_nanos() };
    #[cfg(feature = "jiff")] jiff::SignedDuration: |it| Seconds {
        negative: it.is_negative(),
        whole: it.as_secs().unsigned_abs(),
        nanoseconds: it.subsec_nanos().unsigned_abs(),
    };
    #[cfg(feature = "jiff")] jiff::civil::Date: |it| it;
    #[cfg(feature = "jiff")] jiff::civil::Time: |it| it;
    #[cfg(feature = "jiff")] jiff::civil::DateTime: |it| it;
    #[cfg(feature = "jiff")] jiff::Timestamp: |it| it;
    #[cfg(feature = "chrono")] chrono::TimeDelta: |it| Seconds {
        negative: *it < Self::zero(),
        whole: it.num_seconds().unsigned_abs(),
        nanoseconds: it.subsec_nanos().unsigned_abs(),
    };
    #[cfg(feature = "chrono")] chrono::NaiveDate: |it| it;
    #[cfg(feature = "chrono")] chrono::NaiveTime: |it| it;
    // Its `Display` parts date and time by a space.
    #[cfg(feature = "chrono")] chrono::NaiveDateTime: |it| format_args!("{it:?}");
    #[cfg(feature = "chrono")] chrono::DateTime<chrono::Utc>: |it| it.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
}
