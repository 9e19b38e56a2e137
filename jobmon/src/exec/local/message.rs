//! What driver, keeper and slot processes say to each other.

use super::wire::{Malformed, Source, Wire};
use crate::id::{AttemptId, SlotId, TaskId};
use crate::model::{After, Cancel, Ending, Launch, RunDirectory, Stray};
use crate::time::Timestamp;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The version of this language. Both ends are the same executable, so another one is a bug or a foreign program.
pub(super) const VERSION: u32 = 5;

/// What the driver says to the keeper; of these, the keeper says `Launch`, `Cancel` and `CallBack` to a slot process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Begin(Begin),
    /// Only its head is read here: the rest is for the slot process that gets it.
    Launch(Head),
    Cancel {
        attempts: Vec<AttemptId>,
        how: Cancel,
    },
    /// Orders that wait are called back; what runs goes on.
    CallBack(Vec<AttemptId>),
    Recorded(Vec<AttemptId>),
    Close,
}

/// The first order: what holds for all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Begin {
    pub(super) driver: u32,
    pub(super) slots: u32,
    pub(super) grace: Duration,
    pub(super) directory: RunDirectory,
    /// Whether cgroups may be used to keep memory to its limits.
    pub(super) cgroups: bool,
}

/// The part of a launch that stands first in its message: what must be known to keep its place and its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) attempt: AttemptId,
    pub(super) slot: SlotId,
    pub(super) stdout: Option<PathBuf>,
    pub(super) stderr: Option<PathBuf>,
    pub(super) after: Option<After>,
}

/// What the keeper says to the driver; of these, a slot process says `Started`, `Suspended` and `Ended` to the
/// keeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    Hello { version: u32, pid: u32 },
    Started { attempt: AttemptId, pid: u32, at: Timestamp },
    Suspended { attempt: AttemptId, process: Stray, at: Timestamp },
    Ended { attempt: AttemptId, ending: Ending },
    Closed,
}

impl Head {
    pub(super) fn of(launch: &Launch) -> Self {
        let (stdout, stderr) = (launch.stdout.clone(), launch.stderr.clone());
        Self { attempt: launch.attempt, slot: launch.slot, stdout, stderr, after: launch.after }
    }

    /// The files that get output of their own.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.stdout, &self.stderr].into_iter().filter_map(Option::as_deref)
    }
}

const LAUNCH: u8 = 2;

impl Wire for Order {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Begin(begin) => {
                1_u8.put(out);
                begin.driver.put(out);
                begin.slots.put(out);
                begin.grace.put(out);
                begin.directory.path().to_path_buf().put(out);
                begin.cgroups.put(out);
            }
            Self::Launch(head) => {
                LAUNCH.put(out);
                head.put(out);
            }
            Self::Cancel { attempts, how } => {
                3_u8.put(out);
                attempts.put(out);
                how.put(out);
            }
            Self::Recorded(attempts) => {
                4_u8.put(out);
                attempts.put(out);
            }
            Self::Close => 5_u8.put(out),
            Self::CallBack(attempts) => {
                6_u8.put(out);
                attempts.put(out);
            }
        }
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        Ok(match u8::take(source)? {
            1 => Self::Begin(Begin {
                driver: Wire::take(source)?,
                slots: Wire::take(source)?,
                grace: Wire::take(source)?,
                directory: RunDirectory::new(PathBuf::take(source)?),
                cgroups: Wire::take(source)?,
            }),
            LAUNCH => Self::Launch(Head::take(source)?),
            3 => Self::Cancel { attempts: Wire::take(source)?, how: Wire::take(source)? },
            4 => Self::Recorded(Wire::take(source)?),
            5 => Self::Close,
            6 => Self::CallBack(Wire::take(source)?),
            _ => return Err(Malformed("an order")),
        })
    }
}

impl Wire for Head {
    fn put(&self, out: &mut Vec<u8>) {
        self.attempt.put(out);
        self.slot.put(out);
        self.stdout.put(out);
        self.stderr.put(out);
        self.after.put(out);
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            attempt: Wire::take(source)?,
            slot: Wire::take(source)?,
            stdout: Wire::take(source)?,
            stderr: Wire::take(source)?,
            after: Wire::take(source)?,
        })
    }
}

/// A whole launch is a message of its own kind, so that it begins as [`Order::Launch`] does.
impl Wire for Launch {
    fn put(&self, out: &mut Vec<u8>) {
        LAUNCH.put(out);
        Head::of(self).put(out);
        self.task.put(out);
        self.argv.put(out);
        self.env.put(out);
        self.directory.put(out);
        self.outputs.put(out);
        self.granted.put(out);
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        if u8::take(source)? != LAUNCH {
            return Err(Malformed("a launch"));
        }
        let Head { attempt, slot, stdout, stderr, after } = Head::take(source)?;
        let task = TaskId::take(source)?;
        let (argv, env, directory) = (Wire::take(source)?, Wire::take(source)?, Wire::take(source)?);
        let (outputs, granted) = (Wire::take(source)?, Wire::take(source)?);
        Ok(Self { attempt, task, slot, argv, env, directory, stdout, stderr, outputs, granted, after })
    }
}

impl Wire for Notice {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Hello { version, pid } => {
                1_u8.put(out);
                version.put(out);
                pid.put(out);
            }
            Self::Started { attempt, pid, at } => {
                2_u8.put(out);
                attempt.put(out);
                pid.put(out);
                at.put(out);
            }
            Self::Ended { attempt, ending } => {
                3_u8.put(out);
                attempt.put(out);
                ending.put(out);
            }
            Self::Closed => 4_u8.put(out),
            Self::Suspended { attempt, process, at } => {
                5_u8.put(out);
                attempt.put(out);
                process.put(out);
                at.put(out);
            }
        }
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        Ok(match u8::take(source)? {
            1 => Self::Hello { version: Wire::take(source)?, pid: Wire::take(source)? },
            2 => Self::Started { attempt: Wire::take(source)?, pid: Wire::take(source)?, at: Wire::take(source)? },
            3 => Self::Ended { attempt: Wire::take(source)?, ending: Wire::take(source)? },
            4 => Self::Closed,
            5 => {
                Self::Suspended { attempt: Wire::take(source)?, process: Wire::take(source)?, at: Wire::take(source)? }
            }
            _ => return Err(Malformed("a notice")),
        })
    }
}

/// Reads one message that is all of `bytes`.
pub(super) fn read<T: Wire>(bytes: &[u8]) -> Result<T, Malformed> {
    let mut source = Source::new(bytes);
    let value = T::take(&mut source)?;
    source.finish()?;
    Ok(value)
}

/// Reads an order; of a launch only what stands first.
pub(super) fn read_order(bytes: &[u8]) -> Result<Order, Malformed> {
    if bytes.first() == Some(&LAUNCH) { Order::take(&mut Source::new(bytes)) } else { read(bytes) }
}
