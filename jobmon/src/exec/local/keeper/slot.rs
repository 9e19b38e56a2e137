//! A slot process: starts, watches and clears away one attempt at a time.
//!
//! It is a subreaper, so that whatever an attempt starts stays below it, whatever it does to hide; and it has one
//! attempt at a time, so that whatever is below it belongs to that attempt. `wait` finding no child is the proof that
//! nothing of the attempt is left.

use super::cgroup::Pen;
use super::course::{Course, Push};
use super::guard::Guard;
use super::memory::{Found, Looks};
use super::outputs::Outputs;
use super::roster::never_started;
use super::spawn::{Environment, spawn};
use super::watch::{Clock, drain, wait_for};
use crate::exec::local::frame::{Channel, Received};
use crate::exec::local::message::{Notice, Order, read, read_order};
use crate::exec::local::output::{Redirects, Refused, file_logs};
use crate::exec::local::process::{Seen, descendants, signal_all};
use crate::exec::local::unix::{self, Reaped, Waited, wait_any};
use crate::id::AttemptId;
use crate::model::{After, Cancel, Ending, Failure, Launch, RunDirectory, StartFailure, Stray, Usage, Verdict};
use rustix::process::{Pid, Signal, getpid, set_child_subreaper};
use std::cell::OnceCell;
use std::collections::HashSet;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// Most attempts that are short end within this: their start and their end are then told in one message.
const TELL_START_AFTER: Duration = Duration::from_millis(5);

/// What every slot process of a keeper knows.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) directory: RunDirectory,
    pub(super) grace: Duration,
    pub(super) environment: Environment,
    pub(super) clock: Clock,
    /// Whether cgroups may be used to keep memory to its limits.
    pub(super) cgroups: bool,
}

/// Serves the keeper at the other end of `channel` until it goes.
pub(super) fn serve(channel: OwnedFd, setting: &Setting) -> u8 {
    let prepared = rustix::thread::set_name(c"jobmon-slot")
        .and_then(|()| set_child_subreaper(Some(getpid())))
        .map_err(io::Error::from)
        .and_then(|()| unix::child_signals());
    let Ok(signals) = prepared else { return 1 };
    let channel = Channel::new(channel);
    let (attempt, next, failed, pen, left) = (None, None, None, OnceCell::new(), false);
    Slot { channel, signals, setting, attempt, next, failed, pen, left }.run();
    0
}

struct Slot<'a> {
    channel: Channel,
    signals: OwnedFd,
    setting: &'a Setting,
    attempt: Option<Attempt>,
    /// What starts as soon as the attempt has ended.
    next: Option<Box<Launch>>,
    /// The attempt that failed last, or never started: what may follow its success only may be on its way here.
    failed: Option<AttemptId>,
    /// Where attempts are kept that may hold only so much memory; looked for when there is the first of them.
    pen: OnceCell<Option<Pen>>,
    /// The keeper is gone.
    left: bool,
}

struct Attempt {
    id: AttemptId,
    slot: crate::id::SlotId,
    main: Pid,
    started: Duration,
    /// Its process is not told of yet.
    untold: Option<Notice>,
    course: Course,
    /// It is in the slot's cgroup, which keeps it to its memory.
    penned: bool,
    usage: Usage,
    memory: Looks,
    /// It was told that a process of it is stopped.
    suspended: bool,
    strays: Vec<Stray>,
    redirects: Redirects,
    outputs: Outputs,
}

impl Slot<'_> {
    fn run(&mut self) {
        while !(self.left && self.attempt.is_none()) {
            let deadline = self.attempt.as_ref().and_then(Attempt::deadline);
            let now = self.setting.clock.mono();
            let ready = wait_for(
                &[(&self.channel, !self.left, self.has_news()), (&self.signals, true, false)],
                deadline.map(|deadline| deadline.saturating_sub(now)),
            );
            if ready[1].read {
                drain(&self.signals);
            }
            // What has ended by itself is seen before an order to end it.
            self.reap();
            if ready[0].read {
                self.hear();
            }
            self.pass_time();
            if self.has_news() && self.channel.flush().is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock) {
                self.lose_keeper();
            }
        }
    }

    /// Whether something is to be sent now.
    fn has_news(&self) -> bool {
        !self.left && self.channel.has_queued()
    }

    fn hear(&mut self) {
        match self.channel.receive() {
            Received::Nothing => return,
            Received::End => return self.lose_keeper(),
            Received::Bytes => {}
        }
        loop {
            let order = match self.channel.next() {
                Ok(Some(message)) => match read_order(message) {
                    Ok(Order::Launch(_)) => read(message).map(Box::new).map(Heard::Launch),
                    Ok(Order::Cancel { attempts, how }) => Ok(Heard::Cancel(attempts, how)),
                    Ok(Order::CallBack(attempts)) => Ok(Heard::CallBack(attempts)),
                    Ok(_) => Ok(Heard::Other),
                    Err(error) => Err(error),
                },
                Ok(None) => return,
                Err(error) => Err(error),
            };
            match order {
                Ok(Heard::Launch(launch)) if self.attempt.is_some() => self.next = Some(launch),
                Ok(Heard::Launch(launch)) => self.follow(&launch),
                Ok(Heard::CallBack(attempts)) => self.forgo(&attempts),
                Ok(Heard::Cancel(attempts, how)) => self.cancel(&attempts, how),
                Ok(Heard::Other) => {}
                // A keeper that speaks another language is as good as none.
                Err(_) => return self.lose_keeper(),
            }
        }
    }

    fn begin(&mut self, launch: &Launch) {
        let started = self.setting.clock.now();
        match self.start(launch) {
            Ok(Begun { main, redirects, outputs, penned }) => {
                let pid = main.as_raw_nonzero().get().unsigned_abs();
                let memory = launch.granted.memory.filter(|_| !penned);
                let guard = memory.map(|memory| Guard::new(started.mono, memory.bytes()));
                self.attempt = Some(Attempt {
                    id: launch.attempt,
                    slot: launch.slot,
                    main,
                    started: started.mono,
                    untold: Some(Notice::Started { attempt: launch.attempt, pid, at: started.wall }),
                    course: Course::new(started.mono, launch.granted, self.setting.grace),
                    penned,
                    usage: Usage::default(),
                    memory: Looks::new(started.mono, guard),
                    suspended: false,
                    strays: Vec::new(),
                    redirects,
                    outputs,
                });
            }
            Err(failure) => {
                self.failed = Some(launch.attempt);
                let verdict = Verdict::Failed(Failure::StartFailed(failure));
                let ending = Ending { verdict, at: started.wall, usage: Usage::default(), strays: Vec::new() };
                self.channel.queue(&Notice::Ended { attempt: launch.attempt, ending });
            }
        }
    }

    fn start(&mut self, launch: &Launch) -> Result<Begun, StartFailure> {
        let Setting { directory, environment, clock, .. } = self.setting;
        let redirects = Redirects::open(launch).map_err(|refused| super::words::no_output(&refused))?;
        let outputs = Outputs::before(&launch.outputs, *clock);
        let pen = launch.granted.memory.and_then(|memory| Some((self.entered_pen()?, memory)));
        let spawned = spawn(launch, environment, directory, &redirects);
        let penned = pen.is_some_and(|(pen, memory)| match &spawned {
            Ok(_) => pen.close(memory.bytes()).is_ok(),
            Err(_) => {
                pen.leave();
                false
            }
        });
        match spawned {
            Ok(main) => Ok(Begun { main, redirects, outputs, penned }),
            Err(failure) => {
                redirects.discard();
                Err(failure)
            }
        }
    }

    /// The cgroup of this slot with this process inside, where there is one to be had.
    fn entered_pen(&mut self) -> Option<&mut Pen> {
        let may = self.setting.cgroups;
        self.pen.get_or_init(|| may.then(Pen::find).flatten());
        let pen = self.pen.get_mut()?.as_mut()?;
        pen.enter().is_ok().then_some(pen)
    }

    fn cancel(&mut self, attempts: &[AttemptId], how: Cancel) {
        self.forgo(attempts);
        let now = self.setting.clock.mono();
        let Some(attempt) = self.attempt.as_mut().filter(|attempt| attempts.contains(&attempt.id)) else { return };
        if let Some(push) = attempt.course.cancel(now, how) {
            attempt.push(push);
        }
    }

    /// What was to start next does not, if it is one of these.
    fn forgo(&mut self, attempts: &[AttemptId]) {
        if let Some(next) = self.next.take_if(|next| attempts.contains(&next.attempt)) {
            self.tell_never_started(next.attempt);
        }
    }

    fn lose_keeper(&mut self) {
        self.left = true;
        self.next = None;
        let running: Vec<AttemptId> = self.attempt.iter().map(|attempt| attempt.id).collect();
        self.cancel(&running, Cancel::Gracefully);
    }

    fn reap(&mut self) {
        // What has ended by the time that it is looked at makes way for the next.
        while let Some(attempt) = &mut self.attempt {
            match wait_any() {
                Waited::Ended(reaped) => attempt.reaped(&reaped),
                Waited::NoneLeft => self.conclude(),
                Waited::NoneEnded => {
                    if let Some(push) = attempt.course.others_left(self.setting.clock.mono()) {
                        attempt.push(push);
                    }
                    return;
                }
            }
        }
    }

    /// Nothing is left of the attempt: tells its end, and starts what comes next.
    fn conclude(&mut self) {
        let Some(mut attempt) = self.attempt.take() else { return };
        if attempt.penned
            && let Some(Some(pen)) = self.pen.get_mut()
        {
            if pen.ran_over() {
                attempt.course.out_of_memory(self.setting.clock.mono());
            }
            pen.open();
        }
        attempt.tell_start(&mut self.channel);
        let id = attempt.id;
        let ending = attempt.finish(self.setting);
        self.failed = (ending.verdict != Verdict::Done).then_some(id);
        self.channel.queue(&Notice::Ended { attempt: id, ending });
        if let Some(next) = self.next.take() {
            self.follow(&next);
        }
    }

    /// Starts an attempt after the one before, unless that failed and it may follow success only.
    fn follow(&mut self, launch: &Launch) {
        match launch.after {
            Some(After::Success(first)) if self.failed == Some(first) => self.tell_never_started(launch.attempt),
            Some(After::Success(_) | After::AnyEnd(_)) | None => self.begin(launch),
        }
    }

    /// What may follow its success only does not start either.
    fn tell_never_started(&mut self, attempt: AttemptId) {
        self.failed = Some(attempt);
        let ending = never_started(self.setting.clock.wall());
        self.channel.queue(&Notice::Ended { attempt, ending });
    }

    fn pass_time(&mut self) {
        let Some(attempt) = &mut self.attempt else { return };
        let now = self.setting.clock.mono();
        if now >= attempt.started + TELL_START_AFTER {
            attempt.tell_start(&mut self.channel);
        }
        let Found { living, too_much } = attempt.memory.look(self.setting.clock, attempt.usage.peak_memory);
        // The kernel may have ended one of several.
        let pen = self.pen.get().and_then(Option::as_ref).filter(|_| attempt.penned && !living.is_empty());
        let ran_over = pen.is_some_and(Pen::ran_over);
        if (too_much || ran_over)
            && let Some(push) = attempt.course.out_of_memory(now)
        {
            attempt.push(push);
        }
        if let Some(stopped) = living.into_iter().find(|seen| seen.stopped)
            && !std::mem::replace(&mut attempt.suspended, true)
        {
            attempt.tell_start(&mut self.channel);
            let (process, at) = (stray(&stopped), self.setting.clock.wall());
            self.channel.queue(&Notice::Suspended { attempt: attempt.id, process, at });
        }
        if let Some(push) = attempt.course.due(now) {
            attempt.push(push);
        }
    }
}

fn stray(seen: &Seen) -> Stray {
    Stray { pid: seen.pid.as_raw_nonzero().get().unsigned_abs(), name: seen.name.clone() }
}

/// What was started.
struct Begun {
    main: Pid,
    redirects: Redirects,
    outputs: Outputs,
    penned: bool,
}

enum Heard {
    Launch(Box<Launch>),
    Cancel(Vec<AttemptId>, Cancel),
    CallBack(Vec<AttemptId>),
    Other,
}

impl Attempt {
    fn deadline(&self) -> Option<Duration> {
        let tell = self.untold.as_ref().map(|_| self.started + TELL_START_AFTER);
        [tell, self.course.deadline(), Some(self.memory.deadline())].into_iter().flatten().min()
    }

    /// Once.
    fn tell_start(&mut self, channel: &mut Channel) {
        if let Some(notice) = self.untold.take() {
            channel.queue(&notice);
        }
    }

    fn reaped(&mut self, reaped: &Reaped) {
        self.usage.user += reaped.user;
        self.usage.system += reaped.system;
        self.usage.peak_memory = self.usage.peak_memory.max(reaped.peak_memory);
        if reaped.pid == self.main && !self.course.has_main_ended() {
            self.course.main_ended(reaped.exit);
        }
    }

    fn push(&mut self, push: Push) {
        let me = getpid();
        let tree = descendants(me, &HashSet::new());
        if self.course.tells_strays() {
            for seen in tree.iter().filter(|seen| !seen.ended) {
                let stray = stray(seen);
                if self.strays.iter().all(|told| told.pid != stray.pid) {
                    self.strays.push(stray);
                }
            }
        }
        match push {
            Push::Ask => signal_all(me, &tree, &[Signal::TERM, Signal::CONT]),
            Push::Kill => signal_all(me, &tree, &[Signal::KILL]),
        }
    }

    /// Puts the output in its place and says how the attempt ended.
    fn finish(self, setting: &Setting) -> Ending {
        let ended = setting.clock.now();
        let mut verdict = self.course.verdict();
        if verdict == Verdict::Done
            && let Some(missing) = self.outputs.missing(&self.redirects)
        {
            verdict = Verdict::Failed(Failure::OutputMissing(missing.into()));
        }
        let logs = file_logs(&setting.directory, self.slot, self.id);
        let placed = if verdict == Verdict::Done {
            self.redirects.place()
        } else {
            self.redirects.discard();
            Ok(())
        };
        if verdict == Verdict::Done
            && let Err(reason) = placed
                .map_err(|Refused { stream, error, .. }| format!("its {stream} could not be put in its place: {error}"))
                .and_then(|()| logs.map_err(|error| format!("its log could not be put in its place: {error}")))
        {
            verdict = Verdict::Failed(Failure::OutputMissing(reason.into()));
        }
        let peak_memory = self.usage.peak_memory.max(self.memory.peak());
        let usage = Usage { wall: ended.mono.saturating_sub(self.started), peak_memory, ..self.usage };
        Ending { verdict, at: ended.wall, usage, strays: self.strays }
    }
}
