//! Where the output of an attempt goes: its log, and a file of its own for standard output.

use crate::id::{AttemptId, SlotId};
use crate::model::{RunDirectory, Stream};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Puts in order what an attempt left whose end nobody saw: what it wrote gets its name, and of the file for its
/// standard output nothing remains. To be called once nothing of the attempt is left; a second call changes nothing.
///
/// # Errors
/// When a log cannot be moved; it is then still in the slot's file.
pub fn recover_output(
    directory: &RunDirectory,
    slot: SlotId,
    attempt: AttemptId,
    stdout: Option<&Path>,
) -> io::Result<()> {
    if let Some(path) = stdout {
        discard(&temporary(&target(path).unwrap_or_else(|_| path.to_path_buf()), attempt));
    }
    file_logs(directory, slot, attempt)
}

/// Gives what an attempt wrote into a slot's files its own name; silent attempts leave their files to the next one.
///
/// # Errors
/// When a log cannot be moved; it is then still in the slot's file.
pub(super) fn file_logs(directory: &RunDirectory, slot: SlotId, attempt: AttemptId) -> io::Result<()> {
    for stream in [Stream::Out, Stream::Err] {
        let written = directory.slot_file(slot, stream);
        if fs::metadata(&written).is_ok_and(|file| file.len() > 0) {
            let kept = directory.attempt_file(attempt, stream);
            move_file(&written, &kept)?;
        }
    }
    Ok(())
}

fn move_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(parent(to))?;
            fs::rename(from, to)
        }
        result => result,
    }
}

/// A file that gets an attempt's standard output, whole or not at all.
#[derive(Debug)]
pub(super) struct Redirect {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
    /// The directories that got a new entry: the file's own, and those in which others were made for it.
    directories: Vec<PathBuf>,
}

impl Redirect {
    /// Makes the temporary file, and the directories that it needs.
    ///
    /// # Errors
    /// When either cannot be made.
    pub(super) fn open(path: &Path, attempt: AttemptId) -> io::Result<Self> {
        let path = &target(path)?;
        let directories = directories(path);
        fs::create_dir_all(parent(path))?;
        let temporary = temporary(path, attempt);
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&temporary)?;
        Ok(Self { file, temporary, path: path.clone(), directories })
    }

    /// The file to write to.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Puts the file in its place, for good.
    ///
    /// # Errors
    /// When it cannot be written or renamed, or is gone; the temporary file is then removed.
    pub(super) fn place(self) -> io::Result<()> {
        let placed = self.file.sync_all().and_then(|()| fs::rename(&self.temporary, &self.path));
        if let Err(error) = placed {
            self.discard();
            return Err(error);
        }
        self.directories.iter().try_for_each(|directory| File::open(directory)?.sync_all())
    }

    /// Removes the file.
    pub(super) fn discard(self) {
        discard(&self.temporary);
    }
}

/// The file that is to be replaced: behind a link the one that it leads to. What is there and no file, as `/dev/null`, a
/// pipe or a directory, is never replaced by one.
fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Ok(real) if real.is_file() => Ok(real),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "there is something that is no file, which would be replaced",
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_path_buf()),
        Err(error) => Err(error),
    }
}

fn discard(temporary: &Path) {
    // It may never have been made, and one that cannot be removed is in nobody's way: its name is the attempt's.
    fs::remove_file(temporary).ok();
}

fn temporary(path: &Path, attempt: AttemptId) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".jobmon-{attempt}"));
    name.into()
}

fn directories(path: &Path) -> Vec<PathBuf> {
    let own = parent(path);
    let mut directories = vec![own.to_path_buf()];
    let mut made = own;
    while !made.exists() {
        made = parent(made);
        directories.push(made.to_path_buf());
    }
    directories
}

/// The directory that a path is in; paths here are absolute, so that only `/` has none.
fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}
