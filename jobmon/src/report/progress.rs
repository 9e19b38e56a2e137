//! What a run tells people while it lasts.

use crate::model::Counts;
use crate::report::Skipped;
use crate::report::bars::Bars;
use crate::report::drawing::Drawing;
use crate::report::harmless::harmless;
use crate::report::lines::Lines;
use crate::report::outlet::{Hearing, Outlet};
use crate::report::screen::Size;
use crate::report::words::{plural, quoted, shortened};
use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

/// Whether and how a run tells how far it is, on standard error.
///
/// ```
/// use jobmon::prelude::*;
/// let quiet = RunOptions::default().progress(Progress::Off);
/// # let _ = quiet;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// On a terminal bars, one for each template and one for all, drawn anew at most ten times a second; elsewhere, and where
    /// `NO_COLOR` is set or `TERM` is `dumb`, as `Plain`.
    ///
    /// In a bar `#` is done, `!` did not succeed, `>` runs. What the program itself writes to the terminal meanwhile is
    /// drawn over; what it writes before and after stays.
    #[default]
    Auto,
    /// Plain lines, at most one a second.
    Plain,
    /// Nothing.
    Off,
}

/// Says what happens, and how far the run is. It never tells more than the first few failures.
///
/// Between two looks nothing is done, and a look costs as much as there are templates: a million tasks are told as cheaply
/// as ten. Nobody waits for who reads: where something is still to be read, there is no look, and the next one shows what is
/// so then. What is said of things that happened is never left out.
#[derive(Debug)]
pub struct Reporter<O: Outlet> {
    out: Option<O>,
    workflow: String,
    tasks: usize,
    failures: usize,
    suspended: usize,
    strays: Strays,
    view: View,
}

/// What tasks left running.
#[derive(Debug, Default)]
struct Strays {
    processes: usize,
    tasks: Skipped,
}

#[derive(Debug)]
enum View {
    Lines(Lines),
    Drawing(Box<Drawing>),
}

impl<O: Outlet> Reporter<O> {
    /// Of so many failures, and of so many stopped processes, each is told.
    const TOLD: usize = 10;

    /// Says plain lines to `out`, or nothing.
    pub fn new(out: Option<O>, workflow: String, tasks: usize) -> Self {
        Self {
            out,
            workflow,
            tasks,
            failures: 0,
            suspended: 0,
            strays: Strays::default(),
            view: View::Lines(Lines::default()),
        }
    }

    /// Draws bars for these templates instead, on a terminal whose size `size` tells each time it is asked.
    #[must_use]
    pub fn with_bars(mut self, templates: &[String], size: fn() -> Size) -> Self {
        let bars = Bars::new(&self.workflow, templates);
        self.view = View::Drawing(Box::new(Drawing::new(bars, size)));
        self
    }

    /// The run begins.
    pub fn begin(&mut self, resumed: usize, state: &Path) {
        let (workflow, tasks) = (self.workflow.clone(), self.tasks);
        let before = if resumed > 0 { format!(", {resumed} of them done before") } else { String::new() };
        self.note(&format_args!("{workflow}: {}{before}; the state is in {}", plural(tasks, "task"), state.display()));
    }

    /// There was nothing to run.
    pub fn complete(&mut self, state: &Path) {
        let (workflow, tasks) = (self.workflow.clone(), plural(self.tasks, "task"));
        let were = if self.tasks == 1 { "was" } else { "were all" };
        self.note(&format_args!("{workflow}: {tasks} {were} done before; the state is in {}", state.display()));
    }

    /// The run has ended, as `summary` says: that is all that stays.
    pub fn end(&mut self, summary: &dyn Display) {
        let Strays { processes, tasks } = std::mem::take(&mut self.strays);
        if processes > 0 {
            let (processes, were) = if processes == 1 {
                ("a process".to_owned(), "was")
            } else {
                (format!("{processes} processes"), "were")
            };
            self.note(&format_args!("{tasks} left {processes} running, which {were} ended"));
        }
        let workflow = self.workflow.clone();
        self.note(&format_args!("{workflow}: {summary}"));
        self.erase();
    }

    /// Nothing more will be said; calls `heard` when all is written, or when nobody reads.
    pub fn close(&mut self, heard: impl FnOnce() + Send + 'static) {
        self.erase();
        match &mut self.out {
            Some(out) => out.close(Box::new(heard)),
            None => heard(),
        }
    }

    /// Something happened, or time has passed.
    pub fn update(&mut self, elapsed: Duration, all: &Counts, templates: &[Counts]) {
        let Some(out) = &mut self.out else { return };
        match out.hearing() {
            Hearing::Now => {}
            Hearing::Later => return,
            Hearing::Never => return self.out = None,
        }
        let text = match &mut self.view {
            View::Lines(lines) => lines.line(elapsed, all).map(|line| format!("jobmon: {}: {line}\n", self.workflow)),
            View::Drawing(drawing) => drawing.look(elapsed, all, templates),
        };
        text.into_iter().for_each(|text| out.say(&text));
    }

    /// When there may be something to show, for a loop that sleeps until then.
    pub fn next_update(&self, elapsed: Duration) -> Option<Duration> {
        let next = match (self.out.as_ref()?.hearing(), &self.view) {
            (Hearing::Never, _) => return None,
            (Hearing::Later, _) => elapsed + Drawing::EVERY,
            (Hearing::Now, View::Lines(lines)) => lines.next(),
            (Hearing::Now, View::Drawing(drawing)) => drawing.next(),
        };
        Some(next.max(elapsed))
    }

    /// A task failed for good.
    pub fn failed(&mut self, name: &str, reason: &dyn Display, log: Option<&Path>) {
        self.failures += 1;
        let (name, reason) = (quoted(name), shortened(&reason.to_string()));
        match self.failures {
            failures if failures <= Self::TOLD => match log {
                Some(log) => self.note(&format_args!("{name} failed: {reason}; see {}", log.display())),
                None => self.note(&format_args!("{name} failed: {reason}")),
            },
            failures if failures == Self::TOLD + 1 => self.note(&"more tasks failed; they are counted"),
            _ => {}
        }
    }

    /// A process of a task was found stopped.
    pub fn suspended(&mut self, name: &str, pid: u32, process: &str) {
        self.suspended += 1;
        let name = quoted(name);
        match self.suspended {
            suspended if suspended <= Self::TOLD => self.note(&format_args!(
                "{name}: its process {pid} ({process}) is stopped and does nothing until `kill -CONT {pid}`"
            )),
            suspended if suspended == Self::TOLD + 1 => {
                self.note(&"processes of more tasks are stopped; `suspended_at` in the state file says of which");
            }
            _ => {}
        }
    }

    /// A task that came to its end by itself had left processes running, which were ended; its name is asked for only if it
    /// is told.
    pub fn left_running(&mut self, processes: usize, name: impl FnOnce() -> String) {
        self.strays.processes += processes;
        self.strays.tasks.add(name);
    }

    /// Something that a person should know now.
    pub fn note(&mut self, what: &dyn Display) {
        let line = harmless(&format!("jobmon: {what}"), usize::MAX);
        match &mut self.view {
            View::Lines(_) => self.say(&format!("{line}\n")),
            View::Drawing(drawing) => drawing.above.push(line),
        }
    }

    fn erase(&mut self) {
        if let View::Drawing(drawing) = &mut self.view {
            let text = drawing.erase();
            self.view = View::Lines(Lines::default());
            self.say(&text);
        }
    }

    fn say(&mut self, text: &str) {
        if let Some(out) = &mut self.out {
            out.say(text);
        }
    }
}

/// Also where a run ends by an error, all is said that was to be, and no bars are left.
impl<O: Outlet> Drop for Reporter<O> {
    fn drop(&mut self) {
        self.erase();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TaskState;
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};

    impl Outlet for &mut Vec<u8> {
        fn hearing(&self) -> Hearing {
            Hearing::Now
        }

        fn say(&mut self, text: &str) {
            self.extend_from_slice(text.as_bytes());
        }

        fn close(&mut self, heard: Box<dyn FnOnce() + Send>) {
            heard();
        }
    }

    /// Hears as it is told to.
    struct Listener<'a>(&'a Cell<Hearing>, &'a mut Vec<u8>);

    impl Outlet for Listener<'_> {
        fn hearing(&self) -> Hearing {
            self.0.get()
        }

        fn say(&mut self, text: &str) {
            self.1.extend_from_slice(text.as_bytes());
        }

        fn close(&mut self, heard: Box<dyn FnOnce() + Send>) {
            heard();
        }
    }

    fn counts(done: usize, running: usize, waiting: usize) -> Counts {
        let mut counts = Counts::registered(waiting);
        (0..done).for_each(|_| counts.add(TaskState::Done));
        (0..running).for_each(|_| counts.add(TaskState::Running));
        counts
    }

    #[test]
    fn lines_are_rate_limited_and_tell_what_changed() {
        let mut out = Vec::new();
        let mut reporter = Reporter::new(Some(&mut out), "demo/talk".to_owned(), 4);
        reporter.begin(0, Path::new("/tmp/.jobmon"));
        for (milliseconds, done) in
            [(10, 0), (999, 1), (1000, 1), (1500, 2), (1999, 2), (2000, 2), (3100, 2), (4200, 3)]
        {
            reporter.update(Duration::from_millis(milliseconds), &counts(done, 1, 3 - done), &[]);
        }
        reporter.failed("fit \x1b[31myear=1990", &"exited with code 7", Some(Path::new("/tmp/1.err")));
        drop(reporter);
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @"
        jobmon: demo/talk: 4 tasks; the state is in /tmp/.jobmon
        jobmon: demo/talk: 1 of 4 tasks done, 1 running after 1s
        jobmon: demo/talk: 2 of 4 tasks done, 1 running after 2s
        jobmon: demo/talk: 3 of 4 tasks done, 1 running after 4s
        jobmon: `fit year=1990` failed: exited with code 7; see /tmp/1.err
        ");
    }

    fn usual() -> Size {
        Size { columns: 80, rows: 24 }
    }

    #[test]
    fn a_terminal_is_drawn_on_ten_times_a_second_at_most_and_left_clean() {
        let mut out = Vec::new();
        let mut reporter = Reporter::new(Some(&mut out), "demo/talk".to_owned(), 1000);
        reporter = reporter.with_bars(&["fit".to_owned()], usual);
        reporter.begin(0, Path::new("/tmp/.jobmon"));
        for millisecond in 0..1000 {
            let counts = counts(millisecond, 1, 999 - millisecond);
            reporter.update(Duration::from_millis(millisecond as u64), &counts, &[counts]);
            if millisecond == 500 {
                reporter.failed("fit year=1990", &"exited with code 7", None);
            }
        }
        reporter.end(&"DONE in 1.0 s: 1000 done");
        drop(reporter);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches("\x1b[J").count(), 11, "ten drawings, and the last words");
        let mut terminal = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
        terminal.process(text.as_bytes());
        insta::assert_snapshot!(terminal.screen().contents(), @"
        jobmon: demo/talk: 1000 tasks; the state is in /tmp/.jobmon
        jobmon: `fit year=1990` failed: exited with code 7
        jobmon: demo/talk: DONE in 1.0 s: 1000 done
        ");
    }

    #[test]
    fn a_million_and_a_half_tasks_are_looked_at_as_rarely_as_ten() {
        static LOOKS: AtomicUsize = AtomicUsize::new(0);
        fn counted() -> Size {
            LOOKS.fetch_add(1, Ordering::Relaxed);
            usual()
        }
        const TASKS: usize = 1_500_000;
        let names: Vec<String> = (0..30).map(|at| format!("step_{at}")).collect();
        let mut out = Vec::new();
        let mut reporter = Reporter::new(Some(&mut out), "demo/big".to_owned(), TASKS).with_bars(&names, counted);
        let mut all = Counts::registered(TASKS);
        let mut templates = vec![Counts::registered(TASKS / 30); 30];
        for task in 0..TASKS {
            for counts in [&mut all, &mut templates[task % 30]] {
                counts.moved(TaskState::Registered, TaskState::Done);
            }
            // All of them within ten seconds.
            reporter.update(Duration::from_nanos(task as u64 * 6666), &all, &templates);
        }
        drop(reporter);
        let looks = LOOKS.load(Ordering::Relaxed);
        // Each costs what is on the screen: thirteen lines of eighty characters at most, with what places them.
        assert!((90..=101).contains(&looks) && out.len() <= looks * 13 * 90, "{looks} looks, {} bytes", out.len());
    }

    #[test]
    fn where_nothing_happens_only_the_time_is_drawn() {
        let mut out = Vec::new();
        let mut reporter = Reporter::new(Some(&mut out), "demo/talk".to_owned(), 1).with_bars(&[], usual);
        let counts = counts(0, 1, 0);
        for decisecond in 0..50 {
            let now = Duration::from_millis(decisecond * 100);
            reporter.update(now, &counts, &[]);
            assert!(reporter.next_update(now).unwrap() > now, "it would be woken for nothing");
        }
        drop(reporter);
        assert_eq!(String::from_utf8(out).unwrap().matches(" running  after ").count(), 5);
    }

    #[test]
    fn who_reads_late_is_told_what_happened_and_how_things_are_then() {
        for drawn in [false, true] {
            let (hearing, mut out) = (Cell::new(Hearing::Later), Vec::new());
            let mut reporter = Reporter::new(Some(Listener(&hearing, &mut out)), "demo/talk".to_owned(), 1000);
            if drawn {
                reporter = reporter.with_bars(&[], usual);
            }
            for second in 0..900 {
                let now = Duration::from_secs(second);
                let done = usize::try_from(second).unwrap();
                reporter.update(now, &counts(done, 1, 999 - done), &[]);
                assert_eq!(reporter.next_update(now), Some(now + Drawing::EVERY));
            }
            reporter.failed("fit year=1990", &"exited with code 7", None);
            hearing.set(Hearing::Now);
            reporter.update(Duration::from_mins(15), &counts(900, 1, 99), &[]);
            hearing.set(Hearing::Never);
            reporter.update(Duration::from_secs(901), &counts(901, 1, 98), &[]);
            assert_eq!(reporter.next_update(Duration::from_secs(901)), None);
            drop(reporter);
            let text = String::from_utf8(out).unwrap();
            assert!(text.contains("jobmon: `fit year=1990` failed: exited with code 7"), "{text}");
            assert!(text.contains(if drawn { "900/1000" } else { "900 of 1000" }), "{text}");
            assert_eq!(text.matches("1 running").count(), 1, "{text}");
        }
    }
}
