//! The library side of the tests is empty; see the test targets beside it.
