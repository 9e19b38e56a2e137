//! The last words of a run that did not do all of its tasks, made for a terminal of 80 columns.

use crate::report::by_hand::word;
use crate::report::harmless::harmless;
use crate::report::words::{plural, quoted, shortened};
use crate::report::{ByHand, FailureGroup, Failures, Skipped, TaskReport};
use std::fmt;

/// So many groups are shown with a line each, behind those that are shown in full. [`Failures`] has them all.
const IN_BRIEF: usize = 10;

/// Lines of a command are broken at so many characters where its words allow it.
const WIDTH: usize = 72;

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (in_full, rest) = self.groups.split_at(self.groups.len().min(Self::IN_FULL));
        let (in_brief, untold) = rest.split_at(rest.len().min(IN_BRIEF));
        for (place, group) in in_full.iter().enumerate() {
            write!(f, "{}{group}", if place > 0 { "\n\n" } else { "" })?;
        }
        if !in_brief.is_empty() {
            f.write_str("\n")?;
        }
        in_brief.iter().try_for_each(|group| write!(f, "\n{}", headline(group)))?;
        let tasks: usize = untold.iter().map(|group| group.tasks.len()).sum();
        if tasks > 0 {
            write!(f, "\nand {} that failed in {}", plural(tasks, "more task"), plural(untold.len(), "other way"))?;
        }
        match self.unread {
            0 => Ok(()),
            unread => write!(f, "\n\nand {} that failed, whose output was not looked at", plural(unread, "more task")),
        }
    }
}

impl fmt::Display for FailureGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TaskReport { stderr, log, command, command_changed, .. } = &self.example;
        let them = if self.tasks.len() == 1 { "it" } else { "them" };
        f.write_str(&headline(self))?;
        stderr.iter().try_for_each(|line| write!(f, "\n  | {line}"))?;
        if let Some(log) = log {
            write!(f, "\n  log: {}", harmless(&log.to_string_lossy(), usize::MAX))?;
        }
        if self.skipped.count > 0 {
            write!(f, "\n  skipped because of {}: {}", them, self.skipped)?;
        }
        let Some(command) = command else { return Ok(()) };
        f.write_str("\n  run it by hand")?;
        if *command_changed {
            f.write_str(", as this program does it now (its command has changed since)")?;
        }
        let length = command.to_string().len();
        match &self.script {
            _ if length <= ByHand::LONGEST => {
                f.write_str(":")?;
                command.in_lines(WIDTH).iter().try_for_each(|line| write!(f, "\n    {line}"))
            }
            Some(script) => {
                write!(f, " (the command has {length} bytes):\n    bash {}", word(&script.to_string_lossy()))
            }
            None => {
                write!(f, ": the command has {length} bytes, too many to be shown; `status_of` gives it to programs")
            }
        }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.first.iter().map(|name| quoted(name)).collect();
        let more = if self.count > names.len() { ", .." } else { "" };
        write!(f, "{} ({}{more})", plural(self.count, "task"), names.join(", "))
    }
}

/// Who failed, and why.
fn headline(group: &FailureGroup) -> String {
    let TaskReport { name, attempts, attempts_in_run, .. } = &group.example;
    let who = match group.tasks.len() {
        0 | 1 => format!("{} failed", quoted(name)),
        tasks => format!("{tasks} tasks failed alike, the first is {}", quoted(name)),
    };
    let reason = shortened(&group.reason);
    let attempts = match (*attempts_in_run, *attempts) {
        (of_run, all) if of_run == all || of_run == 0 => plural(all as usize, "attempt"),
        (of_run, all) => format!("{}, {all} over all runs", plural(of_run as usize, "attempt")),
    };
    format!("{who}: {reason} ({attempts})")
}
