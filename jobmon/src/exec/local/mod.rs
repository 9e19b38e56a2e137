//! The local executor: attempts are processes of this machine, started, watched and ended by a keeper.
//!
//! The driver's side is here; the other side, a process of its own, is `keeper`. What they say to each other is
//! `message`, how it is packed `wire` and `frame`. The only unsafe code is in `unix` and `keeper::enter`.

mod aside;
mod connection;
mod ends;
mod executor;
mod frame;
mod handlers;
mod keeper;
mod lacking;
mod message;
mod output;
mod process;
mod remnants;
mod start;
mod unix;
mod wire;

#[cfg(test)]
mod tests;

#[cfg(any(test, feature = "testing"))]
pub(crate) use ends::write_ends;
pub use ends::{EndsError, read_ends};
pub use executor::{LocalExecutor, LocalOptions};
pub use handlers::{Replaced, SIGNALS, SignalPipe};
pub(crate) use lacking::because_lacking;
pub use output::recover_output;
pub use remnants::{Remnants, end_remnants};
pub use start::StartError;
pub use wire::Malformed;
