//! What failed, why, and what to do by hand: read once a run has ended.

use crate::engine::Order;
use crate::id::{SlotId, TaskId};
use crate::model::{ArgText, Failure, Role, Stream, TaskState, TaskStatus};
use crate::plan::TaskRef;
use crate::report::{self, ByHand, FailureGroup, Failures, Likeness, Skipped, TaskReport};
use crate::run::RunOutcome;
use crate::run::launch::Launcher;
use crate::run::outcome::Source;
use crate::store::{Database, LastAttempt, StoreError, TaskRow};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
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
        let values = source.plan.args(task, Role::Node).flat_map(|(_, value)| texts(&value)).collect::<Vec<_>>();
        alike.push((Likeness::of(failure, &lines, &values), (task, row)));
    }
    let groups = report::group(alike);
    let skipped = skipped(source, statuses, &groups);
    let groups = groups.into_iter().zip(skipped).filter_map(|(members, skipped)| {
        let tasks = members.iter().map(|(task, _)| source.plan.task_name(*task)).collect();
        let (task, row) = members.into_iter().next()?;
        Some(FailureGroup { tasks, example: report(source, task, row), skipped })
    });
    Ok(Failures { groups: groups.collect(), unread })
}

fn failure((task, status): (TaskId, &TaskStatus)) -> Option<(TaskId, &Failure)> {
    match status {
        TaskStatus::Failed { last } => Some((task, last)),
        _ => None,
    }
}

/// Those whose output is read. Where many fail, each template and each reason has its share, so that what failed rarely
/// is not hidden behind what failed often.
fn choose<'a>(source: &Source, failed: &[(TaskId, &'a Failure)], most: usize) -> Vec<(TaskId, &'a Failure)> {
    if failed.len() <= most {
        return failed.to_vec();
    }
    let mut seen: BTreeMap<_, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, (TaskId, &Failure))> = Vec::with_capacity(failed.len());
    for (task, failure) in failed {
        let kind = (source.plan.tasks[task.index()].template.0, failure.to_string());
        let rank = seen.entry(kind).or_default();
        ranked.push((*rank, (*task, *failure)));
        *rank += 1;
    }
    ranked.sort_by_key(|(rank, (task, _))| (*rank, *task));
    let mut chosen: Vec<_> = ranked.into_iter().take(most).map(|(_, failed)| failed).collect();
    chosen.sort_by_key(|(task, _)| *task);
    chosen
}

fn texts<'a>(value: &ArgText<'a>) -> Vec<&'a str> {
    match value {
        ArgText::One(text) => vec![text],
        ArgText::Many(texts) => texts.clone(),
        ArgText::Absent | ArgText::Flag(_) => Vec::new(),
    }
}

/// What was skipped because of each group.
fn skipped(source: &Source, statuses: &[TaskStatus], groups: &[Vec<(TaskId, TaskRow)>]) -> Vec<Skipped> {
    let mut skipped = vec![Skipped::default(); groups.len()];
    let members = groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |(task, _)| (*task, at)));
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
    let TaskRow { state, attempts, skipped_because, last } = row;
    let (stderr, log) = last.as_ref().map_or_else(Default::default, |last| said(source, last));
    let command = last.as_ref().and_then(|last| by_hand(source, task, last));
    let reason = last.and_then(|last| last.reason).filter(|_| state != TaskState::Done);
    let name = source.plan.task_name(task);
    TaskReport { name, state, attempts, reason, stderr, log, command, skipped_because }
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
    };
    let order =
        Order { attempt: last.id, task, number: last.number, slot: SlotId(0), granted: last.granted, after: None };
    launcher.launch(&order).ok().map(ByHand::of)
}
