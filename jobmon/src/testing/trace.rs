//! What happened in a simulated run: to ask, and to read.

use crate::id::{AttemptId, TaskId};
use crate::model::{Resources, RunState, Verdict};
use crate::plan::{PlanData, TaskRef};
use crate::testing::Which;
use crate::testing::happened::{Event, Happened};
use crate::units::Memory;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// What happened in a simulated run, over all its starts.
///
/// Its `Display` is a text for snapshots: `00:12 start fit location=3 #1`. The same seed gives the same text.
///
/// ```
/// use jobmon::prelude::*;
/// use jobmon::testing::Simulation;
/// use std::time::Duration;
///
/// let mut wf = Tool::new("demo").workflow("w");
/// let prep = wf.add(Command::new("prep").template("prep"));
/// let fit = wf.add(Command::new("fit").template("fit").upstream(prep));
/// let trace = Simulation::new(1).durations(Duration::from_secs(10)).fail(fit, 1).run(&wf)?;
///
/// assert!(trace.finished());
/// assert_eq!(trace.starts("fit"), 2);
/// assert_eq!(trace.makespan(), Duration::from_secs(30));
/// assert_eq!(
///     trace.to_string(),
///     "00:00 start prep #1\n\
///      00:10 done prep #1\n\
///      00:10 start fit #1\n\
///      00:20 fail fit #1: exited with code 1\n\
///      00:20 start fit #2\n\
///      00:30 done fit #2\n\
///      00:30 end DONE: 2 done"
/// );
/// # Ok::<(), jobmon::testing::SimulationError>(())
/// ```
#[derive(Clone)]
pub struct Trace {
    pub(super) plan: Arc<PlanData>,
    pub(super) events: Vec<Event>,
    pub(super) attempts: Vec<AttemptTrace>,
    /// The tasks that were done before the simulation began.
    pub(super) before: BTreeSet<TaskId>,
    pub(super) status: Option<RunState>,
}

/// One attempt of a simulated run.
///
/// ```
/// use jobmon::prelude::*;
/// use jobmon::testing::Simulation;
///
/// let mut wf = Tool::new("demo").workflow("w");
/// let fit = wf.add(Command::new("fit").memory("8G"));
/// let trace = Simulation::new(1).out_of_memory_below(fit, "10G").run(&wf)?;
/// let memory: Vec<String> = trace.attempts_of(fit).map(|attempt| attempt.granted.memory.unwrap().to_string()).collect();
/// assert_eq!(memory, ["8G", "12G"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttemptTrace {
    pub(super) task: TaskId,
    pub(super) id: AttemptId,
    /// The how manieth attempt at its task it is, from 1, over all starts of the workflow.
    pub number: u32,
    /// What it was granted.
    pub granted: Resources,
    /// When it began, from the first start of the workflow.
    pub began: Duration,
    /// When it ended; `None` where it never did.
    pub ended: Option<Duration>,
    /// How it ended.
    pub verdict: Option<Verdict>,
}

impl Trace {
    /// How often attempts began.
    ///
    /// # Panics
    /// If the workflow has no such task or template: as the misspelt name of one.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::{Simulation, Which};
    /// let mut wf = Tool::new("demo").workflow("w");
    /// let fits = wf.add_all((0..3).map(|id| Command::new("fit").node_arg("id", id)));
    /// let trace = Simulation::new(1).run(&wf)?;
    /// assert_eq!((trace.starts(&fits), trace.starts("command"), trace.starts(Which::all())), (3, 3, 3));
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    #[track_caller]
    pub fn starts(&self, which: impl Into<Which>) -> usize {
        let which = which.into().asked_of(&self.plan);
        self.attempts.iter().filter(|attempt| which.includes(&self.plan, attempt.task)).count()
    }

    /// The attempts at a task that began, in order.
    ///
    /// # Panics
    /// If the workflow has no such task or template: as the misspelt name of one.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// let fit = wf.add(Command::new("fit"));
    /// let trace = Simulation::new(1).fail(fit, 2).run(&wf)?;
    /// assert_eq!(trace.attempts_of(fit).map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 2, 3]);
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    #[track_caller]
    pub fn attempts_of<T: ?Sized>(&self, task: TaskRef<T>) -> impl Iterator<Item = &AttemptTrace> {
        let _known = Which::from(task).asked_of(&self.plan);
        let wanted = task.task();
        self.attempts.iter().filter(move |attempt| Some(attempt.task) == wanted)
    }

    /// All attempts that began, in the order of their begins.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// wf.add_all((0..3).map(|id| Command::new("fit").node_arg("id", id)));
    /// let trace = Simulation::new(1).run(&wf)?;
    /// assert!(trace.attempts().all(|attempt| attempt.number == 1));
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    pub fn attempts(&self) -> impl ExactSizeIterator<Item = &AttemptTrace> {
        self.attempts.iter()
    }

    /// Whether the last start ended with all tasks done.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// let fit = wf.add(Command::new("fit"));
    /// assert!(Simulation::new(1).run(&wf)?.finished());
    /// assert!(!Simulation::new(1).fail(fit, 3).run(&wf)?.finished());
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    pub fn finished(&self) -> bool {
        self.status == Some(RunState::Done)
    }

    /// How the last start ended.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// use jobmon::model::RunState;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// let fit = wf.add(Command::new("fit"));
    /// assert_eq!(Simulation::new(1).fail(fit, 3).run(&wf)?.status(), RunState::Failed);
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    pub fn status(&self) -> RunState {
        self.status.unwrap_or(RunState::Lost)
    }

    /// Whether a task was done in the end, by this simulation or by one before that left its [`state`](crate::testing::Simulation::state).
    ///
    /// # Panics
    /// If the workflow has no such task or template: as the misspelt name of one.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// let (prep, fit) = (wf.add(Command::new("prep")), wf.add(Command::new("fit")));
    /// let trace = Simulation::new(1).fail(fit, 3).run(&wf)?;
    /// assert!(trace.is_done(prep) && !trace.is_done(fit));
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    #[track_caller]
    pub fn is_done<T: ?Sized>(&self, task: TaskRef<T>) -> bool {
        let before = task.task().is_some_and(|task| self.before.contains(&task));
        self.attempts_of(task).any(|attempt| attempt.verdict == Some(Verdict::Done)) || before
    }

    /// For each task, in the order of adding, whether it was done in the end.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// let (prep, fit) = (wf.add(Command::new("prep")), wf.add(Command::new("fit")));
    /// assert_eq!(Simulation::new(1).fail(prep, 3).run(&wf)?.done(), [false, true]);
    /// # let _ = fit;
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    pub fn done(&self) -> Vec<bool> {
        let now = self.attempts.iter().filter(|attempt| attempt.verdict == Some(Verdict::Done));
        let mut done = vec![false; self.plan.tasks.len()];
        for task in now.map(|attempt| attempt.task).chain(self.before.iter().copied()) {
            done[task.index()] = true;
        }
        done
    }

    /// From the first start to the end of the last.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// # use std::time::Duration;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// wf.add_all((0..10).map(|id| Command::new("fit").node_arg("id", id)));
    /// let trace = Simulation::new(1).slots(5).durations(Duration::from_secs(60)).run(&wf)?;
    /// assert_eq!(trace.makespan(), Duration::from_secs(120));
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    pub fn makespan(&self) -> Duration {
        self.events.last().map_or(Duration::ZERO, |event| event.at)
    }

    /// The most attempts that ran at one time.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let mut wf = Tool::new("demo").workflow("w").max_concurrently_running(3);
    /// wf.add_all((0..10).map(|id| Command::new("fit").node_arg("id", id)));
    /// assert_eq!(Simulation::new(1).slots(8).run(&wf)?.peak_running(), 3);
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    pub fn peak_running(&self) -> usize {
        self.peak_running_of(Which::all())
    }

    /// The most attempts at some tasks that ran at one time.
    ///
    /// # Panics
    /// If the workflow has no such task or template: as the misspelt name of one.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// let fits = wf.add_all((0..3).map(|id| Command::new("fit").node_arg("id", id)));
    /// wf.add(Command::new("log").template("log"));
    /// assert_eq!(Simulation::new(1).slots(8).run(&wf)?.peak_running_of(&fits), 3);
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    #[track_caller]
    pub fn peak_running_of(&self, which: impl Into<Which>) -> usize {
        let which = which.into().asked_of(&self.plan);
        let most = self.peak(|attempt| u64::from(which.includes(&self.plan, attempt.task)));
        usize::try_from(most).unwrap_or(usize::MAX)
    }

    /// The most memory that was granted at one time.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// wf.add_all((0..10).map(|id| Command::new("fit").node_arg("id", id).memory("3G")));
    /// let trace = Simulation::new(1).slots(8).memory("8G").run(&wf)?;
    /// assert_eq!(trace.peak_memory(), "6G".parse()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn peak_memory(&self) -> Memory {
        Memory::from_bytes(self.peak(|attempt| attempt.granted.memory.map_or(0, Memory::bytes)))
    }

    /// Whether no attempt at one ran while one at the other did.
    ///
    /// # Panics
    /// If the workflow has no such task or template: as the misspelt name of one.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// let prep = wf.add(Command::new("prep").template("prep"));
    /// wf.add(Command::new("fit").template("fit").upstream(prep));
    /// wf.add(Command::new("log").template("log"));
    /// let trace = Simulation::new(1).slots(2).run(&wf)?;
    /// assert!(trace.never_together("prep", "fit"));
    /// assert!(!trace.never_together(prep, "log"));
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    #[track_caller]
    pub fn never_together(&self, one: impl Into<Which>, other: impl Into<Which>) -> bool {
        let (one, other) = (one.into().asked_of(&self.plan), other.into().asked_of(&self.plan));
        let (mut ones, mut others) = (0_usize, 0_usize);
        let mut both = false;
        for (_, begins, attempt) in self.changes() {
            let change = |count: &mut usize| *count = if begins { *count + 1 } else { *count - 1 };
            let is = |which: &Which| which.includes(&self.plan, attempt.task);
            if is(&one) {
                change(&mut ones);
            }
            if is(&other) {
                change(&mut others);
            }
            // What is of both runs with itself only if there are two of it.
            both |= ones > 0 && others > 0 && (ones + others > 2 || !(is(&one) && is(&other)));
        }
        !both
    }

    /// How often the driver died.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit"));
    /// let trace = Simulation::new(1).crash_at_commit(8).run(&wf)?;
    /// assert_eq!(trace.crashes(), 1);
    /// assert!(trace.finished());
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    pub fn crashes(&self) -> usize {
        self.events.iter().filter(|event| matches!(event.what, Happened::Crash(_))).count()
    }

    /// All begins (`true`) and ends in order. At one instant what ends goes first.
    fn changes(&self) -> Vec<(Duration, bool, &AttemptTrace)> {
        let end = |attempt: &AttemptTrace| attempt.ended.unwrap_or(Duration::MAX);
        let mut changes: Vec<_> = self
            .attempts
            .iter()
            .filter(|attempt| end(attempt) > attempt.began)
            .flat_map(|attempt| [(attempt.began, true, attempt), (end(attempt), false, attempt)])
            .collect();
        changes.sort_by_key(|(at, begins, _)| (*at, *begins));
        changes
    }

    fn peak(&self, amount: impl Fn(&AttemptTrace) -> u64) -> u64 {
        let (mut now, mut most) = (0, 0);
        for (_, begins, attempt) in self.changes() {
            now = if begins { now + amount(attempt) } else { now - amount(attempt) };
            most = most.max(now);
        }
        most
    }
}
