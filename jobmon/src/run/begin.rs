//! Begins a run: writes it down, and of its tasks what the state file lacks.

use crate::engine::{Event, Limits, TaskFacts};
use crate::id::{RunId, TaskId};
use crate::model::{Request, RunState, TaskState};
use crate::plan::{Checked, Identities, Settled};
use crate::run::notices::{taken_over, with_other_commands};
use crate::run::outcome::{RunOutcome, Source};
use crate::run::start::{Ready, Started};
use crate::run::{Result, RunError};
use crate::store::{Database, EarlierAttempts, Found, Home, Lease, Numbers, Recalled, Runner, TakeOver, TaskNumbers};
use crate::time::Clock;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A run of which all is known but what the database will call it.
pub(super) struct Begun {
    pub(super) plan: Settled,
    pub(super) checked: Checked,
    pub(super) home: Home,
    pub(super) database: Database,
    pub(super) lease: Lease,
    pub(super) found: Found,
    pub(super) runner: Runner,
    pub(super) working_directory: PathBuf,
    pub(super) limits: Limits,
    /// What people should know before it begins.
    pub(super) notes: Vec<String>,
    pub(super) may_draw: bool,
}

/// What was found out of the tasks.
pub(super) struct Facts {
    pub(super) identities: Identities,
    /// The done ones that run again.
    pub(super) again: Vec<TaskId>,
}

/// What earlier runs did.
#[derive(Default)]
struct Earlier {
    events: Vec<Event>,
    resumed: usize,
    notices: Vec<String>,
}

impl Begun {
    /// There is nothing to run: only what the program says anew is written down.
    pub(super) fn complete(mut self, recalled: &Recalled, clock: &dyn Clock) -> Result<Started> {
        self.database.renew_workflow(self.found.id, &self.plan)?;
        let tasks = TaskNumbers::of_ids(recalled.ids.clone());
        // What is done asks for nothing any more.
        let numbers = Numbers { tasks: tasks.clone(), templates: Vec::new(), resources: HashMap::new() };
        self.database.renew(&self.plan, &numbers, &recalled.stale, |_| TaskState::Done)?;
        let notices = with_other_commands(&self.database, &self.found, &self.plan, recalled)?;
        let Self { plan, home, found, .. } = self;
        let outcome = RunOutcome {
            status: RunState::Done,
            done: 0,
            failed: 0,
            skipped: 0,
            cancelled: 0,
            resumed: plan.tasks.len(),
            elapsed: clock.now().mono,
            reason: None,
            failures: Arc::default(),
            source: Source { home, workflow: found.id, plan: Arc::clone(plan.plan()), tasks: Arc::new(tasks) },
        };
        Ok(Started::Complete(outcome, notices))
    }

    /// Writes the run down, and the tasks if they are not there.
    pub(super) fn begin(mut self, recalled: Option<Recalled>, facts: &Facts, clock: &dyn Clock) -> Result<Ready> {
        let now = clock.now().wall.0;
        let (run, epoch) = self.database.begin_run(
            self.found.id,
            &self.plan,
            &self.runner,
            self.limits.max_concurrently_running,
            now,
        )?;
        let fresh = recalled.is_none();
        let (numbers, earlier) = match recalled {
            None => {
                let bound = self.database.bind(&self.found, &self.plan, &facts.identities, now);
                (bound.map_err(|error| self.database.explained(error))?, Earlier::default())
            }
            Some(recalled) => self.resume(recalled, facts, run, now)?,
        };
        let Earlier { mut events, resumed, notices } = earlier;
        events.push(Event::Start { roots_recorded: fresh });
        let directory = self.home.run(self.found.id, run);
        let slots = directory.slots();
        std::fs::create_dir_all(&slots).map_err(|source| RunError::Prepare { path: slots, source })?;
        let (requests, facts) = task_facts(&self.plan);
        let Self {
            plan,
            checked,
            home,
            database,
            lease,
            found,
            runner,
            working_directory,
            limits,
            mut notes,
            may_draw,
        } = self;
        notes.extend(notices);
        Ok(Ready {
            plan,
            checked,
            home,
            database,
            lease,
            found,
            numbers,
            run,
            epoch,
            runner,
            directory,
            working_directory,
            limits,
            facts,
            requests,
            recalled: events,
            resumed,
            notes,
            may_draw,
        })
    }

    /// Goes on with what earlier runs left: changed tasks are taken over, unfinished ones set back, and all that the
    /// program says anew is written down.
    fn resume(&mut self, mut recalled: Recalled, facts: &Facts, run: RunId, now: i64) -> Result<(Numbers, Earlier)> {
        let (found, plan) = (&self.found, &self.plan);
        let Facts { identities, again } = facts;
        let mut notices = Vec::new();
        let numbers = if recalled.changes.is_none() {
            self.database.rebind(found, plan, &recalled, now)?
        } else {
            notices.push(taken_over(&recalled.changes, again.len()));
            let change = TakeOver { found, plan, identities, run, again, now };
            self.database.take_over(&change, &mut recalled)?
        };
        let state = |task: TaskId| recalled.states[task.index()];
        let begun = |task: &TaskId| !matches!(state(*task), TaskState::Done | TaskState::Registered);
        let unfinished: Vec<i64> = plan.task_ids().filter(begun).map(|task| numbers.tasks.of(task)).collect();
        self.database.reset(&unfinished, now)?;
        let renewed: Vec<TaskId> = recalled.stale.iter().chain(again).copied().collect();
        self.database.renew(plan, &numbers, &renewed, state)?;
        notices.extend(with_other_commands(&self.database, found, plan, &recalled)?);
        let open = plan.task_ids().filter(|task| state(*task) != TaskState::Done);
        let earlier = self.database.earlier_attempts(open.map(|task| (task, numbers.tasks.of(task))))?;
        let done = plan.task_ids().filter(|task| state(*task) == TaskState::Done);
        let recall = |task, done, EarlierAttempts { count, too_little }| Event::Recall {
            task,
            done,
            attempts: count,
            too_little,
        };
        let mut events: Vec<Event> = done.map(|task| recall(task, true, EarlierAttempts::default())).collect();
        let resumed = events.len();
        for (task, _) in earlier.iter().filter(|(task, _)| plan.resources_from(*task).is_some()) {
            // How the last attempt failed, for the function that wants to know it.
            let last = self.database.last_failure(numbers.tasks.of(*task))?;
            events.extend(last.map(|(granted, failure)| Event::RecallFailure { task: *task, granted, failure }));
        }
        events.extend(earlier.into_iter().map(|(task, earlier)| recall(task, false, earlier)));
        Ok((numbers, Earlier { events, resumed, notices }))
    }
}

/// What tasks ask for, and what the engine is to know of each.
fn task_facts(plan: &Settled) -> (Vec<Request>, Vec<TaskFacts>) {
    let (requests, places) = plan.requests();
    let facts = plan.task_ids().zip(places).map(|(task, request)| TaskFacts {
        request,
        max_attempts: plan.max_attempts(task),
        priority: plan.priority(task),
        template: plan.tasks[task.index()].template.0,
        asks: plan.resources_from(task).is_some(),
    });
    let facts = facts.collect();
    (requests, facts)
}
