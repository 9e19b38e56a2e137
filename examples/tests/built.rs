//! Where the executable of an example is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// An example's executable, from those of its directory that it is made of. `cargo test` builds it with the tests, unless
/// it is told to build one test alone.
pub(crate) fn example(name: &str, sources: &[&str]) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let newest: Option<SystemTime> = sources.iter().map(|source| changed(&here.join(source))).max().flatten();
    if changed(&program) < newest {
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        let build = ["build", "-p", "jobmon-examples", "--example", name, "--profile", profile];
        assert!(Command::new(env!("CARGO")).args(build).status().unwrap().success());
    }
    program
}
