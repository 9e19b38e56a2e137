//! Cgroups that keep attempts to the memory that they were granted, where this process may make some.
//!
//! `place` finds out where from what the kernel tells, `pen` is the cgroup of a slot. Both versions of cgroups are known;
//! where neither can be used, memory is watched instead.

mod pen;
mod place;

pub(super) use pen::Pen;
#[cfg(test)]
pub(in crate::exec::local) use place::Place;
