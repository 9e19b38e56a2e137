//! The state directory.

use crate::id::{RunId, WorkflowId};
use crate::model::RunDirectory;
use crate::store::StoreError;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The state directory: the state file and the files of all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// The state directory at `path`, which is absolute; it is made if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Directory`] where it cannot be made.
    pub fn prepare(path: PathBuf) -> Result<Self, StoreError> {
        let failed = |path: &Path, source| StoreError::Directory { path: path.to_owned(), source };
        let is_new = !path.exists();
        std::fs::create_dir_all(&path).map_err(|source| failed(&path, source))?;
        // In a directory that was there before, a `.gitignore` is its owner's affair.
        if is_new {
            let ignore = path.join(".gitignore");
            write_new(&ignore, "*\n").map_err(|source| failed(&ignore, source))?;
        }
        Ok(Self(path))
    }

    /// The state directory at `path`, as it is.
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The state file.
    pub fn database(&self) -> PathBuf {
        self.0.join("jobmon.db")
    }

    /// The directory of a workflow.
    pub fn workflow(&self, workflow: WorkflowId) -> PathBuf {
        self.0.join("runs").join(workflow.to_string())
    }

    /// The directory of a run.
    pub fn run(&self, workflow: WorkflowId, run: RunId) -> RunDirectory {
        RunDirectory::new(self.workflow(workflow).join(run.to_string()))
    }

    /// The file whose lock says that a run drives the workflow.
    pub fn lease(&self, workflow: WorkflowId) -> PathBuf {
        self.workflow(workflow).join("lease")
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    match std::fs::File::create_new(path) {
        Ok(mut file) => file.write_all(text.as_bytes()),
        // Another run made it a moment ago.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
