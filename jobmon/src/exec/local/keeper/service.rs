//! The keeper's loop: wait, hear, perform.

use super::roster::{Deed, Order as Waiting, Roster};
use super::slot::{self, Setting};
use super::spawn::Environment;
use super::watch::{Clock, Ready, drain, wait_for};
use super::words;
use crate::exec::local::ends::write_ends;
use crate::exec::local::frame::{Channel, Received};
use crate::exec::local::message::{Begin, Notice, Order, VERSION, read, read_order};
use crate::exec::local::output::recover_output;
use crate::exec::local::process::{descendants, signal_all};
use crate::exec::local::unix::{self, Waited, wait_any};
use crate::id::AttemptId;
use crate::model::{Ending, Failure, Usage, Verdict};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, PidfdFlags, Signal, getpid, getppid, pidfd_open, set_child_subreaper, setsid};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Duration;

/// How soon to look again for what a slot process that died has left.
const SWEEP_PAUSE: Duration = Duration::from_millis(10);

/// Serves the driver at the other end of `socket` until it closes or goes, and all attempts have ended.
pub(super) fn serve(socket: OwnedFd, lease: OwnedFd) -> u8 {
    // They were handed down by number, which clears the flag; no task may inherit them.
    let closes = [&socket, &lease].into_iter().try_for_each(|fd| fcntl_setfd(fd, FdFlags::CLOEXEC));
    let Ok(signals) = closes.map_err(io::Error::from).and_then(|()| prepare()) else { return 1 };
    let pid = getpid().as_raw_nonzero().get().unsigned_abs();
    let mut driver = Channel::new(socket);
    driver.queue(&Notice::Hello { version: VERSION, pid });
    let mut service = Service {
        driver,
        driver_here: true,
        driver_watch: None,
        signals,
        lease,
        clock: Clock::start(),
        setting: None,
        roster: Roster::default(),
        slots: Vec::new(),
        dead: Vec::new(),
        empty_sweeps: 0,
    };
    service.run();
    service.finish()
}

/// Cuts what ties this process to its terminal, its directory and its signals.
fn prepare() -> io::Result<OwnedFd> {
    rustix::thread::set_name(c"jobmon-keeper")?;
    // It leads a session already, unless it was started by hand.
    setsid().ok();
    std::env::set_current_dir("/")?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    unix::keeper_signals();
    set_child_subreaper(Some(getpid()))?;
    unix::child_signals()
}

struct Service {
    driver: Channel,
    driver_here: bool,
    /// Tells the driver's end even where a child of the driver holds the socket open.
    driver_watch: Option<OwnedFd>,
    signals: OwnedFd,
    lease: OwnedFd,
    clock: Clock,
    setting: Option<Setting>,
    roster: Roster,
    slots: Vec<Option<SlotProcess>>,
    /// Slots whose process died with an attempt of which something may be left.
    dead: Vec<usize>,
    empty_sweeps: u32,
}

struct SlotProcess {
    pid: Pid,
    channel: Channel,
    /// Its end of the socket is closed: it has died, and is about to be waited for.
    mute: bool,
}

impl Service {
    fn run(&mut self) {
        loop {
            self.perform();
            self.send();
            if self.roster.is_finished() && self.dead.is_empty() {
                return;
            }
            let ready = self.wait();
            if ready[1].read {
                drain(&self.signals);
                self.reap();
            }
            if ready[0].read {
                self.hear_driver();
            }
            if ready[2].read {
                self.lose_driver();
            }
            for (slot, ready) in ready[3..].iter().enumerate() {
                if ready.read {
                    self.hear_slot(slot);
                }
            }
            self.sweep();
        }
    }

    fn wait(&self) -> Vec<Ready> {
        let mut asked: Vec<(&dyn AsFd, bool, bool)> = Vec::with_capacity(3 + self.slots.len());
        asked.push((&self.driver, self.driver_here, self.driver_here && self.driver.has_queued()));
        asked.push((&self.signals, true, false));
        match &self.driver_watch {
            Some(watch) => asked.push((watch, self.driver_here, false)),
            None => asked.push((&self.driver, false, false)),
        }
        for slot in &self.slots {
            match slot {
                Some(slot) => asked.push((&slot.channel, !slot.mute, !slot.mute && slot.channel.has_queued())),
                None => asked.push((&self.driver, false, false)),
            }
        }
        wait_for(&asked, (!self.dead.is_empty()).then_some(SWEEP_PAUSE))
    }

    fn perform(&mut self) {
        loop {
            let deeds = self.roster.deeds();
            if deeds.is_empty() {
                return;
            }
            for deed in deeds {
                self.carry_out(deed);
            }
        }
    }

    fn carry_out(&mut self, deed: Deed) {
        match deed {
            Deed::Start { slot, message } => self.start(slot, &message),
            Deed::Cancel { slot, attempts, how } => self.tell_slot(slot, &Order::Cancel { attempts, how }),
            Deed::CallBack { slot, attempts } => self.tell_slot(slot, &Order::CallBack(attempts)),
            Deed::Tell { attempt, ending } if self.driver_here => {
                self.driver.queue(&Notice::Ended { attempt, ending });
            }
            Deed::Tell { .. } => {}
        }
    }

    fn tell_slot(&mut self, slot: usize, order: &Order) {
        if let Some(slot) = &mut self.slots[slot] {
            slot.channel.queue(order);
        }
    }

    fn start(&mut self, slot: usize, message: &[u8]) {
        if self.slots[slot].is_none() {
            match self.fork_slot() {
                Ok(process) => self.slots[slot] = Some(process),
                Err(error) => {
                    let verdict = Verdict::Failed(Failure::StartFailed(words::no_slot_process(&error)));
                    let at = self.clock.wall();
                    let ending = Ending { verdict, at, usage: Usage::default(), strays: Vec::new() };
                    let attempts: Vec<AttemptId> = self.roster.heads(slot).map(|head| head.attempt).collect();
                    for attempt in attempts {
                        self.roster.ended(at, slot, attempt, ending.clone());
                    }
                    return;
                }
            }
        }
        if let Some(process) = &mut self.slots[slot] {
            process.channel.queue_bytes(message);
        }
    }

    fn fork_slot(&self) -> io::Result<SlotProcess> {
        let setting = self.setting.as_ref().ok_or_else(|| io::Error::other("no order to begin"))?;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        // Besides its own socket a slot process holds the lease, and the driver's socket, which it does not use: the
        // driver sees the end of it only when keeper and slot processes are all gone.
        let kept = [theirs.as_raw_fd(), self.lease.as_raw_fd(), self.driver.as_raw_fd()];
        let pid = unix::fork(&kept, move || slot::serve(theirs, setting))?;
        Ok(SlotProcess { pid, channel: Channel::new(ours), mute: false })
    }

    fn send(&mut self) {
        let broken = |result: io::Result<()>| result.is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock);
        // A slot process that cannot be written to has died, and is waited for in its turn.
        for slot in self.slots.iter_mut().flatten() {
            slot.channel.flush().ok();
        }
        if self.driver_here && broken(self.driver.flush()) {
            self.lose_driver();
            self.perform();
            self.send();
        }
    }

    fn hear_driver(&mut self) {
        match self.driver.receive() {
            Received::Nothing => return,
            Received::End => return self.lose_driver(),
            Received::Bytes => {}
        }
        let now = self.clock.wall();
        loop {
            let Ok(message) = self.driver.next() else { return self.lose_driver() };
            let Some(message) = message else { return };
            match read_order(message) {
                Ok(Order::Launch(head)) => self.roster.launch(now, Waiting { head, message: message.to_vec() }),
                Ok(Order::Cancel { attempts, how }) => self.roster.cancel(now, &attempts, how),
                Ok(Order::CallBack(attempts)) => self.roster.call_back(now, &attempts),
                Ok(Order::Recorded(attempts)) => self.roster.recorded(&attempts),
                Ok(Order::Close) => self.roster.close(),
                Ok(Order::Begin(begin)) => self.begin(begin),
                // A driver that speaks another language is as good as none.
                Err(_) => return self.lose_driver(),
            }
        }
    }

    fn begin(&mut self, begin: Begin) {
        let driver = i32::try_from(begin.driver).ok().and_then(Pid::from_raw);
        match driver.filter(|driver| getppid() == Some(*driver)) {
            Some(driver) => self.driver_watch = pidfd_open(driver, PidfdFlags::empty()).ok(),
            None => return self.lose_driver(),
        }
        self.roster.open(begin.slots as usize);
        self.slots.resize_with(begin.slots as usize, || None);
        self.setting = Some(Setting {
            directory: begin.directory,
            grace: begin.grace,
            environment: Environment::of_this_process(),
            clock: self.clock,
            cgroups: begin.cgroups,
        });
    }

    fn lose_driver(&mut self) {
        self.driver_here = false;
        self.roster.abandon(self.clock.wall());
    }

    fn hear_slot(&mut self, slot: usize) {
        let Some(process) = &mut self.slots[slot] else { return };
        // When it has died, its process is waited for, and the rest follows from that.
        process.mute = process.channel.receive() == Received::End;
        self.read_slot(slot);
    }

    fn read_slot(&mut self, slot: usize) {
        let Some(process) = &mut self.slots[slot] else { return };
        while let Ok(Some(message)) = process.channel.next() {
            match read(message) {
                Ok(Notice::Ended { attempt, ending }) => {
                    self.roster.ended(self.clock.wall(), slot, attempt, ending);
                }
                Ok(Notice::Started { attempt, .. } | Notice::Suspended { attempt, .. })
                    if self.driver_here && self.roster.runs(slot, attempt) =>
                {
                    self.driver.queue_bytes(message);
                }
                _ => {}
            }
        }
    }

    fn reap(&mut self) {
        while let Waited::Ended(reaped) = wait_any() {
            let is_it = |slot: &Option<SlotProcess>| slot.as_ref().is_some_and(|slot| slot.pid == reaped.pid);
            if let Some(slot) = self.slots.iter().position(is_it) {
                self.bury(slot);
            }
        }
    }

    /// A slot process has died. What it had said still counts; the attempt that it had is lost.
    fn bury(&mut self, slot: usize) {
        while self.slots[slot].as_mut().is_some_and(|process| process.channel.receive() == Received::Bytes) {
            self.read_slot(slot);
        }
        self.slots[slot] = None;
        if self.roster.died(slot) {
            self.dead.push(slot);
            self.empty_sweeps = 0;
        }
    }

    /// Ends what has fallen to the keeper from slot processes that died.
    fn sweep(&mut self) {
        if self.dead.is_empty() {
            return;
        }
        let living: HashSet<Pid> = self.slots.iter().flatten().map(|slot| slot.pid).collect();
        let left = descendants(getpid(), &living);
        if !left.is_empty() {
            self.empty_sweeps = 0;
            return signal_all(getpid(), &left, &[Signal::KILL]);
        }
        self.empty_sweeps += 1;
        // There are slot processes still, so that `wait` proves nothing here, and one look may miss what moves.
        if self.empty_sweeps < 3 {
            return;
        }
        let now = self.clock.wall();
        for slot in std::mem::take(&mut self.dead) {
            if let Some(setting) = &self.setting {
                for head in self.roster.heads(slot) {
                    // The attempt is lost already; that its log stays in the slot's file makes it no worse.
                    recover_output(&setting.directory, head.slot, head.attempt, head.files()).ok();
                }
            }
            self.roster.lost(now, slot);
        }
    }

    /// Lets the slot processes go, leaves the ends that nobody recorded, and says farewell.
    fn finish(mut self) -> u8 {
        self.slots.clear();
        loop {
            match wait_any() {
                Waited::Ended(_) => {}
                Waited::NoneEnded => {
                    wait_for(&[(&self.signals, true, false)], None);
                    drain(&self.signals);
                }
                Waited::NoneLeft => break,
            }
        }
        let mut code = 0;
        if let Some(setting) = &self.setting
            // A driver that died learns even that nothing is left to be told: what it only meant to start never was.
            && (!self.driver_here || !self.roster.unrecorded().is_empty())
            && write_ends(&setting.directory.ends_file(), self.roster.unrecorded()).is_err()
        {
            code = 1;
        }
        if self.driver_here {
            self.driver.queue(&Notice::Closed);
        }
        while self.driver_here && self.driver.has_queued() {
            match self.driver.flush() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let mut asked: Vec<(&dyn AsFd, bool, bool)> = vec![(&self.driver, false, true)];
                    asked.extend(self.driver_watch.iter().map(|watch| (watch as &dyn AsFd, true, false)));
                    self.driver_here = !wait_for(&asked, None)[1..].iter().any(|watch| watch.read);
                }
                Err(_) => self.driver_here = false,
                Ok(()) => {}
            }
        }
        code
    }
}
