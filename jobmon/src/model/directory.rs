//! Where one run keeps its files.

use crate::id::{AttemptId, SlotId};
use std::fmt;
use std::path::{Path, PathBuf};

/// One of the two output streams of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Out => "standard output",
            Self::Err => "standard error",
        })
    }
}

impl Stream {
    const fn extension(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Err => "err",
        }
    }
}

/// The directory of one run: `runs/<workflow id>/<run id>` below the state directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDirectory(PathBuf);

impl RunDirectory {
    /// How many attempts share one directory of logs.
    const SHARD: i64 = 1000;

    /// The directory at `path`, which is absolute.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the pairs of output files are that attempts write to while they run.
    pub fn slots(&self) -> PathBuf {
        self.0.join("slots")
    }

    /// The output file of a slot.
    pub fn slot_file(&self, slot: SlotId, stream: Stream) -> PathBuf {
        self.slots().join(format!("{slot}.{}", stream.extension()))
    }

    /// The output file of an attempt that has ended and had said something.
    pub fn attempt_file(&self, attempt: AttemptId, stream: Stream) -> PathBuf {
        let shard = attempt.0.div_euclid(Self::SHARD);
        self.0.join("logs").join(shard.to_string()).join(format!("{attempt}.{}", stream.extension()))
    }

    /// The command of an attempt, for people to run, where it is too long to be shown.
    pub fn script_file(&self, attempt: AttemptId) -> PathBuf {
        self.attempt_file(attempt, Stream::Err).with_extension("sh")
    }

    /// Where the keeper writes the ends that its driver did not live to record.
    pub fn ends_file(&self) -> PathBuf {
        self.0.join("ends")
    }
}
