//! A workflow run on a cluster that is only imagined.

use crate::exec::local::{Remnants, write_ends};
use crate::model::RunDirectory;
use crate::plan::{TaskSet, Workflow};
use crate::run::{Ready, RunOptions, Started, Surroundings, start};
use crate::store::{Database, Home};
use crate::testing::cluster::{Cluster, Flaw, Machinery};
use crate::testing::crash::{Crashes, Side};
use crate::testing::life::{Life, LifeEnd};
use crate::testing::mishap::{Rule, Rules, What};
use crate::testing::trace::Happened;
use crate::testing::world::{StateDirectory, VirtualClock};
use crate::testing::{Durations, Mishap, ReportFault, Seed, SimulationError, SubmissionFault, Trace, Which};
use crate::units::Memory;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A workflow run on a cluster that is only imagined: the real engine, plan and state file, in virtual time, with all the
/// accidents that are asked for. Nothing is started and nothing waited for, so that hours pass in milliseconds; and the same seed
/// gives the same run each time.
///
/// Of a task's command nothing is run. Each attempt takes a second and succeeds, unless rules say otherwise. Whatever
/// happens, what must never happen is watched for: a task that is done twice, two attempts at it at one time, one that begins
/// before what it needs is done, an attempt that is not accounted for. That would be a fault of jobmon, and is
/// [`SimulationError::Broken`].
///
/// ```
/// use jobmon::prelude::*;
/// use jobmon::testing::Simulation;
/// use std::time::Duration;
///
/// #[task_template(command = "fit {year}", memory = "8G", runtime = "1h")]
/// struct Fit {
///     #[node_arg]
///     year: u16,
/// }
///
/// let mut wf = Tool::new("demo").workflow("w");
/// let fits = wf.add_all(grid!(Fit { year in 1990..2000 }));
/// let hard = fits.one(|fit| fit.year == 1995);
///
/// let trace = Simulation::new(1)
///     .slots(4)
///     .durations(Duration::from_secs(600))
///     .out_of_memory_below(hard, "15G".parse()?)
///     .crash_at_commit(12)
///     .run(&wf)?;
///
/// assert!(trace.finished());
/// let last = trace.attempts_of(hard).last().unwrap();
/// assert_eq!(last.granted.memory, Some("18G".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing happens before it is run"]
pub struct Simulation {
    seed: Seed,
    machinery: Machinery,
    crashes: Crashes,
    commit_time: Duration,
    slots: u32,
    memory: Memory,
    options: RunOptions,
    state: Option<PathBuf>,
    restarts: bool,
}

impl Simulation {
    /// So many tasks run at once where nothing else is said.
    const SLOTS: u32 = 4;

    /// After a crash the workflow is started again so much later.
    const RESTART: Duration = Duration::from_secs(1);

    /// A run in which chance is drawn from this seed.
    ///
    /// ```
    /// use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(7);
    /// # let _ = simulation;
    /// ```
    pub fn new(seed: impl Into<Seed>) -> Self {
        let seed = seed.into();
        let machinery = Machinery {
            rules: Rules::default(),
            reports: Vec::new(),
            submissions: Vec::new(),
            queue_delay: Duration::ZERO,
            nodes: 1,
            deaths: Vec::new(),
            grace: RunOptions::GRACE,
            after_success: false,
            flaw: None,
        };
        Self {
            crashes: Crashes::new(seed.clone()),
            seed,
            machinery,
            commit_time: Duration::ZERO,
            slots: Self::SLOTS,
            // More than there is anywhere.
            memory: Memory::from_bytes(1 << 50),
            options: RunOptions::default(),
            state: None,
            restarts: true,
        }
    }

    /// How many tasks of one core run at once; 4 by default.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(1).slots(100);
    /// # let _ = simulation;
    /// ```
    pub const fn slots(mut self, slots: u32) -> Self {
        self.slots = if slots == 0 { 1 } else { slots };
        self
    }

    /// How much memory there is for all tasks together; by default as much as they ask for.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(1).memory("64G".parse()?);
    /// # let _ = simulation;
    /// # Ok::<(), jobmon::units::UnitError>(())
    /// ```
    pub const fn memory(mut self, memory: Memory) -> Self {
        self.memory = memory;
        self
    }

    /// How the workflow is run. What says where the state is, how much there is of the machine, and what is shown, is the
    /// simulation's own affair and passed over.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(1).options(RunOptions::default().resume(true));
    /// # let _ = simulation;
    /// ```
    pub fn options(mut self, options: RunOptions) -> Self {
        self.options = options;
        self
    }

    /// Keeps the state in this directory, so that a further simulation, of the same workflow or of a changed one, goes on where
    /// this one ended.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// use jobmon::testing::{Simulation, Which};
    ///
    /// let state = tempfile::tempdir()?;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// wf.add_all((0..3).map(|id| Command::new("fit").node_arg("id", id)));
    /// Simulation::new(1).state(state.path()).fail(Which::all(), 3).run(&wf)?;
    ///
    /// let again = Simulation::new(1).state(state.path()).options(RunOptions::default().resume(true)).run(&wf)?;
    /// assert!(again.finished());
    /// assert_eq!(again.starts(Which::all()), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn state(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state = Some(directory.into());
        self
    }

    /// How long attempts take: a second by default.
    ///
    /// ```
    /// # use jobmon::testing::{Durations, Simulation};
    /// # use std::time::Duration;
    /// let simulation = Simulation::new(1).durations(Durations::exponential(Duration::from_secs(60)));
    /// # let _ = simulation;
    /// ```
    pub fn durations(self, durations: impl Into<Durations>) -> Self {
        self.duration(Which::all(), durations)
    }

    /// How long attempts at some tasks take. Of several rules for a task the last counts. What takes longer than its wall time is
    /// ended by it.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// # use std::time::Duration;
    /// let simulation = Simulation::new(1).duration("fit", Duration::from_secs(600));
    /// # let _ = simulation;
    /// ```
    pub fn duration(self, which: impl Into<Which>, durations: impl Into<Durations>) -> Self {
        self.rule(which.into(), What::Takes(durations.into()))
    }

    /// How long attempts at the tasks of a set take, by the structs that they were made of.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// use jobmon::testing::Simulation;
    /// use std::time::Duration;
    ///
    /// #[task_template(command = "fit {place}")]
    /// struct Fit {
    ///     #[node_arg]
    ///     place: u32,
    /// }
    ///
    /// let mut wf = Tool::new("demo").workflow("w");
    /// let fits = wf.add_all(grid!(Fit { place in 1..=4 }));
    /// let simulation = Simulation::new(1).slots(1).duration_of(&fits, |fit| Duration::from_secs(fit.place.into()));
    /// assert_eq!(simulation.run(&wf)?.makespan(), Duration::from_secs(1 + 2 + 3 + 4));
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    pub fn duration_of<T>(self, set: &TaskSet<T>, duration: impl Fn(&T) -> Duration) -> Self {
        self.duration(set, Durations::each(set, duration))
    }

    /// The first attempts at each of these tasks, so many of them, exit with 1.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(1).fail("fit", 2);
    /// # let _ = simulation;
    /// ```
    pub fn fail(self, which: impl Into<Which>, times: u32) -> Self {
        self.mishap(which, Mishap::Exit(1), times)
    }

    /// The same happens to the first attempts at each of these tasks, so many of them. An attempt that meets with several
    /// mishaps meets with the first that was said.
    ///
    /// ```
    /// # use jobmon::testing::{Mishap, Simulation};
    /// let simulation = Simulation::new(1).mishap("fit", Mishap::NodeFailure, 1);
    /// # let _ = simulation;
    /// ```
    pub fn mishap(self, which: impl Into<Which>, mishap: Mishap, times: u32) -> Self {
        self.rule(which.into(), What::Strikes(mishap, times))
    }

    /// The same happens to each attempt at these tasks with this probability.
    ///
    /// ```
    /// # use jobmon::testing::{Mishap, Simulation, Which};
    /// let simulation = Simulation::new(1).sometimes(Which::all(), Mishap::Preemption, 0.05);
    /// # let _ = simulation;
    /// ```
    pub fn sometimes(self, which: impl Into<Which>, mishap: Mishap, rate: f64) -> Self {
        self.rule(which.into(), What::Sometimes(mishap, rate))
    }

    /// Attempts that were granted less memory than that run out of it, half way through. Those without a limit succeed.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(1).out_of_memory_below("fit", "12G".parse()?);
    /// # let _ = simulation;
    /// # Ok::<(), jobmon::units::UnitError>(())
    /// ```
    pub fn out_of_memory_below(self, which: impl Into<Which>, memory: Memory) -> Self {
        self.rule(which.into(), What::Needs(memory))
    }

    /// These tasks do not end when they get TERM: only KILL ends them, after the grace period.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(1).ignore_term("fit");
    /// # let _ = simulation;
    /// ```
    pub fn ignore_term(self, which: impl Into<Which>) -> Self {
        self.rule(which.into(), What::IgnoresTerm)
    }

    fn rule(mut self, which: Which, what: What) -> Self {
        self.machinery.rules.all.push(Rule { which, what });
        self
    }

    /// The cluster has so many nodes, over which attempts are spread; 1 by default.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(1).slots(100).nodes(10);
    /// # let _ = simulation;
    /// ```
    pub const fn nodes(mut self, nodes: u32) -> Self {
        self.machinery.nodes = nodes;
        self
    }

    /// A node, counted from 0, dies at this time, and another takes its place: what runs there is lost.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// # use std::time::Duration;
    /// let simulation = Simulation::new(1).nodes(2).node_dies(1, Duration::from_secs(90));
    /// # let _ = simulation;
    /// ```
    pub fn node_dies(mut self, node: u32, at: Duration) -> Self {
        self.machinery.deaths.push((at, node));
        self
    }

    /// Each attempt waits so long in the cluster's queue before it begins; not at all by default.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// # use std::time::Duration;
    /// let simulation = Simulation::new(1).queue_delay(Duration::from_secs(30));
    /// # let _ = simulation;
    /// ```
    pub const fn queue_delay(mut self, delay: Duration) -> Self {
        self.machinery.queue_delay = delay;
        self
    }

    /// What the cluster reports is garbled with this probability.
    ///
    /// ```
    /// # use jobmon::testing::{ReportFault, Simulation};
    /// let simulation = Simulation::new(1).reports(ReportFault::Doubled, 0.1);
    /// # let _ = simulation;
    /// ```
    pub fn reports(mut self, fault: ReportFault, rate: f64) -> Self {
        self.machinery.reports.push((fault, rate));
        self
    }

    /// An order to start an attempt meets with this with this probability.
    ///
    /// ```
    /// # use jobmon::testing::{Simulation, SubmissionFault};
    /// let simulation = Simulation::new(1).submissions(SubmissionFault::Unclear, 0.1);
    /// # let _ = simulation;
    /// ```
    pub fn submissions(mut self, fault: SubmissionFault, rate: f64) -> Self {
        self.machinery.submissions.push((fault, rate));
        self
    }

    /// The driver dies at the commit of this number, counted from 1 over all starts, and is started again a second later. The
    /// seed decides whether the commit was made before it died; and whether a keeper outlived it, which writes down how
    /// everything ended, or everything died with it.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(1).crash_at_commit(17);
    /// # let _ = simulation;
    /// ```
    pub fn crash_at_commit(self, commit: u64) -> Self {
        self.crash(commit, Side::Either)
    }

    /// The driver dies before the commit of this number: nothing of it is on disk.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(1).crash_before_commit(17);
    /// # let _ = simulation;
    /// ```
    pub fn crash_before_commit(self, commit: u64) -> Self {
        self.crash(commit, Side::Before)
    }

    /// The driver dies right after the commit of this number: it is on disk, and nothing has followed from it.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(1).crash_after_commit(17);
    /// # let _ = simulation;
    /// ```
    pub fn crash_after_commit(self, commit: u64) -> Self {
        self.crash(commit, Side::After)
    }

    fn crash(mut self, commit: u64, side: Side) -> Self {
        self.crashes.at_commits.push((commit, side));
        self
    }

    /// The driver dies at this time, counted from the first start.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// # use std::time::Duration;
    /// let simulation = Simulation::new(1).crash_at(Duration::from_secs(90));
    /// # let _ = simulation;
    /// ```
    pub fn crash_at(mut self, at: Duration) -> Self {
        self.crashes.at.push(at);
        self.crashes.at.sort_unstable();
        self
    }

    /// The driver dies at each commit with this probability.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(1).crashes(0.05);
    /// # let _ = simulation;
    /// ```
    pub const fn crashes(mut self, rate: f64) -> Self {
        self.crashes.rate = rate;
        self
    }

    /// After the first crash the workflow is not started again: what is left can be looked at, or gone on with by another
    /// simulation, where [`state`](Self::state) says where it is.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::{Simulation, Which};
    /// let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit"));
    /// let trace = Simulation::new(1).crash_before_commit(2).without_restart().run(&wf)?;
    /// assert_eq!((trace.crashes(), trace.starts(Which::all()), trace.finished()), (1, 0, false));
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    pub const fn without_restart(mut self) -> Self {
        self.restarts = false;
        self
    }

    /// Each commit takes so long; no time by default, so that times are whole numbers.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// # use std::time::Duration;
    /// let simulation = Simulation::new(1).commit_time(Duration::from_millis(3));
    /// # let _ = simulation;
    /// ```
    pub const fn commit_time(mut self, time: Duration) -> Self {
        self.commit_time = time;
        self
    }

    /// Builds a mistake into the seams, to see that it is found.
    #[doc(hidden)]
    pub const fn flaw(mut self, flaw: Flaw) -> Self {
        self.machinery.flaw = Some(flaw);
        self
    }

    /// Runs the workflow until its end, started again after each crash.
    ///
    /// # Errors
    /// The workflow has mistakes or is refused; rules name tasks that it does not have; it would wait for ever.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit"));
    /// println!("{}", Simulation::new(1).run(&wf)?);
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    pub fn run(&self, workflow: &Workflow) -> Result<Trace, SimulationError> {
        let plan = workflow.plan();
        let mistakes = self.machinery.rules.all.iter().filter_map(|rule| {
            let mistake = rule.which.mistake(plan)?;
            Some(format!("a rule of the simulation is for {}: {mistake}", rule.which))
        });
        let mistakes: Vec<String> = mistakes.collect();
        if !mistakes.is_empty() {
            return Err(SimulationError::Rules(mistakes));
        }
        let state = StateDirectory::new(self.state.as_deref())?;
        let mut machinery = self.machinery.clone();
        machinery.grace = self.options.grace;
        machinery.after_success = self.options.course.rules().max_failures.is_some();
        let cluster = Cluster::new(Arc::clone(plan), self.seed.clone(), machinery);
        let lives = Lives {
            simulation: self,
            workflow,
            clock: VirtualClock::default(),
            crashes: self.crashes.anew(),
            options: self.options.clone().state(state.path()).cores(self.slots).memory(self.memory),
            cluster,
        };
        lives.run()
    }
}

/// The starts of a workflow, one after the other.
struct Lives<'s> {
    simulation: &'s Simulation,
    workflow: &'s Workflow,
    clock: VirtualClock,
    crashes: Crashes,
    options: RunOptions,
    cluster: Cluster,
}

impl Lives<'_> {
    fn run(mut self) -> Result<Trace, SimulationError> {
        loop {
            let died = match self.start()? {
                Some(Started::Complete(outcome, _)) => {
                    let counts = format!("{} done before", outcome.resumed);
                    let finish = Happened::Finish { state: outcome.status, counts };
                    self.cluster.trace.note(self.cluster.now, finish);
                    self.audit(outcome.state(), outcome.workflow_id())?;
                    return Ok(self.cluster.trace);
                }
                Some(Started::Run(ready)) => self.live(*ready)?,
                None => true,
            };
            if !died {
                return Ok(self.cluster.trace);
            }
            self.crash();
            if !self.simulation.restarts {
                return Ok(self.cluster.trace);
            }
        }
    }

    /// Starts the workflow; `None` where the driver dies before it runs anything.
    fn start(&mut self) -> Result<Option<Started>, SimulationError> {
        let crashes = self.crashes.clone();
        let around = Surroundings {
            clock: &self.clock,
            host: "simulated".to_owned(),
            end_remnants: |_| Remnants::default(),
            opened: Box::new(move |database| {
                let crashes = crashes.clone();
                Ok(database.refuse_commits(move || crashes.strikes_after_last() || crashes.strikes_before_next())?)
            }),
        };
        match start(Arc::clone(self.workflow.plan()), &self.options, &around) {
            Ok(Started::Run(ready)) => {
                let done = ready.resumed;
                if self.clock.mono() > Duration::ZERO || done > 0 {
                    self.cluster.trace.note(self.cluster.now, Happened::Resume { done });
                }
                Ok(Some(Started::Run(ready)))
            }
            Ok(complete) => Ok(Some(complete)),
            Err(_) if self.crashes.last().1.is_some() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the driver died.
    fn live(&mut self, ready: Ready) -> Result<bool, SimulationError> {
        let (home, found, directory) = (ready.home.clone(), ready.found.id, ready.directory.clone());
        let commit_time = self.simulation.commit_time;
        let life = Life::begin(ready, &mut self.cluster, &self.clock, &self.crashes, commit_time);
        let end = life.live();
        self.look_for_broken()?;
        match end? {
            LifeEnd::Finished => {
                self.audit(home.path(), found)?;
                Ok(false)
            }
            LifeEnd::Died(ends) => {
                if !self.crashes.takes_all(self.crashes.last().0) {
                    write_down(&directory, &ends)?;
                }
                self.look_for_broken()?;
                Ok(true)
            }
        }
    }

    fn audit(&mut self, state: &std::path::Path, workflow: crate::id::WorkflowId) -> Result<(), SimulationError> {
        let database = Database::read(Home::at(state.to_owned()).database())?;
        self.cluster.witness.audit(&database.audit(workflow)?);
        self.look_for_broken()
    }

    fn look_for_broken(&mut self) -> Result<(), SimulationError> {
        match self.cluster.witness.broken() {
            Some(what) => Err(SimulationError::Broken { what, trace: Box::new(self.cluster.trace.clone()) }),
            None => Ok(()),
        }
    }

    fn crash(&mut self) {
        let how = match self.crashes.last() {
            (commit, Some(Side::Before)) => format!("before commit {commit}"),
            (commit, Some(Side::After | Side::Either)) => format!("after commit {commit}"),
            (commit, None) => format!("between commits {commit} and {}", commit + 1),
        };
        self.cluster.trace.note(self.cluster.now, Happened::Crash(how));
        self.crashes.forget_last();
        let restart = self.clock.mono() + Simulation::RESTART;
        self.clock.set(restart);
        self.cluster.now = restart;
        self.options = self.options.clone().resume(true);
    }
}

/// What a keeper writes down that outlived its driver.
fn write_down(
    directory: &RunDirectory,
    ends: &std::collections::BTreeMap<crate::id::AttemptId, crate::model::Ending>,
) -> Result<(), SimulationError> {
    let path = directory.ends_file();
    write_ends(&path, ends).map_err(|source| SimulationError::Directory { path, source })
}
