//! The outputs that a task must leave: looked at right before its attempt starts, and again when nothing of it is left.

use super::watch::{Clock, wait_for};
use crate::exec::local::output::Redirects;
use crate::model::Expected;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// File systems keep the time of a change no finer than their clock ticks, 1 to 10 ms.
const TICK: Duration = Duration::from_millis(20);

/// The outputs of an attempt, with what was there before.
#[derive(Debug, Default)]
pub(super) struct Outputs(Vec<(Expected, Option<Mark>)>);

/// What tells a file from the one that was there before, by the file system's own word: no clock of ours is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

impl Mark {
    fn of(file: &Metadata) -> Self {
        Self { device: file.dev(), inode: file.ino(), size: file.size(), changed: (file.mtime(), file.mtime_nsec()) }
    }
}

impl Outputs {
    /// Looks at what is there before the attempt starts. Where a file was changed only just now, as by an attempt before, it
    /// waits for a moment, so that the next change has another time.
    pub(super) fn before(expected: &[Expected], clock: Clock) -> Self {
        let mark = |expected: &Expected| {
            let there = fs::metadata(&expected.path).ok().filter(Metadata::is_file)?;
            let changed = there.mtime().saturating_mul(1_000_000).saturating_add(there.mtime_nsec() / 1000);
            // A clock that is not ours may be ahead of ours: then nothing is known of its ticks.
            let age = || u64::try_from(clock.wall().0.saturating_sub(changed)).ok().map(Duration::from_micros);
            while let Some(rest) = age().and_then(|age| TICK.checked_sub(age)).filter(|rest| !rest.is_zero()) {
                wait_for(&[], Some(rest));
            }
            Some(Mark::of(&there))
        };
        Self(expected.iter().map(|expected| (expected.clone(), mark(expected))).collect())
    }

    /// Why they are not what a success leaves, all at once.
    pub(super) fn missing(&self, redirects: &Redirects) -> Option<String> {
        let told = |(expected, before): &(Expected, Option<Mark>)| {
            let reason = wrong(expected, *before, redirects)?;
            Some(format!("{:?} {reason}", expected.path.to_string_lossy()))
        };
        let told: Vec<String> = self.0.iter().filter_map(told).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

fn wrong(expected: &Expected, before: Option<Mark>, redirects: &Redirects) -> Option<String> {
    let empty = |is_empty: bool, told: &str| (is_empty && !expected.may_be_empty).then(|| told.to_owned());
    // A stream's file is not in its place yet, and is a new one in any case.
    if let Some(file) = redirects.file_for(&expected.path) {
        return match file.metadata() {
            Ok(file) => empty(file.len() == 0, "is empty"),
            Err(error) => Some(unseen(&error)),
        };
    }
    match fs::metadata(&expected.path) {
        Err(error) if is_absent(&error) => Some("is not there".to_owned()),
        Err(error) => Some(unseen(&error)),
        Ok(there) if there.is_dir() => match is_empty_directory(&expected.path) {
            Ok(is_empty) => empty(is_empty, "is a directory with nothing in it"),
            Err(error) => Some(unseen(&error)),
        },
        Ok(there) if !there.is_file() => Some("is neither a file nor a directory".to_owned()),
        Ok(there) if before == Some(Mark::of(&there)) => {
            Some("was not written: it is the file that was there before, unchanged".to_owned())
        }
        Ok(there) => empty(there.len() == 0, "is empty"),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn is_empty_directory(path: &Path) -> io::Result<bool> {
    Ok(fs::read_dir(path)?.next().transpose()?.is_none())
}

fn unseen(error: &io::Error) -> String {
    format!("cannot be looked at: {error}")
}
