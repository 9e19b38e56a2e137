//! What failed, why, and what to do by hand: read once a run has ended.

use crate::engine::Order;
use crate::id::{SlotId, TaskId};
use crate::model::{After, ArgText, Failure, Role, Stream, TaskState, TaskStatus};
use crate::plan::TaskRef;
use crate::report::{self, ByHand, FailureGroup, Failures, Likeness, Skipped, TaskReport};
use crate::run::RunOutcome;
use crate::run::launch::Launcher;
use crate::run::outcome::Source;
use crate::store::{Database, LastAttempt, StoreError, TaskRow};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Of so many failed tasks the output is read, so that a hundred thousand cost no more than a thousand.
const READ: usize = 1000;

/// So much of the end of a file is looked at.
const TAIL: u64 = 8192;

impl RunOutcome {
    /// What became of a task, with its last attempt's last words; `None` if it is of another workflow, or the state file
    /// can no longer be read.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
    /// let mut wf = Tool::new("demo").workflow("status");
    /// let task = wf.add(Command::new("sh").args(["-c", "echo no data >&2; exit 3"]).max_attempts(1));
    /// # #[cfg(any())]
    /// let options = RunOptions::default();
    /// let run = wf.run(options)?;
    /// let status = run.status_of(task).ok_or("it is of another workflow")?;
    /// assert_eq!(status.reason.as_deref(), Some("exited with code 3"));
    /// assert_eq!(status.stderr, ["no data"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn status_of<T: ?Sized>(&self, task: TaskRef<T>) -> Option<TaskReport> {
        let task = self.source.task(task)?;
        let read = Database::read(self.source.home.database())
            .and_then(|database| Ok(database.task(self.source.tasks.of(task))?.map(|row| (database, row))));
        match read {
            Ok(read) => read.map(|(_, row)| report(&self.source, task, row)),
            Err(error) => {
                tracing::warn!(%error, "what became of a task is not known");
                None
            }
        }
    }

    /// What failed for good in this run, those together that are alike: what the error of [`ok`](Self::ok) prints.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
    /// let mut wf = Tool::new("demo").workflow("errors");
    /// wf.add_all((0..5).map(|id| Command::new("false").node_arg("id", id).max_attempts(1)));
    /// # #[cfg(any())]
    /// let options = RunOptions::default();
    /// let run = wf.run(options)?;
    /// let groups = &run.errors().groups;
    /// assert_eq!((groups.len(), groups[0].tasks.len()), (1, 5)); // five tasks failed in one way
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn errors(&self) -> &Failures {
        &self.failures
    }
}

/// Gathers the failures of a run that has ended with these states.
pub(super) fn gather(source: &Source, statuses: &[TaskStatus]) -> Result<Failures, StoreError> {
    let database = Database::read(source.home.database())?;
    let failed: Vec<(TaskId, &Failure)> = (0..).map(TaskId).zip(statuses).filter_map(failure).collect();
    let looked_at = choose(source, &failed, READ);
    let unread = failed.len() - looked_at.len();
    let mut alike = Vec::new();
    for (task, failure) in looked_at {
        let Some(row) = database.task(source.tasks.of(task))? else { continue };
        let lines = row.last.as_ref().map_or_else(Vec::new, |last| said(source, last).0);
        alike.push((Likeness::of(failure, &lines, &arguments(source, task)), Member { task, failure, row }));
    }
    let groups = report::group(alike);
    let skipped = skipped(source, statuses, &groups);
    let groups = groups.into_iter().zip(skipped).enumerate().filter_map(|(place, (members, skipped))| {
        let tasks = members.iter().map(|member| source.plan.task_name(member.task)).collect();
        let codes = codes(&members);
        let Member { task, row, .. } = members.into_iter().next()?;
        let script = row.last.as_ref().map(|last| source.home.run(source.workflow, last.run).script_file(last.id));
        let example = report(source, task, row);
        let reason = codes.or_else(|| example.reason.clone()).unwrap_or_else(|| "the reason is not known".to_owned());
        let script = script.filter(|script| place < Failures::IN_FULL && is_written(script, &example));
        Some(FailureGroup { tasks, example, reason, script, skipped })
    });
    Ok(Failures { groups: groups.collect(), unread })
}

/// A task that failed.
struct Member<'a> {
    task: TaskId,
    failure: &'a Failure,
    row: TaskRow,
}

/// Why the members of a group failed, where the codes differ that they exited with: programs that say what went wrong may
/// exit with any.
fn codes(members: &[Member<'_>]) -> Option<String> {
    let code = |member: &Member<'_>| if let Failure::Exit(code) = member.failure { Some(*code) } else { None };
    let codes: BTreeSet<i32> = members.iter().filter_map(code).collect();
    let mut codes: Vec<String> = codes.iter().map(i32::to_string).collect();
    match codes.len() {
        0 | 1 => None,
        2..=5 => {
            let last = codes.pop().unwrap_or_default();
            Some(format!("exited with code {} or {last}", codes.join(", ")))
        }
        many => Some(format!("exited with {many} different codes, such as {}", codes[..3].join(", "))),
    }
}

/// Writes a command that is too long to be shown to a file; whether it is there.
fn is_written(script: &Path, example: &TaskReport) -> bool {
    let Some(command) = example.command.as_ref().map(ToString::to_string) else { return false };
    if command.len() <= ByHand::LONGEST {
        return false;
    }
    let directory = script.parent().map_or(Ok(()), std::fs::create_dir_all);
    // It may hold what others are not to read.
    let file = directory.and_then(|()| {
        File::options().write(true).create(true).truncate(true).mode(0o600).open(script)?.write_all(command.as_bytes())
    });
    if let Err(error) = &file {
        tracing::warn!(%error, file = %script.display(), "a command to run by hand cannot be written");
    }
    file.is_ok()
}

fn failure((task, status): (TaskId, &TaskStatus)) -> Option<(TaskId, &Failure)> {
    match status {
        TaskStatus::Failed { last } => Some((task, last)),
        _ => None,
    }
}

/// Those whose output is read. Where many fail, each template and each kind of reason has its share, so that what failed
/// rarely is not hidden behind what failed often; a share is taken from all over its tasks, since what is told by their
/// output alone often begins late, or in the middle.
fn choose<'a>(source: &Source, failed: &[(TaskId, &'a Failure)], most: usize) -> Vec<(TaskId, &'a Failure)> {
    if failed.len() <= most {
        return failed.to_vec();
    }
    let mut kinds: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (place, (task, failure)) in failed.iter().enumerate() {
        let likeness = Likeness::of(failure, &[], &arguments(source, *task));
        kinds.entry((source.plan.tasks[task.index()].template.0, likeness)).or_default().push(place);
    }
    let kinds: Vec<Vec<usize>> = kinds.into_values().collect();
    let shares = shares(&kinds.iter().map(Vec::len).collect::<Vec<_>>(), most);
    let chosen = kinds.iter().zip(shares).flat_map(|(kind, share)| evenly(kind.len(), share).map(|at| kind[at]));
    let mut chosen: Vec<usize> = chosen.collect();
    chosen.sort_unstable();
    chosen.into_iter().map(|place| failed[place]).collect()
}

/// How many of each kind are taken, `most` together: what small ones do not need is left to the large ones.
fn shares(kinds: &[usize], most: usize) -> Vec<usize> {
    let mut by_size: Vec<usize> = (0..kinds.len()).collect();
    by_size.sort_by_key(|kind| kinds[*kind]);
    let (mut shares, mut left) = (vec![0; kinds.len()], most);
    for (before, kind) in by_size.into_iter().enumerate() {
        shares[kind] = (left / (kinds.len() - before)).min(kinds[kind]);
        left -= shares[kind];
    }
    shares
}

/// So many places of `all`, the first among them, as far apart as they can be.
fn evenly(all: usize, share: usize) -> impl Iterator<Item = usize> {
    (0..share).map(move |nth| nth * all / share)
}

/// The values that make a task another one than its siblings.
fn arguments(source: &Source, task: TaskId) -> Vec<&str> {
    source.plan.args(task, Role::Node).flat_map(|(_, value)| texts(&value)).collect()
}

fn texts<'a>(value: &ArgText<'a>) -> Vec<&'a str> {
    match value {
        ArgText::One(text) => vec![text],
        ArgText::Many(texts) => texts.clone(),
        ArgText::Absent | ArgText::Flag(_) => Vec::new(),
    }
}

/// What was skipped because of each group.
fn skipped(source: &Source, statuses: &[TaskStatus], groups: &[Vec<Member<'_>>]) -> Vec<Skipped> {
    let mut skipped = vec![Skipped::default(); groups.len()];
    let members = groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |member| (member.task, at)));
    let group_of: BTreeMap<TaskId, usize> = members.collect();
    for (task, status) in (0..).map(TaskId).zip(statuses) {
        if let TaskStatus::Skipped { because } = status
            && let Some(group) = group_of.get(because)
        {
            skipped[*group].add(|| source.plan.task_name(task));
        }
    }
    skipped
}

fn report(source: &Source, task: TaskId, row: TaskRow) -> TaskReport {
    let TaskRow { state, attempts, attempts_in_run, skipped_because, last } = row;
    let (stderr, log) = last.as_ref().map_or_else(Default::default, |last| said(source, last));
    let command = last.as_ref().and_then(|last| by_hand(source, task, last));
    let now = source.plan.template(task).command_hash();
    let command_changed = last.as_ref().is_some_and(|last| last.command != now);
    let queue = last.as_ref().and_then(|last| last.granted.queue);
    let reason = last.and_then(|last| last.reason).filter(|_| state != TaskState::Done);
    let reason = reason.map(|reason| match queue {
        Some(queue) => format!("{reason}, in the queue `{queue}`"),
        None => reason,
    });
    let name = source.plan.task_name(task);
    TaskReport {
        name,
        state,
        attempts,
        attempts_in_run,
        reason,
        stderr,
        log,
        command,
        command_changed,
        skipped_because,
    }
}

/// The last lines that an attempt wrote to standard error, and the file with all of them.
fn said(source: &Source, last: &LastAttempt) -> (Vec<String>, Option<PathBuf>) {
    let directory = source.home.run(source.workflow, last.run);
    let [err, out] = [Stream::Err, Stream::Out].map(|stream| directory.attempt_file(last.id, stream));
    match tail(&err) {
        Ok(lines) => (lines, Some(err)),
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::warn!(%error, file = %err.display(), "what a task said cannot be read");
            }
            (Vec::new(), Some(out).filter(|out| out.exists()))
        }
    }
}

fn tail(path: &Path) -> io::Result<Vec<String>> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.take(TAIL).read_to_end(&mut end)?;
    Ok(report::last_lines(&end, from > 0))
}

/// What an attempt was started with, once more.
fn by_hand(source: &Source, task: TaskId, last: &LastAttempt) -> Option<ByHand> {
    let launcher = Launcher {
        plan: Arc::clone(&source.plan),
        tasks: Arc::clone(&source.tasks),
        workflow: source.workflow,
        run: last.run,
        token: last.token.clone(),
        directory: last.directory.clone(),
        after: After::AnyEnd,
    };
    let order =
        Order { attempt: last.id, task, number: last.number, slot: SlotId(0), granted: last.granted, after: None };
    launcher.launch(&order).ok().map(ByHand::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_kinds_are_taken_whole_and_large_ones_from_all_over() {
        assert_eq!(shares(&[5000, 3, 5000, 1], 1000), [498, 3, 498, 1]);
        assert_eq!(shares(&[2, 5000, 300], 1000), [2, 698, 300]);
        assert_eq!(shares(&[1, 1, 1], 2), [0, 1, 1]);
        assert_eq!(shares(&[], 5), [0; 0]);
        assert_eq!(evenly(10, 3).collect::<Vec<_>>(), [0, 3, 6]);
        assert_eq!(evenly(3, 3).collect::<Vec<_>>(), [0, 1, 2]);
        // A hundred in a row among a hundred thousand are met.
        assert!(evenly(100_000, 1000).any(|place| (99_800..99_900).contains(&place)));
        assert_eq!(evenly(7, 0).count(), 0);
    }
}
