//! Many seeds, and of the one that fails the few accidents that matter.

use crate::config::Environment;
use crate::testing::Seed;
use crate::testing::seed::Accident;
use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// What a test of one seed gives: nothing, where it panics if something is wrong, or a result.
pub trait Tested {
    /// What is wrong, in words.
    fn failure(self) -> Option<String>;
}

impl Tested for () {
    fn failure(self) -> Option<String> {
        None
    }
}

impl<E: Display> Tested for Result<(), E> {
    fn failure(self) -> Option<String> {
        self.err().map(|error| error.to_string())
    }
}

/// Runs a test with many seeds. Where it fails for one, leaves out of its accidents what does not matter, and panics with those that
/// are left, what went wrong, and the command to see it again.
///
/// The test makes its [`Simulation`](crate::testing::Simulation) of the seed that it is given, and fails by a panic or by an error.
/// What must never happen whatever goes wrong, a run watches for by itself. Variables of the environment: `JOBMON_SEEDS` says how many
/// seeds are tried instead of 256, `JOBMON_SEED` the only one.
///
/// # Panics
/// If the test fails for a seed.
///
/// ```
/// use jobmon::prelude::*;
/// use jobmon::testing::{Mishap, Simulation, SimulationError, Which, explore};
///
/// let mut wf = Tool::new("demo").workflow("w");
/// let prep = wf.add(Command::new("prep").template("prep"));
/// wf.add(Command::new("fit").template("fit").upstream(prep));
///
/// explore(|seed| {
///     let trace = Simulation::new(seed)
///         .sometimes(Which::all(), Mishap::NodeFailure, 0.3)
///         .crashes(0.05)
///         .run(&wf)?;
///     assert!(trace.finished(), "{trace}");
///     Ok::<(), SimulationError>(())
/// });
/// ```
#[track_caller]
pub fn explore<T: Tested>(test: impl Fn(Seed) -> T) {
    if let Some(finding) = Exploration::new().find(test) {
        panic!("{finding}");
    }
}

/// Which seeds are tried.
///
/// ```
/// use jobmon::prelude::*;
/// use jobmon::testing::{Exploration, Mishap, Simulation};
///
/// let mut wf = Tool::new("demo").workflow("w");
/// wf.add_all((0..20).map(|id| Command::new("fit").node_arg("id", id).max_attempts(2)));
/// let finding = Exploration::new().seeds(1000).find(|seed| {
///     let trace = Simulation::new(seed).sometimes("command", Mishap::Exit(3), 0.2).run(&wf).unwrap();
///     assert!(trace.finished(), "a task failed");
/// });
/// let finding = finding.expect("two of two attempts fail sooner or later");
/// assert_eq!(finding.accidents().len(), 2, "{finding}");
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is tried before something is to be found"]
pub struct Exploration {
    seeds: u64,
    /// The only seed.
    only: Option<Seed>,
}

impl Default for Exploration {
    fn default() -> Self {
        Self::new()
    }
}

impl Exploration {
    const SEEDS: u64 = 256;

    /// As the environment says; 256 seeds where it says nothing.
    ///
    /// # Panics
    /// If `JOBMON_SEED` or `JOBMON_SEEDS` are set to what is no seed or no number.
    ///
    /// ```
    /// let exploration = jobmon::testing::Exploration::new();
    /// # let _ = exploration;
    /// ```
    pub fn new() -> Self {
        let (only, seeds) = Environment::seeds();
        let only = only.map(|text| text.parse::<Seed>());
        let seeds = seeds.map(|text| (text.parse::<u64>(), text));
        let only = only.transpose().unwrap_or_else(|error| panic!("JOBMON_SEED: {error}"));
        let seeds = seeds.map(|(number, text)| match number {
            Ok(number) if number > 0 => number,
            Ok(_) | Err(_) => panic!("JOBMON_SEEDS: `{text}` is no number of seeds; it is 1 or more"),
        });
        Self { seeds: seeds.unwrap_or(Self::SEEDS), only }
    }

    /// So many seeds are tried, whatever the environment says.
    ///
    /// ```
    /// let exploration = jobmon::testing::Exploration::new().seeds(10_000);
    /// # let _ = exploration;
    /// ```
    pub const fn seeds(mut self, seeds: u64) -> Self {
        self.seeds = seeds;
        self
    }

    /// The first seed for which a test fails, with as few accidents as it takes.
    ///
    /// ```
    /// # use jobmon::testing::Exploration;
    /// assert!(Exploration::new().seeds(3).find(|_seed| {}).is_none());
    /// ```
    pub fn find<T: Tested>(&self, test: impl Fn(Seed) -> T) -> Option<Finding> {
        if let Some(seed) = &self.only {
            let failure = fails(&test, seed.clone())?;
            return Some(Finding::new(seed.clone(), failure, seed.happened(), 0));
        }
        (0..self.seeds).find_map(|number| {
            let seed = Seed::from(number);
            let failure = fails(&test, seed.clone())?;
            Some(shrink(&test, &seed, failure))
        })
    }
}

/// A seed for which a test fails.
///
/// ```
/// # use jobmon::testing::{Exploration, Seed};
/// let finding = Exploration::new().find(|_seed| Err("wrong".to_owned())).unwrap();
/// assert!(finding.accidents().is_empty(), "it is wrong without any accident");
/// assert!(finding.to_string().contains("JOBMON_SEED='0:' cargo test"));
/// ```
#[derive(Clone, Debug)]
pub struct Finding {
    seed: Seed,
    failure: String,
    accidents: Vec<String>,
    before: usize,
    /// Whether the test did not fail when it was run again with the same seed.
    is_fickle: bool,
}

impl Finding {
    fn new(seed: Seed, failure: String, happened: Vec<(Accident, String)>, before: usize) -> Self {
        let mut accidents: Vec<String> = Vec::new();
        for (_, words) in happened {
            if !accidents.contains(&words) {
                accidents.push(words);
            }
        }
        Self { seed, failure, accidents, before, is_fickle: false }
    }

    /// What chance must bring for it, in words.
    ///
    /// ```
    /// # use jobmon::testing::Exploration;
    /// let finding = Exploration::new().find(|_seed| Err("wrong".to_owned())).unwrap();
    /// assert_eq!(finding.accidents(), [""; 0]);
    /// ```
    pub fn accidents(&self) -> &[String] {
        &self.accidents
    }

    /// What the test said.
    ///
    /// ```
    /// # use jobmon::testing::Exploration;
    /// let finding = Exploration::new().find(|_seed| Err("wrong".to_owned())).unwrap();
    /// assert_eq!(finding.failure(), "wrong");
    /// ```
    pub fn failure(&self) -> &str {
        &self.failure
    }

    /// The seed, with these accidents and no others.
    ///
    /// ```
    /// # use jobmon::testing::Exploration;
    /// let finding = Exploration::new().find(|_seed| Err("wrong".to_owned())).unwrap();
    /// assert_eq!(finding.seed().to_string(), "0:");
    /// ```
    pub const fn seed(&self) -> &Seed {
        &self.seed
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, failure, accidents, before, is_fickle } = self;
        match (accidents.len(), before) {
            (0, _) => writeln!(f, "seed {} fails, without any accident that chance brings:", seed.number())?,
            (count, 0) => writeln!(f, "seed {} fails, with {count} accidents:", seed.number())?,
            (count, before) => writeln!(f, "seed {} fails; of its {before} accidents {count} matter:", seed.number())?,
        }
        accidents.iter().try_for_each(|accident| writeln!(f, "  {accident}"))?;
        writeln!(f, "{failure}")?;
        if *is_fickle {
            writeln!(f, "it did not fail again with the same seed: the test depends on more than its seed")?;
        }
        let test = std::thread::current().name().filter(|name| *name != "main").map(|name| format!(" {name}"));
        write!(f, "see it again: JOBMON_SEED='{seed}' cargo test{}", test.unwrap_or_default())
    }
}

/// Leaves out accidents as long as the test fails without them: halves of them first, then ever smaller parts (the
/// algorithm ddmin, Zeller and Hildebrandt 2002).
fn shrink<T: Tested>(test: &impl Fn(Seed) -> T, seed: &Seed, failure: String) -> Finding {
    let all: Vec<Accident> =
        seed.happened().into_iter().map(|(accident, _)| accident).collect::<BTreeSet<_>>().into_iter().collect();
    let before = all.len();
    let run = |accidents: &[Accident]| {
        let seed = Seed::only(seed.number(), accidents.iter().copied().collect());
        let failure = fails(test, seed.clone())?;
        Some((seed, failure))
    };
    let Some((mut smallest, mut failure)) = run(&all) else {
        // It depends on more than the seed: it is told as it is.
        let found = Finding::new(seed.clone(), failure, seed.happened(), 0);
        return Finding { is_fickle: true, ..found };
    };
    let mut left = all;
    if let Some((seed, words)) = run(&[]) {
        return Finding::new(seed, words, Vec::new(), before);
    }
    let mut parts = 2;
    while left.len() > 1 {
        let size = left.len().div_ceil(parts);
        let without = |at: usize| -> Vec<Accident> {
            let part = at * size..(at + 1) * size;
            left.iter().enumerate().filter(|(place, _)| !part.contains(place)).map(|(_, accident)| *accident).collect()
        };
        let fewer = (0..left.len().div_ceil(size)).map(without).find_map(|rest| run(&rest).map(|found| (rest, found)));
        match fewer {
            Some((rest, (seed, words))) => {
                (left, smallest, failure) = (rest, seed, words);
                parts = parts.saturating_sub(1).max(2);
            }
            None if size == 1 => break,
            None => parts = (parts * 2).min(left.len()),
        }
    }
    let happened = smallest.happened();
    Finding::new(smallest, failure, happened, before)
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// What goes wrong with a seed, if anything. Panics are told once, at the end, and not for each seed that is tried.
fn fails<T: Tested>(test: &impl Fn(Seed) -> T, seed: Seed) -> Option<String> {
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                before(panic);
            }
        }));
    });
    let was = QUIET.replace(true);
    let result = catch_unwind(AssertUnwindSafe(|| test(seed).failure()));
    QUIET.set(was);
    result.unwrap_or_else(|panic| Some(words(&*panic)))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}
