//! The local executor with real processes.

mod rig;

mod endings;
