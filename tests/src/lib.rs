//! What several of the tests and their programs share; see the test targets beside it.

pub mod vfs;
