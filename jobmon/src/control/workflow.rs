//! A workflow that is steered from outside.

use crate::config::{Environment, hint};
use crate::control::{Request, Tasks};
use crate::id::WorkflowId;
use crate::model::{RunState, Steer};
use crate::run::{ControlError, host, user};
use crate::store::{Database, EarlierRun, Hand, Home, Lease, WorkflowFilter, WorkflowRow};
use crate::time::{Clock as _, SystemClock, Timestamp};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

type Result<T> = std::result::Result<T, ControlError>;

/// One workflow of a state directory: its run can be stopped, paused and limited while it lasts, and its tasks can be moved
/// by hand when it has none. What is said must mean one workflow.
///
/// Everything here reads and writes the state file and blocks the thread meanwhile. Who may write to the state directory may
/// steer what runs in it; what is done is written down with the user's name.
///
/// ```
/// use jobmon::control::{Control, Tasks};
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = || RunOptions::default().progress(Progress::Off).state(state.path());
/// # #[cfg(any())]
/// let options = || RunOptions::default();
/// let mut wf = Tool::new("demo").workflow("mended");
/// wf.add(Command::new("false").max_attempts(1).name("stubborn"));
/// let run = wf.run(options())?;
/// assert_eq!(run.failed, 1);
///
/// let control = Control::at(run.state()).workflow("mended");
/// control.set_done(&Tasks::named("stubborn"))?; // it was done by hand
/// wf.run(options().resume(true))?.ok()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nothing is done before something is asked"]
pub struct Control {
    home: Home,
    of: WorkflowFilter,
}

impl Control {
    /// A driver of another machine that was heard of within this time is taken to live.
    const FRESH: Duration = Duration::from_secs(90);

    /// The workflow of a state directory that has one, or those of which more is said.
    ///
    /// ```
    /// let control = jobmon::control::Control::at(".jobmon");
    /// # let _ = control;
    /// ```
    pub fn at(state: impl Into<PathBuf>) -> Self {
        Self { home: Home::at(state.into()), of: WorkflowFilter::default() }
    }

    /// The workflow of this tool.
    ///
    /// ```
    /// let control = jobmon::control::Control::at(".jobmon").tool("covid");
    /// # let _ = control;
    /// ```
    pub fn tool(mut self, name: impl Into<String>) -> Self {
        self.of.tool = Some(name.into());
        self
    }

    /// The workflow of this name.
    ///
    /// ```
    /// let control = jobmon::control::Control::at(".jobmon").workflow("model");
    /// # let _ = control;
    /// ```
    pub fn workflow(mut self, name: impl Into<String>) -> Self {
        self.of.name = Some(name.into());
        self
    }

    /// The workflow with these arguments.
    ///
    /// ```
    /// let control = jobmon::control::Control::at(".jobmon").workflow("model").args("round 1");
    /// # let _ = control;
    /// ```
    pub fn args(mut self, args: impl Display) -> Self {
        self.of.args = Some(args.to_string());
        self
    }

    /// The workflow with this number: `workflow.id` in the state file, `RunOutcome::workflow_id`.
    ///
    /// ```
    /// let control = jobmon::control::Control::at(".jobmon").number(jobmon::id::WorkflowId(3));
    /// # let _ = control;
    /// ```
    pub fn number(mut self, workflow: WorkflowId) -> Self {
        self.of.id = Some(workflow);
        self
    }

    /// Asks the run to start nothing new and to end when what runs has finished.
    ///
    /// # Errors
    /// Where no run is under way, or the workflow is not to be found.
    ///
    /// ```no_run
    /// # fn main() -> jobmon::Result<()> {
    /// let request = jobmon::control::Control::at(".jobmon").workflow("model").drain()?;
    /// println!("{}", request.wait(std::time::Duration::from_secs(10))?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn drain(&self) -> Result<Request> {
        self.ask(&Steer::Drain)
    }

    /// Asks the run to end what runs, with TERM and after the grace period KILL, and to end itself.
    ///
    /// # Errors
    /// As [`drain`](Self::drain).
    ///
    /// ```no_run
    /// # fn main() -> jobmon::Result<()> {
    /// let request = jobmon::control::Control::at(".jobmon").workflow("model").stop()?;
    /// println!("{}", request.wait(std::time::Duration::from_secs(10))?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop(&self) -> Result<Request> {
        self.ask(&Steer::Stop)
    }

    /// Asks the run to end what runs by KILL at once, and to end itself.
    ///
    /// # Errors
    /// As [`drain`](Self::drain).
    ///
    /// ```no_run
    /// # fn main() -> jobmon::Result<()> {
    /// let request = jobmon::control::Control::at(".jobmon").workflow("model").stop_now()?;
    /// println!("{}", request.wait(std::time::Duration::from_secs(10))?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop_now(&self) -> Result<Request> {
        self.ask(&Steer::StopNow)
    }

    /// Asks the run to start nothing new until it is unpaused. What runs goes on.
    ///
    /// # Errors
    /// As [`drain`](Self::drain).
    ///
    /// ```no_run
    /// # fn main() -> jobmon::Result<()> {
    /// let request = jobmon::control::Control::at(".jobmon").workflow("model").pause()?;
    /// println!("{}", request.wait(std::time::Duration::from_secs(10))?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn pause(&self) -> Result<Request> {
        self.ask(&Steer::Pause)
    }

    /// Asks a run that was paused to go on with the limit that it had.
    ///
    /// # Errors
    /// As [`drain`](Self::drain).
    ///
    /// ```no_run
    /// # fn main() -> jobmon::Result<()> {
    /// let request = jobmon::control::Control::at(".jobmon").workflow("model").unpause()?;
    /// println!("{}", request.wait(std::time::Duration::from_secs(10))?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn unpause(&self) -> Result<Request> {
        self.ask(&Steer::Unpause)
    }

    /// Asks the run to let so many tasks run at once: 0 starts nothing, `None` leaves it to the machine. Lowering it ends
    /// nothing. It holds for this run: at the next start the program says the limit again.
    ///
    /// # Errors
    /// As [`drain`](Self::drain).
    ///
    /// ```no_run
    /// # fn main() -> jobmon::Result<()> {
    /// let request = jobmon::control::Control::at(".jobmon").workflow("model").set_limit(100)?;
    /// println!("{}", request.wait(std::time::Duration::from_secs(10))?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_limit(&self, tasks: impl Into<Option<u32>>) -> Result<Request> {
        self.ask(&Steer::Limit(tasks.into()))
    }

    /// Asks the run to let so many tasks of a template, of all its versions, run at once: 0 starts none, `None` leaves it to the
    /// other limits. Lowering it ends nothing. It holds for this run.
    ///
    /// # Errors
    /// As [`drain`](Self::drain), and where the workflow has no task of such a template.
    ///
    /// ```no_run
    /// # fn main() -> jobmon::Result<()> {
    /// let request = jobmon::control::Control::at(".jobmon").workflow("model").set_template_limit("fit", 5)?;
    /// println!("{}", request.wait(std::time::Duration::from_secs(10))?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_template_limit(&self, template: impl Into<String>, tasks: impl Into<Option<u32>>) -> Result<Request> {
        self.ask(&Steer::LimitTemplate { template: template.into(), tasks: tasks.into() })
    }

    /// Takes tasks as done, whatever they are: they are not run, and what needs them may. Gives how many were not done. No run
    /// may be under way.
    ///
    /// # Errors
    /// Where a run is under way, or the workflow or a task is not to be found.
    ///
    /// ```no_run
    /// # fn main() -> jobmon::Result<()> {
    /// use jobmon::control::{Control, Tasks};
    /// Control::at(".jobmon").workflow("model").set_done(&Tasks::named("fit year=1990"))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_done(&self, tasks: &Tasks) -> Result<usize> {
        self.by_hand(tasks, Database::set_done_by_hand)
    }

    /// Sets tasks back to where a run begins, with all that need them, directly or not: the next run runs them again. Gives how
    /// many were elsewhere. What earlier attempts said and used is kept. No run may be under way.
    ///
    /// # Errors
    /// As [`set_done`](Self::set_done).
    ///
    /// ```no_run
    /// # fn main() -> jobmon::Result<()> {
    /// use jobmon::control::{Control, Tasks};
    /// Control::at(".jobmon").workflow("model").reset(&Tasks::of_template("fit").node_arg("year", 1990))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn reset(&self, tasks: &Tasks) -> Result<usize> {
        self.by_hand(tasks, Database::reset_by_hand)
    }

    fn ask(&self, steer: &Steer) -> Result<Request> {
        let now = SystemClock::start().now().wall;
        let (mut database, workflow) = self.open()?;
        let name = full_name(&workflow);
        if let Steer::LimitTemplate { template, .. } = steer {
            let known = database.template_names(workflow.id)?;
            if !known.contains(template) {
                let hint = hint(template, known.iter().map(String::as_str));
                return Err(ControlError::NoSuchTemplate { name, template: template.clone(), hint });
            }
        }
        let (what, instead) = described(steer);
        let run = database.latest_run(workflow.id)?;
        let lease = self.home.lease(workflow.id);
        // From another machine nothing is told by the lock.
        let lease = run.as_ref().is_none_or(|run| run.host == host()).then_some(lease);
        let lives = lease.as_deref().map_or(Ok(true), Lease::is_held)?;
        let asked = match &run {
            Some(run) if lives => database.ask(workflow.id, run.id, steer, &user(&Environment::read()), now.0)?,
            Some(_) | None => None,
        };
        match asked {
            Some(id) => Ok(Request { home: self.home.clone(), lease, id, name, what }),
            None => Err(ControlError::NotRunning { name, what, last: run.as_ref().map(ended), hint: instead }),
        }
    }

    fn by_hand(
        &self,
        tasks: &Tasks,
        hand_moves: impl FnOnce(
            &mut Database,
            WorkflowId,
            &[i64],
            &Hand,
        ) -> std::result::Result<usize, crate::store::StoreError>,
    ) -> Result<usize> {
        let now = SystemClock::start().now().wall;
        let (mut database, workflow) = self.open()?;
        let name = full_name(&workflow);
        let run = database.latest_run(workflow.id)?;
        let who = run.as_ref().map(EarlierRun::told);
        let lease = match Lease::take(&self.home.lease(workflow.id))? {
            Ok(lease) => lease,
            Err(held) => return Err(ControlError::IsRunning { name, who, holders: held.holders() }),
        };
        // A lock tells nothing of another machine's driver; its heartbeat does.
        let fresh = |run: &EarlierRun| now.since(Timestamp(run.heartbeat_at)) < Self::FRESH;
        if run.is_some_and(|run| run.status == RunState::Running && run.host != host() && fresh(&run)) {
            return Err(ControlError::IsRunning { name, who, holders: Vec::new() });
        }
        let picked = database.pick(workflow.id, &tasks.filter)?;
        if picked.is_empty() {
            let hint = Self::what_was_meant(&database, &workflow, tasks)?;
            return Err(ControlError::NoSuchTask { name, asked: tasks.to_string(), hint });
        }
        let hand = Hand { user: user(&Environment::read()), at: now, what: tasks.to_string() };
        let moved = hand_moves(&mut database, workflow.id, &picked, &hand)?;
        lease.release();
        Ok(moved)
    }

    /// Opens the state file and finds the one workflow that is meant.
    fn open(&self) -> Result<(Database, WorkflowRow)> {
        let path = self.home.database();
        if !path.exists() {
            return Err(ControlError::NoState { path });
        }
        let database = Database::open_beside(path)?;
        let mut found = database.workflows(&self.of)?;
        match (found.pop(), found.is_empty()) {
            (Some(workflow), true) => Ok((database, workflow)),
            (Some(last), false) => {
                found.push(last);
                let found = found.iter().map(|row| format!("{} (number {})", full_name(row), row.id)).collect();
                Err(ControlError::SeveralWorkflows { asked: self.asked(), found })
            }
            (None, _) => {
                let all = database.workflows(&WorkflowFilter::default())?;
                let known: BTreeSet<&str> = all.iter().map(|row| row.name.as_str()).collect();
                let name = self.of.name.as_deref().unwrap_or_default();
                let hint = if known.contains(name) {
                    let like: Vec<String> = all.iter().filter(|row| row.name == name).map(full_name).collect();
                    format!("of this name there are: {}", like[..like.len().min(5)].join(", "))
                } else {
                    hint(name, known)
                };
                Err(ControlError::NoSuchWorkflow { asked: self.asked(), hint })
            }
        }
    }

    /// What was said of the workflow.
    fn asked(&self) -> Option<String> {
        let WorkflowFilter { id, tool, name, args } = &self.of;
        let parts = [
            name.as_ref().map(|name| format!("`{name}`")),
            id.map(|id| format!("with the number {id}")),
            tool.as_ref().map(|tool| format!("of the tool `{tool}`")),
            args.as_ref().map(|args| format!("with the arguments `{args}`")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    fn what_was_meant(database: &Database, workflow: &WorkflowRow, tasks: &Tasks) -> Result<Option<String>> {
        let filter = &tasks.filter;
        if let Some(template) = &filter.template {
            let known = database.template_names(workflow.id)?;
            return Ok((!known.contains(template)).then(|| hint(template, known.iter().map(String::as_str))));
        }
        let Some(name) = &filter.name else { return Ok(None) };
        let known = database.task_names(workflow.id)?;
        let near = jobmon_syntax::suggest::did_you_mean(name, known.iter().map(String::as_str));
        Ok(near.map(|near| format!("did you mean `{near}`?")))
    }
}

/// Tool, workflow and arguments, as people name a workflow.
fn full_name(workflow: &WorkflowRow) -> String {
    let WorkflowRow { tool, name, args, .. } = workflow;
    let args = if args.is_empty() { String::new() } else { format!(" ({args})") };
    format!("`{tool}/{name}`{args}")
}

fn ended(run: &EarlierRun) -> String {
    match run.status {
        RunState::Registered | RunState::Running => " (the driver of its last run died)".to_owned(),
        RunState::Done | RunState::Failed | RunState::Stopped | RunState::Lost => {
            format!(" (its last run is {})", run.status)
        }
    }
}

/// What is asked, in words, and what is done where nobody is there to be asked.
fn described(steer: &Steer) -> (&'static str, &'static str) {
    let again = "start it again to go on with it";
    let said = "limits are said by the program at each start: `max_concurrently_running`";
    match steer {
        Steer::Drain => ("drain", again),
        Steer::Stop | Steer::StopNow => ("stop", again),
        Steer::Pause => ("pause", again),
        Steer::Unpause => ("unpause", again),
        Steer::Limit(_) => ("change the limit of", said),
        Steer::LimitTemplate { .. } => ("change the limit of a template of", said),
    }
}
