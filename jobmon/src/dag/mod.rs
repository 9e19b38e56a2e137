//! Directed acyclic graphs: edges in flat arrays, an order to go through them, or the cycle that forbids one.

mod graph;
mod order;

pub use graph::Graph;
pub use order::{Cycle, Order};
