//! The keeper: a small process of our own that starts, watches and reaps the tasks, and its slot processes.
//!
//! ```text
//! driver (the user's process)     orders, ends                      exec::local
//!   keeper                        who waits, who runs, what is not durable yet   service, roster
//!     slot process                one attempt at a time             slot, course, memory, spawn, words
//!       the task and all that it starts
//! ```
//! Each watches the one above by the end of its socket, and ends what is below when it goes. Keeper and slot processes
//! have one thread each and hold the run's lease, so that the lease is free only when none of them is left.

mod cgroup;
mod course;
mod enter;
mod guard;
mod memory;
mod outputs;
mod roster;
mod service;
mod slot;
mod spawn;
mod watch;
mod words;

#[cfg(test)]
pub(super) use cgroup::Place;
pub(super) use enter::WORD;
pub(super) use roster::vanished;
pub(super) use spawn::Environment;

use service::serve;
