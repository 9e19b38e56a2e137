//! The course of one attempt, from its start to the proof that nothing of it is left: decisions only.

use crate::exec::local::unix::Exit;
use crate::model::{Cancel, Failure, Verdict};
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
    main: Option<Exit>,
    cancelled: bool,
    ending: Ending,
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

    /// An attempt that has started, whose processes get `grace` between TERM and KILL.
    pub(super) fn new(grace: Duration) -> Self {
        Self { grace, main: None, cancelled: false, ending: Ending::No }
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
        self.main.is_some() && !self.cancelled
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
        self.cancelled |= self.main.is_none();
        match (self.ending, how) {
            (Ending::No | Ending::Lingering { .. }, Cancel::Gracefully) => Some(self.ask(now)),
            (Ending::No | Ending::Lingering { .. } | Ending::Asked { .. }, Cancel::Now) => Some(self.kill(now)),
            (Ending::Asked { .. } | Ending::Killing { .. }, _) => None,
        }
    }

    /// When to look again though nothing happened.
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self.ending {
            Ending::No => None,
            Ending::Lingering { ask_at } => Some(ask_at),
            Ending::Asked { kill_at } => Some(kill_at),
            Ending::Killing { again_at, .. } => Some(again_at),
        }
    }

    /// Time has passed.
    pub(super) fn due(&mut self, now: Duration) -> Option<Push> {
        match self.ending {
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

    /// What it came to, once nothing is left. A main process that nobody waited for has vanished.
    pub(super) fn verdict(&self) -> Verdict {
        match self.main {
            _ if self.cancelled => Verdict::Cancelled,
            Some(Exit::Code(0)) => Verdict::Done,
            Some(Exit::Code(code)) => Verdict::Failed(Failure::Exit(code)),
            Some(Exit::Signal(signal)) => Verdict::Failed(Failure::Signal(signal)),
            None => Verdict::Failed(Failure::Vanished),
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

    const GRACE: Duration = Duration::from_secs(10);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_ends_by_itself_is_asked_nothing() {
        let mut course = Course::new(GRACE);
        assert_eq!(course.others_left(at(1)), None);
        course.main_ended(Exit::Code(3));
        assert_eq!(course.deadline(), None);
        assert_eq!(course.verdict(), Verdict::Failed(Failure::Exit(3)));
    }

    #[test]
    fn strays_are_asked_once_then_killed_until_none_is_left() {
        let mut course = Course::new(GRACE);
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
        let mut course = Course::new(GRACE);
        assert_eq!(course.cancel(at(1), Cancel::Gracefully), Some(Push::Ask));
        assert_eq!(course.cancel(at(2), Cancel::Gracefully), None);
        course.main_ended(Exit::Code(0));
        assert!(!course.tells_strays());
        assert_eq!(course.verdict(), Verdict::Cancelled);

        let mut course = Course::new(GRACE);
        course.main_ended(Exit::Code(0));
        assert_eq!(course.others_left(at(1)), None);
        assert_eq!(course.cancel(at(2), Cancel::Now), Some(Push::Kill));
        assert_eq!(course.verdict(), Verdict::Done);
    }

    #[test]
    fn an_impatient_cancel_overtakes_a_patient_one() {
        let mut course = Course::new(GRACE);
        assert_eq!(course.cancel(at(1), Cancel::Gracefully), Some(Push::Ask));
        assert_eq!(course.cancel(at(2), Cancel::Now), Some(Push::Kill));
        assert_eq!(course.cancel(at(2), Cancel::Now), None);
    }
}
