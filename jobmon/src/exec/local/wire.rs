//! How values are written into messages and files, and read back: little endian, lengths first, no gaps.

use crate::id::{AttemptId, SlotId, TaskId};
use crate::model::{
    After, Cancel, Ending, Expected, Failure, Lack, Queue, Resources, StartFailure, Stray, Usage, Verdict,
};
use crate::time::Timestamp;
use crate::units::{Memory, WallTime};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::Duration;

/// Bytes that do not say what they should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed data where {0} was expected")]
pub struct Malformed(pub(super) &'static str);

/// A value that can be written as bytes and read back.
pub(super) trait Wire: Sized {
    /// Appends the value to `out`.
    fn put(&self, out: &mut Vec<u8>);
    /// Reads a value and leaves `source` behind it.
    fn take(source: &mut Source<'_>) -> Result<Self, Malformed>;
}

/// Bytes that are being read.
#[derive(Debug)]
pub(super) struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn bytes(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Malformed(what))?;
        self.0 = rest;
        Ok(taken)
    }

    fn block(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        let length = u32::take(self)?;
        self.bytes(length as usize, what)
    }

    /// Refuses bytes behind the last value.
    pub(super) fn finish(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed("the end of a message")) }
    }
}

/// The length of something that is sent: what is longer than 4 GiB is refused long before.
fn put_length(length: usize, out: &mut Vec<u8>) {
    u32::try_from(length).expect("orders are checked for their size before they are sent").put(out);
}

fn put_block(bytes: &[u8], out: &mut Vec<u8>) {
    put_length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

macro_rules! wire_numbers {
    ($($number:ty),*) => {$(
        impl Wire for $number {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
                let bytes = source.bytes(size_of::<Self>(), stringify!($number))?;
                Ok(Self::from_le_bytes(bytes.try_into().expect("as many bytes as were asked for")))
            }
        }
    )*};
}

wire_numbers!(u8, u32, i32, u64, i64);

macro_rules! wire_structs {
    ($($name:ident { $($field:tt),* })*) => {$(
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)*
            }

            fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
                Ok(Self { $($field: Wire::take(source)?),* })
            }
        }
    )*};
}

wire_structs! {
    AttemptId { 0 }
    TaskId { 0 }
    SlotId { 0 }
    Timestamp { 0 }
    Usage { wall, user, system, peak_memory }
    Stray { pid, name }
    Expected { path, may_be_empty }
    Ending { verdict, at, usage, strays }
    Resources { memory, runtime, cores, queue }
}

macro_rules! wire_quantities {
    ($($name:ident from $from:ident as $number:ident),*) => {$(
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                self.$number().put(out);
            }

            fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
                u64::take(source).map(Self::$from)
            }
        }
    )*};
}

wire_quantities!(Memory from from_bytes as bytes, WallTime from from_seconds as seconds);

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        u8::from(*self).put(out);
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        match u8::take(source)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed("yes or no")),
        }
    }
}

impl Wire for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_block(self.as_bytes(), out);
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        let bytes = source.block("text")?;
        Self::from_utf8(bytes.to_vec()).map_err(|_| Malformed("text"))
    }
}

impl Wire for Queue {
    fn put(&self, out: &mut Vec<u8>) {
        put_block(self.name().as_bytes(), out);
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        String::take(source).map(|name| Self::named(&name))
    }
}

impl Wire for Box<str> {
    fn put(&self, out: &mut Vec<u8>) {
        put_block(self.as_bytes(), out);
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        String::take(source).map(Self::from)
    }
}

impl Wire for PathBuf {
    fn put(&self, out: &mut Vec<u8>) {
        put_block(self.as_os_str().as_bytes(), out);
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        Ok(OsString::from_vec(source.block("a path")?.to_vec()).into())
    }
}

impl Wire for Duration {
    fn put(&self, out: &mut Vec<u8>) {
        self.as_secs().put(out);
        self.subsec_nanos().put(out);
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        let (seconds, nanos) = (u64::take(source)?, u32::take(source)?);
        // `Duration::new` panics where the nanoseconds carry over.
        if nanos < 1_000_000_000 { Ok(Self::new(seconds, nanos)) } else { Err(Malformed("a duration")) }
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        Ok((A::take(source)?, B::take(source)?))
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            None => 0_u8.put(out),
            Some(value) => {
                1_u8.put(out);
                value.put(out);
            }
        }
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        match u8::take(source)? {
            0 => Ok(None),
            1 => T::take(source).map(Some),
            _ => Err(Malformed("a value or none")),
        }
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_length(self.len(), out);
        for item in self {
            item.put(out);
        }
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        let count = u32::take(source)? as usize;
        // A count that lies must not reserve more memory than the message has bytes.
        let mut items = Self::with_capacity(count.min(source.0.len()));
        for _ in 0..count {
            items.push(T::take(source)?);
        }
        Ok(items)
    }
}

impl Wire for After {
    fn put(&self, out: &mut Vec<u8>) {
        let (tag, attempt) = match self {
            Self::AnyEnd(attempt) => (0_u8, attempt),
            Self::Success(attempt) => (1, attempt),
        };
        tag.put(out);
        attempt.put(out);
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        match u8::take(source)? {
            0 => AttemptId::take(source).map(Self::AnyEnd),
            1 => AttemptId::take(source).map(Self::Success),
            _ => Err(Malformed("what to start after")),
        }
    }
}

impl Wire for Cancel {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Gracefully => 0_u8.put(out),
            Self::Now => 1_u8.put(out),
        }
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        match u8::take(source)? {
            0 => Ok(Self::Gracefully),
            1 => Ok(Self::Now),
            _ => Err(Malformed("how to cancel")),
        }
    }
}

impl Wire for Verdict {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Done => 0_u8.put(out),
            Self::Failed(failure) => {
                1_u8.put(out);
                failure.put(out);
            }
            Self::Cancelled => 2_u8.put(out),
        }
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        match u8::take(source)? {
            0 => Ok(Self::Done),
            1 => Failure::take(source).map(Self::Failed),
            2 => Ok(Self::Cancelled),
            _ => Err(Malformed("a verdict")),
        }
    }
}

impl Wire for Failure {
    fn put(&self, out: &mut Vec<u8>) {
        let (tag, number, reason) = match self {
            Self::OutOfMemory(granted) => {
                0_u8.put(out);
                return granted.put(out);
            }
            Self::Timeout(granted) => {
                1_u8.put(out);
                return granted.put(out);
            }
            Self::ToldByExit(code, lack) => {
                let (tag, amount) = match lack {
                    Lack::Memory(had) => (11_u8, had.map(Memory::bytes)),
                    Lack::Time(had) => (12, had.map(WallTime::seconds)),
                };
                tag.put(out);
                code.put(out);
                return amount.put(out);
            }
            Self::Exit(code) => (2_u8, *code, ""),
            Self::Signal(signal) => (3, *signal, ""),
            Self::OutputMissing(reason) => (4, 0, &**reason),
            Self::StartFailed(StartFailure::Permanent(reason)) => (5, 0, &**reason),
            Self::StartFailed(StartFailure::Transient(reason)) => (6, 0, &**reason),
            Self::ResourcesFailed(reason) => (7, 0, &**reason),
            Self::NodeFailed => (8, 0, ""),
            Self::Preempted => (9, 0, ""),
            Self::Vanished => (10, 0, ""),
        };
        tag.put(out);
        number.put(out);
        put_block(reason.as_bytes(), out);
    }

    fn take(source: &mut Source<'_>) -> Result<Self, Malformed> {
        let tag = match u8::take(source)? {
            0 => return Wire::take(source).map(Self::OutOfMemory),
            1 => return Wire::take(source).map(Self::Timeout),
            11 => return Ok(Self::ToldByExit(Wire::take(source)?, Lack::Memory(Wire::take(source)?))),
            12 => return Ok(Self::ToldByExit(Wire::take(source)?, Lack::Time(Wire::take(source)?))),
            tag => tag,
        };
        let (number, reason) = (i32::take(source)?, Box::<str>::take(source)?);
        Ok(match tag {
            2 => Self::Exit(number),
            3 => Self::Signal(number),
            4 => Self::OutputMissing(reason),
            5 => Self::StartFailed(StartFailure::Permanent(reason)),
            6 => Self::StartFailed(StartFailure::Transient(reason)),
            7 => Self::ResourcesFailed(reason),
            8 => Self::NodeFailed,
            9 => Self::Preempted,
            10 => Self::Vanished,
            _ => return Err(Malformed("a failure")),
        })
    }
}
