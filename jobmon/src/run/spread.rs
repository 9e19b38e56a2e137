//! How values are spread: least, most, and what lies between.

use std::fmt;
use std::time::Duration;

/// What a [`Spread`] can be made of: a number of smallest units.
///
/// ```
/// use jobmon::run::Measure;
/// use std::time::Duration;
/// assert_eq!(Duration::from_secs(2).units(), 2_000_000_000);
/// assert_eq!(u64::of_units(7), 7);
/// ```
pub trait Measure: Copy {
    /// The value as a number of its smallest units.
    fn units(self) -> u128;

    /// The value of so many units, which are never more than those of the largest value that a spread was made of.
    fn of_units(units: u128) -> Self;
}

impl Measure for u64 {
    fn units(self) -> u128 {
        self.into()
    }

    fn of_units(units: u128) -> Self {
        Self::try_from(units).unwrap_or(Self::MAX)
    }
}

impl Measure for Duration {
    fn units(self) -> u128 {
        self.as_nanos()
    }

    fn of_units(units: u128) -> Self {
        const SECOND: u128 = 1_000_000_000;
        let seconds = u64::try_from(units / SECOND).unwrap_or(u64::MAX);
        let nanos = u32::try_from(units % SECOND).expect("it is less than a thousand million");
        Self::new(seconds, nanos)
    }
}

/// How many values are spread.
///
/// ```
/// use jobmon::run::Spread;
/// use std::time::Duration;
///
/// let spread: Spread<u64> = [4, 1, 3, 10].into_iter().collect();
/// assert_eq!((spread.count(), spread.min(), spread.max()), (4, Some(1), Some(10)));
/// assert_eq!((spread.mean(), spread.median()), (Some(5), Some(4)));
/// assert_eq!((spread.quantile(0.0), spread.quantile(0.9), spread.quantile(1.0)), (Some(1), Some(8), Some(10)));
///
/// let times: Spread<Duration> = [1, 2].into_iter().map(Duration::from_secs).collect();
/// assert_eq!(times.mean(), Some(Duration::from_millis(1500)));
/// assert_eq!(Spread::<u64>::default().median(), None);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Spread<V> {
    /// From the least to the most, in units.
    sorted: Vec<u128>,
    values: std::marker::PhantomData<V>,
}

impl<V: Measure> Spread<V> {
    /// How many values there are.
    ///
    /// ```
    /// # use jobmon::run::Spread;
    /// assert_eq!(Spread::from_iter([5_u64, 5]).count(), 2);
    /// ```
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// The least; `None` where there is no value.
    ///
    /// ```
    /// # use jobmon::run::Spread;
    /// assert_eq!(Spread::from_iter([5_u64, 7]).min(), Some(5));
    /// ```
    pub fn min(&self) -> Option<V> {
        self.sorted.first().copied().map(V::of_units)
    }

    /// The most; `None` where there is no value.
    ///
    /// ```
    /// # use jobmon::run::Spread;
    /// assert_eq!(Spread::from_iter([5_u64, 7]).max(), Some(7));
    /// ```
    pub fn max(&self) -> Option<V> {
        self.sorted.last().copied().map(V::of_units)
    }

    /// The sum of all values through their number, rounded to the nearest; `None` where there is no value.
    ///
    /// ```
    /// # use jobmon::run::Spread;
    /// assert_eq!(Spread::from_iter([5_u64, 7, 12]).mean(), Some(8));
    /// ```
    pub fn mean(&self) -> Option<V> {
        let count = self.sorted.len() as u128;
        let sum: u128 = self.sorted.iter().sum();
        (count > 0).then(|| V::of_units((sum + count / 2) / count))
    }

    /// The one in the middle; of an even number of values the middle of the two there. `None` where there is no value.
    ///
    /// ```
    /// # use jobmon::run::Spread;
    /// assert_eq!(Spread::from_iter([1_u64, 2, 100]).median(), Some(2));
    /// assert_eq!(Spread::from_iter([2_u64, 4]).median(), Some(3));
    /// ```
    pub fn median(&self) -> Option<V> {
        self.quantile(0.5)
    }

    /// The value below which a part `q` of all values lies: 0 gives the least, 0.5 the median, 1 the most. Between two
    /// values it is interpolated and rounded to the nearest: the place is `q * (count - 1)`, as in R and `NumPy` unless they
    /// are told otherwise. A `q` below 0 counts as 0, one above 1 as 1.
    ///
    /// `None` where there is no value, or `q` is no number.
    ///
    /// ```
    /// # use jobmon::run::Spread;
    /// let spread: Spread<u64> = (0..=10).collect();
    /// assert_eq!((spread.quantile(0.25), spread.quantile(0.95), spread.quantile(7.0)), (Some(3), Some(10), Some(10)));
    /// assert_eq!(spread.quantile(f64::NAN), None);
    /// ```
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place lies between 0 and the number of values, which no memory makes too large for this"
    )]
    pub fn quantile(&self, q: f64) -> Option<V> {
        let last = self.sorted.len().checked_sub(1).filter(|_| !q.is_nan())?;
        let place = q.clamp(0.0, 1.0) * last as f64;
        let below = (place.floor() as usize).min(last);
        let (from, to) = (self.sorted[below], self.sorted[(below + 1).min(last)]);
        let step = ((to - from) as f64 * place.fract()).round() as u128;
        // What is too large for a fraction to be exact stays between its neighbours nevertheless.
        Some(V::of_units(from + step.min(to - from)))
    }
}

impl<V: Measure> FromIterator<V> for Spread<V> {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        let mut sorted: Vec<u128> = values.into_iter().map(V::units).collect();
        sorted.sort_unstable();
        Self { sorted, values: std::marker::PhantomData }
    }
}

impl<V> Default for Spread<V> {
    fn default() -> Self {
        Self { sorted: Vec::new(), values: std::marker::PhantomData }
    }
}

impl<V: Measure + fmt::Debug> fmt::Debug for Spread<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spread")
            .field("count", &self.count())
            .field("min", &self.min())
            .field("median", &self.median())
            .field("mean", &self.mean())
            .field("max", &self.max())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The quantile at `per_mille` thousandths, in whole numbers.
    fn naive(values: &[u64], per_mille: u64) -> u64 {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let place = per_mille * (sorted.len() as u64 - 1);
        let (below, part) = (usize::try_from(place / 1000).unwrap(), u128::from(place % 1000));
        let above = sorted[(below + 1).min(sorted.len() - 1)];
        let step = (u128::from(above - sorted[below]) * part + 500) / 1000;
        sorted[below] + u64::try_from(step).unwrap()
    }

    proptest! {
        #[test]
        fn a_spread_is_what_a_slow_look_says(
            values in proptest::collection::vec(0_u64..1 << 40, 1..40),
            per_mille in 0_u64..=1000,
        ) {
            let spread: Spread<u64> = values.iter().copied().collect();
            prop_assert_eq!(spread.count(), values.len());
            prop_assert_eq!(spread.min(), values.iter().min().copied());
            prop_assert_eq!(spread.max(), values.iter().max().copied());
            let mean = spread.mean().unwrap();
            let (sum, count) = (values.iter().sum::<u64>(), values.len() as u64);
            prop_assert!((mean * count).abs_diff(sum) * 2 <= count, "{mean} is not the mean");
            // One of two neighbours where the fraction of the place falls on a half.
            let quantile = spread.quantile(f64::from(u32::try_from(per_mille).unwrap()) / 1000.0).unwrap();
            prop_assert!(quantile.abs_diff(naive(&values, per_mille)) <= 1);
            prop_assert!(spread.median().unwrap().abs_diff(naive(&values, 500)) <= 1);
        }

        #[test]
        fn quantiles_rise_and_stay_within_the_values(
            values in proptest::collection::vec(any::<u64>(), 1..20),
            mut places in proptest::collection::vec(-0.5..1.5_f64, 2..20),
        ) {
            let spread: Spread<u64> = values.into_iter().collect();
            places.sort_by(f64::total_cmp);
            let quantiles: Vec<u64> = places.iter().map(|q| spread.quantile(*q).unwrap()).collect();
            prop_assert!(quantiles.is_sorted(), "{quantiles:?}");
            prop_assert!(quantiles[0] >= spread.min().unwrap());
            prop_assert!(*quantiles.last().unwrap() <= spread.max().unwrap());
        }

        #[test]
        fn times_are_spread_as_their_nanoseconds_are(nanos in proptest::collection::vec(any::<u64>(), 0..20), q in 0.0..1.0_f64) {
            let times: Spread<Duration> = nanos.iter().copied().map(Duration::from_nanos).collect();
            let numbers: Spread<u64> = nanos.into_iter().collect();
            for (time, number) in [
                (times.min(), numbers.min()),
                (times.mean(), numbers.mean()),
                (times.quantile(q), numbers.quantile(q)),
                (times.max(), numbers.max()),
            ] {
                prop_assert_eq!(time, number.map(Duration::from_nanos));
            }
        }
    }

    #[test]
    fn the_largest_values_are_held() {
        let spread: Spread<Duration> = [Duration::MAX; 3].into_iter().collect();
        assert_eq!((spread.mean(), spread.quantile(0.3)), (Some(Duration::MAX), Some(Duration::MAX)));
        let spread: Spread<u64> = [u64::MAX; 2].into_iter().collect();
        assert_eq!((spread.mean(), spread.median()), (Some(u64::MAX), Some(u64::MAX)));
    }

    #[test]
    fn of_no_value_there_is_nothing_to_tell() {
        let none = Spread::<u64>::default();
        assert_eq!((none.count(), none.min(), none.mean(), none.median(), none.max()), (0, None, None, None, None));
        assert_eq!(format!("{none:?}"), "Spread { count: 0, min: None, median: None, mean: None, max: None }");
    }
}
