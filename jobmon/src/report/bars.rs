//! How far a run is, as lines of a terminal: one for each template, and one for all.

use crate::model::{Counts, TaskState};
use crate::report::harmless::harmless;
use crate::report::pace::Pace;
use crate::report::screen::{Size, columns, width};
use crate::report::words::{plural, rate_text, time_text};
use std::time::Duration;

/// What lines are made of: names, and how fast things go.
#[derive(Debug)]
pub(super) struct Bars {
    workflow: String,
    templates: Vec<String>,
    paces: Vec<Pace>,
    all: Pace,
}

impl Bars {
    /// Names are cut so that numbers have their place.
    const LONGEST_NAME: usize = 24;
    /// Where there are fewer rows, there is only the line of all.
    const LEAST_ROWS: usize = 5;

    pub(super) fn new(workflow: &str, templates: &[String]) -> Self {
        let name = |name: &String| harmless(name, usize::MAX);
        Self {
            workflow: harmless(workflow, 100),
            templates: templates.iter().map(name).collect(),
            paces: vec![Pace::default(); templates.len()],
            all: Pace::default(),
        }
    }

    /// The lines, none as long as the terminal is wide, and fewer than it is high, which may be none: where not all templates find a place,
    /// those of which something runs have it first, then those that have begun, then those that have not.
    pub(super) fn lines(&mut self, elapsed: Duration, all: &Counts, templates: &[Counts], size: Size) -> Vec<String> {
        self.all.look(elapsed, all);
        self.paces.iter_mut().zip(templates).for_each(|(pace, counts)| pace.look(elapsed, counts));
        if size.rows < 2 {
            return Vec::new();
        }
        let is_low = size.rows < Self::LEAST_ROWS;
        // One row is the cursor's, one that of all; half of a terminal is the user's.
        let room = (size.rows / 2).saturating_sub(1).max(1);
        let shown = if is_low { Vec::new() } else { choose(templates, room) };
        let rows: Vec<Row<'_>> = shown.iter().map(|at| self.row(*at, &templates[*at])).collect();
        let total = Row { name: &self.workflow, counts: all, pace: &self.all, elapsed: Some(elapsed) };
        let layout = Layout::of(rows.iter().chain([&total]), size.columns.saturating_sub(1));
        let mut lines: Vec<String> = rows.iter().map(|row| layout.line(row)).collect();
        let hidden = templates.len() - shown.len();
        if hidden > 0 && !is_low {
            let complete = (0..templates.len()).filter(|at| !shown.contains(at) && is_complete(&templates[*at]));
            let more = format!(".. and {}, {} of them complete", plural(hidden, "more template"), complete.count());
            lines.push(cut(&more, layout.width));
        }
        lines.push(layout.line(&total));
        lines
    }

    fn row<'a>(&'a self, at: usize, counts: &'a Counts) -> Row<'a> {
        Row { name: &self.templates[at], counts, pace: &self.paces[at], elapsed: None }
    }
}

/// What a line says.
struct Row<'a> {
    name: &'a str,
    counts: &'a Counts,
    pace: &'a Pace,
    elapsed: Option<Duration>,
}

/// Where things stand in all lines.
struct Layout {
    width: usize,
    name: usize,
    bar: usize,
    count: usize,
}

impl Layout {
    fn of<'a>(rows: impl Iterator<Item = &'a Row<'a>> + Clone, width: usize) -> Self {
        let longest = rows.clone().map(|row| columns(row.name)).max().unwrap_or(0);
        let count = rows.map(|row| count_text(row.counts).len()).max().unwrap_or(0);
        // A narrow terminal has room for numbers only.
        let bar = if width < 50 { 0 } else { (width / 7).min(30) };
        Self { width, name: longest.min(Bars::LONGEST_NAME).min(width / 5), bar, count }
    }

    /// The numbers, those that matter most first: what finds no place is left out.
    fn line(&self, row: &Row<'_>) -> String {
        let Row { name, counts, pace, elapsed } = row;
        let name = cut(name, self.name);
        let blanks = " ".repeat(self.name.saturating_sub(columns(&name)));
        let bar = if self.bar > 0 { format!(" {}", bar(counts, self.bar)) } else { String::new() };
        let begin = format!("{name}{blanks}{bar} {:>width$}", count_text(counts), width = self.count);
        let part = |state, word: &str| Some(counts.of(state)).filter(|count| *count > 0).map(|n| format!("{n} {word}"));
        let left = pace.left(counts.all() - counts.finished());
        let rate = pace.rate().filter(|_| !is_complete(counts));
        let parts = [
            part(TaskState::Running, "running"),
            part(TaskState::Failed, "failed"),
            elapsed.map(|elapsed| format!("after {}", time_text(elapsed))),
            left.map(|left| format!("eta {}", time_text(left.max(Duration::from_secs(1))))),
            rate.map(rate_text),
            part(TaskState::Skipped, "skipped"),
            part(TaskState::Cancelled, "cancelled"),
        ];
        let mut line = cut(&begin, self.width);
        for part in parts.into_iter().flatten() {
            if columns(&line) + 2 + columns(&part) > self.width {
                break;
            }
            line.push_str("  ");
            line.push_str(&part);
        }
        line
    }
}

/// Which templates have a line, in their order.
fn choose(templates: &[Counts], room: usize) -> Vec<usize> {
    let rank = |counts: &Counts| match counts {
        counts if counts.of(TaskState::Launched) + counts.of(TaskState::Running) > 0 => 0,
        counts if is_complete(counts) => 3,
        counts if counts.of(TaskState::Registered) < counts.all() => 1,
        _ => 2,
    };
    let mut chosen: Vec<usize> = (0..templates.len()).collect();
    if chosen.len() > room {
        // One line says what is not shown.
        chosen.sort_by_key(|at| rank(&templates[*at]));
        chosen.truncate(room.saturating_sub(1).max(1));
        chosen.sort_unstable();
    }
    chosen
}

fn is_complete(counts: &Counts) -> bool {
    counts.finished() == counts.all()
}

fn count_text(counts: &Counts) -> String {
    format!("{}/{}", counts.of(TaskState::Done), counts.all())
}

/// `#` is done, `!` did not succeed, `>` runs: each has a place as soon as there is one of it, and nothing is full before
/// it is.
fn bar(counts: &Counts, width: usize) -> String {
    let inside = width.saturating_sub(2);
    let done = counts.of(TaskState::Done);
    let running = counts.of(TaskState::Running);
    let all = counts.all().max(1);
    let part = |tasks: usize| if tasks > 0 { (tasks * inside / all).max(1) } else { 0 };
    let lost = part(counts.finished() - done);
    let done = part(done).min(inside - lost.min(inside));
    let running = part(running).min(inside - (done + lost).min(inside));
    let rest = inside.saturating_sub(done + lost + running);
    let [done, lost, running, rest] = [("#", done), ("!", lost), (">", running), ("-", rest)].map(|(c, n)| c.repeat(n));
    format!("[{done}{lost}{running}{rest}]")
}

fn cut(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let (mut cut, mut taken) = (String::new(), 0);
    for c in text.chars() {
        taken += width(c);
        if taken + 2 > most {
            break;
        }
        cut.push(c);
    }
    cut + &".."[..most.min(2)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(states: &[(TaskState, usize)]) -> Counts {
        let mut counts = Counts::default();
        states.iter().for_each(|(state, tasks)| (0..*tasks).for_each(|_| counts.add(*state)));
        counts
    }

    fn sum(templates: &[Counts]) -> Counts {
        let of = |state: &TaskState| (*state, templates.iter().map(|counts| counts.of(*state)).sum());
        counts(&TaskState::ALL.iter().map(of).collect::<Vec<_>>())
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// A survey at its begin, and half a minute later.
    fn survey(size: Size) -> String {
        use TaskState::{Done, Failed, Registered, Running, Skipped};
        let mut bars = Bars::new("covid/model", &names(&["prep", "fit_of_place_year_and_sex", "report"]));
        let begin =
            [(3, Registered), (1200, Registered), (1, Registered)].map(|(tasks, state)| counts(&[(state, tasks)]));
        bars.lines(Duration::ZERO, &sum(&begin), &begin, size);
        let now = [
            counts(&[(Done, 3)]),
            counts(&[(Done, 330), (Running, 8), (Failed, 2), (Skipped, 4), (Registered, 856)]),
            counts(&[(Registered, 1)]),
        ];
        bars.lines(Duration::from_secs(30), &sum(&now), &now, size).join("\n")
    }

    #[test]
    fn a_line_for_each_template_and_one_for_all() {
        insta::assert_snapshot!(survey(Size { columns: 120, rows: 24 }), @"
        prep                    [###############]      3/3
        fit_of_place_year_and.. [####!>---------] 330/1200  8 running  2 failed  eta 1m18s  11/s  4 skipped
        report                  [---------------]      0/1
        covid/model             [####!>---------] 333/1204  8 running  2 failed  after 30s  eta 1m17s  11/s  4 skipped
        ");
    }

    #[test]
    fn eighty_columns() {
        insta::assert_snapshot!(survey(Size { columns: 80, rows: 24 }), @"
        prep            [#########]      3/3
        fit_of_place_.. [##!>-----] 330/1200  8 running  2 failed  eta 1m18s  11/s
        report          [---------]      0/1
        covid/model     [##!>-----] 333/1204  8 running  2 failed  after 30s  eta 1m17s
        ");
    }

    #[test]
    fn a_narrow_terminal_shows_what_matters_most() {
        insta::assert_snapshot!(survey(Size { columns: 40, rows: 24 }), @"
        prep         3/3
        fit_o.. 330/1200  8 running  2 failed
        report       0/1
        covid.. 333/1204  8 running  2 failed
        ");
        insta::assert_snapshot!(survey(Size { columns: 12, rows: 24 }), @"
        ..      3/3
        .. 330/1200
        ..      0/1
        .. 333/1204
        ");
    }

    #[test]
    fn of_many_templates_the_active_ones_are_shown() {
        use TaskState::{Done, Queued, Registered, Running};
        let templates: Vec<Counts> = (0..40)
            .map(|at| match at {
                0..20 => counts(&[(Done, 5)]),
                20 | 35 => counts(&[(Done, 2), (Running, 1), (Registered, 2)]),
                21..25 => counts(&[(Queued, 1), (Registered, 4)]),
                _ => counts(&[(Registered, 5)]),
            })
            .collect();
        let mut bars = Bars::new("big/one", &(0..40).map(|at| format!("step_{at}")).collect::<Vec<_>>());
        let lines = bars.lines(Duration::from_secs(5), &sum(&templates), &templates, Size { columns: 60, rows: 18 });
        insta::assert_snapshot!(lines.join("\n"), @"
        step_20 [##>---]     2/5  1 running
        step_21 [------]     0/5
        step_22 [------]     0/5
        step_23 [------]     0/5
        step_24 [------]     0/5
        step_25 [------]     0/5
        step_35 [##>---]     2/5  1 running
        .. and 33 more templates, 20 of them complete
        big/one [###>--] 104/200  2 running  after 5s
        ");
    }

    #[test]
    fn a_bar_is_full_only_when_all_is_done() {
        use TaskState::{Cancelled, Done, Registered, Running};
        let shown = [
            bar(&counts(&[(Registered, 1000)]), 12),
            bar(&counts(&[(Done, 1), (Registered, 999)]), 12),
            bar(&counts(&[(Done, 999), (Running, 1)]), 12),
            bar(&counts(&[(Done, 999), (Registered, 1)]), 12),
            bar(&counts(&[(Done, 500), (Cancelled, 500)]), 12),
            bar(&counts(&[(Done, 1000)]), 12),
            bar(&counts(&[]), 12),
        ];
        insta::assert_snapshot!(shown.join("\n"), @"
        [----------]
        [#---------]
        [#########>]
        [#########-]
        [#####!!!!!]
        [##########]
        [----------]
        ");
    }

    proptest! {
        #[test]
        fn no_line_is_as_long_as_the_terminal_is_wide_and_there_are_fewer_than_rows(
            tasks in prop::collection::vec(prop::collection::vec(0_usize..200, TaskState::ALL.len()), 1..50),
            columns in 1_usize..200,
            rows in 1_usize..60,
        ) {
            let of = |tasks: &Vec<usize>| counts(&TaskState::ALL.iter().copied().zip(tasks.iter().copied()).collect::<Vec<_>>());
            let templates: Vec<Counts> = tasks.iter().map(of).collect();
            let mut bars = Bars::new("tool/wörk flow", &(0..tasks.len()).map(|at| format!("step {at} 日本")).collect::<Vec<_>>());
            for second in 0..3 {
                let now = Duration::from_secs(second);
                let lines = bars.lines(now, &sum(&templates), &templates, Size { columns, rows });
                prop_assert!(lines.len() < rows, "{} lines of {rows} rows", lines.len());
                for line in lines {
                    prop_assert!(super::columns(&line) < columns.max(1), "{line:?} of {columns} columns");
                }
            }
        }
    }
}
