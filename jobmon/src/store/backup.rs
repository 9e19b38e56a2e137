//! Copies of the state file.

use crate::store::StoreError;
use crate::store::open::Database;
use rusqlite::Connection;
use rusqlite::backup::Backup;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

impl Database {
    /// Copies the file as it is at this moment to `to`, which must not be there; also while drivers write to it, whom that does
    /// not delay. The copy is there whole or not at all, also after a loss of power.
    pub(crate) fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let failed = |source: io::Error| StoreError::BackUp { path: self.path.clone(), to: to.to_owned(), source };
        if to.exists() {
            return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file of that name")));
        }
        let new = to.with_added_extension("new");
        let copied = self.copy(&new).map_err(io::Error::other).and_then(|()| {
            // A link takes no other file's place. Some file systems have none.
            match std::fs::hard_link(&new, to) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => std::fs::rename(&new, to)?,
                linked => linked?,
            }
            let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(directory)?.sync_all()
        });
        // Where it was not made there is nothing to remove.
        drop(std::fs::remove_file(&new));
        copied.map_err(failed)
    }

    fn copy(&self, to: &Path) -> rusqlite::Result<()> {
        // What somebody left half made.
        drop(std::fs::remove_file(to));
        let mut copy = Connection::open(to)?;
        // All in one step: it is one moment that is copied, however much is written meanwhile.
        Backup::new(&self.connection, &mut copy)?.step(-1)?;
        copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
    }

    /// Copies the file beside itself, before it is changed from this version of the schema; where the copy is.
    pub(super) fn back_up_before(&self, version: i64) -> Result<PathBuf, StoreError> {
        let name = |number: u32| {
            let more = if number == 1 { String::new() } else { format!("-{number}") };
            self.path.with_added_extension(format!("v{version}{more}"))
        };
        let free = (1..=100).map(name).find(|path| !path.exists());
        // Where all are taken, the copy is refused and so is the change.
        let free = free.unwrap_or_else(|| name(1));
        self.back_up(&free)?;
        Ok(free)
    }
}
