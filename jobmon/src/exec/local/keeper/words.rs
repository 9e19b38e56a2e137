//! Why a process could not be started, in words: the number that `posix_spawn` gives does not say which file it means.

use super::spawn::interpreter;
use crate::exec::local::lacking::{because_lacking, lacking};
use crate::exec::local::output::Refused;
use crate::model::{Launch, RunDirectory, StartFailure, Stream};
use rustix::fs::{Access, access};
use std::ffi::{CStr, OsStr};
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

/// The longest single argument or variable, with the zero byte at its end (Linux: 32 pages).
const LONGEST_ARGUMENT: usize = 128 << 10;

fn permanent(reason: String) -> StartFailure {
    StartFailure::Permanent(reason.into())
}

fn transient(reason: String) -> StartFailure {
    StartFailure::Transient(reason.into())
}

pub(super) fn no_program() -> StartFailure {
    permanent("the command is empty: there is no program to start".into())
}

pub(super) fn zero_in_argument(place: usize, argument: &str) -> StartFailure {
    let shown: String = argument.chars().take(40).collect();
    permanent(format!("argument {place} ({shown:?}) holds a zero byte, which no argument can"))
}

pub(super) fn zero_in_path() -> StartFailure {
    permanent("a path holds a zero byte, which no path can".into())
}

pub(super) fn bad_variable_name(name: &str) -> StartFailure {
    permanent(format!("the environment variable {name:?} needs a name that is not empty and has no `=`"))
}

pub(super) fn zero_in_variable(name: &str) -> StartFailure {
    permanent(format!("the environment variable {name:?} holds a zero byte, which none can"))
}

pub(super) fn no_slot_process(error: &io::Error) -> StartFailure {
    transient(format!("cannot start a slot process{} ({error})", because_lacking(error)))
}

pub(super) fn no_output(refused: &Refused) -> StartFailure {
    let Refused { stream, path, error } = refused;
    let reason = format!("cannot make the file for its {stream}, {}: {error}", path.display());
    match error.raw_os_error() {
        // Not the machine's word but ours: something is there that must not be replaced.
        None if error.kind() == io::ErrorKind::InvalidInput => permanent(reason),
        Some(
            libc::EACCES
            | libc::EPERM
            | libc::EROFS
            | libc::EEXIST
            | libc::ENOTDIR
            | libc::EISDIR
            | libc::ELOOP
            | libc::ENAMETOOLONG
            | libc::EINVAL,
        ) => permanent(reason),
        _ => transient(reason),
    }
}

pub(super) fn not_found(program: &str, list: &OsStr, refused: Option<&Path>, directory: &Path) -> StartFailure {
    if let Err(failure) = check_directory(directory) {
        return failure;
    }
    permanent(match refused {
        Some(file) => format!("cannot start {}: it is not executable; try `chmod +x`", file.display()),
        None => format!("program `{program}` not found in PATH ({})", list.display()),
    })
}

/// How much is handed to a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    total: usize,
    longest: usize,
}

impl Size {
    pub(super) fn of(argv: &[&CStr], env: &[&CStr]) -> Self {
        let sizes = || argv.iter().chain(env).map(|string| string.to_bytes_with_nul().len());
        Self { total: sizes().sum(), longest: sizes().max().unwrap_or(0) }
    }

    fn too_long(self) -> String {
        let Self { total, longest } = self;
        if longest > LONGEST_ARGUMENT {
            return format!(
                "the argument list is too long: one argument or variable has {longest} bytes, the limit is \
                 {LONGEST_ARGUMENT} (128 KiB); hand such text over in a file"
            );
        }
        format!(
            "the argument list is too long: arguments and environment have {total} bytes, the limit is about 2 MiB \
             (a quarter of the stack limit); hand such lists over in a file"
        )
    }
}

/// What an error of `posix_spawn` means for this order.
pub(super) fn not_started(
    error: &io::Error,
    launch: &Launch,
    program: &Path,
    run: &RunDirectory,
    size: Size,
) -> StartFailure {
    let name = program.display();
    match error.raw_os_error() {
        Some(libc::E2BIG) => return permanent(format!("cannot start {name}: {}", size.too_long())),
        Some(libc::ETXTBSY) => return transient(format!("cannot start {name}: it is being written")),
        _ => {}
    }
    if let Some(lacking) = lacking(error) {
        return transient(format!("cannot start {name}: {lacking} ({error})"));
    }
    let found = check_directory(&launch.directory)
        .and_then(|()| check_logs(launch, run))
        .and_then(|()| check_program(program))
        .and_then(|()| check_format(error, program));
    // Nothing is missing now that could have been the reason: it may have been, and a second try is honest.
    found.err().unwrap_or_else(|| transient(format!("cannot start {name}: {error}")))
}

fn check_directory(directory: &Path) -> Result<(), StartFailure> {
    let name = directory.display();
    match fs::metadata(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(permanent(format!("the directory to start in does not exist: {name}")))
        }
        Err(error) => Err(permanent(format!("cannot use the directory to start in, {name}: {error}"))),
        Ok(found) if !found.is_dir() => Err(permanent(format!("the directory to start in is no directory: {name}"))),
        Ok(_) => access(directory, Access::EXEC_OK)
            .map_err(|error| permanent(format!("cannot enter the directory to start in, {name}: {error}"))),
    }
}

/// The logs are ours, not the task's: what is wrong with them may be put right.
fn check_logs(launch: &Launch, run: &RunDirectory) -> Result<(), StartFailure> {
    for stream in [Stream::Out, Stream::Err] {
        let file = run.slot_file(launch.slot, stream);
        if let Err(error) = OpenOptions::new().append(true).create(true).open(&file) {
            return Err(transient(format!("cannot open the log {}: {error}", file.display())));
        }
    }
    Ok(())
}

fn check_program(program: &Path) -> Result<(), StartFailure> {
    let name = program.display();
    match fs::metadata(program) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(permanent(format!("cannot start {name}: there is no such file")));
        }
        Err(error) => return Err(permanent(format!("cannot start {name}: {error}"))),
        Ok(found) if found.is_dir() => return Err(permanent(format!("cannot start {name}: it is a directory"))),
        Ok(found) if !found.is_file() => return Err(permanent(format!("cannot start {name}: it is no regular file"))),
        Ok(_) => {}
    }
    if access(program, Access::EXEC_OK).is_err() {
        return Err(permanent(format!("cannot start {name}: it is not executable; try `chmod +x`")));
    }
    let Some(interpreter) = interpreter(program) else { return Ok(()) };
    if fs::metadata(&interpreter).is_err() {
        let shown = interpreter.display();
        return Err(permanent(format!("cannot start {name}: its interpreter {shown} does not exist")));
    }
    if access(&interpreter, Access::EXEC_OK).is_err() {
        let shown = interpreter.display();
        return Err(permanent(format!("cannot start {name}: its interpreter {shown} is not executable")));
    }
    Ok(())
}

fn check_format(error: &io::Error, program: &Path) -> Result<(), StartFailure> {
    let name = program.display();
    Err(permanent(match error.raw_os_error() {
        Some(libc::ENOEXEC) => format!(
            "cannot start {name}: it is no program that this machine can run; a script needs a first line like \
             `#!/bin/sh`"
        ),
        Some(libc::ENOENT) => format!("cannot start {name}: the loader that it was linked for does not exist"),
        Some(libc::EACCES | libc::EPERM) => {
            format!("cannot start {name}: no permission ({error}); its file system may forbid programs")
        }
        Some(libc::ELOOP | libc::ENAMETOOLONG | libc::ENOTDIR) => format!("cannot start {name}: {error}"),
        _ => return Ok(()),
    }))
}
