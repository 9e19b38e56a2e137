//! From an order to a process: arguments, environment, program, files.

use super::words;
use crate::config;
use crate::exec::local::output::Redirects;
use crate::exec::local::unix::{Process, Source};
use crate::model::{Launch, RunDirectory, StartFailure, Stream};
use rustix::fs::{Access, access};
use rustix::process::Pid;
use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Where programs are looked for when the environment has no `PATH`.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The environment that every task inherits: the one that the driver was started with.
#[derive(Debug)]
pub(in crate::exec::local) struct Environment(Vec<CString>);

impl Environment {
    /// The environment of this process. What it was granted itself, where it is a task of another workflow, is not its
    /// tasks' affair.
    pub(in crate::exec::local) fn of_this_process() -> Self {
        let is_own = |name: &OsStr| config::Environment::OF_TASKS.iter().any(|own| name == *own);
        let variables = std::env::vars_os().filter(|(name, _)| !is_own(name)).filter_map(|(mut variable, value)| {
            variable.push("=");
            variable.push(value);
            CString::new(variable.into_vec()).ok()
        });
        Self(variables.collect())
    }

    /// All variables, as they are handed to a process.
    pub(in crate::exec::local) fn variables(&self) -> Vec<&CStr> {
        self.0.iter().map(CString::as_c_str).collect()
    }

    /// These variables with others put over them.
    fn with<'a>(&'a self, over: &'a [(String, String)]) -> Result<Vec<Cow<'a, CStr>>, StartFailure> {
        let mut all = Vec::with_capacity(self.0.len() + over.len());
        let is_over = |name: &[u8]| over.iter().any(|(over, _)| over.as_bytes() == name);
        all.extend(self.0.iter().filter(|variable| !is_over(name(variable))).map(|variable| Cow::from(&**variable)));
        for (place, (name, value)) in over.iter().enumerate() {
            if name.is_empty() || name.contains('=') {
                return Err(words::bad_variable_name(name));
            }
            if !over[place + 1..].iter().any(|(later, _)| later == name) {
                let variable = CString::new(format!("{name}={value}")).map_err(|_| words::zero_in_variable(name))?;
                all.push(Cow::from(variable));
            }
        }
        Ok(all)
    }
}

fn name(variable: &CStr) -> &[u8] {
    let bytes = variable.to_bytes();
    // A name may begin with an equals sign where a program was careless; one byte is part of the name at least.
    let end = bytes.iter().skip(1).position(|byte| *byte == b'=').map_or(bytes.len(), |place| place + 1);
    &bytes[..end]
}

/// Starts the main process of an attempt. Its output goes to the files of its own, else to the slot's.
///
/// # Errors
/// In words, and whether a second try could differ.
pub(super) fn spawn(
    launch: &Launch,
    environment: &Environment,
    directory: &RunDirectory,
    redirects: &Redirects,
) -> Result<Pid, StartFailure> {
    let argv = arguments(&launch.argv)?;
    let argv: Vec<&CStr> = argv.iter().map(CString::as_c_str).collect();
    let env = environment.with(&launch.env)?;
    let env: Vec<&CStr> = env.iter().map(AsRef::as_ref).collect();
    let program = find_program(launch, &env)?;
    let out = path(directory.slot_file(launch.slot, Stream::Out))?;
    let err = path(directory.slot_file(launch.slot, Stream::Err))?;
    let cwd = path(launch.directory.clone())?;
    let own = |stream, log| redirects.file(stream).map_or(Source::Append(log), |file| Source::Descriptor(file.as_fd()));
    let files = [(0, Source::Read(c"/dev/null")), (1, own(Stream::Out, &out)), (2, own(Stream::Err, &err))];
    let process =
        Process { program: &path(program.clone())?, argv: &argv, env: &env, files: &files, directory: Some(&cwd) };
    process.spawn().map_err(|error| {
        let size = words::Size::of(&argv, &env);
        words::not_started(&error, launch, &program, directory, size)
    })
}

fn arguments(argv: &[String]) -> Result<Vec<CString>, StartFailure> {
    if argv.is_empty() {
        return Err(words::no_program());
    }
    let argument = |(place, argument): (usize, &String)| {
        CString::new(argument.as_bytes()).map_err(|_| words::zero_in_argument(place, argument))
    };
    argv.iter().enumerate().map(argument).collect()
}

fn path(path: PathBuf) -> Result<CString, StartFailure> {
    CString::new(path.into_os_string().into_vec()).map_err(|_| words::zero_in_path())
}

/// The program's file: a name without a slash is looked for in the directories of the task's `PATH`; any other is
/// taken from the task's directory.
fn find_program(launch: &Launch, env: &[&CStr]) -> Result<PathBuf, StartFailure> {
    let program = &launch.argv[0];
    if program.contains('/') {
        return Ok(launch.directory.join(program));
    }
    let list = env.iter().find_map(|variable| variable.to_bytes().strip_prefix(b"PATH="));
    let list = OsStr::from_bytes(list.unwrap_or(USUAL_PATH.as_bytes()));
    if program.is_empty() {
        return Err(words::no_program());
    }
    let mut refused = None;
    for directory in std::env::split_paths(list) {
        // An empty entry is the directory that the task starts in, and so is where a relative one begins.
        let file = launch.directory.join(directory).join(program);
        if access(&file, Access::EXEC_OK).is_ok() && file.is_file() {
            return Ok(file);
        }
        if refused.is_none() && file.is_file() {
            refused = Some(file);
        }
    }
    Err(words::not_found(program, list, refused.as_deref(), &launch.directory))
}

/// The program that the first line of a script names, if it is one.
pub(super) fn interpreter(program: &Path) -> Option<PathBuf> {
    use std::io::Read;
    let mut line = [0; 256];
    let count = File::open(program).ok()?.read(&mut line).ok()?;
    let line = line[..count].strip_prefix(b"#!")?;
    let line = line.split(|byte| *byte == b'\n').next()?;
    let name = line.trim_ascii_start().split(|byte| matches!(byte, b' ' | b'\t')).next()?;
    Some(PathBuf::from(OsString::from_vec(name.to_vec())))
}
