//! What this machine and process are.

use crate::config::{Environment, Machine};
use crate::digest::{Digest, Digester};
use crate::run::RunOptions;
use crate::store::Runner;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// What there is for tasks: as said, else what this process may use.
pub(super) fn for_tasks(options: &RunOptions, environment: &Environment) -> Machine {
    let Machine { cores, memory } = Machine::of(environment);
    Machine { cores: options.cores.unwrap_or(cores), memory: options.memory.or(memory) }
}

/// Who runs the workflow, for the record.
pub(super) fn runner(executor: &'static str, host: &str, environment: &Environment, directory: &Path) -> Runner {
    let executable = std::env::current_exe().unwrap_or_default();
    Runner {
        token: token(),
        executor,
        host: host.to_owned(),
        pid: std::process::id(),
        user: user(environment),
        directory: directory.to_string_lossy().into_owned(),
        executable: executable.to_string_lossy().into_owned(),
        executable_hash: fingerprint(Path::new("/proc/self/exe")),
    }
}

/// Who the user is, for the record.
pub(crate) fn user(environment: &Environment) -> String {
    environment.user.clone().unwrap_or_else(|| rustix::process::getuid().as_raw().to_string())
}

/// The machine's name.
pub(crate) fn host() -> String {
    let of_kernel = || rustix::system::uname().nodename().to_string_lossy().into_owned();
    Environment::read().host.unwrap_or_else(of_kernel)
}

/// What nobody else has: 128 random bits.
fn token() -> String {
    let mut random = [0_u8; 16];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut random));
    if read.is_err() {
        // Without the device, what tells this moment of this process from any other has to do.
        let mut digester = Digester::new("jobmon token 1");
        digester.text(&format!("{:?} {} {}", std::time::UNIX_EPOCH.elapsed(), std::process::id(), host()));
        random = digester.finish().0;
    }
    Digest(random).to_string()
}

/// Tells an executable from another build of it: by its size and the time of its last change, so that starting a run
/// does not read a hundred megabytes.
fn fingerprint(path: &Path) -> Option<Digest> {
    let found = std::fs::metadata(path).ok()?;
    let mut digester = Digester::new("jobmon executable 1");
    digester.number(found.size());
    digester.number(found.mtime().cast_unsigned());
    digester.number(found.mtime_nsec().cast_unsigned());
    Some(digester.finish())
}
