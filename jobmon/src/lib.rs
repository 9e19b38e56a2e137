//! Workflows in Rust.

#[cfg(not(target_os = "linux"))]
compile_error!("jobmon runs on Linux only: it relies on /proc, subreapers and pidfds");

pub mod exec;
pub mod id;
pub mod model;
pub mod time;
