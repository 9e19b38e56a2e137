//! From a plan to a run that can begin: the state directory, the lease, what is done already.

use crate::config::{Environment, Machine};
use crate::engine::{Event, Limits, TaskFacts};
use crate::id::RunId;
use crate::model::{Cluster, Request, RunDirectory, WorkflowState};
use crate::plan::{Checked, Identities, PlanData, Settled, Template};
use crate::run::begin::{Begun, Facts};
use crate::run::changes::runs_again;
use crate::run::lease::Candidate;
use crate::run::outcome::RunOutcome;
use crate::run::recover::{discard_half_written, recover};
use crate::run::surroundings::Surroundings;
use crate::run::{Backend, Result, RunError, RunOptions, machine};
use crate::store::{Context, Database, Found, Home, Lease, Numbers, Runner};
use std::path::PathBuf;
use std::sync::Arc;

/// What a start comes to.
#[derive(Debug)]
pub(crate) enum Started {
    /// All tasks were done before; beside it what a person should know.
    Complete(RunOutcome, Vec<String>),
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
    /// What people should know before it begins.
    pub(crate) notes: Vec<String>,
    /// Whether a terminal may be drawn on.
    pub(crate) may_draw: bool,
}

impl Ready {
    /// What the journal must know to write rows.
    pub(crate) fn context(&self) -> Context {
        Context {
            workflow: self.found.id,
            run: self.run,
            epoch: self.epoch,
            host: self.runner.host.clone(),
            numbers: self.numbers.clone(),
            commands: self.plan.templates.iter().map(Template::command_hash).collect(),
            plan: Arc::clone(self.plan.plan()),
        }
    }
}

/// Prepares a run.
pub(crate) fn start(plan: Arc<PlanData>, options: &RunOptions, around: &Surroundings<'_>) -> Result<Started> {
    options.heartbeat.check()?;
    let clock = around.clock;
    let environment = Environment::read();
    let configuration = plan.configuration(options.files.as_ref(), &environment);
    let plan = Settled::of(plan, configuration);
    let there_is = machine::for_tasks(options, &environment);
    let checked = crate::plan::check(&plan, &there_is)?;
    refuse_other_clusters(&plan)?;
    let mut notes = crate::plan::notes(&plan, &there_is);
    let limits = limits(&plan, options, there_is);
    let working_directory = std::env::current_dir().map_err(|source| RunError::WorkingDirectory { source })?;
    let state = options.state.clone().or_else(|| environment.home.clone());
    let state = state.or_else(|| plan.configuration().home.clone()).unwrap_or_else(|| PathBuf::from(".jobmon"));
    let home = Home::prepare(working_directory.join(state))?;
    let mut database = Database::open(home.database(), clock.now().wall.0)?;
    if let Some(backup) = &database.backup {
        notes.push(format!("the state file has a new version; as it was it is kept as {}", backup.display()));
    }
    #[cfg(any(test, feature = "testing"))]
    (around.opened)(&mut database)?;
    let executor = match options.backend {
        Backend::Local => "local",
        Backend::Sequential => "sequential",
    };
    let runner = machine::runner(executor, &around.host, &environment, &working_directory);
    let args = if plan.unique { format!("{}#{}", plan.args, runner.token) } else { plan.args.clone() };
    let mut found = database.find_or_create(&plan, &args, clock.now().wall.0)?;
    let who = (&runner, around);
    let (lease, taken_over) = take_lease(&mut database, &home, &mut found, (&plan, options), who)?;
    notes.extend(taken_over);
    let left = recover(&mut database, &home, found.id, &plan, around)?;
    let identities = Identities::of(&plan);
    let recalled = if found.bound { Some(database.recall(&found, &plan, &identities)?) } else { None };
    let mut again = Vec::new();
    if let Some(recalled) = &recalled {
        again = runs_again(&database, (&plan, &identities, &checked.graph), &found, recalled, options)?;
        if around.has_files {
            discard_half_written(&left, &plan, &recalled.ids, &working_directory);
        }
    }
    let may_draw = environment.may_draw;
    let begun =
        Begun { plan, checked, home, database, lease, found, runner, working_directory, limits, notes, may_draw };
    match recalled {
        Some(recalled) if begun.found.status == WorkflowState::Done && recalled.is_complete() => {
            begun.complete(&recalled, clock)
        }
        recalled => {
            begun.begin(recalled, &Facts { identities, again }, clock).map(|ready| Started::Run(Box::new(ready)))
        }
    }
}

fn refuse_other_clusters(plan: &Settled) -> Result<()> {
    if plan.asks().iter().all(|ask| ask.cluster == Cluster::LOCAL) {
        return Ok(());
    }
    let elsewhere = plan.task_ids().find(|task| plan.ask(*task).cluster != Cluster::LOCAL);
    let refused = |task| RunError::OtherCluster { task: plan.task_name(task), cluster: plan.ask(task).cluster };
    elsewhere.map_or(Ok(()), |task| Err(refused(task).into()))
}

/// Takes the lease of a workflow that this start may run; beside it what people should know where it was another's.
fn take_lease(
    database: &mut Database,
    home: &Home,
    found: &mut Found,
    (plan, options): (&PlanData, &RunOptions),
    (runner, around): (&Runner, &Surroundings<'_>),
) -> Result<(Lease, Option<String>)> {
    let candidate = Candidate {
        database,
        home,
        workflow: found.id,
        name: full_name(plan),
        holder: runner.holder(around.clock.now().wall, options.grace),
        heartbeat: options.heartbeat,
        around,
    };
    let lease = candidate.take()?;
    database.look_again(found)?;
    // Who is refused in any case need not watch another machine before.
    refuse_second_start(found, plan, options)?;
    let epoch = found.epoch;
    let taken_over = candidate.watch()?;
    // Where machines do not see each other's locks, another one may have begun a run since, or may before this one does.
    database.hold_to(found.id, epoch);
    database.look_again(found)?;
    refuse_second_start(found, plan, options)?;
    Ok((lease, taken_over))
}

/// Tool, workflow and arguments, as people name a workflow.
pub(super) fn full_name(plan: &PlanData) -> String {
    let args = if plan.args.is_empty() { String::new() } else { format!(" ({})", plan.args) };
    format!("`{}/{}`{args}", plan.tool, plan.name)
}

/// A workflow of which not all tasks are written down was never begun: its first start died.
fn refuse_second_start(found: &Found, plan: &PlanData, options: &RunOptions) -> Result<()> {
    if options.resume || options.accept_changes || !found.bound {
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

fn limits(plan: &PlanData, options: &RunOptions, there_is: Machine) -> Limits {
    let Machine { cores, memory } = there_is;
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
