//! State files that are damaged.

use crate::id::WorkflowId;
use crate::store::open::Database;
use crate::store::{Home, Lease, StoreError};
use rusqlite::ErrorCode;
use std::path::Path;

impl Database {
    /// Looks through the file where the driver of some run has died: the lock of its workflow is free.
    pub(super) fn check_after_deaths(&mut self) -> Result<(), StoreError> {
        let home = Home::at(self.path.parent().unwrap_or(Path::new(".")).to_owned());
        for workflow in self.begun().map_err(|source| self.opening(source))? {
            if !Lease::is_held(&home.lease(workflow))? {
                return self.check();
            }
        }
        Ok(())
    }

    /// The workflows of which a run has begun and not ended.
    fn begun(&self) -> rusqlite::Result<Vec<WorkflowId>> {
        if self.version()? == 0 {
            return Ok(Vec::new());
        }
        let begun = "SELECT DISTINCT workflow_id FROM workflow_run WHERE status IN ('REGISTERED', 'RUNNING')";
        let mut begun = self.connection.prepare(begun)?;
        begun.query_map([], |row| row.get(0).map(WorkflowId))?.collect()
    }

    /// Looks through the whole file for damage, once. What is told is what SQLite finds: pages that do not fit together, and
    /// values that the schema does not allow.
    pub(crate) fn check(&mut self) -> Result<(), StoreError> {
        if std::mem::replace(&mut self.checked, true) {
            return Ok(());
        }
        let found = self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        match found {
            Ok(found) if found == "ok" => Ok(()),
            Ok(found) => Err(StoreError::Corrupt { path: self.path.clone(), found: first_line(&found) }),
            Err(source) if source.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                Err(StoreError::Corrupt { path: self.path.clone(), found: source.to_string() })
            }
            Err(source) => Err(self.opening(source)),
        }
    }
}

fn first_line(text: &str) -> String {
    text.lines().find(|line| !line.starts_with("***")).unwrap_or(text).to_owned()
}
