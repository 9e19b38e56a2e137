//! State files that are damaged, locked, of another version, or not this user's; copies of them.

use crate::support::{State, passed_over, wait_for};
use jobmon::prelude::*;
use jobmon::testing::Simulation;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Output, Stdio};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_jobmon-test-program");

fn memory() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// Twelve tasks: four whose tasks behind them have not run yet where the third has failed.
fn workflow() -> Workflow {
    let mut wf = Tool::new("test").workflow("w");
    let first = wf.add_all((0..4).map(|id| Command::new("one").template("first").node_arg("id", id)));
    let second =
        wf.add_all((0..4).map(|id| Command::new("two").template("second").node_arg("id", id).upstream(&first)));
    wf.add_all((0..4).map(|id| Command::new("three").template("third").node_arg("id", id).upstream(&second)));
    wf
}

/// A state in which the first tasks are done, a second one has failed, and the third ones were skipped.
fn partly_done() -> TempDir {
    let state = memory();
    Simulation::new(1).state(state.path()).fail("second", 3).run(&workflow()).unwrap();
    state
}

/// A copy of a state file in a directory of its own, changed.
fn changed(state: &Path, change: impl FnOnce(&Path)) -> TempDir {
    let copy = memory();
    let database = copy.path().join("jobmon.db");
    std::fs::copy(state.join("jobmon.db"), &database).unwrap();
    change(&database);
    copy
}

fn resume(state: &Path) -> Result<jobmon::testing::Trace, String> {
    let options = RunOptions::default().resume(true);
    let resumed = Simulation::new(1).state(state).options(options).run(&workflow());
    resumed.map_err(|error| error.to_string().replace(&state.display().to_string(), ""))
}

/// The last run died.
fn died(database: &Path) {
    let database = Connection::open(database).unwrap();
    database.execute("UPDATE workflow_run SET status = 'RUNNING'", []).unwrap();
}

fn patch(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

/// Something that may be wrong with a state file, by name, and how it comes about.
type Wrong = (&'static str, fn(&Path));

const WRONG: [Wrong; 9] = [
    ("emptied", |path| {
        std::fs::create_dir_all(path.with_file_name("runs").join("1")).unwrap();
        patch(path, Vec::clear);
    }),
    ("newer", |path| {
        let row = "INSERT INTO schema_version (version, jobmon, created_at) VALUES (2, '9.9', 0)";
        Connection::open(path).unwrap().execute(row, []).unwrap();
    }),
    ("truncated", half),
    ("truncated when it died", |path| {
        died(path);
        half(path);
    }),
    ("a word", word),
    ("a word when it died", |path| {
        died(path);
        word(path);
    }),
    ("a page", |path| {
        died(path);
        patch(path, |bytes| bytes[4096 * 10..4096 * 11].fill(0x55));
    }),
    ("no file of SQLite", |path| std::fs::write(path, "something else entirely, for a file").unwrap()),
    ("another application's", |path| {
        std::fs::remove_file(path).unwrap();
        Connection::open(path).unwrap().execute_batch("PRAGMA application_id = 5; CREATE TABLE a (b)").unwrap();
    }),
];

fn half(path: &Path) {
    patch(path, |bytes| bytes.truncate(bytes.len() / 2));
}

/// A bit of a state that it knows is wrong.
fn word(path: &Path) {
    let database = Connection::open(path).unwrap();
    database.pragma_update(None, "ignore_check_constraints", true).unwrap();
    database.execute("UPDATE task SET status = 'DNNE' WHERE status = 'DONE'", []).unwrap();
}

#[test]
fn a_file_that_cannot_be_used_is_told_with_what_to_do() {
    let state = partly_done();
    let told = WRONG.map(|(what, change)| match resume(changed(state.path(), change).path()) {
        Ok(trace) => format!("{what}: it goes on\n{trace}"),
        Err(told) => format!("{what}: {told}"),
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
    emptied: the workflow cannot be run: /jobmon.db is not a state file of jobmon: it is empty, and the directory `runs` beside it says that it was not; put a copy in its place, or remove it to begin anew; it was left as it is
    newer: the workflow cannot be run: the state file /jobmon.db has version 2 of the schema, this jobmon knows up to 1; use a newer jobmon
    truncated: the workflow cannot be run: the state file /jobmon.db is damaged: database disk image is malformed. Put a copy in its place (`jobmon::control::back_up` makes them), save what is left of it by `sqlite3 FILE .recover`, or begin anew with another state directory
    truncated when it died: the workflow cannot be run: the state file /jobmon.db is damaged: database disk image is malformed. Put a copy in its place (`jobmon::control::back_up` makes them), save what is left of it by `sqlite3 FILE .recover`, or begin anew with another state directory
    a word: the workflow cannot be run: the state file /jobmon.db holds "DNNE" where the state of a task was expected; it may be damaged: restore a copy, or begin anew with another state directory
    a word when it died: the workflow cannot be run: the state file /jobmon.db is damaged: CHECK constraint failed in task. Put a copy in its place (`jobmon::control::back_up` makes them), save what is left of it by `sqlite3 FILE .recover`, or begin anew with another state directory
    a page: the workflow cannot be run: the state file /jobmon.db is damaged: database disk image is malformed. Put a copy in its place (`jobmon::control::back_up` makes them), save what is left of it by `sqlite3 FILE .recover`, or begin anew with another state directory
    no file of SQLite: the workflow cannot be run: /jobmon.db is not a state file of jobmon: it is no SQLite file; it was left as it is
    another application's: the workflow cannot be run: /jobmon.db is not a state file of jobmon: it is a SQLite file of another application (0x5); it was left as it is
    "#);
}

/// The tasks that a resume must run: all but those that are done.
fn unfinished(state: &Path) -> BTreeSet<String> {
    let names = State::query_of(state, "SELECT name FROM task WHERE status <> 'DONE' ORDER BY id");
    names.lines().map(str::to_owned).collect()
}

/// The workflows and templates of a file, by which its tasks are found again. No index is asked, which may be what is wrong.
fn names(state: &Path) -> String {
    let workflows = "SELECT id, tool_id, name, args FROM workflow NOT INDEXED";
    let templates = "SELECT id, tool_id, name, version FROM task_template NOT INDEXED";
    format!("{}\n{}", State::query_of(state, workflows), State::query_of(state, templates))
}

#[test]
fn wherever_a_bit_is_wrong_nothing_is_taken_as_done_that_is_not() {
    const FLIPS: usize = 2000;
    const THREADS: usize = 4;
    let state = partly_done();
    let left = unfinished(state.path());
    assert_eq!(left.len(), 8);
    let bytes = std::fs::read(state.path().join("jobmon.db")).unwrap();
    // Much of the file is empty: half of the places are those where something stands.
    let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    let flip = |number: usize| {
        // Places that look like chance and are the same each time; every other time the last run died.
        let mixed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let at = usize::try_from((mixed ^ mixed >> 29) >> 8).unwrap();
        let at = if number % 4 < 2 { at % bytes.len() } else { written[at % written.len()] };
        let copy = changed(state.path(), |path| {
            if number.is_multiple_of(2) {
                died(path);
            }
            patch(path, |bytes| bytes[at] ^= 1 << (mixed >> 61));
        });
        let resumed = catch_unwind(AssertUnwindSafe(|| resume(copy.path())));
        match resumed.unwrap_or_else(|_| panic!("a panic with a wrong bit in byte {at}")) {
            Err(told) => {
                assert!(!told.contains("bug"), "byte {at}: {told}");
                false
            }
            Ok(trace) => {
                let ran: BTreeSet<String> =
                    left.iter().filter(|name| trace.to_string().contains(name.as_str())).cloned().collect();
                assert_eq!(ran, left, "byte {at}");
                // What is done runs again where it is not found by its name or version, in a table or an index: then the file
                // has another workflow, or other templates, beside those that were there.
                let again = trace.to_string().contains("start first");
                assert!(!again || names(copy.path()) != names(state.path()), "byte {at}: what is done runs again");
                true
            }
        }
    };
    let flip = &flip;
    let right = std::thread::scope(|scope| {
        let threads = [0; THREADS].iter().enumerate().map(|(first, _)| {
            scope.spawn(move || (first..FLIPS).step_by(THREADS).filter(|number| flip(*number)).count())
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    println!("{FLIPS} wrong bits: {} were told, with {right} the run went on with the right states", FLIPS - right);
    assert!(right > 0 && right < FLIPS);
}

/// A user whom nobody is.
const SOMEBODY: u32 = 65_534;

/// A state that anybody may read, with the test program in it, which anybody may start; `None` where this user cannot be another.
fn for_others() -> Option<(State, PathBuf)> {
    if !rustix::process::geteuid().is_root() {
        passed_over("only root can be another user");
        return None;
    }
    let state = State::new();
    std::fs::set_permissions(state.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = state.join("app");
    std::fs::copy(PROGRAM, &program).unwrap();
    Some((state, program))
}

/// What another user sees of the state.
fn look(state: &Path, program: &Path) -> Output {
    let mut look = Program::new(program);
    look.arg("looks").arg(state).uid(SOMEBODY).gid(SOMEBODY).current_dir("/").stdin(Stdio::null());
    look.output().unwrap()
}

fn sees(state: &Path, program: &Path) -> String {
    let seen = look(state, program);
    let told = String::from_utf8(seen.stderr).unwrap();
    assert!(told.contains("cannot be written here"), "{told}");
    String::from_utf8(seen.stdout).unwrap().trim_end().to_owned()
}

#[test]
fn another_user_reads_a_state_at_any_time_and_harms_nothing() {
    let Some((state, program)) = for_others() else { return };
    state.fifo("go");
    state.fifo("end");
    let mut run = state.program("gated");
    wait_for("the first task runs", || state.lines("slot").pop());
    assert_eq!(sees(state.path(), &program), "0 attempts", "while it runs");
    let go = state.open("go");
    wait_for("the others run", || state.look("SELECT 1 FROM task WHERE status = 'RUNNING' AND name <> 'first'"));
    assert_eq!(sees(state.path(), &program), "1 attempts", "while it runs");
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(state.join("jobmon.db-wal").exists());
    assert_eq!(sees(state.path(), &program), "1 attempts", "after it was killed");
    drop(go);
    let run = state.program("gated");
    let end = wait_for("they run again", || {
        rustix::fs::open(
            state.join("end"),
            rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK,
            rustix::fs::Mode::empty(),
        )
        .ok()
    });
    // Somebody has it open while it is closed.
    let reader = state.query_open();
    wait_for("all is done", || state.look("SELECT 1 FROM workflow WHERE status = 'DONE'"));
    drop(end);
    let ended = run.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(sees(state.path(), &program), "3 attempts", "after a close while another had it open");
    drop(reader);
    assert_eq!(sees(state.path(), &program), "3 attempts", "and after that");
    // The next run leaves it in order.
    let again = state.program("gated").wait_with_output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert!(!state.join("jobmon.db-wal").exists());
    assert_eq!(sees(state.path(), &program), "3 attempts", "after an orderly close");
    // Left in WAL mode by somebody who could delete the log.
    patch(&state.join("jobmon.db"), |bytes| bytes[18..20].fill(2));
    assert_eq!(sees(state.path(), &program), "3 attempts", "in WAL mode without a log");
    assert!(!state.join("jobmon.db-wal").exists());
}

#[test]
fn where_a_user_may_not_write_that_is_told() {
    let Some((state, program)) = for_others() else { return };
    let mut wf = Tool::new("test").workflow("w");
    wf.add(Command::new("true"));
    wf.run(state.options()).unwrap().ok().unwrap();
    let told = String::from_utf8(look(state.path(), &program).stderr).unwrap();
    let nothing = state.join("nothing");
    std::fs::create_dir(&nothing).unwrap();
    let mut start = Program::new(&program);
    start.arg("three").arg(&nothing).uid(SOMEBODY).gid(SOMEBODY).current_dir("/");
    let told = told + &String::from_utf8(start.output().unwrap().stderr).unwrap();
    insta::assert_snapshot!(told.replace(&state.path().display().to_string(), ""), @r"
    Error: the state file /jobmon.db cannot be written here: this user may not, or its file system is read-only; choose another state directory with `JOBMON_HOME` or `RunOptions::state`
    Error: the state file /nothing/jobmon.db cannot be written here: this user may not, or its file system is read-only; choose another state directory with `JOBMON_HOME` or `RunOptions::state`
    ");
}

#[test]
fn a_copy_that_is_taken_while_a_run_lasts_is_gone_on_with() {
    let state = State::new();
    state.fifo("go");
    let mut program = state.program("gated");
    wait_for("the first task runs", || state.lines("slot").pop());
    let go = state.open("go");
    state.fifo("end");
    wait_for("the first is done", || state.look("SELECT 1 FROM task WHERE name = 'first' AND status = 'DONE'"));
    let copy = state.join("copy.db");
    jobmon::control::back_up(state.path(), &copy).unwrap();
    let refused = jobmon::control::back_up(state.path(), &copy).unwrap_err();
    let refused = format!("{refused:?}").replace(&state.path().display().to_string(), "");
    insta::assert_snapshot!(refused, @r"
    cannot copy the state file /jobmon.db to /copy.db
      caused by: there is a file of that name
    ");
    program.kill().unwrap();
    program.wait().unwrap();
    drop(go);
    for file in ["jobmon.db-wal", "jobmon.db-shm"] {
        std::fs::remove_file(state.join(file)).unwrap();
    }
    std::fs::rename(&copy, state.join("jobmon.db")).unwrap();
    let program = wait_for("the keeper is gone", || {
        let mut program = state.program("gated");
        let end = wait_for("it runs or has ended", || {
            let end = rustix::fs::open(
                state.join("end"),
                rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK,
                rustix::fs::Mode::empty(),
            );
            end.ok().map(Some).or_else(|| program.try_wait().unwrap().map(|_| None))
        })?;
        Some((program, end))
    });
    let (program, _end) = program;
    let ended = program.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(state.query("SELECT name, status, (SELECT count(*) FROM task_instance WHERE task_id = task.id AND task_instance.status = 'DONE') FROM task WHERE name = 'first'"), "first DONE 1");
}
