//! The local executor with real processes.

mod rig;

mod codec;
mod deaths;
mod endings;
mod hog;
mod limits;
mod redirects;
mod refusals;
mod strays;
mod surroundings;
