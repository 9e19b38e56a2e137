//! What calls of the program say of how tasks run.

use crate::config::{At, Said, Settings};
use crate::model::{Cluster, Place, Quantity, Queue, RetryPolicy, Scale};
use crate::plan::error::PlanError;
use crate::plan::wall_time::IntoWallTime;
use crate::units::{Cores, Memory, WallTime};
use jobmon_syntax::units::UnitError;
use std::fmt::Display;
use std::panic::Location;

/// What was said, and what of it cannot be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saying {
    pub(crate) settings: Settings,
    /// Which failures are tried again.
    pub(crate) retry: Option<Said<RetryPolicy>>,
    wrong: Vec<(Wrong, &'static Location<'static>)>,
}

/// What cannot be.
#[derive(Clone, Debug, PartialEq)]
enum Wrong {
    Unit(&'static str, UnitError),
    NoCores,
    NoAttempts,
    Scale(&'static str, f64),
    Steps(&'static str, String),
    NoName(&'static str),
    Retry(String),
}

type Caller = &'static Location<'static>;

impl Saying {
    pub(crate) fn memory(&mut self, memory: &impl Display, place: Caller) {
        self.settings.memory =
            self.unit("memory", memory.to_string().parse::<Memory>(), place).or(self.settings.memory.take());
    }

    pub(crate) fn runtime(&mut self, runtime: &impl IntoWallTime, place: Caller) {
        self.settings.runtime = self.unit("run time", runtime.wall_time(), place).or(self.settings.runtime.take());
    }

    pub(crate) fn cores(&mut self, cores: u32, place: Caller) {
        match Cores::new(cores) {
            Some(cores) => self.settings.cores = Some(Said::new(cores, At::Call(place))),
            None => self.wrong.push((Wrong::NoCores, place)),
        }
    }

    pub(crate) fn max_attempts(&mut self, attempts: u32, place: Caller) {
        match attempts {
            0 => self.wrong.push((Wrong::NoAttempts, place)),
            _ => self.settings.max_attempts = Some(Said::new(attempts, At::Call(place))),
        }
    }

    pub(crate) fn memory_scale(&mut self, scale: Scale<Memory>, place: Caller) {
        if self.grows("memory", &scale, place) {
            self.settings.memory_scale = Some(Said::new(scale, At::Call(place)));
        }
    }

    pub(crate) fn runtime_scale(&mut self, scale: Scale<WallTime>, place: Caller) {
        if self.grows("run time", &scale, place) {
            self.settings.runtime_scale = Some(Said::new(scale, At::Call(place)));
        }
    }

    pub(crate) fn queue(&mut self, name: &impl Display, place: Caller) {
        let name = self.name("queue", name, place);
        self.settings.queue = name.map(|name| Said::new(Queue::named(&name), At::Call(place)));
    }

    pub(crate) fn cluster(&mut self, name: &impl Display, place: Caller) {
        let name = self.name("cluster", name, place);
        self.settings.cluster = name.map(|name| Said::new(Cluster::named(&name), At::Call(place)));
    }

    pub(crate) fn retry(&mut self, policy: RetryPolicy, place: Caller) {
        self.wrong.extend(policy.mistakes().into_iter().map(|reason| (Wrong::Retry(reason), place)));
        self.retry = Some(Said::new(policy, At::Call(place)));
    }

    fn unit<T>(&mut self, what: &'static str, said: Result<T, UnitError>, place: Caller) -> Option<Said<T>> {
        match said {
            Ok(value) => Some(Said::new(value, At::Call(place))),
            Err(error) => {
                self.wrong.push((Wrong::Unit(what, error), place));
                None
            }
        }
    }

    fn grows<Q: Quantity>(&mut self, what: &'static str, scale: &Scale<Q>, place: Caller) -> bool {
        match scale {
            Scale::By(factor) if !(*factor > 1.0 && factor.is_finite()) => {
                self.wrong.push((Wrong::Scale(what, *factor), place));
                false
            }
            Scale::Steps(_) if !scale.climbs() => {
                self.wrong.push((Wrong::Steps(what, scale.to_string()), place));
                false
            }
            Scale::By(_) | Scale::Steps(_) | Scale::Function(_) => true,
        }
    }

    fn name(&mut self, what: &'static str, name: &impl Display, place: Caller) -> Option<String> {
        let name = name.to_string();
        if name.is_empty() || name.contains(char::is_control) {
            self.wrong.push((Wrong::NoName(what), place));
            return None;
        }
        Some(name)
    }

    /// What cannot be, as mistakes of the one it is said of, at a place or each where it was said.
    pub(crate) fn mistakes(&self, of: &str, place: Option<Place>) -> impl Iterator<Item = PlanError> {
        self.wrong.iter().map(move |(wrong, at)| {
            let (place, task) = (place.unwrap_or_else(|| (*at).into()), of.to_owned());
            match wrong {
                Wrong::Unit(what, error) => PlanError::Unit { place, task, what, error: error.clone() },
                Wrong::NoCores => PlanError::NoCores { place, task },
                Wrong::NoAttempts => PlanError::NoAttempts { place, task },
                Wrong::Scale(what, factor) => PlanError::Scale { place, task, what, factor: factor.to_string() },
                Wrong::Steps(what, steps) => PlanError::Steps { place, task, what, steps: steps.clone() },
                Wrong::Retry(reason) => PlanError::Retry { place, task, reason: reason.clone() },
                Wrong::NoName(what) => PlanError::BadSetting { place, task, what },
            }
        })
    }
}
