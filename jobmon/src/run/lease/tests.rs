//! Two machines of which one is imagined, and clocks that jump.

use crate::exec::local::Remnants;
use crate::plan::{Tool, Workflow};
use crate::report::Progress;
use crate::run::start::{Ready, Started, start};
use crate::run::surroundings::{Patience, Surroundings};
use crate::run::{Error, RunError, RunOptions};
use crate::store::Database;
use crate::time::{Clock, Now, Timestamp};
use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

const SECOND: i64 = 1_000_000;
const YEAR: i64 = 365 * 24 * 3600 * SECOND;

/// A clock that moves when somebody waits, and whose wall time is set by the test.
struct Imagined {
    now: Cell<Now>,
}

impl Clock for Imagined {
    fn now(&self) -> Now {
        self.now.get()
    }
}

/// Waits by moving the clock; each time `meanwhile` happens, which sets the wall's clock.
struct Moving<'a> {
    clock: &'a Imagined,
    passes: Cell<u32>,
    told: RefCell<Vec<String>>,
    meanwhile: &'a dyn Fn(u32) -> i64,
}

impl Patience for Moving<'_> {
    fn tell(&self, what: &dyn Display) {
        self.told.borrow_mut().push(what.to_string());
    }

    fn pass(&self, time: Duration) -> Result<(), &'static str> {
        let pass = self.passes.get() + 1;
        self.passes.set(pass);
        let mono = self.clock.now.get().mono + time;
        self.clock.now.set(Now { mono, wall: Timestamp((self.meanwhile)(pass)) });
        Ok(())
    }
}

fn workflow() -> Workflow {
    let mut wf = Tool::new("test").workflow("watched");
    wf.add(crate::plan::Command::new("true"));
    wf
}

/// A start on a machine; beside it how often it waited.
fn start_on(host: &str, state: &Path, meanwhile: &dyn Fn(u32) -> i64) -> (Result<Ready, Error>, u32, Vec<String>) {
    let clock = Imagined { now: Cell::new(Now { mono: Duration::ZERO, wall: Timestamp(50 * YEAR) }) };
    let patience = Moving { clock: &clock, passes: Cell::new(0), told: RefCell::default(), meanwhile };
    let around = Surroundings {
        clock: &clock,
        host: host.to_owned(),
        has_files: true,
        end_remnants: |_| Remnants::default(),
        patience: &patience,
        opened: Box::new(|_| Ok(())),
    };
    let options = RunOptions::default().resume(true).state(state).progress(Progress::Off);
    let ready = start(std::sync::Arc::clone(workflow().plan()), &options, &around).map(|started| match started {
        Started::Run(ready) => *ready,
        Started::Complete(..) => panic!("nothing was done"),
    });
    (ready, patience.passes.get(), patience.told.take())
}

/// A run of the machine `there` that says nothing more.
fn run_there(state: &Path) {
    let (ready, passes, _) = start_on("there", state, &|_| 0);
    assert_eq!((ready.is_ok(), passes), (true, 0));
}

#[test]
fn a_silent_run_is_taken_over_after_the_deadline_whatever_the_walls_clock_says() {
    let jumps: [fn(u32) -> i64; 3] =
        [|_| 50 * YEAR, |pass| 50 * YEAR + i64::from(pass) * YEAR, |pass| if pass % 2 == 0 { 0 } else { 100 * YEAR }];
    for jump in jumps {
        let state = tempfile::tempdir().unwrap();
        run_there(state.path());
        let (ready, passes, told) = start_on("here", state.path(), &jump);
        assert_eq!(passes, 90, "once a second until the deadline of 90 s");
        assert!(told[0].starts_with("waiting up to 90s for a heartbeat of run 1 of "), "{told:?}");
        let notes = ready.unwrap().notes;
        assert!(notes[0].contains("on there (process "), "{notes:?}");
        assert!(notes[0].contains("gave no heartbeat for 90s and is taken over"), "{notes:?}");
    }
}

#[test]
fn any_other_heartbeat_is_a_sign_of_life_also_an_earlier_one() {
    for heartbeat in [0, 49 * YEAR, 50 * YEAR + 1, 100 * YEAR] {
        let state = tempfile::tempdir().unwrap();
        run_there(state.path());
        let beats = |pass| {
            if pass == 89 {
                let database = Database::open(state.path().join("jobmon.db"), 0).unwrap();
                database.connection.execute("UPDATE workflow_run SET heartbeat_at = ?1", [heartbeat]).unwrap();
            }
            i64::from(pass) * YEAR
        };
        let (refused, passes, _) = start_on("here", state.path(), &beats);
        assert_eq!(passes, 89);
        let refused = refused.map(drop).unwrap_err();
        assert!(matches!(refused, Error::Run(RunError::AlreadyRunning { .. })), "{refused}");
        assert!(refused.to_string().contains("on there (process "), "{refused}");
    }
}

#[test]
fn a_run_that_ends_while_it_is_watched_is_gone_on_with() {
    let state = tempfile::tempdir().unwrap();
    run_there(state.path());
    let ends = |pass| {
        if pass == 3 {
            let database = Database::open(state.path().join("jobmon.db"), 0).unwrap();
            database
                .connection
                .execute_batch("UPDATE workflow_run SET status = 'STOPPED'; UPDATE workflow SET status = 'STOPPED'")
                .unwrap();
        }
        0
    };
    let (ready, passes, _) = start_on("here", state.path(), &ends);
    assert_eq!((ready.unwrap().notes.len(), passes), (0, 3));
}

#[test]
fn on_one_machine_the_lock_is_proof_and_no_clock_counts() {
    let state = tempfile::tempdir().unwrap();
    run_there(state.path());
    let (ready, passes, told) = start_on("there", state.path(), &|_| 0);
    assert_eq!((ready.unwrap().notes.len(), passes, told.len()), (0, 0, 0));
}
