//! Workflows in Rust.
