//! What there is for tasks on this machine.

use crate::config::Environment;
use crate::units::Memory;
use std::path::{Path, PathBuf};

/// What the tasks of this process may use together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The cores.
    pub cores: u32,
    /// The memory; `None` where nothing tells how much there is.
    pub memory: Option<Memory>,
}

impl Machine {
    /// What this process was granted, where it is a task itself; else what it may use of the machine.
    pub fn of(environment: &Environment) -> Self {
        // By the affinity mask and the cgroup's quota (v1 and v2).
        let cores =
            || std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
        Self {
            cores: environment.granted_cores.unwrap_or_else(cores),
            memory: environment.granted_memory.or_else(there_is),
        }
    }
}

/// The memory of the machine, or the least limit of the cgroups that this process is in where that is less; `None` where
/// neither is told.
fn there_is() -> Option<Memory> {
    let cgroups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limit = least_limit(Path::new("/sys/fs/cgroup"), &cgroups);
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_memory(&text));
    total.into_iter().chain(limit).min().map(Memory::from_bytes)
}

/// The least limit of a process's cgroup (v2 or v1) and those above it. In a container the path may be that outside, of which
/// only the root is there.
fn least_limit(mount: &Path, cgroups: &str) -> Option<u64> {
    let limit = |file: PathBuf| std::fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
    let mut least: Option<u64> = None;
    for line in cgroups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (root, file) = match controllers {
            "" => (mount.to_owned(), "memory.max"),
            _ if controllers.split(',').any(|controller| controller == "memory") => {
                (mount.join("memory"), "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let own = Path::new(path.trim_start_matches('/'));
        let limits = own.ancestors().filter_map(|above| limit(root.join(above).join(file)));
        least = least.into_iter().chain(limits).min();
    }
    least
}

/// What `/proc/meminfo` says that the machine has, in bytes.
fn total_memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_has_what_it_was_granted() {
        let granted = Memory::from_bytes(1 << 30);
        let environment =
            Environment { granted_cores: Some(3), granted_memory: Some(granted), ..Environment::default() };
        assert_eq!(Machine::of(&environment), Machine { cores: 3, memory: Some(granted) });
        let machine = Machine::of(&Environment::default());
        assert!(machine.cores > 0 && machine.memory.is_some_and(|memory| memory.bytes() > 0), "{machine:?}");
    }

    #[test]
    fn the_least_limit_of_all_cgroups_above_counts() {
        let mount = tempfile::TempDir::new().unwrap();
        let write = |file: &str, text: &str| {
            let file = mount.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        let found = |cgroups: &str| least_limit(mount.path(), cgroups);
        assert_eq!(found("0::/user/job\n"), None);
        write("user/memory.max", "4096\n");
        write("user/job/memory.max", "max\n");
        assert_eq!(found("0::/user/job\n"), Some(4096));
        write("memory/memory.limit_in_bytes", "8192\n");
        write("memory/job/memory.limit_in_bytes", "2048\n");
        assert_eq!(found("5:cpu,cpuacct:/x\n4:memory:/job\n0::/\n"), Some(2048));
        // As in a container.
        assert_eq!(found("4:memory:/docker/0123\n"), Some(8192));
        assert_eq!(found("nonsense"), None);
    }

    #[test]
    fn the_total_is_read() {
        assert_eq!(total_memory("MemTotal:       2048 kB\nMemFree:  1 kB\n"), Some(2 << 20));
        assert_eq!(total_memory("MemFree:  1 kB\n"), None);
    }
}
