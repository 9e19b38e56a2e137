//! What is wrong with files and variables.

use crate::config::settings::At;
use crate::model::{Cluster, Queue};
use crate::units::CoresError;
use jobmon_syntax::suggest::{did_you_mean, edits};
use jobmon_syntax::units::UnitError;

/// A mistake in a file of settings or a variable, with its place.
///
/// ```
/// use jobmon::prelude::*;
/// # let directory = tempfile::tempdir()?;
/// # let file = directory.path().join("jobmon.toml");
/// std::fs::write(&file, "[tools.demo]\nmemroy = '8G'\n")?;
/// let mut wf = Tool::new("demo").workflow("w").config(file);
/// wf.add(Command::new("fit"));
/// let mistakes = wf.check().unwrap_err();
/// assert!(mistakes.to_string().contains("jobmon.toml:2:1"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {mistake}")]
pub struct ConfigError {
    /// Where it is.
    pub at: At,
    /// What is wrong.
    pub mistake: ConfigMistake,
}

/// What is wrong with a setting.
///
/// ```
/// use jobmon::prelude::*;
/// # let directory = tempfile::tempdir()?;
/// # let file = directory.path().join("jobmon.toml");
/// std::fs::write(&file, "[tools.demo]\nmemroy = '8G'\n")?;
/// let mut wf = Tool::new("demo").workflow("w").config(file);
/// wf.add(Command::new("fit"));
/// let mistakes = wf.check().unwrap_err();
/// assert!(mistakes.to_string().contains("did you mean `memory`?"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigMistake {
    /// The file cannot be read.
    #[error("it cannot be read: {reason}")]
    Unreadable {
        /// Why.
        reason: String,
    },
    /// It is no TOML or YAML.
    #[error("{message}")]
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// A key that means nothing here.
    #[error("unknown key `{key}` in {table}; {hint}")]
    UnknownKey {
        /// The key.
        key: String,
        /// What it stands in.
        table: String,
        /// What may be meant, or what there is.
        hint: String,
    },
    /// A key that stands twice in one table.
    #[error("`{key}` stands twice in {table}")]
    Twice {
        /// The key.
        key: String,
        /// What it stands in.
        table: String,
    },
    /// A value of another kind.
    #[error("`{key}` takes {expected}, not {found}")]
    Kind {
        /// The key.
        key: String,
        /// What it takes.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A size or a time that cannot be read.
    #[error("`{key}`: {error}")]
    Unit {
        /// The key.
        key: String,
        /// What is wrong.
        error: UnitError,
    },
    /// A number of cores that cannot be one.
    #[error("`{key}`: {error}")]
    Cores {
        /// The key.
        key: String,
        /// What is wrong.
        error: CoresError,
    },
    /// A request would not grow.
    #[error("`{key}`: {reason}")]
    Scale {
        /// The key.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// A bound or a default of a queue that contradicts another.
    #[error("the {what} of the queue `{queue}` {reason}")]
    Bounds {
        /// Which resource.
        what: &'static str,
        /// The queue.
        queue: Queue,
        /// What is wrong.
        reason: String,
    },
    /// A cluster that nobody describes.
    #[error("there is no cluster `{cluster}`; {hint}")]
    UnknownCluster {
        /// The cluster.
        cluster: Cluster,
        /// What may be meant, or what there is.
        hint: String,
    },
    /// A queue that its cluster does not have.
    #[error("the cluster `{cluster}` has no queue `{queue}`; {hint}")]
    UnknownQueue {
        /// The cluster.
        cluster: Cluster,
        /// The queue.
        queue: Queue,
        /// What may be meant, or what there is.
        hint: String,
    },
    /// A template that the workflow does not have.
    #[error("the workflow `{workflow}` of `{tool}` has no template `{template}`; {hint}")]
    UnknownTemplate {
        /// The tool.
        tool: String,
        /// The workflow.
        workflow: String,
        /// The template.
        template: String,
        /// What may be meant, or what there is.
        hint: String,
    },
}

/// Whether a name that may be anything is one of these in other cases, with a letter missing, or with two that changed places.
/// Another letter, or one more, makes another name: `focal`, `local2`; and so do other digits, or none: `model1`, `model`.
pub(crate) fn is_misspelt(name: &str, known: &[&str]) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let letters = |text: &str| text.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
    let lower = name.to_lowercase();
    let near = |known: &&str| {
        let known = known.to_lowercase();
        let numbered = lower != known && letters(&lower) == letters(&known);
        edits(&lower, &known) <= 1 && (lower.len() < known.len() || sorted(&lower) == sorted(&known)) && !numbered
    };
    !known.contains(&name) && known.iter().any(near)
}

/// What was meant by a name, or what there is.
pub(crate) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match did_you_mean(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None if known.len() == 1 => format!("there is `{}`", known[0]),
        None => {
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("there are {}", names.join(", "))
        }
    }
}
