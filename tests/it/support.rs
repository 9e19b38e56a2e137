//! A state directory, what its database says, and programs to start.

use jobmon::{Progress, RunOptions};
use rusqlite::{Connection, OpenFlags};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A state directory of its own.
#[derive(Debug)]
pub(crate) struct State {
    directory: TempDir,
}

impl State {
    pub(crate) fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Options that a test wants: this state, nothing said.
    pub(crate) fn options(&self) -> RunOptions {
        RunOptions::default().state(self.path()).progress(Progress::Off)
    }

    /// The rows of a query, a line each, columns by blanks.
    pub(crate) fn query(&self, sql: &str) -> String {
        Self::query_of(self.path(), sql)
    }

    /// The same of another state directory.
    pub(crate) fn query_of(state: &Path, sql: &str) -> String {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = Connection::open_with_flags(state.join("jobmon.db"), flags).unwrap();
        let mut statement = database.prepare(sql).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let texts = (0..columns).map(|at| Ok(text(&row.get::<_, rusqlite::types::Value>(at)?)));
            Ok(texts.collect::<rusqlite::Result<Vec<_>>>()?.join(" "))
        });
        rows.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    /// The first value that a query gives, if there is one yet: for looks beside a run that has just begun.
    pub(crate) fn look(&self, sql: &str) -> Option<i64> {
        Self::look_at(self.path(), sql)
    }

    /// The same of another state directory.
    pub(crate) fn look_at(state: &Path, sql: &str) -> Option<i64> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = Connection::open_with_flags(state.join("jobmon.db"), flags).ok()?;
        database.query_row(sql, [], |row| row.get::<_, Option<i64>>(0)).ok().flatten()
    }

    /// Makes a fifo, which stops whoever opens it to read until somebody opens it to write.
    pub(crate) fn fifo(&self, name: &str) {
        rustix::fs::mkfifoat(rustix::fs::CWD, self.join(name), rustix::fs::Mode::RWXU).unwrap();
    }

    /// Lets those go on who wait at a fifo; to be kept until none may come any more.
    pub(crate) fn open(&self, fifo: &str) -> std::fs::File {
        std::fs::OpenOptions::new().write(true).open(self.join(fifo)).unwrap()
    }

    /// The lines of a file that a task wrote to, none where it is not there.
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Starts the test program.
    pub(crate) fn program(&self, what: &str) -> Child {
        let mut program = Command::new(env!("CARGO_BIN_EXE_jobmon-test-program"));
        program.arg(what).arg(self.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        program.spawn().unwrap()
    }
}

fn text(value: &rusqlite::types::Value) -> String {
    use rusqlite::types::Value;
    match value {
        Value::Null => "-".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// Waits until `there` gives something. The time is a bound for a broken program, not a part of the test.
pub(crate) fn wait_for<T>(what: &str, mut there: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = there() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_mins(2), "{what}: waited for in vain");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Whether a process lives: it is there and not a zombie.
pub(crate) fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z') && !rest.starts_with('X'))
}

/// The parent of a process.
pub(crate) fn parent(of: &str) -> String {
    let stat = std::fs::read_to_string(format!("/proc/{of}/stat")).unwrap();
    stat.rsplit_once(") ").unwrap().1.split(' ').nth(1).unwrap().to_owned()
}

/// Sends a signal to a child.
pub(crate) fn signal(child: &Child, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// Says on the terminal that a test is passed over here, past all that keeps the output of tests.
pub(crate) fn passed_over(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let told = format!("{test} was passed over: {why}\n");
    std::io::stderr().write_all(told.as_bytes()).unwrap();
}
