//! How a start waits: it says for whom, and signals end it.

use crate::report::{Progress, Reporter, StandardError};
use crate::run::RunOptions;
use crate::run::signals::{self, Signals};
use crate::run::surroundings::Patience;
use std::cell::RefCell;
use std::fmt::Display;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;

/// Waits on this machine.
pub(super) struct Waiting<'a> {
    workflow: String,
    options: &'a RunOptions,
    abandoned: RefCell<Option<UnboundedReceiver<()>>>,
    /// Made when there is something to wait for, which is rare.
    means: RefCell<Option<Means>>,
}

struct Means {
    reporter: Reporter<StandardError>,
    runtime: Option<Runtime>,
    signals: Option<Signals>,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(workflow: String, options: &'a RunOptions, abandoned: Option<UnboundedReceiver<()>>) -> Self {
        Self { workflow, options, abandoned: RefCell::new(abandoned), means: RefCell::default() }
    }

    /// There is nothing more to wait for: gives what tells that nobody waits for the run, and the signals, of which some may
    /// have come since the last look.
    pub(super) fn end(self) -> (Option<UnboundedReceiver<()>>, Option<Signals>) {
        (self.abandoned.into_inner(), self.means.into_inner().and_then(|means| means.signals))
    }

    /// What it takes to wait; where something of it is not to be had, it is waited without it.
    fn means(&self) -> Means {
        let out = (self.options.progress != Progress::Off).then(StandardError::start).and_then(Result::ok);
        Means {
            reporter: Reporter::new(out, self.workflow.clone(), 0),
            runtime: tokio::runtime::Builder::new_current_thread().enable_time().build().ok(),
            signals: self.options.signals.then(Signals::install).and_then(Result::ok),
        }
    }
}

impl Patience for Waiting<'_> {
    fn tell(&self, what: &dyn Display) {
        tracing::info!("{}: {what}", self.workflow);
        let mut means = self.means.borrow_mut();
        let means = means.get_or_insert_with(|| self.means());
        means.reporter.note(&format_args!("{}: {what}", self.workflow));
    }

    fn pass(&self, time: Duration) -> Result<(), &'static str> {
        let (mut means, mut abandoned) = (self.means.borrow_mut(), self.abandoned.borrow_mut());
        let Means { runtime, signals, .. } = means.get_or_insert_with(|| self.means());
        let Some(runtime) = runtime else {
            std::thread::park_timeout(time);
            return Ok(());
        };
        runtime.block_on(async {
            let time = tokio::time::sleep(time);
            tokio::pin!(time);
            loop {
                tokio::select! { biased;
                    Some(signal) = signals::next(signals) => match signals::name(signal) {
                        "SIGHUP" => {}
                        name => return Err(name),
                    },
                    () = signals::abandoned(&mut abandoned) => return Err("the program, which no longer waited for it,"),
                    () = &mut time => return Ok(()),
                }
            }
        })
    }
}

impl std::fmt::Debug for Waiting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting").field("workflow", &self.workflow).finish_non_exhaustive()
    }
}
