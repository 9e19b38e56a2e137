//! A request that was written down, and the wait for its answer.

use crate::run::ControlError;
use crate::store::{Database, Fate, Home, Lease};
use crate::time::{Clock as _, SystemClock};
use std::path::PathBuf;
use std::time::Duration;

/// A request to a running workflow, written down. The driver takes it up within a second, whether somebody waits or not.
///
/// ```no_run
/// # fn main() -> jobmon::Result<()> {
/// use jobmon::control::Control;
/// use std::time::Duration;
/// let request = Control::at(".jobmon").workflow("model").pause()?;
/// println!("{}", request.wait(Duration::from_secs(10))?); // nothing new starts, what runs goes on (8 tasks)
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "whether the run does it is known when it has answered: `wait` for it"]
pub struct Request {
    pub(super) home: Home,
    /// The lock of the workflow, where it can be looked at from this machine.
    pub(super) lease: Option<PathBuf>,
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) what: &'static str,
}

impl Request {
    /// So often it is looked for the answer.
    const LOOK: Duration = Duration::from_millis(20);

    /// Waits until the driver has answered, for so long at most; gives its answer in words. It blocks the thread.
    ///
    /// # Errors
    /// [`ControlError::Refused`] where the driver does not do it, [`ControlError::Unanswered`] where it has not answered in time,
    /// [`ControlError::Ended`] where the run is over.
    ///
    /// ```no_run
    /// # fn main() -> jobmon::Result<()> {
    /// # use jobmon::control::Control;
    /// # use std::time::Duration;
    /// Control::at(".jobmon").workflow("model").drain()?.wait(Duration::from_secs(10))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait(self, patience: Duration) -> Result<String, ControlError> {
        let Self { home, lease, id, name, what } = self;
        let clock = SystemClock::start();
        let database = Database::read(home.database())?;
        loop {
            // Looked at before the row: who answers and goes is found to have answered.
            let lives = lease.as_deref().map_or(Ok(true), Lease::is_held)?;
            match database.fate(id)? {
                Fate::Answered { accepted: true, words } => return Ok(words),
                Fate::Answered { accepted: false, words } => {
                    return Err(ControlError::Refused { name, what, answer: words });
                }
                Fate::Lost => return Err(ControlError::Ended { name, what }),
                Fate::Open if !lives => return Err(ControlError::Ended { name, what }),
                Fate::Open => {}
            }
            let left = patience.saturating_sub(clock.now().mono);
            if left.is_zero() {
                return Err(ControlError::Unanswered { name, what, waited: patience });
            }
            std::thread::park_timeout(left.min(Self::LOOK));
        }
    }
}
