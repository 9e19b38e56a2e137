//! Chance that is the same each time.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

/// What chance is drawn from: the same seed gives the same run, byte for byte.
///
/// ```
/// use jobmon::testing::{Seed, Simulation};
/// let simulation = Simulation::new(7);
/// let the_same = Simulation::new(Seed::from(7));
/// # let _ = (simulation, the_same);
/// ```
#[derive(Clone, Debug)]
pub struct Seed {
    number: u64,
    /// The only accidents that may happen, where not all may.
    only: Option<Arc<BTreeSet<Accident>>>,
    /// What did happen.
    happened: Arc<Mutex<Vec<(Accident, String)>>>,
}

/// An accident that chance brings: which of the rules, and to whom it happened for the how manieth time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Accident {
    pub(super) rule: u32,
    pub(super) task: u32,
    pub(super) number: u64,
}

impl Seed {
    /// As this seed, but of all accidents that chance would bring only these happen.
    pub(super) fn only(number: u64, accidents: BTreeSet<Accident>) -> Self {
        Self { only: Some(Arc::new(accidents)), ..Self::from(number) }
    }

    /// A number from 0 to below 1.
    pub(super) fn draw(&self, rule: u32, task: u32, number: u64) -> f64 {
        let words = [self.number, u64::from(rule) << 32 | u64::from(task), number];
        let mixed = words.into_iter().fold(0x6a6f_626d_6f6e, |state, word| mix(state ^ mix(word)));
        // The upper 53 bits are what fits into the number exactly.
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let part = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
        part
    }

    /// Whether an accident happens that comes so often; what happens is remembered in these words.
    pub(super) fn strikes(&self, accident: Accident, rate: f64, words: impl FnOnce() -> String) -> bool {
        let Accident { rule, task, number } = accident;
        if self.draw(rule, task, number) >= rate || self.only.as_ref().is_some_and(|only| !only.contains(&accident)) {
            return false;
        }
        self.happened.lock().unwrap_or_else(PoisonError::into_inner).push((accident, words()));
        true
    }

    /// What happened by chance in all simulations of this seed and its clones, in order.
    pub(super) fn happened(&self) -> Vec<(Accident, String)> {
        self.happened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

/// Spreads the bits of a number over all of it: the finalizer of `SplitMix64` (Steele, Lea and Flood 2014).
const fn mix(mut word: u64) -> u64 {
    word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

impl From<u64> for Seed {
    fn from(number: u64) -> Self {
        Self { number, only: None, happened: Arc::default() }
    }
}

/// `7`, or `7:0.3.1,2.0.17` where only these accidents happen.
impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number)?;
        let Some(only) = &self.only else { return Ok(()) };
        let accidents = only.iter().map(|Accident { rule, task, number }| format!("{rule}.{task}.{number}"));
        write!(f, ":{}", accidents.collect::<Vec<_>>().join(","))
    }
}

/// What a text that is no seed may say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no seed: it is a number, as 7, or one with the accidents that `explore` printed, as 7:0.3.1,2.0.17")]
pub struct SeedError(String);

impl FromStr for Seed {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Self, SeedError> {
        let error = || SeedError(text.to_owned());
        let (number, accidents) = text.trim().split_once(':').map_or((text.trim(), None), |(n, rest)| (n, Some(rest)));
        let number: u64 = number.parse().map_err(|_| error())?;
        let Some(accidents) = accidents else { return Ok(Self::from(number)) };
        let accident = |text: &str| {
            let mut parts = text.split('.');
            let accident = Accident {
                rule: parts.next()?.parse().ok()?,
                task: parts.next()?.parse().ok()?,
                number: parts.next()?.parse().ok()?,
            };
            parts.next().is_none().then_some(accident)
        };
        let accidents = accidents.split(',').filter(|text| !text.is_empty()).map(accident);
        Ok(Self::only(number, accidents.collect::<Option<_>>().ok_or_else(error)?))
    }
}
