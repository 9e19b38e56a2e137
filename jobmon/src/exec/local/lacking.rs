//! What a machine has run out of, in words.

use std::io;

/// What there is not enough of where a call failed so, and where to look; `None` where it failed for another reason.
pub(crate) fn lacking(error: &io::Error) -> Option<&'static str> {
    match error.raw_os_error()? {
        libc::EAGAIN => Some("there is no process to be had; the limit is `ulimit -u` or the cgroup's `pids.max`"),
        libc::ENOMEM => Some("there is no memory to be had"),
        libc::EMFILE | libc::ENFILE => Some("there is no descriptor to be had; the limit is `ulimit -n`"),
        _ => None,
    }
}

/// The same as the end of a sentence; empty where it failed for another reason.
pub(crate) fn because_lacking(error: &io::Error) -> String {
    lacking(error).map(|lacking| format!(": {lacking}")).unwrap_or_default()
}
