//! The system calls for which there is no safe wrapper: spawn, fork, wait, signals.
#![expect(unsafe_code, reason = "posix_spawn, fork, wait4 and signalfd have no safe wrapper")]

use rustix::process::Pid;
use std::ffi::{CStr, c_char, c_int};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::time::Duration;

/// A process to start: in a session of its own, with no signal blocked and all at their defaults.
#[derive(Debug)]
pub(super) struct Process<'a> {
    pub(super) program: &'a CStr,
    pub(super) argv: &'a [&'a CStr],
    pub(super) env: &'a [&'a CStr],
    pub(super) files: &'a [(RawFd, Source<'a>)],
    pub(super) directory: Option<&'a CStr>,
}

/// What a descriptor of a new process is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    /// A file that is opened to read.
    Read(&'a CStr),
    /// A file that is opened, or made, to write at its end.
    Append(&'a CStr),
    /// A descriptor of this process.
    Descriptor(BorrowedFd<'a>),
}

impl Process<'_> {
    /// Starts it.
    ///
    /// # Errors
    /// The error of `exec`, or of opening a file, or of changing to the directory: the number does not tell which.
    pub(super) fn spawn(&self) -> io::Result<Pid> {
        let mut actions = Actions::new()?;
        for (target, source) in self.files {
            actions.add(*target, *source)?;
        }
        if let Some(directory) = self.directory {
            // SAFETY: `actions` is initialised; the path is copied by the call.
            check(unsafe { libc::posix_spawn_file_actions_addchdir_np(&raw mut actions.0, directory.as_ptr()) })?;
        }
        let attributes = Attributes::new()?;
        let argv = pointers(self.argv);
        let env = pointers(self.env);
        let mut pid = 0;
        // SAFETY: all pointers are to initialised values that outlive the call; both lists end with a null pointer.
        check(unsafe {
            libc::posix_spawn(
                &raw mut pid,
                self.program.as_ptr(),
                &raw const actions.0,
                &raw const attributes.0,
                argv.as_ptr(),
                env.as_ptr(),
            )
        })?;
        Pid::from_raw(pid).ok_or_else(|| io::Error::other("posix_spawn gave no process id"))
    }
}

fn pointers(strings: &[&CStr]) -> Vec<*mut c_char> {
    strings.iter().map(|string| string.as_ptr().cast_mut()).chain([ptr::null_mut()]).collect()
}

/// The result of a call that returns an error number.
fn check(error: c_int) -> io::Result<()> {
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error)) }
}

struct Actions(libc::posix_spawn_file_actions_t);

impl Actions {
    fn new() -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: the call initialises what it is given, unless it fails.
        check(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        // SAFETY: it was initialised above. The structure holds no pointer to itself and may be moved.
        Ok(Self(unsafe { actions.assume_init() }))
    }

    fn add(&mut self, target: RawFd, source: Source<'_>) -> io::Result<()> {
        let (path, flags) = match source {
            Source::Read(path) => (path, libc::O_RDONLY),
            Source::Append(path) => (path, libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND),
            Source::Descriptor(fd) => {
                // SAFETY: `self` is initialised.
                return check(unsafe {
                    libc::posix_spawn_file_actions_adddup2(&raw mut self.0, fd.as_raw_fd(), target)
                });
            }
        };
        // SAFETY: `self` is initialised; the path is copied by the call.
        check(unsafe { libc::posix_spawn_file_actions_addopen(&raw mut self.0, target, path.as_ptr(), flags, 0o666) })
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: it was initialised and is destroyed once.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    fn new() -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the call initialises what it is given, unless it fails.
        check(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: it was initialised above.
        let mut this = Self(unsafe { attributes.assume_init() });
        let flags = libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK | c_int::from(libc::POSIX_SPAWN_SETSID);
        let flags = libc::c_short::try_from(flags).expect("spawn flags are small");
        let (none, all) = (no_signals(), all_signals());
        // SAFETY: `this` is initialised and both sets are.
        unsafe {
            check(libc::posix_spawnattr_setflags(&raw mut this.0, flags))?;
            check(libc::posix_spawnattr_setsigmask(&raw mut this.0, &raw const none))?;
            check(libc::posix_spawnattr_setsigdefault(&raw mut this.0, &raw const all))?;
        }
        Ok(this)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: it was initialised and is destroyed once.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

fn no_signals() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `sigemptyset` initialises the set and cannot fail on a valid pointer.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        set.assume_init()
    }
}

fn all_signals() -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // `sigfillset` leaves out the two that the C library keeps for itself, and what is left out here is ignored in the
    // new process (glibc 2.36).
    // SAFETY: a set is an array of bits, and every pattern of them is a set.
    unsafe {
        set.as_mut_ptr().write_bytes(0xff, 1);
        set.assume_init()
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// A process that was waited for, and what it and those that it waited for had used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reaped {
    pub(super) pid: Pid,
    pub(super) exit: Exit,
    pub(super) user: Duration,
    pub(super) system: Duration,
    pub(super) peak_memory: u64,
}

/// What waiting for any child found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Waited {
    /// One that had ended.
    Ended(Reaped),
    /// There are some, none of them has ended.
    NoneEnded,
    /// There are none: the proof that nothing is left.
    NoneLeft,
}

/// Waits for any child, without blocking.
pub(super) fn wait_any() -> Waited {
    let mut status = 0;
    let mut usage = MaybeUninit::zeroed();
    loop {
        // SAFETY: both pointers are valid for writes.
        let pid = unsafe { libc::wait4(-1, &raw mut status, libc::WNOHANG, usage.as_mut_ptr()) };
        match Pid::from_raw(pid.max(0)) {
            Some(pid) => {
                // SAFETY: all bytes of it are initialised, by zeroing or by the call.
                let usage: libc::rusage = unsafe { usage.assume_init() };
                return Waited::Ended(Reaped {
                    pid,
                    exit: exit(status),
                    user: duration(usage.ru_utime),
                    system: duration(usage.ru_stime),
                    peak_memory: u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024,
                });
            }
            None if pid == 0 => return Waited::NoneEnded,
            None if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            // The only other error that these arguments allow is ECHILD.
            None => return Waited::NoneLeft,
        }
    }
}

fn exit(status: c_int) -> Exit {
    if libc::WIFSIGNALED(status) { Exit::Signal(libc::WTERMSIG(status)) } else { Exit::Code(libc::WEXITSTATUS(status)) }
}

fn duration(time: libc::timeval) -> Duration {
    let micros = time.tv_sec * 1_000_000 + time.tv_usec;
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// Blocks SIGCHLD and gives a descriptor that is readable while one is pending.
pub(super) fn child_signals() -> io::Result<OwnedFd> {
    let mut set = no_signals();
    // SAFETY: the set is initialised; the old mask is not asked for.
    let fd = unsafe {
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        if libc::sigprocmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
        libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)
    };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a descriptor that was just made and has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sets the signals that a terminal, a user or a closed pipe sends to be ignored, and all others to their default.
pub(super) fn keeper_signals() {
    const IGNORED: [c_int; 6] =
        [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGTSTP, libc::SIGPIPE];
    for signal in 1..=libc::SIGRTMAX() {
        let handler = if IGNORED.contains(&signal) { libc::SIG_IGN } else { libc::SIG_DFL };
        // SAFETY: no handler is installed. KILL, STOP and the C library's own signals are refused, which is right.
        unsafe { libc::signal(signal, handler) };
    }
}

/// Forks. The child keeps 0, 1, 2 and the descriptors `kept`, runs `child` and never returns from here.
///
/// Only for the keeper, which has one thread: in a process with several the child could find locks held for ever.
///
/// # Errors
/// When there is no process to be had.
pub(super) fn fork(kept: &[RawFd], child: impl FnOnce() -> u8) -> io::Result<Pid> {
    // SAFETY: the keeper has one thread, so that the child finds every lock free and every structure whole.
    match unsafe { libc::fork() } {
        0 => {
            // SAFETY: the child never returns, so that no owner of a closed descriptor uses or drops it again.
            match unsafe { close_all_but(kept) } {
                Ok(()) => leave(child()),
                Err(_) => leave(1),
            }
        }
        pid if pid > 0 => Ok(Pid::from_raw(pid).expect("a positive number is a process id")),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Ends this process, without what the program that it is a copy of has registered for its exit.
pub(super) fn leave(code: u8) -> ! {
    // SAFETY: always sound.
    unsafe { libc::_exit(c_int::from(code)) }
}

/// Closes every descriptor but 0, 1, 2 and `kept`.
///
/// # Errors
/// Where the kernel cannot close a range of them (before Linux 5.9): when `/proc/self/fd` cannot be read.
///
/// # Safety
/// No owner of a descriptor that is not kept may use or drop it afterwards.
pub(super) unsafe fn close_all_but(kept: &[RawFd]) -> io::Result<()> {
    // Asked first, since it takes no descriptor, of which there may be none to spare.
    // SAFETY: the caller answers for the owners.
    if unsafe { close_ranges_but(kept) } {
        return Ok(());
    }
    let mut open: Vec<RawFd> = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        open.extend(entry?.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok()));
    }
    for fd in open.into_iter().filter(|fd| *fd > 2 && !kept.contains(fd)) {
        // SAFETY: the caller answers for its owner. The descriptor of the listing itself is closed already.
        unsafe { libc::close(fd) };
    }
    Ok(())
}

/// Closes what lies between 2, the numbers `kept` in their order, and the end; whether the kernel can.
///
/// # Safety
/// As of `close_all_but`.
unsafe fn close_ranges_but(kept: &[RawFd]) -> bool {
    let mut kept: Vec<u32> = kept.iter().filter_map(|fd| u32::try_from(*fd).ok()).filter(|fd| *fd > 2).collect();
    kept.sort_unstable();
    let mut from = 3;
    for end in kept.into_iter().chain([u32::MAX]) {
        // SAFETY: the call takes numbers only; the caller answers for the owners of what is closed.
        if from < end && unsafe { libc::syscall(libc::SYS_close_range, from, end - 1, 0) } != 0 {
            return false;
        }
        from = end.saturating_add(1);
    }
    true
}

/// Whether two processes have one memory, as between `vfork` and `exec`. False where the kernel does not tell.
pub(super) fn have_same_memory(one: Pid, other: Pid) -> bool {
    /// `KCMP_VM` of `linux/kcmp.h`.
    const MEMORY: c_int = 1;
    let (one, other) = (one.as_raw_nonzero().get(), other.as_raw_nonzero().get());
    // SAFETY: the call takes numbers only and writes nothing.
    unsafe { libc::syscall(libc::SYS_kcmp, one, other, MEMORY, 0, 0) == 0 }
}
