//! The course of one attempt, from its start to the proof that nothing of it is left: decisions only.

use crate::exec::local::unix::Exit;
use crate::model::{Cancel, Failure, Resources, Verdict};
use std::time::Duration;

/// What is to be done to all processes of the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Push {
    /// Ask them to end: TERM, and CONT so that stopped ones hear it.
    Ask,
    /// KILL.
    Kill,
}

/// How far an attempt has come. Times are of one monotonic clock.
#[derive(Debug)]
pub(super) struct Course {
    grace: Duration,
    granted: Resources,
    /// When its wall time is over; none where it is not limited.
    over_at: Option<Duration>,
    main: Option<Exit>,
    /// Why it was made to end; the first reason counts.
    cause: Option<Cause>,
    ending: Ending,
}

/// Why an attempt was made to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Cancelled,
    TimedOut,
    OutOfMemory,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Nobody has been asked to end.
    No,
    /// The main process has ended; what is left and does not end by itself is asked at this time.
    Lingering { ask_at: Duration },
    /// All have been asked, and get KILL at this time.
    Asked { kill_at: Duration },
    /// What is left gets KILL again at this time, and then after twice as long.
    Killing { again_at: Duration, pause: Duration },
}

impl Course {
    /// What a main process leaves behind often ends right after it, as the `tee` of `exec > >(tee log)`: it is given time
    /// to write its last lines.
    const LINGER: Duration = Duration::from_millis(500);
    /// Processes that are born while others are killed are found at the next look, soon.
    const FIRST_PAUSE: Duration = Duration::from_millis(5);
    /// What even KILL does not end, as in a system call on a dead file system, is not worth more looks than this.
    const LAST_PAUSE: Duration = Duration::from_secs(1);

    /// An attempt that was started at this time, may use what was granted, and whose processes get `grace` between TERM
    /// and KILL.
    pub(super) fn new(started: Duration, granted: Resources, grace: Duration) -> Self {
        let over_at = granted.runtime.map(|runtime| started.saturating_add(runtime.into()));
        Self { grace, granted, over_at, main: None, cause: None, ending: Ending::No }
    }

    /// The main process was waited for.
    pub(super) fn main_ended(&mut self, exit: Exit) {
        self.main = Some(exit);
    }

    /// Whether the main process was waited for.
    pub(super) fn has_main_ended(&self) -> bool {
        self.main.is_some()
    }

    /// Whether what outlives the main process is its fault: not when all were asked to end with it.
    pub(super) fn tells_strays(&self) -> bool {
        self.main.is_some() && self.cause.is_none()
    }

    /// Everything that has ended was waited for, and something is left.
    pub(super) fn others_left(&mut self, now: Duration) -> Option<Push> {
        match self.ending {
            Ending::No if self.main.is_some() => {
                self.ending = Ending::Lingering { ask_at: now + Self::LINGER };
                None
            }
            Ending::Killing { .. } => Some(Push::Kill),
            Ending::No | Ending::Lingering { .. } | Ending::Asked { .. } => None,
        }
    }

    /// The attempt is to end.
    pub(super) fn cancel(&mut self, now: Duration, how: Cancel) -> Option<Push> {
        // What has ended by itself was not ended by us, whatever is still to be cleared away.
        if self.main.is_none() {
            self.cause.get_or_insert(Cause::Cancelled);
        }
        match (self.ending, how) {
            (Ending::No | Ending::Lingering { .. }, Cancel::Gracefully) => Some(self.ask(now)),
            (Ending::No | Ending::Lingering { .. } | Ending::Asked { .. }, Cancel::Now) => Some(self.kill(now)),
            (Ending::Asked { .. } | Ending::Killing { .. }, _) => None,
        }
    }

    /// It holds more memory than it was granted. It may eat up the machine while it is asked, so that it is not. Its main
    /// process may have ended: what it left is part of it.
    pub(super) fn out_of_memory(&mut self, now: Duration) -> Option<Push> {
        self.cause.get_or_insert(Cause::OutOfMemory);
        match self.ending {
            Ending::No | Ending::Lingering { .. } | Ending::Asked { .. } => Some(self.kill(now)),
            Ending::Killing { .. } => None,
        }
    }

    /// When to look again though nothing happened.
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self.ending {
            Ending::No => self.over_at.filter(|_| self.main.is_none()),
            Ending::Lingering { ask_at } => Some(ask_at),
            Ending::Asked { kill_at } => Some(kill_at),
            Ending::Killing { again_at, .. } => Some(again_at),
        }
    }

    /// Time has passed.
    pub(super) fn due(&mut self, now: Duration) -> Option<Push> {
        match self.ending {
            Ending::No if self.main.is_none() && self.over_at.is_some_and(|over_at| over_at <= now) => {
                self.cause.get_or_insert(Cause::TimedOut);
                Some(self.ask(now))
            }
            Ending::Lingering { ask_at } if ask_at <= now => Some(self.ask(now)),
            Ending::Asked { kill_at } if kill_at <= now => Some(self.kill(now)),
            Ending::Killing { again_at, pause } if again_at <= now => {
                let pause = (pause * 2).min(Self::LAST_PAUSE);
                self.ending = Ending::Killing { again_at: now + pause, pause };
                Some(Push::Kill)
            }
            Ending::No | Ending::Lingering { .. } | Ending::Asked { .. } | Ending::Killing { .. } => None,
        }
    }

    /// What it came to, once nothing is left. What was made to end ended because of that, whatever its main process made
    /// of it. A main process that nobody waited for has vanished.
    pub(super) fn verdict(&self) -> Verdict {
        match (self.cause, self.main) {
            (Some(Cause::Cancelled), _) => Verdict::Cancelled,
            (Some(Cause::TimedOut), _) => Verdict::Failed(Failure::Timeout(self.granted.runtime)),
            (Some(Cause::OutOfMemory), _) => Verdict::Failed(Failure::OutOfMemory(self.granted.memory)),
            (None, Some(Exit::Code(0))) => Verdict::Done,
            (None, Some(Exit::Code(code))) => Verdict::Failed(Failure::Exit(code)),
            (None, Some(Exit::Signal(signal))) => Verdict::Failed(Failure::Signal(signal)),
            (None, None) => Verdict::Failed(Failure::Vanished),
        }
    }

    fn ask(&mut self, now: Duration) -> Push {
        self.ending = Ending::Asked { kill_at: now.saturating_add(self.grace) };
        Push::Ask
    }

    fn kill(&mut self, now: Duration) -> Push {
        self.ending = Ending::Killing { again_at: now + Self::FIRST_PAUSE, pause: Self::FIRST_PAUSE };
        Push::Kill
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Memory, WallTime};

    const GRACE: Duration = Duration::from_secs(10);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn unlimited() -> Course {
        Course::new(at(0), Resources::default(), GRACE)
    }

    const RUNTIME: Option<WallTime> = Some(WallTime::from_seconds(60));
    const MEMORY: Option<Memory> = Some(Memory::from_bytes(200 << 20));

    /// Started after 100 seconds, with a minute to run.
    fn limited() -> Course {
        Course::new(at(100), Resources { memory: MEMORY, runtime: RUNTIME, cores: 1, queue: None }, GRACE)
    }

    #[test]
    fn what_ends_by_itself_is_asked_nothing() {
        let mut course = unlimited();
        assert_eq!(course.others_left(at(1)), None);
        course.main_ended(Exit::Code(3));
        assert_eq!(course.deadline(), None);
        assert_eq!(course.verdict(), Verdict::Failed(Failure::Exit(3)));
    }

    #[test]
    fn strays_are_asked_once_then_killed_until_none_is_left() {
        let mut course = unlimited();
        course.main_ended(Exit::Code(0));
        assert_eq!(course.others_left(at(1)), None);
        assert_eq!(course.due(at(1)), None);
        assert_eq!(course.due(at(2)), Some(Push::Ask));
        assert_eq!(course.others_left(at(3)), None);
        assert_eq!(course.due(at(11)), None);
        assert_eq!(course.due(at(12)), Some(Push::Kill));
        assert_eq!(course.others_left(at(12)), Some(Push::Kill));
        assert_eq!(course.due(at(12)), None);
        assert_eq!(course.due(at(13)), Some(Push::Kill));
        assert!(course.tells_strays());
        assert_eq!(course.verdict(), Verdict::Done);
    }

    #[test]
    fn a_cancel_counts_only_while_the_main_process_lives() {
        let mut course = unlimited();
        assert_eq!(course.cancel(at(1), Cancel::Gracefully), Some(Push::Ask));
        assert_eq!(course.cancel(at(2), Cancel::Gracefully), None);
        course.main_ended(Exit::Code(0));
        assert!(!course.tells_strays());
        assert_eq!(course.verdict(), Verdict::Cancelled);

        let mut course = unlimited();
        course.main_ended(Exit::Code(0));
        assert_eq!(course.others_left(at(1)), None);
        assert_eq!(course.cancel(at(2), Cancel::Now), Some(Push::Kill));
        assert_eq!(course.verdict(), Verdict::Done);
    }

    #[test]
    fn an_impatient_cancel_overtakes_a_patient_one() {
        let mut course = unlimited();
        assert_eq!(course.cancel(at(1), Cancel::Gracefully), Some(Push::Ask));
        assert_eq!(course.cancel(at(2), Cancel::Now), Some(Push::Kill));
        assert_eq!(course.cancel(at(2), Cancel::Now), None);
    }

    #[test]
    fn when_its_time_is_over_it_is_asked_then_killed() {
        let mut course = limited();
        assert_eq!((course.deadline(), course.due(at(159))), (Some(at(160)), None));
        assert_eq!(course.due(at(160)), Some(Push::Ask));
        assert_eq!((course.deadline(), course.due(at(169))), (Some(at(170)), None));
        assert_eq!(course.due(at(170)), Some(Push::Kill));
        course.main_ended(Exit::Signal(9));
        assert!(!course.tells_strays());
        assert_eq!(course.verdict(), Verdict::Failed(Failure::Timeout(RUNTIME)));
    }

    #[test]
    fn who_was_asked_because_time_is_over_has_run_out_of_it_however_it_ends() {
        for exit in [Exit::Code(0), Exit::Code(3), Exit::Signal(15)] {
            let mut course = limited();
            assert_eq!(course.due(at(161)), Some(Push::Ask));
            course.main_ended(exit);
            assert_eq!(course.verdict(), Verdict::Failed(Failure::Timeout(RUNTIME)), "{exit:?}");
        }
    }

    #[test]
    fn who_ends_in_time_has_not_run_out_of_it_whatever_it_leaves() {
        for (exit, verdict) in [(0, Verdict::Done), (3, Verdict::Failed(Failure::Exit(3)))] {
            let mut course = limited();
            course.main_ended(Exit::Code(exit));
            assert_eq!((course.deadline(), course.due(at(160))), (None, None));
            assert_eq!(course.others_left(at(160)), None);
            assert_eq!(course.due(at(161)), Some(Push::Ask));
            assert!(course.tells_strays());
            assert_eq!(course.verdict(), verdict);
        }
    }

    #[test]
    fn the_first_reason_to_end_is_the_one_that_is_told() {
        let mut course = limited();
        assert_eq!(course.cancel(at(155), Cancel::Gracefully), Some(Push::Ask));
        assert_eq!((course.deadline(), course.due(at(160))), (Some(at(165)), None));
        assert_eq!(course.out_of_memory(at(161)), Some(Push::Kill));
        assert_eq!(course.verdict(), Verdict::Cancelled);

        let mut course = limited();
        assert_eq!(course.due(at(160)), Some(Push::Ask));
        assert_eq!(course.cancel(at(161), Cancel::Gracefully), None);
        assert_eq!(course.out_of_memory(at(162)), Some(Push::Kill));
        assert_eq!(course.cancel(at(163), Cancel::Now), None);
        assert_eq!(course.verdict(), Verdict::Failed(Failure::Timeout(RUNTIME)));

        let mut course = limited();
        assert_eq!(course.out_of_memory(at(101)), Some(Push::Kill));
        assert_eq!(course.cancel(at(102), Cancel::Now), None);
        assert_eq!(course.due(at(160)), Some(Push::Kill));
        assert_eq!(course.verdict(), Verdict::Failed(Failure::OutOfMemory(MEMORY)));
    }

    #[test]
    fn who_holds_too_much_is_asked_nothing() {
        for exit in [Exit::Code(0), Exit::Code(3), Exit::Signal(9)] {
            let mut course = limited();
            assert_eq!(course.out_of_memory(at(101)), Some(Push::Kill));
            assert_eq!(course.out_of_memory(at(101)), None);
            course.main_ended(exit);
            assert_eq!(course.others_left(at(101)), Some(Push::Kill));
            assert!(!course.tells_strays());
            assert_eq!(course.verdict(), Verdict::Failed(Failure::OutOfMemory(MEMORY)), "{exit:?}");
        }
        // What the main process left is part of the attempt.
        let mut course = limited();
        course.main_ended(Exit::Code(0));
        assert_eq!(course.others_left(at(101)), None);
        assert_eq!(course.out_of_memory(at(101)), Some(Push::Kill));
        assert_eq!(course.verdict(), Verdict::Failed(Failure::OutOfMemory(MEMORY)));
    }

    #[test]
    fn no_wall_time_is_too_long() {
        let runtime = Some(WallTime::from_seconds(u64::MAX));
        let mut course = Course::new(at(100), Resources { runtime, ..Resources::default() }, GRACE);
        assert_eq!(course.deadline(), Some(Duration::MAX));
        assert_eq!(course.due(at(1 << 40)), None);
    }
}
