//! State files that are damaged.

use crate::store::StoreError;
use crate::store::open::Database;
use rusqlite::ErrorCode;

impl Database {
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
