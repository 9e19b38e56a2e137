//! What goes wrong in a simulated run.

use crate::testing::crash::Side;
use crate::testing::machinery::Steer;
use crate::testing::mishap::What;
use crate::testing::world::bounded;
use crate::testing::{Mishap, ReportFault, Simulation, SubmissionFault, Which};
use std::fmt::Display;
use std::time::Duration;

impl Simulation {
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
    /// let simulation = Simulation::new(1).out_of_memory_below("fit", "12G");
    /// # let _ = simulation;
    /// ```
    pub fn out_of_memory_below(mut self, which: impl Into<Which>, memory: impl Display) -> Self {
        match self.memory_of(memory) {
            Some(memory) => self.rule(which.into(), What::Needs(memory)),
            None => self,
        }
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
        self.machinery.deaths.push((bounded(at), node));
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
        self.machinery.queue_delay = bounded(delay);
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
        self.crashes.at.push(bounded(at));
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

    /// Somebody presses Ctrl-C at this time, counted from the first start: once, what runs gets TERM, or finishes where the options
    /// say [`drain`](crate::RunOptions::drain); each further time is harder.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # use jobmon::testing::Simulation;
    /// # use std::time::Duration;
    /// use jobmon::model::RunState;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit"));
    /// let trace = Simulation::new(1).durations(Duration::from_secs(60)).interrupt_at(Duration::from_secs(30)).run(&wf)?;
    /// assert_eq!((trace.status(), trace.makespan()), (RunState::Stopped, Duration::from_secs(30)));
    /// # Ok::<(), jobmon::testing::SimulationError>(())
    /// ```
    pub fn interrupt_at(self, at: Duration) -> Self {
        self.steer(at, Steer::Interrupt)
    }

    /// Somebody sets the limit of the workflow at this time, counted from the first start: 0 starts nothing more.
    ///
    /// ```
    /// # use jobmon::testing::Simulation;
    /// # use std::time::Duration;
    /// let simulation = Simulation::new(1).limit_at(Duration::from_secs(60), 2);
    /// # let _ = simulation;
    /// ```
    pub fn limit_at(self, at: Duration, tasks: u32) -> Self {
        self.steer(at, Steer::Limit(tasks))
    }

    fn steer(mut self, at: Duration, steer: Steer) -> Self {
        let people = &mut self.machinery.people;
        people.push_back((bounded(at), steer));
        people.make_contiguous().sort_by_key(|(at, _)| *at);
        self
    }
}
