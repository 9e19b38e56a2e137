//! What this process has cost, and those that it started.

use std::time::Duration;

/// Processor time in both modes and the largest resident set, as the kernel keeps them for a process and for all of its
/// children that were waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// This process's processor time.
    pub own: Duration,
    /// The processor time of all of its children that were waited for, and theirs.
    pub children: Duration,
    /// The largest resident set of this process, in bytes.
    pub peak_memory: u64,
}

/// What this process has spent so far, read from `/proc`. Ticks of 10 ms.
pub fn spent() -> Spent {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name may hold blanks; it ends in the last bracket.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let time = |first: usize| Duration::from_millis((ticks(first) + ticks(first + 1)) * 10);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    Spent { own: time(11), children: time(13), peak_memory: peak.unwrap_or(0) * 1024 }
}
