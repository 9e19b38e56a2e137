//! The macros of `jobmon`. Use them through that crate: `use jobmon::prelude::*;`.
//!
//! - [`#[task_template(..)]`](macro@task_template) declares a task template: a struct whose fields are the arguments
//!   and upstreams of a command.
//! - [`#[derive(ArgValue)]`](derive@ArgValue) lets an enum be an argument.
//! - [`grid!`] makes a task for each combination of values.

mod arg_value;
mod attribute;
mod case;
mod diagnostics;
mod editor;
mod expand;
mod fallback;
mod given;
mod grid;
mod model;
mod options;
mod parse;
mod template;
mod unknown;
mod validate;

use proc_macro::TokenStream;

/// Declares a task template: a struct whose fields are the arguments and upstreams of a command.
///
/// A struct literal of it is a task, which the compiler checks: no argument can be forgotten, misspelled or of the
/// wrong type, and a field that holds another task's handle is a dependency. Whatever is wrong in the template - an
/// unknown placeholder, an argument that the command never uses, a size without a unit - is told when it is compiled,
/// all at once.
///
/// ```
/// use jobmon::prelude::*;
/// use std::path::PathBuf;
///
/// /// Cuts the survey of one year.
/// #[task_template(command = "python3 prep.py --year {year} --out {root}", memory = "2G", runtime = "10m")]
/// struct Prep {
///     #[node_arg]
///     year: u16,
///     #[task_arg]
///     root: PathBuf,
/// }
///
/// /// Fits one place and year.
/// #[task_template(
///     command = "python3 fit.py --place {place} --year {year} --root {root}
///                [--draws {draws}] --threads {threads} [{verbose}? --verbose]",
///     memory = "8G", cores = 2, max_attempts = 3,
/// )]
/// struct Fit {
///     #[node_arg]
///     place: u32,
///     #[node_arg]
///     year: u16,
///     #[task_arg]
///     root: PathBuf,
///     #[task_arg]
///     draws: Option<u32>,
///     #[op_arg]
///     threads: u32,
///     #[op_arg]
///     verbose: bool,
///     #[upstream]
///     prep: TaskRef<Prep>,
/// }
///
/// let mut wf = Tool::new("demo").workflow("model");
/// let root = PathBuf::from("out");
/// let prep = wf.add(Prep { year: 1990, root: root.clone() });
/// wf.add(Fit { place: 1, year: 1990, root, draws: None, threads: 2, verbose: true, prep });
/// wf.check()?;
/// # Ok::<(), jobmon::plan::PlanErrors>(())
/// ```
///
/// # What a field is
///
/// Each field has exactly one of these attributes:
///
/// | attribute | the field | makes another task |
/// |---|---|---|
/// | `#[node_arg]` | tells the task from its siblings in the workflow | yes |
/// | `#[task_arg]` | is data: what the task works on | yes |
/// | `#[op_arg]` | is how the task runs: threads, verbosity, paths of programs | no |
/// | `#[upstream]` | is a task that must be done before: `TaskRef<T>`, `Option<TaskRef<T>>`, `Vec<TaskRef<T>>` or `TaskSet<T>` | no |
///
/// An argument is a number, a `bool`, a `char`, a string, a path, a duration, an enum with
/// [`#[derive(ArgValue)]`](derive@ArgValue), or an `Option`, a list, a tuple or a `BTreeMap` of these. Floats can't be node
/// or task arguments, since the text of a float depends on how it was computed; `Fixed<3>` is a number of three decimals
/// that can. Every argument is used in `command`, `stdout`, `stderr`, `output`
/// or `env`.
///
/// # The command
///
/// The text is split into words as a shell splits it, with `'..'`, `".."` and `\`; a newline is a space. No shell runs
/// it, so a value is one word whatever it contains, and `|`, `>`, `$`, `*` and the like are mistakes unless they are
/// quoted. Arguments stand in it as placeholders:
///
/// | written | means | for |
/// |---|---|---|
/// | `{x}` | the value, anywhere in a word | one value |
/// | `[--flag {x}]` | left out where `x` is absent | `Option`, one value |
/// | `{x}...` | the word once for each item: `-I{dirs}...` | lists |
/// | `[{x}? --flag]` | left out where `x` is false, absent or empty; writes nothing itself | `bool`, `Option`, lists |
/// | `{{`, `}}` | a brace | |
///
/// # Shell mode
///
/// With `shell = true` the command is a script, run by `bash -euo pipefail -c`: pipes, redirections, loops and variables
/// are the shell's. A value is no part of the script but an argument of bash, so it is one word whatever it contains and
/// wherever it stands, in quotes too; and `{x}...` is a word for each item.
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "sort {file} | uniq -c > \"$HOME/{name} counts\"", shell = true)]
/// struct Count {
///     #[task_arg]
///     file: String,
///     #[node_arg]
///     name: String,
/// }
/// ```
/// Braces of the shell are doubled, `${{HOME}}`; brackets are its own: there are no optional groups. Where bash would read
/// a value as its own language, in arithmetic or a here-document, it is told as a mistake.
///
/// # Options
///
/// | option | means | by default |
/// |---|---|---|
/// | `command = ".."` | the command, see above; or its words, `command = ["fit", "--in", "{input}"]`, each as it is: no quotes, no groups | must be given |
/// | `shell = true` | bash runs the command, which is then a script, see below | no shell |
/// | `name = "fit"` | the template's name: letters, digits, `_`, `.`, `-` | the struct's name in snake case |
/// | `version = 2` | raised to make its tasks other tasks, so that what is done is done again | 1 |
/// | `memory = "8G"` | the memory that a task asks for: `"512M"`, `"1.5 GiB"`; all units are powers of 1024 | not limited |
/// | `runtime = "1h30m"` | the time that a task may take: `"90s"`, `"2d"`, `"01:30:00"` | not limited |
/// | `cores = 4` | the cores that a task uses | 1 |
/// | `queue = "long.q"` | the queue that tasks go to; `jobmon.toml` says what it allows | |
/// | `max_attempts = 3` | how often a task may run before it has failed; 1 is no retry | 3 |
/// | `max_concurrently_running = 10` | how many of its tasks run at once at most; 0 starts none of them | not limited |
/// | `scale(memory = 1.5, runtime = ["2h", "4h"])` | what the next attempt's memory is multiplied by after one ran out of it, and so for time: a number above 1, steps that rise, or the name of a `fn(Memory) -> Memory`, `fn(WallTime) -> WallTime` | 1.5 |
/// | `retry(on = [exit, timeout], ..)` | which failures are tried again, how often and when, see below | all, `max_attempts` times, at once |
/// | `exit(42) = no_retry` | what exit codes mean, see below | a failure like others |
/// | `stdout = "{out}"` | the file that gets the standard output, whole or not at all; arguments stand in it as `{x}` | the task's log |
/// | `stderr = "{out}.log"` | as `stdout`, for the standard error; where both name one file, both go into it | the task's log |
/// | `output = "{root}/fit.csv"` | a file or directory that a success leaves, or a list of such: it must be there, not be empty, and not be the file that was there before; arguments stand in it as `{x}` | exit code 0 is success |
/// | `output_may_be_empty = true` | whether outputs may be empty | `false` |
/// | `env(NAME = "{x}")` | variables of the environment; arguments stand in them as `{x}` | inherited |
/// | `crate = path` | where the crate `jobmon` is, for crates that re-export it | `::jobmon` |
///
/// A task can override most of these before it is added: `Fit { .. }.memory("16G")`, see `TaskExt`.
///
/// # Retries
///
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(
///     command = "fit {year}",
///     exit(42, 64..=70) = no_retry,
///     exit(75) = retry_without_spending,
///     exit(137) = out_of_memory,
///     retry(on = [out_of_memory, exit], at_most(exit = 2), delay = "10s", backoff = 2.0, max_delay = "5m", jitter = true),
/// )]
/// struct Fit {
///     #[node_arg]
///     year: u16,
/// }
/// ```
///
/// - `on`: only failures of these kinds are tried again: `out_of_memory`, `timeout`, `exit`, `signal`, `output_missing`,
///   `start_failed`, `node_failed`, `preempted`, `vanished`.
/// - `at_most`: so often is a kind tried again at most, in one run.
/// - `delay`, `backoff`, `max_delay`, `jitter`: how long a task waits before it is tried again; what that is multiplied by each
///   time, up to which length; whether each delay is somewhere between half of it and all of it.
/// - `exit(code) =` `no_retry`, `retry`, `retry_without_spending`, `out_of_memory` or `timeout`: what exit codes mean.
///
/// A task may say more by `TaskExt::retry`, and a workflow for all its tasks by `Workflow::retry`.
///
/// # What it writes
///
/// The struct stays as it is, under [`#[derive(TaskTemplate)]`](derive@TaskTemplate) and a `#[must_use]` that tells of
/// tasks that were never added. Other derives may stand above or below. Lifetimes are allowed (`struct Fit<'a>`), type
/// and constant parameters are not: a template's name alone must tell what it runs.
#[proc_macro_attribute]
pub fn task_template(options: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(&options.into(), &item.into()).into()
}

/// Implements `TaskTemplate`, for structs that should not get the `#[must_use]` of
/// [`#[task_template(..)]`](macro@task_template), which is this derive otherwise. Options and roles are the same.
///
/// ```
/// use jobmon::prelude::*;
///
/// #[derive(TaskTemplate)]
/// #[task_template(command = "echo {word}")]
/// struct Echo {
///     #[node_arg]
///     word: String,
/// }
///
/// assert_eq!(<Echo as TaskTemplate>::SPEC.name, "echo");
/// ```
#[proc_macro_derive(TaskTemplate, attributes(task_template, node_arg, task_arg, op_arg, upstream))]
pub fn derive_task_template(item: TokenStream) -> TokenStream {
    template::expand(syn::parse_macro_input!(item)).into()
}

/// Lets an enum of variants without data be an argument of a task, its text being the variant's name in snake case.
///
/// ```
/// use jobmon::prelude::*;
///
/// #[derive(Debug, Clone, Copy, PartialEq, ArgValue)]
/// enum Sex {
///     Female,
///     Male,
///     #[arg_value(name = "x")]
///     Unknown,
/// }
///
/// #[task_template(command = "python3 fit.py --sex {sex}")]
/// struct Fit {
///     #[node_arg]
///     sex: Sex,
/// }
///
/// let mut wf = Tool::new("demo").workflow("by sex");
/// wf.add_all(grid!(Fit { sex in [Sex::Female, Sex::Male, Sex::Unknown] })); // --sex female, --sex male, --sex x
/// wf.check()?;
/// # Ok::<(), jobmon::plan::PlanErrors>(())
/// ```
///
/// The text is part of a task's identity: renaming a variant makes its tasks other tasks, unless
/// `#[arg_value(name = "..")]` keeps the old text. `#[arg_value(crate = path)]` on the enum says where the crate `jobmon`
/// is.
#[proc_macro_derive(ArgValue, attributes(arg_value))]
pub fn derive_arg_value(item: TokenStream) -> TokenStream {
    arg_value::expand(&syn::parse_macro_input!(item)).into()
}

/// Makes a struct for each combination of values: a `Vec`, for `Workflow::add_all`.
///
/// It reads like a struct literal in which some fields go through values:
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "prep {year}")]
/// struct Prep {
///     #[node_arg]
///     year: u16,
/// }
///
/// #[task_template(command = "fit {place} {year} {root}")]
/// struct Fit {
///     #[node_arg]
///     place: u32,
///     #[node_arg]
///     year: u16,
///     #[task_arg]
///     root: String,
///     #[upstream]
///     prep: TaskRef<Prep>,
/// }
///
/// let mut wf = Tool::new("demo").workflow("grids");
/// let root = "out".to_owned();
/// let preps = wf.add_all(grid!(Prep { year in 1990..1993 }));
/// let fits = wf.add_all(grid!(Fit {
///     place in 1..=200,
///     year in 1990..1993,
///     root: root.clone(),
///     prep: preps.one(|prep| prep.year == year),
/// }));
/// assert_eq!(fits.len(), 600);
/// ```
///
/// | written | means |
/// |---|---|
/// | `name in values` | the field goes through the values; the first name is the outermost loop |
/// | `name: value in values` | so does the field, by what is made of each: `root: root.clone() in &roots`, `year: *year in &years` |
/// | `(a, b) in pairs` | so do the fields that the pattern names |
/// | `&name in &values` | so does the field, by its values, where the values are references to what can be copied; else `values.iter().cloned()` |
/// | `for pattern in values` | goes through the values too, but its names are variables, no fields |
/// | `name: value`, `name` | the field, for each combination; the value may use the names of the loops |
/// | `if condition` | goes on with those combinations only for which it holds; it may use the names before it |
/// | `..base` | the other fields, as in a struct literal: `..base.clone()` |
///
/// It expands to nested `for` loops around one struct literal, so the compiler's messages are those of a struct
/// literal. Values that are needed for several combinations are cloned: those of all loops but the innermost by the
/// macro, all others by you (`root.clone()`).
#[proc_macro]
pub fn grid(input: TokenStream) -> TokenStream {
    grid::expand(input.into()).into()
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod renamed;
#[cfg(test)]
mod robust;
