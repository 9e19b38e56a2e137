//! The brain: decides who starts, is tried again, is skipped and is cancelled. It reads no clock, opens no file, spawns
//! no process, takes no lock and waits for nothing: [`Engine::step`] takes an event and gives actions.

mod action;
mod admission;
mod asking;
mod canary;
mod dispatch;
mod event;
mod halt;
#[cfg(test)]
mod invariants;
mod limits;
mod outcome;
mod queue;
mod retry;
mod state;
mod step;
#[cfg(test)]
mod tests;

pub use action::{Action, Cause, Order, Question};
pub use event::{Event, Stop};
pub use queue::{InOrder, TaskFacts};
pub use state::{Engine, Limits, Rules};
