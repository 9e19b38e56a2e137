//! The engine alone: events in, actions out.
#![expect(clippy::cast_possible_truncation, reason = "tests count a handful of things")]

mod asking;
mod canary;
mod halt;
mod hand_over;
mod policy;
mod random;
mod scaling;
mod scenario;
mod world;
