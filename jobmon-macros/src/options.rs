//! The options of `#[task_template(..)]`: what is written, option by option, and the one table of their names.

mod retry;

pub(crate) use retry::{Exit, Retry};

use crate::diagnostics::Diagnostics;
use crate::given::{self, Given, Growth, Of, Written};
use jobmon_syntax::suggest::did_you_mean;
use jobmon_syntax::units::{parse_memory, parse_wall_time};
use proc_macro2::{Ident, TokenStream};
use syn::{LitStr, Path};

/// A variable of the environment, `NAME = "text {x}"`.
pub(crate) struct Variable {
    pub(crate) name: Ident,
    pub(crate) value: LitStr,
}

/// The options as they were written, each checked by itself. An option with a mistake is absent.
#[derive(Default)]
pub(crate) struct Options {
    /// The names that were written, known or not, with mistakes or without.
    pub(crate) written: Vec<String>,
    /// Whether something was written that is no option: it may have been meant to be any of them.
    pub(crate) unreadable: bool,
    pub(crate) command: Option<Written>,
    pub(crate) shell: Option<bool>,
    pub(crate) name: Option<LitStr>,
    pub(crate) version: Option<u32>,
    pub(crate) memory: Option<u64>,
    pub(crate) runtime: Option<u64>,
    pub(crate) cores: Option<u32>,
    pub(crate) queue: Option<LitStr>,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) max_concurrently_running: Option<u32>,
    pub(crate) scale_memory: Option<Growth>,
    pub(crate) scale_runtime: Option<Growth>,
    pub(crate) retry: Retry,
    pub(crate) stdout: Option<LitStr>,
    pub(crate) stderr: Option<LitStr>,
    pub(crate) outputs: Vec<LitStr>,
    pub(crate) output_may_be_empty: Option<bool>,
    pub(crate) env: Vec<Variable>,
    /// Whether all variables could be read.
    pub(crate) env_is_whole: bool,
    pub(crate) krate: Option<Path>,
}

/// One option. To add one is to add a row here, and its words for the editor in `jobmon::__private::options`.
struct Row {
    name: &'static str,
    /// How it is written, for messages.
    example: &'static str,
    read: fn(&mut Options, &Given, &mut Diagnostics),
}

const TABLE: &[Row] = &[
    Row {
        name: "command",
        example: r#"command = "python3 fit.py --year {year}""#,
        read: |options, given, errors| options.command = given.text_or_words(errors),
    },
    Row { name: "shell", example: "shell = true", read: |options, given, errors| options.shell = given.flag(errors) },
    Row { name: "name", example: r#"name = "fit""#, read: |options, given, errors| options.name = given.text(errors) },
    Row {
        name: "version",
        example: "version = 2",
        read: |options, given, errors| options.version = given.count(errors, "versions are counted from 1"),
    },
    Row {
        name: "memory",
        example: r#"memory = "8G""#,
        read: |options, given, errors| options.memory = given.memory(errors),
    },
    Row {
        name: "runtime",
        example: r#"runtime = "1h30m""#,
        read: |options, given, errors| options.runtime = given.wall_time(errors),
    },
    Row {
        name: "cores",
        example: "cores = 4",
        read: |options, given, errors| options.cores = given.count(errors, "a task needs at least one core"),
    },
    Row {
        name: "queue",
        example: r#"queue = "long.q""#,
        read: |options, given, errors| options.queue = given.text(errors),
    },
    Row {
        name: "max_attempts",
        example: "max_attempts = 3",
        read: |options, given, errors| {
            options.max_attempts = given.count(errors, "it would never run the task; 1 runs it once, without a retry");
        },
    },
    Row {
        name: "max_concurrently_running",
        example: "max_concurrently_running = 10",
        read: |options, given, errors| options.max_concurrently_running = given.count_or_none(errors),
    },
    Row { name: "scale", example: "scale(memory = 1.5, runtime = 2.0)", read: read_scale },
    Row { name: "retry", example: r#"retry(on = [exit, timeout], delay = "10s")"#, read: retry::read_retry },
    Row { name: "exit", example: "exit(42) = no_retry", read: retry::read_exit },
    Row {
        name: "stdout",
        example: r#"stdout = "{out}""#,
        read: |options, given, errors| options.stdout = given.text(errors),
    },
    Row {
        name: "stderr",
        example: r#"stderr = "{out}.log""#,
        read: |options, given, errors| options.stderr = given.text(errors),
    },
    Row {
        name: "output",
        example: r#"output = "{root}/fit.csv""#,
        read: |options, given, errors| options.outputs = given.paths(errors).unwrap_or_default(),
    },
    Row {
        name: "output_may_be_empty",
        example: "output_may_be_empty = true",
        read: |options, given, errors| options.output_may_be_empty = given.flag(errors),
    },
    Row { name: "env", example: r#"env(OMP_NUM_THREADS = "{threads}")"#, read: read_env },
    Row {
        name: "crate",
        example: "crate = my_crate::jobmon",
        read: |options, given, errors| options.krate = given.path(errors),
    },
];

const SCALES: &[&str] = &["memory", "runtime"];

impl Options {
    /// Reads the options in the parentheses of one attribute.
    pub(crate) fn read(&mut self, tokens: TokenStream, errors: &mut Diagnostics) {
        for given in given::split(tokens, Of::Template) {
            let Some(given) = errors.ok(given) else {
                self.unreadable = true;
                continue;
            };
            let name = given.name.to_string();
            let row = TABLE.iter().find(|row| row.name == name);
            match row {
                None => {
                    errors.error(&given.name, unknown(&name));
                    // What is meant is not missing too.
                    self.written.extend(near(&name).map(str::to_owned));
                }
                Some(row) if self.written.contains(&name) && row.name != "exit" => {
                    errors.error(&given.name, format!("`{name}` is given twice"));
                }
                Some(row) => (row.read)(self, &given.expecting(row.example), errors),
            }
            self.written.push(name);
        }
    }

    /// The texts with placeholders besides the command.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &LitStr> {
        self.files()
            .filter_map(|(_, file)| file)
            .chain(&self.outputs)
            .chain(self.env.iter().map(|variable| &variable.value))
    }

    /// The options that are paths of files, with the names.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, Option<&LitStr>)> {
        [("stdout", self.stdout.as_ref()), ("stderr", self.stderr.as_ref())].into_iter()
    }

    /// Whether the option was written, be it with a mistake, or may have been.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.unreadable || self.written.iter().any(|written| written == name)
    }
}

/// Reads `env(NAME = "text {x}", ..)`.
fn read_env(options: &mut Options, given: &Given, errors: &mut Diagnostics) {
    let Some(tokens) = given.list(errors) else { return };
    if tokens.is_empty() {
        errors.error(&given.name, format!("`env` sets nothing; write `{}`", given.example));
    }
    options.env_is_whole = true;
    for variable in given::split(tokens, Of::Env) {
        let variable = errors.ok(variable);
        let value = variable.and_then(|variable| {
            let example = format!("{} = \"..\"", variable.name);
            let variable = variable.expecting(example);
            Some(Variable { value: variable.text(errors)?, name: variable.name })
        });
        match value {
            None => options.env_is_whole = false,
            Some(Variable { name, .. }) if options.env.iter().any(|known| known.name == name) => {
                errors.error(&name, format!("`{name}` is given twice"));
            }
            Some(variable) => options.env.push(variable),
        }
    }
}

/// The names of all options.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.name)
}

/// What other systems call an option, and its name here.
const SYNONYMS: &[(&str, &str)] = &[
    ("args", "command"),
    ("attempts", "max_attempts"),
    ("cmd", "command"),
    ("cpu", "cores"),
    ("cpus", "cores"),
    ("environment", "env"),
    ("err", "stderr"),
    ("log", "stdout"),
    ("mem", "memory"),
    ("out", "stdout"),
    ("creates", "output"),
    ("outputs", "output"),
    ("produces", "output"),
    ("partition", "queue"),
    ("ram", "memory"),
    ("resources", "memory"),
    ("retries", "max_attempts"),
    ("backoff", "retry"),
    ("delay", "retry"),
    ("exit_codes", "exit"),
    ("exit_code", "exit"),
    ("run", "command"),
    ("script", "shell"),
    ("threads", "cores"),
    ("time", "runtime"),
    ("timeout", "runtime"),
    ("variables", "env"),
    ("walltime", "runtime"),
];

/// What is no option of a template, and where it is said instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("current_dir", "of a task: `wf.add(task.current_dir(\"..\"))`"),
    ("cwd", "of a task: `wf.add(task.current_dir(\"..\"))`"),
    ("dir", "of a task: `wf.add(task.current_dir(\"..\"))`"),
    ("priority", "of a task: `wf.add(task.priority(1))`"),
    ("working_dir", "of a task: `wf.add(task.current_dir(\"..\"))`"),
    ("workdir", "of a task: `wf.add(task.current_dir(\"..\"))`"),
    ("depends", "by a field: `#[upstream] before: TaskRef<Other>`"),
    ("upstream", "by a field: `#[upstream] before: TaskRef<Other>`"),
];

/// The option that is meant by its name in another system, or by the beginning of its name.
fn meant(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == name);
    let begun = || names().find(|known| name.len() > 2 && known.starts_with(&name));
    synonym.map(|(_, known)| *known).or_else(begun)
}

fn near(name: &str) -> Option<&'static str> {
    meant(name).or_else(|| did_you_mean(name, names()))
}

fn unknown(name: &str) -> String {
    if let Some((_, place)) = ELSEWHERE.iter().find(|(other, _)| *other == name) {
        return format!("`{name}` is no option of a template; it is said {place}");
    }
    match near(name) {
        Some(near) => format!("unknown option `{name}`; did you mean `{near}`?"),
        None => format!("unknown option `{name}`; expected one of {}", quoted(names())),
    }
}

/// Names as they stand in a message.
pub(crate) fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn read_scale(options: &mut Options, given: &Given, errors: &mut Diagnostics) {
    let Some(tokens) = given.list(errors) else { return };
    if tokens.is_empty() {
        errors.error(&given.name, format!("`scale` says nothing; write `{}`", given.example));
    }
    let mut seen: Vec<String> = Vec::new();
    for scale in given::split(tokens, Of::Scale) {
        let Some(scale) = errors.ok(scale) else { continue };
        let name = scale.name.to_string();
        if seen.contains(&name) {
            errors.error(&scale.name, format!("`{name}` is given twice"));
            continue;
        }
        match name.as_str() {
            "memory" => options.scale_memory = scale.expecting("memory = 1.5").growth(parse_memory, errors),
            "runtime" => options.scale_runtime = scale.expecting("runtime = 2.0").growth(parse_wall_time, errors),
            _ => errors.error(&scale.name, unknown_scale(&name)),
        }
        seen.push(name);
    }
}

fn unknown_scale(name: &str) -> String {
    match did_you_mean(name, SCALES.iter().copied()) {
        Some(near) => format!("unknown scale `{name}`; did you mean `{near}`?"),
        None => format!("`{name}` can't be scaled; expected `memory` or `runtime`"),
    }
}
