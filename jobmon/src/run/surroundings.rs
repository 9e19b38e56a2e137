//! The machine around a run.

use crate::exec::local::{self, Remnants};
#[cfg(any(test, feature = "testing"))]
use crate::run::Result;
use crate::run::machine;
#[cfg(any(test, feature = "testing"))]
use crate::store::Database;
use crate::time::Clock;
use std::fmt::Display;
use std::time::Duration;

/// How a start waits for others, which may take minutes.
pub(crate) trait Patience {
    /// Says to people what is waited for.
    fn tell(&self, what: &dyn Display);

    /// Lets so much time pass.
    ///
    /// # Errors
    /// Why not: somebody wants no more waiting.
    fn pass(&self, time: Duration) -> Result<(), &'static str>;
}

/// Of one who has the machine for himself: only a child that another thread is about to make another program may hold a
/// lock for a moment.
#[cfg(test)]
#[derive(Default)]
pub(crate) struct Alone {
    passes: std::cell::Cell<u32>,
}

#[cfg(test)]
impl Patience for Alone {
    fn tell(&self, _: &dyn Display) {}

    fn pass(&self, time: Duration) -> Result<(), &'static str> {
        self.passes.set(self.passes.get() + 1);
        if self.passes.get() > 1000 {
            return Err("a test, in which nobody is waited for,");
        }
        std::thread::park_timeout(time);
        Ok(())
    }
}

#[cfg(any(test, feature = "testing"))]
type Opened<'a> = dyn Fn(&mut Database) -> Result<()> + 'a;

/// What a start sees of the machine that it is on: the seam for machines that are only imagined.
pub(crate) struct Surroundings<'a> {
    pub(crate) clock: &'a dyn Clock,
    /// The machine's name.
    pub(crate) host: String,
    /// Ends what a run left behind, which is known by its token.
    pub(crate) end_remnants: fn(&str) -> Remnants,
    /// How it waits for others that have the workflow.
    pub(crate) patience: &'a dyn Patience,
    /// Whether attempts write files here, of which those that are half written are removed.
    pub(crate) has_files: bool,
    /// Told of the state file when it is open.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) opened: Box<Opened<'a>>,
}

impl<'a> Surroundings<'a> {
    /// This machine.
    pub(crate) fn of_this_machine(clock: &'a dyn Clock, patience: &'a dyn Patience) -> Self {
        Self {
            clock,
            host: machine::host(),
            end_remnants: local::end_remnants,
            patience,
            has_files: true,
            #[cfg(any(test, feature = "testing"))]
            opened: Box::new(|_| Ok(())),
        }
    }
}

impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("host", &self.host).finish_non_exhaustive()
    }
}
