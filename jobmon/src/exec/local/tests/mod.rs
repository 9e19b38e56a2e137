//! The local executor with real processes.

mod rig;

mod codec;
mod deaths;
mod endings;
mod hog;
mod memory;
mod outputs;
mod redirects;
mod refusals;
mod strays;
mod surroundings;
mod wall_time;
