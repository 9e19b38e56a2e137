//! The engine alone: events in, actions out.

mod random;
mod scenario;
mod world;
