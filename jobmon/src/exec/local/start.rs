//! Starting a keeper, from the driver's side.

use super::aside::aside;
use super::frame::{Channel, Received};
use super::keeper::{Environment, WORD};
use super::lacking::{because_lacking, lacking};
use super::message::{Begin, Notice, Order, VERSION, read};
use super::process::Held;
use super::unix::{Process, Source};
use crate::model::RunDirectory;
use rustix::io::fcntl_dupfd_cloexec;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, Signal, WaitOptions, waitpid};
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::UnixStream;

/// How long a keeper may take to say that it is there.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// The program that a keeper is a copy of.
const PROGRAM: &CStr = c"/proc/self/exe";

/// The numbers under which a keeper finds its socket and its lease.
const SOCKET: i32 = 3;
const LEASE: i32 = 4;

/// The process that starts, watches and ends the tasks could not be started.
///
/// ```
/// use jobmon::run::StartError;
///
/// let error = jobmon::Error::from(StartError::NotEntered);
/// assert!(matches!(error, jobmon::Error::Executor(StartError::NotEntered)));
/// assert!(error.to_string().starts_with("cannot start a keeper"));
/// ```
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// This process has been started as a keeper itself and did not notice: the constructor was left out.
    #[error(
        "cannot start a keeper: this program was started as one and ran its own `main` instead; its linker seems to \
         have dropped the constructor in `.init_array`"
    )]
    NotEntered,
    /// A descriptor or a socket could not be had.
    #[error("cannot make the socket to talk to the keeper{}", because_lacking(.0))]
    Socket(#[source] io::Error),
    /// The process could not be started.
    #[error("cannot start the keeper, a copy of this program, from /proc/self/exe{}", hint(.0))]
    Spawn(#[source] io::Error),
    /// It went without a word.
    #[error(
        "the keeper, a copy of this program from /proc/self/exe, ended without a word; that file must be this program: \
         it is not when the program runs inside another one (an interpreter) or was started through the loader"
    )]
    Gone,
    /// It said nothing for too long.
    #[error(
        "the keeper, a copy of this program from /proc/self/exe, did not answer within {} s and was ended; that file \
         must be this program: it is not when the program runs inside another one (an interpreter) or was started \
         through the loader", HELLO_TIMEOUT.as_secs()
    )]
    Silent,
    /// It said something else than was expected.
    #[error(
        "the keeper does not speak version {VERSION} of the language of this program: is /proc/self/exe this program?"
    )]
    Foreign,
}

/// What to look at when the keeper cannot be started.
fn hint(error: &io::Error) -> String {
    lacking(error).map_or_else(|| "; is /proc mounted?".to_owned(), |lacking| format!(": {lacking}"))
}

/// A keeper that has said hello.
#[derive(Debug)]
pub(super) struct Keeper {
    pid: Pid,
    held: Option<Held>,
    channel: Channel,
    /// The same socket once more, as the runtime watches it.
    watch: UnixStream,
}

/// What a keeper is started with.
#[derive(Debug)]
pub(super) struct Start<'a> {
    pub(super) lease: BorrowedFd<'a>,
    pub(super) slots: u32,
    pub(super) grace: Duration,
    pub(super) directory: &'a RunDirectory,
    pub(super) cgroups: bool,
}

impl Keeper {
    /// Starts a keeper and waits for its hello.
    ///
    /// # Errors
    /// When there is none to be had; nothing of it is left then.
    pub(super) async fn start(start: Start<'_>) -> Result<Self, StartError> {
        if std::env::args_os().nth(1).is_some_and(|argument| argument.as_encoded_bytes() == WORD.to_bytes()) {
            return Err(StartError::NotEntered);
        }
        let (pid, socket) = spawn(start.lease)?;
        let held = Held::hold(pid);
        let watch = socket.try_clone().and_then(|socket| UnixStream::from_std(socket.into()));
        let watch = match watch {
            Ok(watch) => watch,
            Err(error) => {
                end(pid, held.as_ref());
                return Err(StartError::Socket(error));
            }
        };
        let mut keeper = Self { pid, held, channel: Channel::new(socket), watch };
        let greeted = tokio::time::timeout(HELLO_TIMEOUT, keeper.hello()).await.unwrap_or(Err(StartError::Silent));
        if let Err(error) = greeted {
            end(keeper.pid, keeper.held.as_ref());
            return Err(error);
        }
        keeper.channel.queue(&Order::Begin(Begin {
            driver: std::process::id(),
            slots: start.slots.max(1),
            grace: start.grace,
            directory: start.directory.clone(),
            cgroups: start.cgroups,
        }));
        Ok(keeper)
    }

    async fn hello(&mut self) -> Result<(), StartError> {
        loop {
            let received = self.exchange().await;
            match self.channel.next().map(|message| message.map(read)) {
                Ok(None) if received == Received::End => return Err(StartError::Gone),
                Ok(None) => {}
                Ok(Some(Ok(Notice::Hello { version: VERSION, .. }))) => return Ok(()),
                _ => return Err(StartError::Foreign),
            }
        }
    }

    /// Waits until the socket can be read, or written where something is queued; sends what it takes and reads once.
    /// Nothing is lost when this is dropped while it waits.
    pub(super) async fn exchange(&mut self) -> Received {
        let mut interest = Interest::READABLE;
        if self.channel.has_queued() {
            interest |= Interest::WRITABLE;
        }
        let Ok(ready) = self.watch.ready(interest).await else { return Received::End };
        if ready.is_writable() {
            // Asked of the runtime, which remembers when the socket takes no more. An error is seen in reading.
            self.watch.try_io(Interest::WRITABLE, || self.channel.flush()).ok();
        }
        if !ready.is_readable() && !ready.is_read_closed() {
            return Received::Nothing;
        }
        let mut received = Received::Nothing;
        let read = self.watch.try_io(Interest::READABLE, || {
            received = self.channel.receive();
            // The runtime is told that the socket is exhausted as soon as that is known; it remembers an end of it.
            let exhausted = received == Received::Nothing || received == Received::Bytes && self.channel.is_drained();
            if exhausted { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        // The error is the one above: what was received says all.
        read.ok();
        received
    }

    /// The messages that were read and those that are to be sent.
    pub(super) fn channel(&mut self) -> &mut Channel {
        &mut self.channel
    }

    /// Sends what the socket takes now.
    pub(super) fn flush(&mut self) {
        self.watch.try_io(Interest::WRITABLE, || self.channel.flush()).ok();
    }

    /// Its process id.
    #[cfg(test)]
    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    /// Waits for it, and for no other child of this process. Only for one whose end of the socket is closed.
    pub(super) async fn wait(self) {
        let pid = self.pid;
        // Its socket is closed, so that this takes no time to speak of; but the user's runtime must not be held up.
        // Somebody may have waited for it already, or SIGCHLD is ignored and nobody needs to: that is no matter.
        aside(move || waitpid(Some(pid), WaitOptions::empty())).await;
    }
}

fn spawn(lease: BorrowedFd<'_>) -> Result<(Pid, OwnedFd), StartError> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let pair = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None);
    let (ours, theirs) = pair.map_err(|error| StartError::Socket(error.into()))?;
    // Above the numbers that they get in the keeper, so that neither is overwritten by the other.
    let above = |fd: BorrowedFd<'_>| fcntl_dupfd_cloexec(fd, 10).map_err(|error| StartError::Socket(error.into()));
    let (theirs, lease) = (above(theirs.as_fd())?, above(lease)?);
    let environment = Environment::of_this_process();
    let (socket_number, lease_number) = (c"3", c"4");
    let process = Process {
        program: PROGRAM,
        argv: &[c"jobmon-keeper", WORD, socket_number, lease_number],
        env: &environment.variables(),
        files: &[(SOCKET, Source::Descriptor(theirs.as_fd())), (LEASE, Source::Descriptor(lease.as_fd()))],
        directory: None,
    };
    let pid = process.spawn().map_err(StartError::Spawn)?;
    Ok((pid, ours))
}

/// Ends a process that is no keeper, and waits for it.
fn end(pid: Pid, held: Option<&Held>) {
    if held.is_some_and(|held| held.signal(Signal::KILL)) {
        // Nothing survives KILL for long; somebody else may have waited for it.
        waitpid(Some(pid), WaitOptions::empty()).ok();
    }
}
