//! Who has a file open.

use std::path::{Path, PathBuf};

/// Who has a file open. Processes of other users, and of other containers, are not seen.
pub(super) fn openers(path: &Path) -> Vec<(u32, String)> {
    let Ok(wanted) = path.canonicalize() else { return Vec::new() };
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let own = std::process::id();
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut found: Vec<(u32, String)> =
        pids.filter(|pid| *pid != own && has_open(*pid, &wanted)).map(|pid| (pid, name(pid))).collect();
    found.sort_unstable();
    found
}

fn has_open(pid: u32, wanted: &Path) -> bool {
    let Ok(descriptors) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors.filter_map(Result::ok).any(|entry| std::fs::read_link(entry.path()).is_ok_and(|open| open == wanted))
}

fn name(pid: u32) -> String {
    let name = std::fs::read_to_string(PathBuf::from(format!("/proc/{pid}/comm")));
    name.map_or_else(|_| "?".to_owned(), |name| name.trim_end().to_owned())
}
