//! From a plan to a run that can begin: the state directory, the lease, what is done already.

use crate::config::Environment;
use crate::engine::{Event, Limits, TaskFacts};
use crate::id::RunId;
use crate::model::{Cluster, Request, RunDirectory, RunState, TaskState, WorkflowState};
use crate::plan::{Checked, PlanData, Settled};
use crate::run::outcome::{RunOutcome, Source};
use crate::run::recover::{discard_half_written, recover};
use crate::run::surroundings::Surroundings;
use crate::run::{Backend, Result, RunError, RunOptions, machine};
use crate::store::{Database, EarlierRun, Found, Home, Lease, Numbers, Recalled, RecalledTask, Runner};
use crate::time::Clock;
use std::path::PathBuf;
use std::sync::Arc;

/// What a start comes to.
#[derive(Debug)]
pub(crate) enum Started {
    /// All tasks were done before.
    Complete(RunOutcome),
    /// There is something to run.
    Run(Box<Ready>),
}

/// A run that can begin.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) plan: Settled,
    pub(crate) checked: Checked,
    pub(crate) home: Home,
    pub(crate) database: Database,
    pub(crate) lease: Lease,
    pub(crate) found: Found,
    pub(crate) numbers: Numbers,
    pub(crate) run: RunId,
    pub(crate) epoch: i64,
    pub(crate) runner: Runner,
    pub(crate) directory: RunDirectory,
    pub(crate) working_directory: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) facts: Vec<TaskFacts>,
    pub(crate) requests: Vec<Request>,
    /// What earlier runs did, as events.
    pub(crate) recalled: Vec<Event>,
    pub(crate) resumed: usize,
    /// Whether a terminal may be drawn on.
    pub(crate) may_draw: bool,
}

/// Prepares a run.
pub(crate) fn start(plan: Arc<PlanData>, options: &RunOptions, around: &Surroundings<'_>) -> Result<Started> {
    let clock = around.clock;
    let environment = Environment::read();
    let configuration = plan.configuration(options.files.as_ref(), &environment);
    let plan = Settled::of(plan, configuration);
    let checked = crate::plan::check(&plan)?;
    refuse_other_clusters(&plan)?;
    let limits = limits(&plan, options, &environment);
    if let Some(there_is) = limits.memory {
        crate::plan::check_fits(&plan, there_is)?;
    }
    let working_directory = std::env::current_dir().map_err(|source| RunError::WorkingDirectory { source })?;
    let state = options.state.clone().or_else(|| environment.home.clone());
    let state = state.or_else(|| plan.configuration().home.clone()).unwrap_or_else(|| PathBuf::from(".jobmon"));
    let home = Home::prepare(working_directory.join(state))?;
    let mut database = Database::open(home.database(), clock.now().wall.0)?;
    let executor = match options.backend {
        Backend::Local => "local",
        Backend::Sequential => "sequential",
    };
    let runner = machine::runner(executor, &around.host, &environment, &working_directory);
    let args = if plan.unique { format!("{}#{}", plan.args, runner.token) } else { plan.args.clone() };
    let mut found = database.find_or_create(&plan, &args, clock.now().wall.0)?;
    let lease = take_lease(&database, &home, &found, &plan)?;
    database.look_again(&mut found)?;
    refuse_second_start(&found, &plan, options)?;
    let left = recover(&mut database, &home, found.id, &plan, around)?;
    let recalled = if found.bound { Some(recall(&database, &found, &plan)?) } else { None };
    if let Some(recalled) = &recalled {
        discard_half_written(&left, &plan, &recalled.numbers, &working_directory);
    }
    let all_done = |recalled: &Recalled| recalled.tasks.iter().all(|task| task.state == TaskState::Done);
    if let Some(recalled) = &recalled
        && found.status == WorkflowState::Done
        && all_done(recalled)
    {
        let outcome = complete(plan.plan(), home, &found, recalled, clock);
        return Ok(Started::Complete(outcome));
    }
    let may_draw = environment.may_draw;
    let begun = Begun { plan, checked, home, database, lease, found, runner, working_directory, limits, may_draw };
    begun.begin(recalled, clock).map(|ready| Started::Run(Box::new(ready)))
}

fn refuse_other_clusters(plan: &Settled) -> Result<()> {
    if plan.asks().iter().all(|ask| ask.cluster == Cluster::LOCAL) {
        return Ok(());
    }
    let elsewhere = plan.task_ids().find(|task| plan.ask(*task).cluster != Cluster::LOCAL);
    let refused = |task| RunError::OtherCluster { task: plan.task_name(task), cluster: plan.ask(task).cluster };
    elsewhere.map_or(Ok(()), |task| Err(refused(task).into()))
}

fn take_lease(database: &Database, home: &Home, found: &Found, plan: &PlanData) -> Result<Lease> {
    match Lease::take(&home.lease(found.id))? {
        Ok(lease) => Ok(lease),
        Err(held) => {
            let who = database.latest_run(found.id)?.as_ref().map(told);
            Err(RunError::AlreadyRunning { name: full_name(plan), who, holders: held.holders }.into())
        }
    }
}

fn told(run: &EarlierRun) -> String {
    let EarlierRun { id, host, pid, user, started_at, .. } = run;
    format!("run {id} of {user} on {host} (process {pid}, since {})", crate::time::Timestamp(*started_at))
}

/// Tool, workflow and arguments, as people name a workflow.
pub(super) fn full_name(plan: &PlanData) -> String {
    let args = if plan.args.is_empty() { String::new() } else { format!(" ({})", plan.args) };
    format!("`{}/{}`{args}", plan.tool, plan.name)
}

/// A workflow of which not all tasks are written down was never begun: its first start died.
fn refuse_second_start(found: &Found, plan: &PlanData, options: &RunOptions) -> Result<()> {
    if options.resume || !found.bound {
        return Ok(());
    }
    let name = full_name(plan);
    Err(match found.status {
        WorkflowState::Done => RunError::WorkflowAlreadyComplete { name },
        status @ (WorkflowState::Registered
        | WorkflowState::Running
        | WorkflowState::Failed
        | WorkflowState::Stopped) => RunError::WorkflowAlreadyExists { name, status: status.word() },
    }
    .into())
}

fn recall(database: &Database, found: &Found, plan: &PlanData) -> Result<Recalled> {
    let matched = database.recall(found.id, plan)?;
    matched
        .map_err(|difference| RunError::TasksChanged { name: full_name(plan), workflow: found.id, difference }.into())
}

fn complete(plan: &Arc<PlanData>, home: Home, found: &Found, recalled: &Recalled, clock: &dyn Clock) -> RunOutcome {
    let tasks = Arc::new(recalled.numbers.clone());
    RunOutcome {
        status: RunState::Done,
        done: 0,
        failed: 0,
        skipped: 0,
        cancelled: 0,
        resumed: plan.tasks.len(),
        elapsed: clock.now().mono,
        reason: None,
        failures: Arc::default(),
        source: Source { home, workflow: found.id, plan: Arc::clone(plan), tasks },
    }
}

fn limits(plan: &PlanData, options: &RunOptions, environment: &Environment) -> Limits {
    let cores = machine::cores(options, environment);
    let slots = match options.backend {
        Backend::Local => cores,
        Backend::Sequential => 1,
    };
    // So many intents ahead that the shortest tasks find theirs durable. A sequence has no use for that.
    let (ahead, hand_over) = match options.backend {
        Backend::Local => (slots.saturating_mul(4).clamp(64, 256), true),
        Backend::Sequential => (0, false),
    };
    let templates = plan.templates.iter().map(|template| template.max_concurrently_running).collect();
    let memory = machine::memory(options, environment);
    Limits {
        slots,
        cores,
        memory,
        max_concurrently_running: options.course.max_concurrently_running.or(plan.max_concurrently_running),
        ahead,
        hand_over,
        templates,
        rules: options.course.rules(),
    }
}

/// A run of which all is known but what the database will call it.
struct Begun {
    plan: Settled,
    checked: Checked,
    home: Home,
    database: Database,
    lease: Lease,
    found: Found,
    runner: Runner,
    working_directory: PathBuf,
    limits: Limits,
    may_draw: bool,
}

impl Begun {
    /// Writes the run down, and the tasks if they are not there.
    fn begin(mut self, recalled: Option<Recalled>, clock: &dyn Clock) -> Result<Ready> {
        let now = clock.now().wall.0;
        let (run, epoch) = self.database.begin_run(
            self.found.id,
            &self.plan,
            &self.runner,
            self.limits.max_concurrently_running,
            now,
        )?;
        let mut events = Vec::new();
        let mut resumed = 0;
        let fresh = recalled.is_none();
        let numbers = match recalled {
            None => self.database.bind(&self.found, &self.plan, now)?,
            Some(Recalled { numbers, tasks }) => {
                for (task, RecalledTask { state, attempts, too_little }) in self.plan.task_ids().zip(tasks) {
                    let done = state == TaskState::Done;
                    resumed += usize::from(done);
                    if done || attempts > 0 {
                        events.push(Event::Recall { task, done, attempts, too_little });
                    }
                }
                self.database.reset_unfinished(self.found.id, now)?;
                self.database.rebind(&self.found, &self.plan, numbers)?
            }
        };
        events.push(Event::Start { roots_recorded: fresh });
        let directory = self.home.run(self.found.id, run);
        let slots = directory.slots();
        std::fs::create_dir_all(&slots).map_err(|source| RunError::Prepare { path: slots, source })?;
        let (requests, places) = self.plan.requests();
        let facts = self.plan.task_ids().zip(places).map(|(task, request)| TaskFacts {
            request,
            max_attempts: self.plan.max_attempts(task),
            priority: self.plan.priority(task),
            template: self.plan.tasks[task.index()].template.0,
            asks: self.plan.resources_from(task).is_some(),
        });
        let facts = facts.collect();
        let Self { plan, checked, home, database, lease, found, runner, working_directory, limits, may_draw } = self;
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
            may_draw,
        })
    }
}
