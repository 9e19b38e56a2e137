//! The macros of jobmon.
