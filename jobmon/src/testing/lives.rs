//! The starts of a simulated workflow, one after each crash.

use crate::engine::Event;
use crate::exec::local::{Remnants, write_ends};
use crate::id::{AttemptId, TaskId, WorkflowId};
use crate::model::{Ending, RunDirectory};
use crate::plan::Workflow;
use crate::run::{Ready, RunOptions, Started, Surroundings, start};
use crate::store::{Database, Home};
use crate::testing::cluster::Cluster;
use crate::testing::crash::{Crashes, Side};
use crate::testing::happened::Happened;
use crate::testing::life::{How, Life, LifeEnd};
use crate::testing::world::VirtualClock;
use crate::testing::{Simulation, SimulationError, Trace};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The starts of a workflow, one after the other.
pub(super) struct Lives<'s> {
    pub(super) simulation: &'s Simulation,
    pub(super) workflow: &'s Workflow,
    pub(super) clock: VirtualClock,
    pub(super) crashes: Crashes,
    pub(super) options: RunOptions,
    pub(super) cluster: Cluster,
    /// How many attempts had succeeded, and how often the driver has died since.
    pub(super) progress: (usize, u32),
    /// Whether a driver has lived yet.
    pub(super) lived: bool,
}

impl Lives<'_> {
    /// So often the driver may die while nothing is done.
    const PATIENCE: u32 = 500;

    pub(super) fn run(mut self) -> Result<Trace, SimulationError> {
        loop {
            let died = match self.start()? {
                Some(Started::Complete(outcome, _)) => {
                    if !self.lived {
                        self.cluster.trace.recall(self.cluster.plan.task_ids());
                    }
                    let counts = format!("{} done before", outcome.resumed);
                    let finish = Happened::Finish { state: outcome.status, counts };
                    self.cluster.trace.note(self.cluster.now, finish);
                    if self.lived || self.simulation.state.is_none() {
                        self.audit(outcome.state(), outcome.workflow_id())?;
                    }
                    return Ok(self.cluster.trace);
                }
                Some(Started::Run(ready)) => self.live(*ready)?,
                None => true,
            };
            if !died {
                return Ok(self.cluster.trace);
            }
            self.crash();
            self.look_for_progress()?;
            if !self.simulation.restarts {
                return Ok(self.cluster.trace);
            }
        }
    }

    /// Starts the workflow; `None` where the driver dies before it runs anything.
    fn start(&mut self) -> Result<Option<Started>, SimulationError> {
        let crashes = self.crashes.clone();
        // What cannot be interrupted and is looked at by nobody else need not be kept from harm.
        let keeps = self.crashes.may_strike() || self.simulation.state.is_some();
        let around = Surroundings {
            clock: &self.clock,
            host: "simulated".to_owned(),
            end_remnants: |_| Remnants::default(),
            patience: &self.clock,
            // The files beside the test are not the simulation's.
            has_files: false,
            opened: Box::new(move |database| {
                if !keeps {
                    database.spare_the_disk()?;
                }
                let crashes = crashes.clone();
                Ok(database.refuse_commits(move || crashes.strikes_after_last() || crashes.strikes_before_next())?)
            }),
        };
        match start(Arc::clone(self.workflow.plan()), &self.options, &around) {
            Ok(started) => Ok(Some(started)),
            Err(_) if self.crashes.last().1.is_some() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the driver died.
    fn live(&mut self, ready: Ready) -> Result<bool, SimulationError> {
        let (home, found, directory) = (ready.home.clone(), ready.found.id, ready.directory.clone());
        // The start may have watched another machine for a while.
        self.cluster.now = self.clock.mono();
        if self.simulation.state.is_some() && !std::mem::replace(&mut self.lived, true) {
            self.cluster.trace.recall(done(&ready.recalled));
            let audit = ready.database.audit(found)?;
            self.cluster.witness.inherit(&audit, done(&ready.recalled));
        }
        if self.clock.mono() > Duration::ZERO || ready.resumed > 0 {
            self.cluster.trace.note(self.cluster.now, Happened::Resume { done: ready.resumed });
        }
        let how = How {
            commit_time: self.simulation.commit_time,
            drain: self.options.course.drain,
            writes: self.simulation.writes,
        };
        let life = Life::begin(ready, &mut self.cluster, &self.clock, &self.crashes, how);
        let end = life.live();
        self.look_for_broken()?;
        match end? {
            LifeEnd::Finished => {
                if self.simulation.writes {
                    self.audit(home.path(), found)?;
                }
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

    fn audit(&mut self, state: &Path, workflow: WorkflowId) -> Result<(), SimulationError> {
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

    /// A driver that dies again and again before anything is done dies for ever.
    fn look_for_progress(&mut self) -> Result<(), SimulationError> {
        let done = self.cluster.trace.succeeded();
        let (before, fruitless) = self.progress;
        self.progress = if done > before { (done, 0) } else { (before, fruitless + 1) };
        if self.progress.1 < Self::PATIENCE {
            return Ok(());
        }
        let why = format!("the driver has died {} times since a task was done", Self::PATIENCE);
        Err(SimulationError::Stuck { why, trace: Box::new(self.cluster.trace.clone()) })
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
fn write_down(directory: &RunDirectory, ends: &BTreeMap<AttemptId, Ending>) -> Result<(), SimulationError> {
    let path = directory.ends_file();
    write_ends(&path, ends).map_err(|source| SimulationError::Directory { path, source })
}

/// The tasks that the state file knows to be done.
pub(super) fn done(recalled: &[Event]) -> impl Iterator<Item = TaskId> {
    recalled.iter().filter_map(|event| match event {
        Event::Recall { task, done: true, .. } => Some(*task),
        _ => None,
    })
}
