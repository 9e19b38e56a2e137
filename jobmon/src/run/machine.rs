//! What this machine and process are.

use crate::config::Environment;
use crate::digest::{Digest, Digester};
use crate::run::RunOptions;
use crate::store::Runner;
use crate::units::Memory;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// How many cores tasks may use: as said, as granted, or as many as the process may use.
pub(super) fn cores(options: &RunOptions, environment: &Environment) -> u32 {
    // By the affinity mask and the cgroup's quota (v1 and v2).
    let machine =
        std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
    options.cores.unwrap_or_else(|| environment.granted_cores.unwrap_or(machine))
}

/// How much memory tasks may use together: as said, as granted, or as much as the machine or the cgroup has.
pub(super) fn memory(options: &RunOptions, environment: &Environment) -> Option<Memory> {
    options.memory.or(environment.granted_memory).or_else(there_is)
}

/// The memory of the machine, or the limit of the cgroup (v2 or v1) where that is less; `None` where neither is told.
fn there_is() -> Option<Memory> {
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let limit = number("/sys/fs/cgroup/memory.max").or_else(|| number("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_memory(&text));
    total.into_iter().chain(limit).min().map(Memory::from_bytes)
}

/// What `/proc/meminfo` says that the machine has, in bytes.
fn total_memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Who runs the workflow, for the record.
pub(super) fn runner(executor: &'static str, host: &str, environment: &Environment, directory: &Path) -> Runner {
    let executable = std::env::current_exe().unwrap_or_default();
    Runner {
        token: token(),
        executor,
        host: host.to_owned(),
        pid: std::process::id(),
        user: environment.user.clone().unwrap_or_else(|| rustix::process::getuid().as_raw().to_string()),
        directory: directory.to_string_lossy().into_owned(),
        executable: executable.to_string_lossy().into_owned(),
        executable_hash: fingerprint(Path::new("/proc/self/exe")),
    }
}

/// The machine's name.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
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
