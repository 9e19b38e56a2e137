//! The versions of the schema.

use crate::store::StoreError;
use crate::store::open::Database;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

/// The newest version of the schema that is known.
pub(crate) const VERSION: i64 = 1;

/// What leads to each version from the one before.
pub(super) const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001.sql")];

/// Marks the file as ours, in the file's header: "jobm".
pub(super) const APPLICATION_ID: i64 = 0x6a6f_626d;

impl Database {
    /// Brings the file to the newest version. What it holds is copied before.
    pub(super) fn migrate(&mut self, migrations: &[&str], now: i64) -> Result<(), StoreError> {
        let newest = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
        let failed = self.failed("write the schema");
        if self.version().map_err(&failed)? == newest {
            return Ok(());
        }
        let path = self.path.clone();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        // Another driver may have been faster.
        let found = version(&transaction).map_err(&failed)?;
        let known = usize::try_from(found).ok().filter(|found| *found <= migrations.len());
        let Some(done) = known else { return Err(StoreError::Newer { path, found, known: newest }) };
        let mut backup = None;
        if done > 0 && done < migrations.len() {
            // Nobody else writes meanwhile: the copy is what is about to be changed.
            backup = Some(Self::read(path)?.back_up_before(found)?);
        }
        for (version, migration) in (1_i64..).zip(migrations).skip(done) {
            let row = "INSERT INTO schema_version (version, jobmon, created_at) VALUES (?1, ?2, ?3)";
            transaction
                .execute_batch(migration)
                .and_then(|()| transaction.execute(row, (version, env!("CARGO_PKG_VERSION"), now)))
                .map_err(&failed)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        self.backup = backup;
        Ok(())
    }

    /// A file of a newer jobmon is told, never changed.
    pub(super) fn refuse_newer(&self) -> Result<(), StoreError> {
        match self.version().map_err(|source| self.opening(source))? {
            found if found > VERSION => Err(StoreError::Newer { path: self.path.clone(), found, known: VERSION }),
            _ => Ok(()),
        }
    }

    pub(super) fn version(&self) -> rusqlite::Result<i64> {
        version(&self.connection)
    }
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    let there = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'";
    match connection.query_row(there, [], |_| Ok(())).optional()? {
        None => Ok(0),
        Some(()) => connection.query_row("SELECT coalesce(max(version), 0) FROM schema_version", [], |row| row.get(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_the_schema_is_changed_the_file_is_copied() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jobmon.db");
        let open = || Database::open(path.clone(), 7).unwrap();
        open().connection.execute("INSERT INTO tool (name) VALUES ('kept')", []).unwrap();
        let mut database = open();
        assert_eq!(database.backup, None, "nothing is changed");
        let second = "ALTER TABLE tool ADD COLUMN colour TEXT";
        database.migrate(&[MIGRATIONS[0], second], 8).unwrap();
        let copy = database.backup.clone().unwrap();
        assert_eq!(copy, directory.path().join("jobmon.db.v1"));
        assert_eq!(database.version().unwrap(), 2);
        drop(database);
        let old = Database::read(copy).unwrap();
        let row = |database: &Database, sql| database.connection.query_row(sql, [], |row| row.get::<_, String>(0));
        assert_eq!((old.version().unwrap(), row(&old, "SELECT name FROM tool").unwrap()), (1, "kept".to_owned()));
        assert!(row(&old, "SELECT colour FROM tool").is_err());
        // This jobmon knows version 1 only, and leaves the file as it is.
        let before = std::fs::read(&path).unwrap();
        let refused = Database::open(path.clone(), 9).unwrap_err().to_string();
        let refused = refused.replace(&directory.path().display().to_string(), "");
        insta::assert_snapshot!(refused, @"the state file /jobmon.db has version 2 of the schema, this jobmon knows up to 1; use a newer jobmon");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_copy_never_takes_the_place_of_another() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jobmon.db");
        std::fs::write(directory.path().join("jobmon.db.v1"), "an older copy").unwrap();
        let mut database = Database::open(path, 7).unwrap();
        database.migrate(&[MIGRATIONS[0], "CREATE TABLE more (id INTEGER)"], 8).unwrap();
        assert_eq!(database.backup, Some(directory.path().join("jobmon.db.v1-2")));
        assert_eq!(std::fs::read(directory.path().join("jobmon.db.v1")).unwrap(), b"an older copy");
    }
}
