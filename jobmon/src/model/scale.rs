//! What the next attempt gets after one had too little.

use crate::units::{Memory, WallTime};
use std::borrow::Cow;
use std::fmt;

/// How a request grows after an attempt had too little of it: memory after it ran out of memory, run time after it ran out
/// of time.
///
/// ```
/// use jobmon::model::Scale;
/// use jobmon::units::Memory;
///
/// let gib = |gib: u64| Memory::from_bytes(gib << 30);
/// assert_eq!(Scale::By(1.5).after(gib(8)), gib(12));
/// let steps = Scale::Steps(vec![gib(16), gib(64)].into());
/// assert_eq!(steps.after(gib(8)), gib(16));
/// assert_eq!(steps.after(gib(64)), gib(64)); // past the last one, the last
/// assert_eq!(Scale::Function(|had| had).after(gib(8)), gib(8));
/// ```
#[derive(Clone)]
pub enum Scale<Q: Quantity> {
    /// Multiplied by this, which is above 1. Rounded up to a whole byte or second.
    By(f64),
    /// The next of these that is more; past the last one, the last, or what it had where that is more.
    Steps(Cow<'static, [Q]>),
    /// What the function makes of what it had.
    Function(fn(Q) -> Q),
}

/// A [`Scale`] as an attribute declares it. Written by `#[task_template]`.
///
/// ```
/// # use jobmon::prelude::*;
/// use jobmon::model::ScaleSpec;
/// #[task_template(command = "fit {year}", scale(memory = 2.0))]
/// struct Fit { #[node_arg] year: u16 }
/// assert!(matches!(Fit::SPEC.scale_memory, Some(ScaleSpec::By(2.0))));
/// # let _ = Fit { year: 1990 };
/// ```
#[derive(Clone, Copy, Debug)]
pub enum ScaleSpec<Q: 'static> {
    /// See [`Scale::By`].
    By(f64),
    /// See [`Scale::Steps`]; in bytes or seconds.
    Steps(&'static [u64]),
    /// See [`Scale::Function`].
    Function(fn(Q) -> Q),
}

impl<Q: Quantity> From<ScaleSpec<Q>> for Scale<Q> {
    fn from(spec: ScaleSpec<Q>) -> Self {
        match spec {
            ScaleSpec::By(factor) => Self::By(factor),
            ScaleSpec::Steps(amounts) => Self::Steps(amounts.iter().map(|amount| Q::of_amount(*amount)).collect()),
            ScaleSpec::Function(function) => Self::Function(function),
        }
    }
}

/// What can be asked for more of: [`Memory`] and [`WallTime`].
///
/// ```
/// use jobmon::model::Quantity as _;
/// use jobmon::units::{Memory, WallTime};
/// assert_eq!("1K".parse::<Memory>()?.amount(), 1024);
/// assert_eq!(WallTime::of_amount(90).to_string(), "1m30s");
/// # Ok::<(), jobmon::units::UnitError>(())
/// ```
pub trait Quantity: Copy + Ord + fmt::Display + fmt::Debug + std::panic::UnwindSafe + 'static {
    /// It in bytes or seconds.
    fn amount(self) -> u64;

    /// So many bytes or seconds.
    fn of_amount(amount: u64) -> Self;
}

impl Quantity for Memory {
    fn amount(self) -> u64 {
        self.bytes()
    }

    fn of_amount(amount: u64) -> Self {
        Self::from_bytes(amount)
    }
}

impl Quantity for WallTime {
    fn amount(self) -> u64 {
        self.seconds()
    }

    fn of_amount(amount: u64) -> Self {
        Self::from_seconds(amount)
    }
}

impl<Q: Quantity> Scale<Q> {
    /// The most that is ever asked for: what the database can hold.
    const MOST: u64 = i64::MAX.unsigned_abs();

    /// Half as much again: what counts where nobody says another.
    pub const USUAL: Self = Self::By(1.5);

    /// What is asked for after an attempt had `had`: never less than that. A function that panics gives no more.
    ///
    /// ```
    /// use jobmon::model::Scale;
    /// use jobmon::units::WallTime;
    /// assert_eq!(Scale::USUAL.after(WallTime::from_seconds(60)), WallTime::from_seconds(90));
    /// assert_eq!(Scale::Function(|_| WallTime::from_seconds(0)).after(WallTime::from_seconds(60)).seconds(), 60);
    /// ```
    pub fn after(&self, had: Q) -> Q {
        let after = match self {
            Self::By(factor) => Q::of_amount(multiplied(had.amount(), *factor)),
            Self::Steps(steps) => steps.iter().find(|step| **step > had).copied().unwrap_or(had),
            // The run goes on: the panic was told where panics are, and the task gets what it had.
            Self::Function(function) => std::panic::catch_unwind(move || function(had)).unwrap_or(had),
        };
        Q::of_amount(after.max(had).amount().min(Self::MOST))
    }

    /// Whether steps are there and each is more than the one before.
    pub(crate) fn climbs(&self) -> bool {
        match self {
            Self::Steps(steps) => !steps.is_empty() && steps.windows(2).all(|pair| pair[0] < pair[1]),
            Self::By(_) | Self::Function(_) => true,
        }
    }
}

/// At least one more where the factor is above 1, never more than fits.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a size beyond 2^53 bytes may be a few bytes off; the cast back saturates"
)]
pub(crate) fn multiplied(amount: u64, factor: f64) -> u64 {
    let product = (amount as f64 * factor).ceil() as u64;
    if factor > 1.0 { product.max(amount.saturating_add(1)) } else { product }
}

impl<Q: Quantity> PartialEq for Scale<Q> {
    /// Functions are as equal as their addresses, which may differ for one function and be one for two.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::By(a), Self::By(b)) => a.to_bits() == b.to_bits(),
            (Self::Steps(a), Self::Steps(b)) => a == b,
            (Self::Function(a), Self::Function(b)) => std::ptr::fn_addr_eq(*a, *b),
            (Self::By(_) | Self::Steps(_) | Self::Function(_), _) => false,
        }
    }
}

impl<Q: Quantity> fmt::Debug for Scale<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl<Q: Quantity> fmt::Display for Scale<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::By(factor) => write!(f, "x {factor}"),
            Self::Steps(steps) => {
                let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
                write!(f, "{}", steps.join(", "))
            }
            Self::Function(_) => write!(f, "by a function"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_grows_by_half_each_time() {
        let mut memory: Memory = "8G".parse().unwrap();
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(memory.to_string());
            memory = Scale::USUAL.after(memory);
        }
        assert_eq!(seen.join(" "), "8G 12G 18G 27G");
    }

    #[test]
    fn steps_are_taken_one_by_one_and_nobody_gets_less() {
        let hours = |hours: u64| WallTime::from_seconds(hours * 3600);
        let scale = Scale::Steps(vec![hours(2), hours(4)].into());
        assert_eq!([1, 2, 3, 4, 5].map(|had| scale.after(hours(had))), [2, 4, 4, 4, 5].map(hours));
        assert_eq!(Scale::Steps(Vec::new().into()).after(hours(1)), hours(1));
    }

    #[test]
    fn a_function_that_panics_gives_no_more() {
        let hour = WallTime::from_seconds(3600);
        assert_eq!(Scale::Function(|_| panic!("boom")).after(hour), hour);
    }

    proptest::proptest! {
        #[test]
        fn nobody_gets_less_than_was_too_little(had in 0_u64..1 << 40, steps in proptest::collection::vec(0_u64..1 << 40, 0..5)) {
            let bytes = Memory::from_bytes;
            let steps: Vec<Memory> = steps.into_iter().map(bytes).collect();
            proptest::prop_assert!(Scale::Steps(steps.into()).after(bytes(had)) >= bytes(had));
            for function in [|had: Memory| Memory::from_bytes(had.bytes() / 2), |_| Memory::from_bytes(1 << 30)] {
                proptest::prop_assert!(Scale::Function(function).after(bytes(had)) >= bytes(had));
            }
        }

        #[test]
        fn a_factor_gives_more_and_never_overflows(had in 0_u64.., factor in 1.000_001_f64..1e12) {
            let after = Scale::By(factor).after(Memory::from_bytes(had)).bytes();
            proptest::prop_assert!(after > had || after == Scale::<Memory>::MOST);
            proptest::prop_assert!(after <= Scale::<Memory>::MOST);
        }
    }
}
