//! A trace as text.

use crate::id::TaskId;
use crate::model::Verdict;
use crate::testing::happened::Happened;
use crate::testing::trace::{AttemptTrace, Trace};
use std::fmt;
use std::time::Duration;

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fine = self.events.iter().any(|event| event.at.subsec_nanos() > 0);
        let hours = self.makespan() >= Duration::from_hours(1);
        for (at, event) in self.events.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write_time(f, event.at, hours, fine)?;
            self.write(f, &event.what)?;
        }
        Ok(())
    }
}

fn write_time(f: &mut fmt::Formatter<'_>, at: Duration, hours: bool, fine: bool) -> fmt::Result {
    let seconds = at.as_secs();
    if hours {
        write!(f, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
    } else {
        write!(f, "{:02}:{:02}", seconds / 60, seconds % 60)?;
    }
    if fine { write!(f, ".{:03} ", at.subsec_millis()) } else { f.write_str(" ") }
}

impl Trace {
    fn write(&self, f: &mut fmt::Formatter<'_>, what: &Happened) -> fmt::Result {
        let name = |task: TaskId| self.plan.task_name(task);
        match what {
            Happened::Start(place) => {
                let AttemptTrace { task, number, granted, .. } = &self.attempts[*place];
                write!(f, "start {} #{number}", name(*task))?;
                granted.memory.map_or(Ok(()), |memory| write!(f, " with {memory}"))?;
                granted.runtime.map_or(Ok(()), |runtime| write!(f, " for {runtime}"))
            }
            Happened::End(place) => {
                let AttemptTrace { task, number, verdict, .. } = &self.attempts[*place];
                write_end(f, &name(*task), *number, verdict.as_ref())
            }
            Happened::NoStart { task, number, verdict } => write_end(f, &name(*task), *number, Some(verdict)),
            Happened::GiveUp { task, untold: None } => write!(f, "give up {}", name(*task)),
            Happened::GiveUp { task, untold: Some(why) } => write!(f, "give up {}: {why}", name(*task)),
            Happened::Skip { task, because } => write!(f, "skip {}, which needs {}", name(*task), name(*because)),
            Happened::NodeDies(node) => write!(f, "node {node} dies"),
            Happened::Crash(how) => write!(f, "crash {how}"),
            Happened::Resume { done } => write!(f, "resume with {done} done"),
            Happened::Note(note) => f.write_str(note),
            Happened::Finish { state, counts } => write!(f, "end {state}: {counts}"),
        }
    }
}

fn write_end(f: &mut fmt::Formatter<'_>, name: &str, number: u32, verdict: Option<&Verdict>) -> fmt::Result {
    match verdict {
        None => write!(f, "lose {name} #{number}"),
        Some(Verdict::Done) => write!(f, "done {name} #{number}"),
        Some(Verdict::Cancelled) => write!(f, "cancel {name} #{number}"),
        Some(Verdict::Failed(failure)) => write!(f, "fail {name} #{number}: {failure}"),
    }
}

/// As its text, so that a failed assertion can be read.
impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
