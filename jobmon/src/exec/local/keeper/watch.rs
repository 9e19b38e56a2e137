//! Waiting for descriptors, and the time.

use crate::time::{Clock as _, Now, SystemClock, Timestamp};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// The clocks of the keeper and its slot processes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(SystemClock);

impl Clock {
    pub(super) fn start() -> Self {
        Self(SystemClock::start())
    }

    pub(super) fn now(self) -> Now {
        self.0.now()
    }

    pub(super) fn mono(self) -> Duration {
        self.now().mono
    }

    pub(super) fn wall(self) -> Timestamp {
        self.now().wall
    }
}

/// What may be done with a descriptor without waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ready {
    /// Something is to be read, or the other end is gone.
    pub(super) read: bool,
    pub(super) write: bool,
}

/// Waits until one of the descriptors may be read or written, as asked for each, or the time is up.
pub(super) fn wait_for(asked: &[(&dyn AsFd, bool, bool)], timeout: Option<Duration>) -> Vec<Ready> {
    let mut ready = vec![Ready::default(); asked.len()];
    // One that nothing is asked of is left out: that its other end is gone would be told again and again.
    let places: Vec<usize> = (0..asked.len()).filter(|place| asked[*place].1 || asked[*place].2).collect();
    let poll_fd = |place: &usize| {
        let (descriptor, read, write) = asked[*place];
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, read);
        flags.set(PollFlags::OUT, write);
        PollFd::from_borrowed_fd(descriptor.as_fd(), flags)
    };
    let mut polled: Vec<PollFd<'_>> = places.iter().map(poll_fd).collect();
    // A timeout that no clock can hold is as good as none.
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    if poll(&mut polled, timeout.as_ref()).is_err() {
        return ready;
    }
    for (place, polled) in places.into_iter().zip(&polled) {
        let (_, read, write) = asked[place];
        let gone = polled.revents().intersects(PollFlags::HUP | PollFlags::ERR);
        ready[place] = Ready {
            read: read && (gone || polled.revents().contains(PollFlags::IN)),
            write: write && (gone || polled.revents().contains(PollFlags::OUT)),
        };
    }
    ready
}

/// Takes all signals that wait in the descriptor, so that it is readable only for the next one.
pub(super) fn drain(signals: &OwnedFd) {
    let mut records = [0; 512];
    while rustix::io::read(signals, &mut records).is_ok_and(|count| count == records.len()) {}
}
