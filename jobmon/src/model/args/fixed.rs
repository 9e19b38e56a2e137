//! Floats that can tell one task from another.

use super::{ArgValue, IdentArg, PlainArg};
use crate::model::{ValueMistake, ValueWriter};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A number rounded to `N` decimals, at most 17: a program with more is refused when it is built, though `cargo check` alone lets
/// it pass. Its text has exactly so many, so that, unlike a float, it can identify a task.
///
/// The number is rounded as it is, to the nearest decimal; where two are equally near, to the even one. `-0` is `0`.
/// A number that is not finite (`NaN`, infinite) is told by [`Workflow::check`](crate::Workflow::check), as a mistake of
/// the task that holds it.
///
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit --rate {rate}")]
/// struct Fit {
///     #[node_arg]
///     rate: Fixed<3>,
/// }
///
/// let rate = Fixed::<3>::round(0.1 + 0.2);
/// assert_eq!(rate.to_string(), "0.300");
/// assert_eq!(rate, Fixed::round(0.3));
///
/// let mut wf = Tool::new("demo").workflow("rates");
/// wf.add_all(grid!(Fit { rate in [0.1, 0.2, 0.25].map(Fixed::round) })); // --rate 0.100 ..
/// wf.check()?;
/// # Ok::<(), jobmon::plan::PlanErrors>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Fixed<const N: usize>(f64);

impl<const N: usize> Fixed<N> {
    /// The number, rounded to `N` decimals.
    ///
    /// ```
    /// # use jobmon::Fixed;
    /// assert_eq!(Fixed::<2>::round(0.125).to_string(), "0.12"); // as near to 0.12 as to 0.13: the even one
    /// ```
    pub fn round(number: impl Into<f64>) -> Self {
        const { assert!(N <= 17, "a float has no more than 17 decimals that mean something") };
        let number: f64 = number.into();
        // The text is rounded from all digits of the number; multiplying by a power of ten would round twice.
        let rounded = format!("{number:.N$}").parse().unwrap_or(number);
        // Adding zero makes `-0` a `0`.
        Self(rounded + 0.0)
    }

    /// The rounded number.
    ///
    /// ```
    /// # use jobmon::Fixed;
    /// assert_eq!(Fixed::<1>::round(0.26).value(), 0.3);
    /// ```
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl<const N: usize> fmt::Display for Fixed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.N$}", self.0)
    }
}

impl<const N: usize> From<Fixed<N>> for f64 {
    fn from(fixed: Fixed<N>) -> Self {
        fixed.0
    }
}

/// A number.
#[cfg(feature = "serde")]
impl<const N: usize> serde::Serialize for Fixed<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

/// A number, which is rounded.
#[cfg(feature = "serde")]
impl<'de, const N: usize> serde::Deserialize<'de> for Fixed<N> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self::round)
    }
}

// As equal as their texts, so that a `NaN` equals itself.
impl<const N: usize> PartialEq for Fixed<N> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl<const N: usize> Eq for Fixed<N> {}

impl<const N: usize> PartialOrd for Fixed<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<const N: usize> Ord for Fixed<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl<const N: usize> Hash for Fixed<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> ArgValue for Fixed<N> {
    fn write_value(&self, out: &mut ValueWriter<'_>) {
        if self.0.is_finite() {
            out.one(self);
        } else {
            out.mistake(ValueMistake::NotFinite(self.0.to_string()));
        }
    }
}
#[diagnostic::do_not_recommend]
impl<const N: usize> PlainArg for Fixed<N> {}
#[diagnostic::do_not_recommend]
impl<const N: usize> IdentArg for Fixed<N> {}
