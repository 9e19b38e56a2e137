//! How the keeper is entered: before `main`, in a copy of the user's own executable.
//!
//! Nothing is asked of the user's `main`, and it works where there is none of theirs, as in a test harness. The
//! constructor looks at the first argument; unless that is our word, the program starts as if this were not here.
#![expect(unsafe_code, reason = "a constructor gets raw arguments, and descriptors by their numbers")]

use crate::exec::local::unix;
use rustix::net::sockopt::socket_peercred;
use rustix::process::getuid;
use std::ffi::{CStr, c_char, c_int};
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// The first argument of a keeper; the next two are the numbers of its socket and of its lease.
pub(in crate::exec::local) const WORD: &CStr = c"__jobmon_keeper";

#[used]
// SAFETY: the section holds addresses of functions of this type, called once before `main`, in the only thread.
#[unsafe(link_section = ".init_array")]
static ENTER: extern "C" fn(c_int, *const *const c_char) = enter;

extern "C" fn enter(count: c_int, arguments: *const *const c_char) {
    let Some([socket, lease]) = asked(count, arguments) else { return };
    if runs_with_privileges() || !is_socket_of_ours(socket) || !is_open(lease) {
        return;
    }
    // SAFETY: both are open, were handed to the keeper alone, and are taken here once.
    let (channel, lease_fd) = unsafe { (OwnedFd::from_raw_fd(socket), OwnedFd::from_raw_fd(lease)) };
    // SAFETY: `main` has not begun and will not: nobody else in this process uses a descriptor any more.
    let code = match unsafe { unix::close_all_but(&[socket, lease]) } {
        Ok(()) => super::serve(channel, lease_fd),
        Err(_) => 1,
    };
    unix::leave(code)
}

/// The descriptors that were handed over, when this process was started as a keeper.
#[cfg(not(target_env = "musl"))]
fn asked(count: c_int, arguments: *const *const c_char) -> Option<[RawFd; 2]> {
    if count < 4 || arguments.is_null() {
        return None;
    }
    // SAFETY: glibc passes `main`'s own arguments to constructors: `count` pointers to strings.
    let argument = |index: usize| unsafe { CStr::from_ptr(*arguments.add(index)) };
    if argument(1) != WORD {
        return None;
    }
    let number = |index: usize| argument(index).to_str().ok()?.parse().ok();
    Some([number(2)?, number(3)?])
}

/// The descriptors that were handed over, when this process was started as a keeper.
#[cfg(target_env = "musl")]
fn asked(_: c_int, _: *const *const c_char) -> Option<[RawFd; 2]> {
    // musl gives constructors no arguments.
    let line = std::fs::read("/proc/self/cmdline").ok()?;
    let mut arguments = line.split(|byte| *byte == 0).skip(1);
    if arguments.next()? != WORD.to_bytes() {
        return None;
    }
    let mut number = || std::str::from_utf8(arguments.next()?).ok()?.parse().ok();
    Some([number()?, number()?])
}

/// Whether the program has rights that whoever started it has not, so that nothing of theirs is to be obeyed.
fn runs_with_privileges() -> bool {
    // SAFETY: always sound.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

fn is_open(number: RawFd) -> bool {
    // SAFETY: asking for the flags of any number is sound.
    number >= 0 && unsafe { libc::fcntl(number, libc::F_GETFD) } >= 0
}

fn is_socket_of_ours(number: RawFd) -> bool {
    if !is_open(number) {
        return false;
    }
    // SAFETY: it is open, and nobody else in this process runs yet that could close it.
    let socket = unsafe { BorrowedFd::borrow_raw(number) };
    socket_peercred(socket).is_ok_and(|peer| peer.uid == getuid())
}
