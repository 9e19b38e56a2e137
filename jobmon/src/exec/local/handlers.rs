//! Handlers of the driver's signals: put in place for a run, and the old ones put back.
#![expect(unsafe_code, reason = "sigaction has no safe form; the handler does nothing but write a byte")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

/// The signals that are heard while a run lasts, and what they are called.
pub const SIGNALS: [(i32, &str); 4] =
    [(libc::SIGINT, "SIGINT"), (libc::SIGTERM, "SIGTERM"), (libc::SIGQUIT, "SIGQUIT"), (libc::SIGHUP, "SIGHUP")];

/// A program that makes something of this one, as reading its settings anew, is not kept from it: it survives it anyway.
const LEFT_TO_THE_PROGRAM: i32 = libc::SIGHUP;

/// Where the handler writes; set before any handler is in place, never unset.
static WRITE_END: AtomicI32 = AtomicI32::new(-1);

/// A pipe that carries the numbers of signals.
#[derive(Debug)]
pub struct SignalPipe {
    read: OwnedFd,
    write: OwnedFd,
}

impl SignalPipe {
    /// A new pipe, which tasks do not inherit.
    ///
    /// # Errors
    /// Where there are no descriptors left.
    pub fn new() -> io::Result<Self> {
        use rustix::pipe::{PipeFlags, pipe_with};
        let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&write, true)?;
        Ok(Self { read, write })
    }

    /// Waits for the next signal; `None` when [`end`](Self::end) was called.
    pub fn next(&self) -> Option<i32> {
        let mut byte = [0_u8];
        loop {
            match rustix::io::read(&self.read, &mut byte) {
                Ok(1) => return (byte[0] > 0).then(|| i32::from(byte[0])),
                Err(rustix::io::Errno::INTR) => {}
                // The pipe's write end is open as long as this is, so neither can happen.
                Ok(_) | Err(_) => return None,
            }
        }
    }

    /// Ends the one who waits in [`next`](Self::next).
    pub fn end(&self) {
        // A full pipe would mean 65,536 signals that nobody took; each of them ends the waiting as well.
        if let Err(error) = rustix::io::write(&self.write, &[0]) {
            tracing::debug!(%error, "the signal pipe is full");
        }
    }
}

/// Handlers that stand in for the process's own; these are put back when it is dropped.
pub struct Replaced {
    old: Vec<(i32, libc::sigaction)>,
}

impl std::fmt::Debug for Replaced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.old.iter().map(|(signal, _)| signal)).finish()
    }
}

impl Replaced {
    /// Puts handlers in place that write to `pipe`. A signal that the process ignores stays ignored: whoever started it,
    /// say by `nohup` or in the background, wants it so.
    pub fn new(pipe: &'static SignalPipe) -> Self {
        WRITE_END.store(pipe.write.as_raw_fd(), Ordering::SeqCst);
        Self { old: SIGNALS.iter().filter_map(|(signal, _)| Some((*signal, replace(*signal)?))).collect() }
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        for (signal, old) in &self.old {
            // SAFETY: `old` was filled in by sigaction for this signal.
            unsafe { libc::sigaction(*signal, old, ptr::null_mut()) };
        }
    }
}

/// Puts our handler in place; gives the old one, or none if the signal is ignored, or is the program's affair.
fn replace(signal: i32) -> Option<libc::sigaction> {
    let mut old = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: with a null action sigaction only writes the current one to `old`, which has room for it. Zeroed is a
    // valid sigaction, so `old` may be read even if the signal were unknown.
    let old = unsafe {
        libc::sigaction(signal, ptr::null(), old.as_mut_ptr());
        old.assume_init()
    };
    let handled = old.sa_sigaction != libc::SIG_DFL;
    if old.sa_sigaction == libc::SIG_IGN || (signal == LEFT_TO_THE_PROGRAM && handled) {
        return None;
    }
    // SAFETY: zeroed is a valid sigaction: no flags, an empty mask.
    let mut new: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    new.sa_sigaction = on_signal as *const () as usize;
    new.sa_flags = libc::SA_RESTART;
    // SAFETY: `new` holds a handler that does only what a handler may do.
    unsafe { libc::sigaction(signal, &raw const new, ptr::null_mut()) };
    Some(old)
}

/// Writes the signal's number to the pipe. `write` is async-signal-safe; errno is left as it was.
extern "C" fn on_signal(signal: libc::c_int) {
    let byte = [u8::try_from(signal).unwrap_or(u8::MAX)];
    // SAFETY: errno's address is valid for this thread; the descriptor is never closed; the buffer has one byte.
    unsafe {
        let errno = *libc::__errno_location();
        libc::write(WRITE_END.load(Ordering::SeqCst), byte.as_ptr().cast(), 1);
        *libc::__errno_location() = errno;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern "C" fn of_the_program(_: libc::c_int) {}

    fn in_place(signal: i32) -> libc::sighandler_t {
        let mut now = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: with a null action sigaction only writes the current one to `now`; zeroed is a valid sigaction.
        unsafe {
            libc::sigaction(signal, ptr::null(), now.as_mut_ptr());
            now.assume_init().sa_sigaction
        }
    }

    #[test]
    fn a_program_keeps_its_own_handler_of_sighup_and_gets_the_others_back() {
        static PIPE: std::sync::OnceLock<SignalPipe> = std::sync::OnceLock::new();
        let pipe = PIPE.get_or_init(|| SignalPipe::new().unwrap());
        let [own, ours] = [of_the_program as *const () as usize, on_signal as *const () as usize];
        let before = in_place(libc::SIGQUIT);
        let replaced = Replaced::new(pipe);
        assert_eq!([in_place(libc::SIGQUIT), in_place(libc::SIGHUP)], [ours, ours]);
        drop(replaced);
        // SAFETY: the handler does nothing.
        let default = unsafe { libc::signal(libc::SIGHUP, own) };
        let replaced = Replaced::new(pipe);
        assert_eq!([in_place(libc::SIGQUIT), in_place(libc::SIGHUP)], [ours, own]);
        drop(replaced);
        // SAFETY: it is what was there before.
        unsafe { libc::signal(libc::SIGHUP, default) };
        assert_eq!([in_place(libc::SIGQUIT), in_place(libc::SIGHUP)], [before, default]);
    }
}
