//! Where the output of an attempt goes: its log, and files of its own for standard output and standard error.

use crate::id::{AttemptId, SlotId};
use crate::model::{Launch, RunDirectory, Stream};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Puts in order what an attempt left whose end nobody saw: what it wrote gets its name, and of the files of
/// its own, `files`, nothing remains. To be called once nothing of the attempt is left; a second call changes nothing.
///
/// # Errors
/// When a log cannot be moved; it is then still in the slot's file.
pub fn recover_output<'a>(
    directory: &RunDirectory,
    slot: SlotId,
    attempt: AttemptId,
    files: impl IntoIterator<Item = &'a Path>,
) -> io::Result<()> {
    for path in files {
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

/// The files of an attempt's own, for the streams that do not go to its log.
#[derive(Debug, Default)]
pub(super) struct Redirects {
    stdout: Option<Redirect>,
    stderr: Option<Redirect>,
    /// Both streams go into the one file that `stdout` is.
    joined: bool,
}

/// What could not be done with the file of a stream.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) stream: Stream,
    pub(super) path: PathBuf,
    pub(super) error: io::Error,
}

impl Redirects {
    /// Makes the temporary files, and the directories that they need.
    ///
    /// # Errors
    /// When one cannot be made; then none is left.
    pub(super) fn open(launch: &Launch) -> Result<Self, Refused> {
        let mut redirects = Self::default();
        for (stream, path) in [(Stream::Out, &launch.stdout), (Stream::Err, &launch.stderr)] {
            let Some(path) = path else { continue };
            match Redirect::open(path, launch.attempt) {
                Ok(redirect) => redirects.add(stream, redirect),
                Err(error) => {
                    redirects.discard();
                    return Err(Refused { stream, path: path.clone(), error });
                }
            }
        }
        Ok(redirects)
    }

    /// However the path is written, one file is opened once: two offsets in it would overwrite each other.
    fn add(&mut self, stream: Stream, redirect: Redirect) {
        match stream {
            Stream::Out => self.stdout = Some(redirect),
            Stream::Err if self.stdout.as_ref().is_some_and(|out| out.is_same_file(&redirect)) => self.joined = true,
            Stream::Err => self.stderr = Some(redirect),
        }
    }

    /// The file to write a stream to, if it is not the log.
    pub(super) fn file(&self, stream: Stream) -> Option<&File> {
        let redirect = match stream {
            Stream::Err if !self.joined => &self.stderr,
            Stream::Out | Stream::Err => &self.stdout,
        };
        redirect.as_ref().map(|redirect| &redirect.file)
    }

    /// The file that is to be put at this path, if one is.
    pub(super) fn file_for(&self, path: &Path) -> Option<&File> {
        let path = target(path).ok()?;
        let redirects = [&self.stdout, &self.stderr].into_iter().flatten();
        redirects.into_iter().find(|redirect| redirect.path == path).map(|redirect| &redirect.file)
    }

    /// Puts the files in their places, for good.
    ///
    /// # Errors
    /// When one cannot be written or renamed, or is gone; the temporary files are then removed.
    pub(super) fn place(self) -> Result<(), Refused> {
        let refused = |stream, path: PathBuf| move |error| Refused { stream, path, error };
        if let Some(redirect) = self.stdout {
            let refused = refused(Stream::Out, redirect.path.clone());
            if let Err(error) = redirect.place() {
                self.stderr.into_iter().for_each(Redirect::discard);
                return Err(refused(error));
            }
        }
        self.stderr.map_or(Ok(()), |redirect| {
            let refused = refused(Stream::Err, redirect.path.clone());
            redirect.place().map_err(refused)
        })
    }

    /// Removes the files.
    pub(super) fn discard(self) {
        [self.stdout, self.stderr].into_iter().flatten().for_each(Redirect::discard);
    }
}

/// A file that gets a stream of an attempt, whole or not at all.
#[derive(Debug)]
struct Redirect {
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
    fn open(path: &Path, attempt: AttemptId) -> io::Result<Self> {
        let path = &target(path)?;
        let directories = directories(path);
        fs::create_dir_all(parent(path))?;
        let temporary = temporary(path, attempt);
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&temporary)?;
        Ok(Self { file, temporary, path: path.clone(), directories })
    }

    fn is_same_file(&self, other: &Self) -> bool {
        let number = |file: &File| file.metadata().map(|file| (file.dev(), file.ino()));
        matches!((number(&self.file), number(&other.file)), (Ok(one), Ok(other)) if one == other)
    }

    /// Puts the file in its place, for good.
    ///
    /// # Errors
    /// When it cannot be written or renamed, or is gone; the temporary file is then removed.
    fn place(self) -> io::Result<()> {
        let placed = self.file.sync_all().and_then(|()| fs::rename(&self.temporary, &self.path));
        if let Err(error) = placed {
            self.discard();
            return Err(error);
        }
        self.directories.iter().try_for_each(|directory| File::open(directory)?.sync_all())
    }

    /// Removes the file.
    fn discard(self) {
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
