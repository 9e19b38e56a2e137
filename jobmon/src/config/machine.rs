//! What there is for tasks on this machine.

use crate::config::Environment;
use crate::units::Memory;

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
    fn the_total_is_read() {
        assert_eq!(total_memory("MemTotal:       2048 kB\nMemFree:  1 kB\n"), Some(2 << 20));
        assert_eq!(total_memory("MemFree:  1 kB\n"), None);
    }
}
