//! Opening the state file.

use crate::store::{StoreError, Want};
use crate::time::{Clock as _, SystemClock};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The newest version of the schema that is known.
pub(crate) const VERSION: i64 = 1;

const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001.sql")];

/// Marks the file as ours, in the file's header: "jobm".
const APPLICATION_ID: i64 = 0x6a6f_626d;

/// An open state file.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) path: PathBuf,
    pub(crate) connection: Connection,
    /// Whether it is to be left as anyone can read it.
    writes: bool,
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
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut database = Self::connect(path, flags)?;
        database.refuse_foreign()?;
        let wal = if is_on_network(&database.path) { "DELETE" } else { "WAL" };
        let configured = database
            .switch_journal(wal)
            .and_then(|()| database.connection.pragma_update(None, "synchronous", "FULL"))
            // Rows refer to rows that the same code wrote before; looking each of them up again makes a bind slower.
            .and_then(|()| database.connection.pragma_update(None, "foreign_keys", false))
            .and_then(|()| database.connection.pragma_update(None, "cache_size", Self::CACHE_KIB));
        configured.map_err(|source| database.opening(source))?;
        database.migrate(now)?;
        Ok(database)
    }

    /// Opens a file that is there to write a few rows to it, beside whoever has it open, and leaves its journal as it is: who
    /// switches that stands in the way of drivers that come and go.
    pub(crate) fn open_beside(path: PathBuf) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut database = Self::connect(path, flags)?;
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
        let database = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        database.refuse_foreign()?;
        Ok(database)
    }

    fn connect(path: PathBuf, flags: OpenFlags) -> Result<Self, StoreError> {
        let connection = Connection::open_with_flags(&path, flags);
        let connection = connection.and_then(|connection| {
            connection.busy_timeout(Self::BUSY)?;
            connection.set_prepared_statement_cache_capacity(64);
            Ok(connection)
        });
        match connection {
            Ok(connection) => Ok(Self {
                path,
                connection,
                writes: !flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY),
                #[cfg(any(test, feature = "testing"))]
                abandoned: std::sync::Arc::default(),
            }),
            Err(source) => Err(StoreError::Open { path, source }),
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
            APPLICATION_ID => Ok(()),
            _ if tables == 0 => Ok(()),
            id => Err(foreign(format!("it is a SQLite file of another application ({id:#x})"))),
        }
    }

    fn migrate(&mut self, now: i64) -> Result<(), StoreError> {
        let path = self.path.clone();
        let failed = |source| StoreError::Statement { what: "write the schema", path: path.clone(), source };
        let found = self.version().map_err(failed)?;
        if found == VERSION {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        // Another driver may have been faster.
        let found = version(&transaction).map_err(failed)?;
        let known = usize::try_from(found).ok().filter(|found| *found <= MIGRATIONS.len());
        let Some(done) = known else { return Err(StoreError::Newer { path, found, known: VERSION }) };
        for (version, migration) in (1_i64..).zip(MIGRATIONS).skip(done) {
            let row = "INSERT INTO schema_version (version, jobmon, created_at) VALUES (?1, ?2, ?3)";
            transaction
                .execute_batch(migration)
                .and_then(|()| transaction.execute(row, (version, env!("CARGO_PKG_VERSION"), now)))
                .map_err(failed)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    fn version(&self) -> rusqlite::Result<i64> {
        version(&self.connection)
    }

    fn opening(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Open { path: self.path.clone(), source }
    }

    /// The error of a statement that was to do `what`.
    pub(crate) fn failed(&self, what: &'static str) -> impl Fn(rusqlite::Error) -> StoreError + use<> {
        let path = self.path.clone();
        move |source| match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::NoRoom { what, want: Want::of_disk(&path), path: path.clone() },
            _ => StoreError::Statement { what, path: path.clone(), source },
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

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    let there = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'";
    match connection.query_row(there, [], |_| Ok(())).optional()? {
        None => Ok(0),
        Some(()) => connection.query_row("SELECT coalesce(max(version), 0) FROM schema_version", [], |row| row.get(0)),
    }
}

/// Whether a file lies on a network file system, where the shared memory of WAL mode does not work.
fn is_on_network(path: &Path) -> bool {
    // From linux/magic.h and the file systems' own sources: NFS, CIFS, SMB2, SMB, Lustre, GPFS, BeeGFS, FUSE, AFS, 9p, Ceph.
    const NETWORK: [u32; 11] = [
        0x6969,
        0xff53_4d42,
        0xfe53_4d42,
        0x517b,
        0x0bd0_0bd0,
        0x4750_4653,
        0x1983_0326,
        0x6573_5546,
        0x5346_414f,
        0x0102_1997,
        0x00c3_6400,
    ];
    match rustix::fs::statfs(path) {
        // The type's width differs between machines; the numbers have 32 bits.
        Ok(found) => NETWORK.iter().any(|network| i64::from(*network) == found.f_type & 0xffff_ffff),
        Err(_) => false,
    }
}
