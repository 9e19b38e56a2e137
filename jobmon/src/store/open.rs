//! Opening the state file.

use crate::store::migrate::VERSION;
use crate::store::tenure::Tenure;
use crate::store::{StoreError, file_system, migrate};
use crate::time::{Clock as _, SystemClock};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An open state file.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) path: PathBuf,
    pub(crate) connection: Connection,
    /// Whether it is to be left as anyone can read it.
    writes: bool,
    pub(super) tenure: Option<Tenure>,
    /// Whether it was looked through for damage.
    pub(super) checked: bool,
    /// The copy that was made of it before its schema was changed.
    pub(crate) backup: Option<PathBuf>,
    /// Whether the file is to be left as a killed process leaves it.
    #[cfg(any(test, feature = "testing"))]
    abandoned: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Database {
    /// For how long a statement waits for other drivers that use the file.
    const BUSY: Duration = Duration::from_mins(2);

    /// After so long it is tried again to switch the journal.
    const SWITCH: Duration = Duration::from_millis(5);

    /// So much of the file is kept in memory, in KiB (SQLite takes a negative number for that): the identities of a
    /// million tasks fit, whose index is written all over.
    const CACHE_KIB: i64 = -128 * 1024;

    /// Opens the file to read and write; makes it if it is not there.
    pub(crate) fn open(path: PathBuf, now: i64) -> Result<Self, StoreError> {
        Self::open_within(path, now, Self::BUSY)
    }

    fn open_within(path: PathBuf, now: i64, busy: Duration) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let was_left = was_left(&path);
        if was_emptied(&path) {
            let reason = "it is empty, and the directory `runs` beside it says that it was not; put a copy in its place, \
                          or remove it to begin anew";
            return Err(StoreError::Foreign { path, reason: reason.to_owned() });
        }
        let mut database = Self::connect(path, flags, busy)?;
        database.refuse_foreign()?;
        database.refuse_newer()?;
        if was_left {
            database.check_after_deaths()?;
        }
        let wal = if file_system::is_on_network(&database.path) { "DELETE" } else { "WAL" };
        let configured = database
            .switch_journal(wal)
            .and_then(|()| database.connection.pragma_update(None, "synchronous", "FULL"))
            // Rows refer to rows that the same code wrote before; looking each of them up again makes a bind slower.
            .and_then(|()| database.connection.pragma_update(None, "foreign_keys", false))
            .and_then(|()| database.connection.pragma_update(None, "cache_size", Self::CACHE_KIB));
        configured.map_err(|source| database.opening(source))?;
        database.migrate(&migrate::MIGRATIONS, now)?;
        Ok(database)
    }

    /// Opens a file that is there to write a few rows to it, beside whoever has it open, and leaves its journal as it is: who
    /// switches that stands in the way of drivers that come and go.
    pub(crate) fn open_beside(path: PathBuf) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut database = Self::connect(path, flags, Self::BUSY)?;
        database.writes = false;
        database.refuse_foreign()?;
        let opening = |source| database.opening(source);
        database.connection.pragma_update(None, "synchronous", "FULL").map_err(opening)?;
        database.connection.pragma_update(None, "foreign_keys", false).map_err(opening)?;
        match database.version().map_err(opening)? {
            VERSION => Ok(database),
            found if found > VERSION => Err(StoreError::Newer { path: database.path.clone(), found, known: VERSION }),
            _ => Err(StoreError::Foreign {
                path: database.path.clone(),
                reason: "nothing is written in it yet".to_owned(),
            }),
        }
    }

    /// Sets how the file is written. Two that do so at the same moment stand in each other's way, which SQLite tells at once
    /// instead of waiting.
    fn switch_journal(&self, mode: &str) -> rusqlite::Result<()> {
        let clock = SystemClock::start();
        loop {
            match self.connection.pragma_update_and_check(None, "journal_mode", mode, |_| Ok(())) {
                Err(error)
                    if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && clock.now().mono < Self::BUSY =>
                {
                    std::thread::park_timeout(Self::SWITCH);
                }
                switched => return switched,
            }
        }
    }

    /// Opens the file to read only.
    pub(crate) fn read(path: PathBuf) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Self::connect(path, flags, Self::BUSY)?;
        match database.refuse_foreign() {
            // It is in WAL mode, and there is no log: whoever may not make one can read it as what it is, a file at rest.
            Err(error) if error.is_for_want_of_a_log() && !beside(&database.path, "-wal").exists() => {
                let at_rest = Self::connect_at_rest(database.path.clone(), flags)?;
                at_rest.refuse_foreign()?;
                Ok(at_rest)
            }
            refused => refused.map(|()| database),
        }
    }

    fn connect_at_rest(path: PathBuf, flags: OpenFlags) -> Result<Self, StoreError> {
        let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let uri = PathBuf::from(format!("file:{name}?immutable=1"));
        let mut database = Self::connect(uri, flags | OpenFlags::SQLITE_OPEN_URI, Self::BUSY)?;
        database.path = path;
        Ok(database)
    }

    fn connect(path: PathBuf, flags: OpenFlags, busy: Duration) -> Result<Self, StoreError> {
        let connection = Connection::open_with_flags(&path, flags);
        let connection = connection.and_then(|connection| {
            connection.busy_timeout(busy)?;
            connection.set_prepared_statement_cache_capacity(64);
            Ok(connection)
        });
        match connection {
            Ok(connection) => Ok(Self {
                path,
                connection,
                writes: !flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY),
                tenure: None,
                #[cfg(any(test, feature = "testing"))]
                abandoned: std::sync::Arc::default(),
                checked: false,
                backup: None,
            }),
            Err(source) => Err(StoreError::of_opening(path, source)),
        }
    }

    /// A file that holds something else is told, never changed.
    fn refuse_foreign(&self) -> Result<(), StoreError> {
        let foreign = |reason: String| StoreError::Foreign { path: self.path.clone(), reason };
        let tables = self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
        let tables = match tables {
            Ok(tables) => tables,
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                return Err(foreign("it is no SQLite file".to_owned()));
            }
            Err(source) => return Err(self.opening(source)),
        };
        let id = self.connection.pragma_query_value(None, "application_id", |row| row.get::<_, i64>(0));
        match id.map_err(|source| self.opening(source))? {
            migrate::APPLICATION_ID => Ok(()),
            _ if tables == 0 => Ok(()),
            id => Err(foreign(format!("it is a SQLite file of another application ({id:#x})"))),
        }
    }

    pub(super) fn opening(&self, source: rusqlite::Error) -> StoreError {
        StoreError::of_opening(self.path.clone(), source)
    }

    /// The error of a statement that was to do `what`, or of the transaction that could not begin.
    pub(crate) fn failed(&self, what: &'static str) -> impl Fn(rusqlite::Error) -> StoreError + use<> {
        let path = self.path.clone();
        move |source| match source {
            rusqlite::Error::ToSqlConversionFailure(error) => match error.downcast::<StoreError>() {
                Ok(error) => *error,
                Err(error) => {
                    let source = rusqlite::Error::ToSqlConversionFailure(error);
                    StoreError::Statement { what, path: path.clone(), source }
                }
            },
            source => StoreError::of_statement(what, &path, source),
        }
    }
}

/// For simulated crashes.
#[cfg(any(test, feature = "testing"))]
impl Database {
    /// Asks before each commit; where the answer is true it is rolled back, and the file is left as a killed process leaves it.
    pub(crate) fn refuse_commits(
        &mut self,
        mut refuse: impl FnMut() -> bool + Send + 'static,
    ) -> Result<(), StoreError> {
        let abandoned = std::sync::Arc::clone(&self.abandoned);
        let hook = move || {
            let refused = refuse();
            if refused {
                abandoned.store(true, std::sync::atomic::Ordering::Relaxed);
            }
            refused
        };
        let hooked = self.connection.commit_hook(Some(hook));
        hooked.map_err(|source| self.opening(source))
    }

    /// For a file that nobody else opens and that ends with this process: what it costs to survive is saved.
    pub(crate) fn spare_the_disk(&mut self) -> Result<(), StoreError> {
        let spared = self
            .connection
            .pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))
            .and_then(|()| self.connection.pragma_update_and_check(None, "journal_mode", "MEMORY", |_| Ok(())))
            .and_then(|()| self.connection.pragma_update(None, "synchronous", "OFF"));
        spared.map_err(|source| self.opening(source))
    }

    /// Closes the file as a killed process leaves it: nothing is tidied up.
    pub(crate) fn abandon(self) {
        self.abandoned.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    fn leave(&self) {
        use rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        if let Err(error) = self.connection.set_db_config(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
            tracing::debug!(%error, "the file is tidied up");
        }
    }
}

/// Leaves the file so that anyone who may read it can, unless others have it open: also where a run was refused.
impl Drop for Database {
    fn drop(&mut self) {
        if !self.writes {
            return;
        }
        #[cfg(any(test, feature = "testing"))]
        if self.abandoned.load(std::sync::atomic::Ordering::Relaxed) {
            return self.leave();
        }
        let rollback = self.connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()));
        if let Err(error) = rollback {
            tracing::debug!(%error, "the state file stays in WAL mode: others have it open");
        }
    }
}

/// A file of no length beside the files of runs has lost what it held: it is no new one.
fn was_emptied(path: &Path) -> bool {
    let is_empty = std::fs::metadata(path).is_ok_and(|file| file.len() == 0);
    let runs = || std::fs::read_dir(path.with_file_name("runs")).is_ok_and(|mut runs| runs.next().is_some());
    is_empty && runs()
}

/// Whether a log lies beside the file: somebody has it open, or died.
fn was_left(path: &Path) -> bool {
    let holds = |suffix| std::fs::metadata(beside(path, suffix)).is_ok_and(|log| log.len() > 0);
    ["-wal", "-journal"].into_iter().any(holds)
}

/// The file of SQLite with this ending.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufRead as _;

    /// Somebody locks the file for good: it is told, and who has it open.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "another process has the file open")]
    fn a_file_that_stays_locked_is_told_with_who_has_it_open() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jobmon.db");
        drop(Database::open(path.clone(), 7).unwrap());
        let mut other = std::process::Command::new("sh");
        other.args(["-c", "exec 5< $0; echo; read end"]).arg(&path);
        let mut other = other.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
        std::io::BufReader::new(other.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        let locks = Connection::open(&path).unwrap();
        locks.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let refused = Database::open_within(path.clone(), 8, Duration::from_millis(20)).unwrap_err().to_string();
        let refused =
            refused.replace(&directory.path().display().to_string(), "").replace(&other.id().to_string(), "7");
        insta::assert_snapshot!(refused, @"the state file /jobmon.db has been locked for too long, by one of those that have it open: 7 (sh); start again when whoever locks it has ended");
        locks.execute_batch("COMMIT").unwrap();
        Database::open_within(path, 9, Duration::from_millis(20)).unwrap();
        drop(other.stdin.take());
        other.wait().unwrap();
    }
}
