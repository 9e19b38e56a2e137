//! `run` and `run_async`.

use crate::engine::{Engine, Event, InOrder};
use crate::exec::Executor;
use crate::exec::local::{LocalExecutor, LocalOptions};
use crate::model::{Report, RunState, TaskState};
use crate::plan::{PlanData, Workflow};
use crate::report::{Failures, Progress, Reporter, Size, StandardError};
use crate::run::driver::{Driver, Ears, Inbox};
use crate::run::failures;
use crate::run::launch::Launcher;
use crate::run::outcome::{RunOutcome, Source};
use crate::run::signals::Signals;
use crate::run::start::{self, Ready, Started};
use crate::run::steering::Steering;
use crate::run::surroundings::Surroundings;
use crate::run::waiting::Waiting;
use crate::run::{Backend, Result, RunError, RunOptions};
use crate::store::{Lease, StoreError, Writer, Written};
use crate::time::{Clock as _, SystemClock};
use std::io::IsTerminal as _;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

impl Workflow {
    /// Runs the workflow and waits for its end.
    ///
    /// While it lasts, SIGINT and SIGTERM stop the run: once, the running tasks get TERM and, after the grace period,
    /// KILL; twice, KILL at once. It goes on when its terminal goes away. [`RunOptions::handle_signals`] says it in full.
    /// Afterwards signals do what they did before.
    ///
    /// # Errors
    /// All mistakes of the workflow at once; a refusal where it exists and is not to be resumed, or is being run; what is
    /// wrong with the state directory. A run with failed tasks is no error here: [`RunOutcome::ok`] makes it one.
    ///
    /// ```
    /// use jobmon::prelude::*;
    /// # let state = tempfile::tempdir()?;
    /// let mut wf = Tool::new("demo").workflow("hello");
    /// wf.add(Command::new("echo").arg("hello"));
    /// let run = wf.run(RunOptions::default().resume(true).progress(Progress::Off).state(state.path()))?;
    /// assert_eq!(run.done, 1);
    /// run.ok()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "options are made for one run, and read better without a borrow")]
    pub fn run(&self, options: RunOptions) -> Result<RunOutcome> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(RunError::InsideRuntime.into());
        }
        run(Arc::clone(self.plan()), &options, None)
    }

    /// Runs the workflow as [`run`](Self::run) does, inside an async program.
    ///
    /// The run has a thread of its own, so it is not slowed down by the runtime's other tasks. Dropping the future stops
    /// the run as SIGTERM would; it can be resumed.
    ///
    /// # Errors
    /// As `run`.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// /// Runs a workflow beside what else an async program does.
    /// async fn beside_a_server(wf: &Workflow) -> jobmon::Result<()> {
    ///     let run = wf.run_async(RunOptions::default().resume(true)).await?;
    ///     run.ok()
    /// }
    /// # let _ = beside_a_server;
    /// ```
    pub async fn run_async(&self, options: RunOptions) -> Result<RunOutcome> {
        let plan = Arc::clone(self.plan());
        let (result, outcome) = oneshot::channel();
        // Dropped with this future, which ends the wait at the other end.
        let (_held, abandoned) = unbounded_channel();
        let thread = std::thread::Builder::new().name("jobmon-run".to_owned()).spawn(move || {
            if result.send(run(plan, &options, Some(abandoned))).is_err() {
                tracing::debug!("nobody takes the result of a run that was abandoned");
            }
        });
        thread.map_err(|source| RunError::Machine { what: "start the thread of the run", source })?;
        outcome.await.unwrap_or_else(|_| Err(RunError::Panicked.into()))
    }
}

fn run(plan: Arc<PlanData>, options: &RunOptions, abandoned: Option<UnboundedReceiver<()>>) -> Result<RunOutcome> {
    let clock = SystemClock::start();
    let name = format!("{}/{}", plan.tool, plan.name);
    let waiting = Waiting::new(name.clone(), options, abandoned);
    let started = start::start(plan, options, &Surroundings::of_this_machine(&clock, &waiting))?;
    let (abandoned, signals) = waiting.end();
    let ready = match started {
        Started::Complete(outcome, notices) => {
            let mut reporter = Reporter::new(outlet(options)?, name, outcome.resumed);
            reporter.complete(outcome.state());
            notices.iter().for_each(|notice| reporter.note(notice));
            return Ok(outcome);
        }
        Started::Run(ready) => *ready,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| RunError::Machine { what: "make the run's event loop", source })?;
    runtime.block_on(drive(ready, options, clock, (abandoned, signals)))
}

async fn drive(
    mut ready: Ready,
    options: &RunOptions,
    clock: SystemClock,
    (abandoned, signals): (Option<UnboundedReceiver<()>>, Option<Signals>),
) -> Result<RunOutcome> {
    let Reached { outlet, signals, executor, reports } = match reach_out(&ready, options, signals).await {
        Ok(reached) => reached,
        Err(error) => {
            // The file says that a run is under way, which is not so.
            ready.database.give_up(ready.found.id, ready.run, &error.to_string(), clock.now().wall.0)?;
            return Err(error);
        }
    };
    let (written_in, written) = unbounded_channel();
    let ears = Ears {
        inbox: Inbox { signals, abandoned, written, reports },
        reporter: Reporter::new(outlet, format!("{}/{}", ready.plan.tool, ready.plan.name), ready.plan.tasks.len()),
        logs: ready.directory.clone(),
        heartbeat: options.heartbeat.interval,
        steering: Steering::new(options.course.clone(), ready.limits.max_concurrently_running),
    };
    let Assembled { mut driver, lease, recalled, resumed, source } =
        assemble(ready, options, clock, ears, Box::new(executor), written_in)?;
    let ended = driver.run(recalled).await;
    let outcome = close(&mut driver, ended, lease).and_then(|state| Ok(conclude(&driver, state, resumed, source)?));
    if let Ok(outcome) = &outcome {
        driver.reporter.end(outcome);
    }
    driver.be_heard().await;
    outcome
}

/// Writes the last of all; gives how the run ended.
fn close(driver: &mut Driver, ended: Result<RunState>, lease: Lease) -> Result<RunState> {
    let written = driver.close_writer();
    // Only now may another run have the workflow: nothing of this one is left, and all is written.
    // After an error the executor's processes may live on, and the lock with them.
    let state = ended?;
    lease.release();
    written?;
    Ok(state)
}

/// Where it is told how far the run is, if it is to be told.
fn outlet(options: &RunOptions) -> Result<Option<StandardError>> {
    let outlet = (options.progress != Progress::Off).then(StandardError::start).transpose();
    Ok(outlet.map_err(|source| RunError::Machine { what: "start the thread that tells how far the run is", source })?)
}

/// What a driver hears, speaks and acts by.
struct Reached {
    outlet: Option<StandardError>,
    signals: Option<Signals>,
    executor: LocalExecutor,
    reports: UnboundedReceiver<Report>,
}

fn not_heard(source: std::io::Error) -> RunError {
    RunError::Machine { what: "listen to signals", source }
}

async fn reach_out(ready: &Ready, options: &RunOptions, signals: Option<Signals>) -> Result<Reached> {
    let outlet = outlet(options)?;
    let signals = match signals {
        Some(signals) => Some(signals),
        None => options.signals.then(Signals::install).transpose().map_err(not_heard)?,
    };
    let (reports_in, reports) = unbounded_channel();
    let local = LocalOptions {
        directory: ready.directory.clone(),
        lease: ready.lease.share()?,
        slots: ready.limits.slots,
        grace: options.grace,
        token: ready.runner.token.clone(),
    };
    Ok(Reached { outlet, signals, executor: LocalExecutor::start(local, reports_in).await?, reports })
}

/// A driver, and what is needed around it.
struct Assembled {
    driver: Driver,
    lease: Lease,
    recalled: Vec<Event>,
    resumed: usize,
    source: Source,
}

fn assemble(
    ready: Ready,
    options: &RunOptions,
    clock: SystemClock,
    mut ears: Ears,
    executor: Box<dyn Executor>,
    written: UnboundedSender<Written>,
) -> Result<Assembled> {
    let context = ready.context();
    let Ready { plan, checked, home, database, lease, found, numbers, run, runner, .. } = ready;
    let plan = Arc::clone(plan.plan());
    let tell = move |told| {
        if written.send(told).is_err() {
            tracing::debug!("a driver that has ended wants to hear nothing more");
        }
    };
    let writer = Writer::start(database, context, tell)
        .map_err(|source| RunError::Machine { what: "start the thread that writes the state", source })?;
    let in_order = match options.backend {
        Backend::Local => InOrder::Urgency,
        Backend::Sequential => InOrder::Adding,
    };
    let paused = paused(&plan, ready.limits.max_concurrently_running);
    let engine = Engine::new(checked.graph, &checked.order, ready.facts, ready.requests, ready.limits, in_order);
    if options.progress == Progress::Auto && ready.may_draw && std::io::stderr().is_terminal() {
        let templates: Vec<String> = plan.templates.iter().map(|template| template.name.to_string()).collect();
        ears.reporter = ears.reporter.with_bars(&templates, Size::of_stderr);
    }
    ears.reporter.begin(ready.resumed, home.path());
    ready.notes.iter().chain(&paused).for_each(|note| ears.reporter.note(note));
    let tasks = Arc::new(numbers.tasks);
    let source = Source { home, workflow: found.id, plan: Arc::clone(&plan), tasks: Arc::clone(&tasks) };
    let launcher = Launcher {
        plan,
        tasks,
        workflow: found.id,
        run,
        token: runner.token,
        directory: ready.working_directory,
        after: options.course.after(),
    };
    let driver = Driver::new(engine, Box::new(clock), launcher, executor, writer, ears);
    tracing::debug!(resumed = ready.resumed, "the run begins");
    Ok(Assembled { driver, lease, recalled: ready.recalled, resumed: ready.resumed, source })
}

/// What starts nothing, since nobody would see why.
fn paused(plan: &PlanData, max_concurrently_running: Option<u32>) -> Vec<String> {
    if max_concurrently_running == Some(0) {
        let note = "0 tasks may run at once, so nothing starts until `jobmon::control` sets another limit; Ctrl-C ends the run";
        return vec![note.to_owned()];
    }
    let paused = plan.templates.iter().filter(|template| template.max_concurrently_running == Some(0));
    let note = |name| format!("`{name}` lets 0 of its tasks run at once, so none of them starts, nor what needs them");
    paused.map(|template| note(&template.name)).collect()
}

fn conclude(driver: &Driver, status: RunState, resumed: usize, source: Source) -> Result<RunOutcome, StoreError> {
    let count = |state| driver.engine.counts().of(state);
    let failures = match count(TaskState::Failed) {
        0 => Failures::default(),
        _ => failures::gather(&source, driver.engine.statuses())?,
    };
    Ok(RunOutcome {
        status,
        done: count(TaskState::Done) - resumed,
        failed: count(TaskState::Failed),
        skipped: count(TaskState::Skipped),
        cancelled: count(TaskState::Cancelled),
        resumed,
        elapsed: driver.clock.now().mono,
        reason: driver.steering.reason.clone(),
        failures: Arc::new(failures),
        source,
    })
}
