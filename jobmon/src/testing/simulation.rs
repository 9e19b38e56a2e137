//! A workflow run on a cluster that is only imagined.

use crate::plan::{TaskSet, Workflow};
use crate::run::RunOptions;
use crate::testing::cluster::Cluster;
use crate::testing::crash::Crashes;
use crate::testing::lives::Lives;
use crate::testing::machinery::{Flaw, Machinery, Told};
use crate::testing::mishap::{Rule, Rules, What};
use crate::testing::world::{StateDirectory, VirtualClock, bounded};
use crate::testing::{Durations, Seed, SimulationError, Trace, Which};
use crate::units::Memory;
use std::collections::VecDeque;
use std::fmt::Display;
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
///     .out_of_memory_below(hard, "15G")
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
    pub(super) seed: Seed,
    pub(super) machinery: Machinery,
    pub(super) crashes: Crashes,
    pub(super) commit_time: Duration,
    pub(super) slots: u32,
    pub(super) memory: Memory,
    pub(super) options: RunOptions,
    pub(super) state: Option<PathBuf>,
    pub(super) restarts: bool,
    pub(super) writes: bool,
    /// What is wrong with what was said.
    pub(super) mistakes: Vec<String>,
}

impl Simulation {
    /// So many tasks run at once where nothing else is said.
    const SLOTS: u32 = 4;

    /// After a crash the workflow is started again so much later.
    pub(super) const RESTART: Duration = Duration::from_secs(1);

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
            people: VecDeque::new(),
            flaw: None,
            told: None,
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
            writes: true,
            mistakes: Vec::new(),
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
        self.slots = slots;
        self
    }

    /// How much memory there is for all tasks together; by default as much as they ask for.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// let simulation = Simulation::new(1).memory("64G");
    /// # let _ = simulation;
    /// ```
    pub fn memory(mut self, memory: impl Display) -> Self {
        self.memory = self.memory_of(memory).unwrap_or(self.memory);
        self
    }

    /// The memory that a text says, or a [`Memory`]; what says none is told when the simulation is run.
    pub(super) fn memory_of(&mut self, memory: impl Display) -> Option<Memory> {
        let text = memory.to_string();
        let parsed = text.parse::<Memory>();
        parsed.map_err(|error| self.mistakes.push(format!("a rule of the simulation says memory: {error}"))).ok()
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

    /// Writes nothing down while the workflow runs: for workflows of a hundred thousand tasks, where writing is most of what a
    /// simulation costs. The state file is then neither read at the end nor can anything resume from it, so that this goes neither
    /// with crashes nor with [`state`](Self::state).
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// wf.add_all((0..10_000).map(|id| Command::new("fit").node_arg("id", id)));
    /// assert!(Simulation::new(1).slots(1000).without_state_file().run(&wf)?.finished());
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    pub const fn without_state_file(mut self) -> Self {
        self.writes = false;
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

    pub(super) fn rule(mut self, which: Which, what: What) -> Self {
        self.machinery.rules.all.push(Rule { which, what });
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
        self.commit_time = bounded(time);
        self
    }

    /// Builds a mistake into the seams, to see that it is found.
    #[doc(hidden)]
    pub const fn flaw(mut self, flaw: Flaw) -> Self {
        self.machinery.flaw = Some(flaw);
        self
    }

    /// Calls this each time when the driver was told that something is durable, and before it acts on that.
    #[doc(hidden)]
    pub fn told(mut self, call: impl Fn() + Send + Sync + 'static) -> Self {
        self.machinery.told = Some(Told(Arc::new(call)));
        self
    }

    /// Runs the workflow until its end, started again after each crash.
    ///
    /// # Errors
    /// The workflow has mistakes or is refused; rules name tasks that it does not have, or can never strike; it would wait for ever, or
    /// its driver die again and again.
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
        let mistakes = self.mistakes_for(plan);
        if !mistakes.is_empty() {
            return Err(SimulationError::Rules(mistakes));
        }
        let state = StateDirectory::new(self.state.as_deref())?;
        let mut machinery = self.machinery.clone();
        machinery.grace = bounded(self.options.grace);
        machinery.after_success = self.options.course.rules().max_failures.is_some();
        let cluster = Cluster::new(Arc::clone(plan), self.seed.clone(), machinery);
        let lives = Lives {
            simulation: self,
            workflow,
            clock: VirtualClock::default(),
            crashes: self.crashes.anew(),
            options: self.options.clone().state(state.path()).cores(self.slots).memory(self.memory),
            cluster,
            progress: (0, 0),
            lived: false,
        };
        lives.run()
    }
}
