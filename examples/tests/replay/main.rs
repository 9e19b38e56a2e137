//! The example `replay`, against what the recordings say by another way of reading them.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by where it panics")]
#![expect(clippy::disallowed_methods, reason = "tests start programs")]

#[path = "../built.rs"]
mod built;
mod mistakes;
mod recorded;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The example with its state in a directory, and the directory to work in.
fn replay(directory: &Path) -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let program = BUILT.get_or_init(|| built::example("replay", &["main.rs", "recording.rs", "bounds.rs"]));
    let mut command = Command::new(program);
    command.current_dir(directory);
    command
}
