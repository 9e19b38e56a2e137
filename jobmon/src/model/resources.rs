//! What a task asks for.

use crate::units::{Memory, WallTime};

/// What a task asks for. What it does not ask for is not limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resources {
    /// Memory.
    pub memory: Option<Memory>,
    /// Time on the wall's clock.
    pub runtime: Option<WallTime>,
    /// Cores.
    pub cores: u32,
}

impl Default for Resources {
    fn default() -> Self {
        Self { memory: None, runtime: None, cores: 1 }
    }
}
