//! Takes the lease of a workflow: waits for those that are about to go, refuses where somebody runs it, and takes over
//! what another machine has left.

use crate::id::WorkflowId;
use crate::model::RunState;
use crate::run::heartbeat::Heartbeat;
use crate::run::surroundings::Surroundings;
use crate::run::{Result, RunError};
use crate::store::{Database, EarlierRun, Held, Holder, Home, Lease, Part, Standing, own_namespace};
use crate::time::Timestamp;
use std::time::Duration;

#[cfg(test)]
mod tests;

/// Who wants the lease of which workflow.
pub(super) struct Candidate<'a> {
    pub(super) database: &'a Database,
    pub(super) home: &'a Home,
    pub(super) workflow: WorkflowId,
    /// Tool, workflow and arguments.
    pub(super) name: String,
    pub(super) holder: Holder,
    pub(super) heartbeat: Heartbeat,
    pub(super) around: &'a Surroundings<'a>,
}

impl Candidate<'_> {
    /// Who has just taken the lock writes at once who it is. A machine with too much to do may let it wait.
    const SETTLING: Duration = Duration::from_secs(5);
    /// What has got KILL is given so long to be gone.
    const MARGIN: Duration = Duration::from_secs(10);
    const LOOK: Duration = Duration::from_millis(20);
    /// So often nobody is seen who has the lock, before it is said that nobody can be seen.
    const LOOKS: u32 = 5;
    /// How often the state file is looked at while another machine is waited for, at most.
    const WATCH: Duration = Duration::from_secs(1);

    /// Takes the lock of the workflow.
    pub(super) fn take(&self) -> Result<Lease> {
        let path = self.home.lease(self.workflow);
        let (mut settled_at, mut ended_at, mut named_at, mut unseen) = (None, None, None, 0);
        loop {
            let held = match Lease::take(&path)? {
                Ok(lease) => {
                    let since = self.around.clock.now().wall.0;
                    lease.sign(&Holder { since, ..self.holder.clone() });
                    return Ok(lease);
                }
                Err(held) => held,
            };
            let now = self.around.clock.now().mono;
            match held.standing() {
                Standing::Unsettled if now < *settled_at.get_or_insert(now + Self::SETTLING) => {
                    self.pass(Self::LOOK, "the one who has just taken its lock")?;
                }
                Standing::Unseen if unseen < Self::LOOKS => {
                    unseen += 1;
                    self.pass(Self::LOOK, "those who have just had its lock")?;
                }
                Standing::Ending => {
                    let whom = listed(&held.holders());
                    let until = *ended_at.get_or_insert_with(|| {
                        let grace = held.by.as_ref().map_or(Duration::ZERO, |by| by.grace);
                        self.say_ending(&held, &whom, grace);
                        now.saturating_add(grace).saturating_add(Self::MARGIN)
                    });
                    if now >= until {
                        return Err(RunError::StillEnding { name: self.name.clone(), holders: held.holders() }.into());
                    }
                    self.pass(Self::LOOK, &whom)?;
                }
                // A keeper that has just been started has not got its name yet.
                Standing::Inherited if now < *named_at.get_or_insert(now + Self::SETTLING) => {
                    self.pass(Self::LOOK, &listed(&held.holders()))?;
                }
                Standing::Inherited => {
                    let (name, holders) = (self.name.clone(), held.holders());
                    return Err(RunError::LockInherited { name, holders }.into());
                }
                Standing::Unsettled | Standing::Driven | Standing::Unseen => return Err(self.refuse(&held)?),
            }
        }
    }

    /// A run of another machine that has not said how it ended may live: its heartbeat is watched by the clock of this
    /// machine, whatever the other one's says. Gives what people should know where it is taken over.
    pub(super) fn watch(&self) -> Result<Option<String>> {
        let Some(run) = self.elsewhere()? else { return Ok(None) };
        let Heartbeat { interval, deadline } = self.heartbeat;
        let whom = format!("{}, which has not said how it ended", run.told());
        self.around.patience.tell(&format_args!("waiting up to {deadline:?} for a heartbeat of {whom}"));
        let begun = self.around.clock.now().mono;
        loop {
            self.pass(interval.min(Self::WATCH), &format!("a heartbeat of {whom}"))?;
            let Some(now) = self.elsewhere()? else { return Ok(None) };
            // Any other value is a sign of life: clocks differ and may be set back.
            if (now.id, now.heartbeat_at) != (run.id, run.heartbeat_at) {
                let who = format!("{}; its heartbeat was seen", now.told());
                return Err(
                    RunError::AlreadyRunning { name: self.name.clone(), who: Some(who), holders: vec![] }.into()
                );
            }
            if self.around.clock.now().mono.saturating_sub(begun) >= deadline {
                let EarlierRun { host, .. } = &run;
                return Ok(Some(format!(
                    "{whom}, gave no heartbeat for {deadline:?} and is taken over; whether processes of it live on {host} \
                     is not known here: if that machine lives, look there"
                )));
            }
        }
    }

    /// The run of another machine that may live.
    fn elsewhere(&self) -> Result<Option<EarlierRun>> {
        let is_open = |run: &EarlierRun| matches!(run.status, RunState::Registered | RunState::Running);
        let latest = self.database.latest_run(self.workflow)?;
        Ok(latest.filter(|run| is_open(run) && run.host != self.around.host))
    }

    fn say_ending(&self, held: &Held, whom: &str, grace: Duration) {
        let driver = held.by.as_ref().map(|by| format!(" (process {} on {})", by.pid, by.host)).unwrap_or_default();
        let grace = if grace.is_zero() { String::new() } else { format!(", which have {grace:?} to end") };
        self.around.patience.tell(&format_args!(
            "the driver of the last run{driver} has gone; waiting for {whom} to end its tasks{grace}"
        ));
    }

    fn pass(&self, time: Duration, whom: &str) -> Result<()> {
        let ended = |by| RunError::WaitEnded { name: self.name.clone(), whom: whom.to_owned(), by };
        self.around.patience.pass(time).map_err(|by| ended(by).into())
    }

    fn refuse(&self, held: &Held) -> Result<crate::run::Error> {
        let who = match &held.by {
            Some(by) => self.told(by)?,
            None => match self.database.latest_run(self.workflow)?.filter(|run| run.status == RunState::Running) {
                Some(run) => run.told(),
                None if held.processes.is_empty() => "a process that cannot be seen from here".to_owned(),
                None => "a start that has not said yet whose it is".to_owned(),
            },
        };
        let stopped = held.processes.iter().find(|process| process.part == Part::Driver && process.stopped);
        let who = match stopped {
            Some(process) => format!("{who}; it is stopped, `kill -CONT {}` lets it go on", process.pid),
            None => who,
        };
        Ok(RunError::AlreadyRunning { name: self.name.clone(), who: Some(who), holders: held.holders() }.into())
    }

    /// Who has it, as the lock's file says it: before its run is written down, and where it is not.
    fn told(&self, by: &Holder) -> Result<String> {
        let run = self.database.latest_run(self.workflow)?.filter(|run| run.token == by.token);
        let what = run.map_or_else(|| "a start".to_owned(), |run| format!("run {}", run.id));
        let Holder { host, user, pid, since, .. } = by;
        let there = if by.namespace == own_namespace() { "" } else { " of another pid namespace or machine" };
        Ok(format!("{what} of {user} on {host} (process {pid}{there}, since {})", Timestamp(*since)))
    }
}

fn listed(processes: &[(u32, String)]) -> String {
    let processes: Vec<String> = processes.iter().map(|(pid, name)| format!("{pid} ({name})")).collect();
    processes.join(", ")
}
