//! The library side of the examples is empty; see the programs beside it.
