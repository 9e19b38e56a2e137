//! Messages on a stream socket: a length, then so many bytes; buffered at both ends, never waiting.

use super::wire::{Malformed, Wire};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// The longest message that is believed: an argument list is 6 MiB at most.
pub(super) const LONGEST: usize = 64 << 20;

const PREFIX: usize = size_of::<u32>();
const READ_SIZE: usize = 64 << 10;

/// One end of a connected stream socket, with what was received but not read and what is to be sent.
///
/// The socket is non-blocking; whoever owns this waits for it to be readable or writable in their own way.
#[derive(Debug)]
pub(super) struct Channel {
    socket: OwnedFd,
    inbox: Inbox,
    outbox: Outbox,
    /// Whether the last look took all that was there.
    drained: bool,
}

/// What one look into the socket found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// Bytes, perhaps whole messages; there may be more.
    Bytes,
    /// Nothing now.
    Nothing,
    /// The other end is gone, and nothing more will come.
    End,
}

impl Channel {
    pub(super) fn new(socket: OwnedFd) -> Self {
        Self { socket, inbox: Inbox::default(), outbox: Outbox::default(), drained: false }
    }

    /// Reads once.
    pub(super) fn receive(&mut self) -> Received {
        let room = self.inbox.room();
        match recv(&self.socket, &mut *room, RecvFlags::empty()) {
            Ok((0, _)) => Received::End,
            Ok((count, _)) => {
                // A stream gives all that it has as long as there is room.
                self.drained = count < room.len();
                self.inbox.filled(count);
                Received::Bytes
            }
            Err(Errno::AGAIN | Errno::INTR) => Received::Nothing,
            // A reset tells no more than an end does: the other one is gone.
            Err(_) => Received::End,
        }
    }

    /// Whether the last bytes that were received were all that there were.
    pub(super) fn is_drained(&self) -> bool {
        self.drained
    }

    /// The next whole message, if one is there.
    ///
    /// # Errors
    /// When the other end sends what cannot be a message.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, Malformed> {
        self.inbox.next()
    }

    /// Queues a message.
    pub(super) fn queue(&mut self, message: &impl Wire) {
        self.outbox.push(|out| message.put(out));
    }

    /// Queues a message that is written already.
    pub(super) fn queue_bytes(&mut self, message: &[u8]) {
        self.outbox.push(|out| out.extend_from_slice(message));
    }

    /// Whether there is something to send.
    pub(super) fn has_queued(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Sends what the socket takes now. Nothing queued is no error.
    ///
    /// # Errors
    /// `WouldBlock` when some is left; else when the other end is gone, and with it what was queued: who waits until all is
    /// sent would try for ever.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while !self.outbox.is_empty() {
            match send(&self.socket, self.outbox.rest(), SendFlags::NOSIGNAL) {
                Ok(count) => self.outbox.sent(count),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Err(Errno::AGAIN.into()),
                Err(error) => {
                    self.outbox = Outbox::default();
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Channel {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// Bytes that were received.
#[derive(Debug, Default)]
struct Inbox {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Inbox {
    /// Where to read to: room for the rest of the message that has begun, or for many small ones.
    fn room(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let begun = self.announced().map_or(0, |length| length.min(LONGEST) + PREFIX);
        let size = begun.max(self.end + READ_SIZE);
        if self.bytes.len() < size || self.bytes.len() > 2 * size + READ_SIZE {
            self.bytes.resize(size, 0);
            self.bytes.shrink_to_fit();
        }
        &mut self.bytes[self.end..]
    }

    fn filled(&mut self, count: usize) {
        self.end += count;
    }

    /// The length of the message that begins at `start`, if it is known yet.
    fn announced(&self) -> Option<usize> {
        let prefix = self.bytes[self.start..self.end].first_chunk::<PREFIX>()?;
        Some(u32::from_le_bytes(*prefix) as usize)
    }

    fn next(&mut self) -> Result<Option<&[u8]>, Malformed> {
        let Some(length) = self.announced() else { return Ok(None) };
        if length > LONGEST {
            return Err(Malformed("the length of a message"));
        }
        let begin = self.start + PREFIX;
        if begin + length > self.end {
            return Ok(None);
        }
        self.start = begin + length;
        Ok(Some(&self.bytes[begin..begin + length]))
    }
}

/// Bytes that are to be sent.
#[derive(Debug, Default)]
struct Outbox {
    bytes: Vec<u8>,
    start: usize,
}

impl Outbox {
    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(&[0; PREFIX]);
        write(&mut self.bytes);
        let length = self.bytes.len() - begin - PREFIX;
        let prefix = u32::try_from(length).expect("orders are checked for their size before they are sent");
        self.bytes[begin..begin + PREFIX].copy_from_slice(&prefix.to_le_bytes());
    }

    fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    fn sent(&mut self, count: usize) {
        self.start += count;
        if self.is_empty() {
            self.bytes.clear();
            self.bytes.shrink_to(READ_SIZE);
            self.start = 0;
        } else if self.start > READ_SIZE && self.start > self.bytes.len() / 2 {
            // A reader that is always a little late must not make this grow for ever.
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }
}
