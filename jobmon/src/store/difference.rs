//! How the tasks of a program differ from those that its workflow was begun with, for people.

use serde_json::Value;
use std::fmt;

/// How the tasks of a program differ from those of the workflow. What a new `version` of a template brings is not counted.
///
/// ```
/// use jobmon::prelude::*;
/// use jobmon::run::RunError;
/// # let state = tempfile::tempdir()?;
/// # let options = || RunOptions::new().progress(Progress::Off).state(state.path());
/// # #[cfg(any())]
/// let options = || RunOptions::new();
/// let fits = |years: &[u16]| {
///     let mut wf = Tool::new("demo").workflow("fits");
///     wf.add_all(years.iter().map(|year| Command::new("true").node_arg("year", *year).template("fit")));
///     wf
/// };
/// fits(&[1990, 1991]).run(options())?;
/// let changed = fits(&[1990, 2000]).run(options().resume(true)).unwrap_err();
/// let jobmon::Error::Run(RunError::TasksChanged { difference, .. }) = changed else { panic!("{changed}") };
/// assert_eq!((difference.added.count, difference.removed.count), (1, 1));
/// assert_eq!(difference.added.first[0].name, "fit year=2000");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Tasks that only the program has.
    pub added: Changed,
    /// Tasks that only the workflow has.
    pub removed: Changed,
    /// Tasks of both that wait for other tasks than they did.
    pub rewired: Changed,
    /// How many done tasks would run again if this were accepted.
    pub again: usize,
}

/// Tasks that changed in one way.
///
/// ```
/// let none = jobmon::run::Changed::default();
/// assert_eq!((none.count, none.first.len()), (0, 0));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// How many there are.
    pub count: usize,
    /// The first few of them.
    pub first: Vec<ChangedTask>,
}

/// A task that changed.
///
/// ```
/// use jobmon::run::ChangedTask;
/// let task = ChangedTask { name: "fit year=1990".to_owned(), args: vec!["year=1990".to_owned(), "root=out".to_owned()] };
/// assert_eq!(task.to_string(), "`fit year=1990` (root=out)"); // what the name says is not said again
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedTask {
    /// Its name.
    pub name: String,
    /// Its node and task arguments, each as `name=text`.
    pub args: Vec<String>,
}

impl Changed {
    /// Of so many tasks more than their number is told.
    const TOLD: usize = 5;

    /// Counts a task, and takes note of it while it is one of the first.
    pub(crate) fn note<E>(&mut self, task: impl FnOnce() -> Result<ChangedTask, E>) -> Result<(), E> {
        self.count += 1;
        if self.first.len() < Self::TOLD {
            self.first.push(task()?);
        }
        Ok(())
    }
}

impl ChangedTask {
    /// So many characters of the arguments are shown.
    const SHOWN: usize = 120;

    /// A task with its arguments as the file holds them: JSON objects.
    pub(crate) fn new(name: String, node_args: &str, task_args: &str) -> Self {
        let args = [node_args, task_args].into_iter().flat_map(|json| {
            let args: serde_json::Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
            args.into_iter().map(|(name, value)| format!("{name}={}", text(&value)))
        });
        Self { name, args: args.collect() }
    }
}

/// The text of an argument; of a list its texts, one after the other.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(texts) => format!("({})", texts.iter().map(text).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}

impl fmt::Display for ChangedTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name)?;
        let unsaid = |arg: &&String| !self.name.split(' ').any(|word| word == arg.as_str());
        let args: Vec<&str> = self.args.iter().filter(unsaid).map(String::as_str).collect();
        if args.is_empty() {
            return Ok(());
        }
        let args = args.join(", ");
        let shown: String = args.chars().take(Self::SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let more = if shown.len() < args.len() { ".." } else { "" };
        write!(f, " ({shown}{more})")
    }
}

impl Difference {
    /// Whether nothing differs.
    pub(crate) fn is_none(&self) -> bool {
        self.added.count + self.removed.count + self.rewired.count == 0
    }
}

/// One line for each way in which tasks changed.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ways = [(&self.added, "added"), (&self.removed, "removed"), (&self.rewired, "with other upstreams")];
        let lines = ways.into_iter().filter(|(changed, _)| changed.count > 0).map(|(Changed { count, first }, how)| {
            let more = if *count > first.len() { ", .." } else { "" };
            let first: Vec<String> = first.iter().map(ToString::to_string).collect();
            format!("  {count} {how}: {}{more}", first.join(", "))
        });
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}
