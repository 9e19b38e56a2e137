//! What a state directory remembers of the tasks of all its workflows.

use crate::model::AttemptState;
use crate::run::suggestion::{Asked, Suggestions};
use crate::run::usage::{TaskUsage, UsageSummary};
use crate::run::{RecordedAttribute, Result};
use crate::store::{Database, Home, RecordedAttempt, Selection};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;

/// What a state directory remembers of tasks: of all its workflows and runs, or of those that are picked.
///
/// ```
/// use jobmon::Recorded;
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// let mut wf = Tool::new("demo").workflow("w");
/// wf.add_all((0..3).map(|id| Command::new("true").template("fit").node_arg("id", id)));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
///
/// let fits = Recorded::at(run.state()).tool("demo").template("fit");
/// assert_eq!(fits.usage_summary()?.count, 3);
/// assert_eq!(fits.clone().node_arg("id", 2).usage_summary()?.count, 1);
/// println!("{}", fits.suggest_resources()?); // for jobmon.toml
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "nothing is read before something is asked for"]
pub struct Recorded {
    home: Home,
    of: Selection,
    asked: Asked,
}

impl Recorded {
    /// All that a state directory remembers. It is read when something is asked for.
    ///
    /// ```
    /// let recorded = jobmon::Recorded::at(".jobmon");
    /// # let _ = recorded;
    /// ```
    pub fn at(state: impl Into<PathBuf>) -> Self {
        Self { home: Home::at(state.into()), of: Selection::default(), asked: Asked::default() }
    }

    /// Only tasks of this tool.
    ///
    /// ```
    /// let recorded = jobmon::Recorded::at(".jobmon").tool("covid");
    /// # let _ = recorded;
    /// ```
    pub fn tool(mut self, name: impl Into<String>) -> Self {
        self.of.tool = Some(name.into());
        self
    }

    /// Only tasks of workflows of this name, whatever their arguments.
    ///
    /// ```
    /// let recorded = jobmon::Recorded::at(".jobmon").workflow("model");
    /// # let _ = recorded;
    /// ```
    pub fn workflow(mut self, name: impl Into<String>) -> Self {
        self.of.workflow = Some(name.into());
        self
    }

    /// Only tasks of workflows with these arguments.
    ///
    /// ```
    /// let recorded = jobmon::Recorded::at(".jobmon").workflow("model").args("round 1");
    /// # let _ = recorded;
    /// ```
    pub fn args(mut self, args: impl Display) -> Self {
        self.of.args = Some(args.to_string());
        self
    }

    /// Only tasks of templates of this name, of all versions.
    ///
    /// ```
    /// let recorded = jobmon::Recorded::at(".jobmon").template("fit");
    /// # let _ = recorded;
    /// ```
    pub fn template(mut self, name: impl Into<String>) -> Self {
        self.of.template = Some(name.into());
        self
    }

    /// Only tasks whose node argument has this text. Said of several arguments, all must agree.
    ///
    /// ```
    /// let recorded = jobmon::Recorded::at(".jobmon").template("fit").node_arg("location", 3);
    /// # let _ = recorded;
    /// ```
    pub fn node_arg(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.of.node_args.push((name.into(), value.to_string()));
        self
    }

    /// Only tasks with this attribute, their own or their workflow's. Said of several attributes, all must agree.
    ///
    /// ```
    /// let recorded = jobmon::Recorded::at(".jobmon").attribute("release", 7);
    /// # let _ = recorded;
    /// ```
    pub fn attribute(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.of.attributes.push((name.into(), value.to_string()));
        self
    }

    /// What is suggested covers this part of the attempts that succeeded; all of them by default. 0.95 leaves the largest
    /// twentieth to be tried again with more. What is below 0 counts as 0, above 1 as 1, and what is no number as the default.
    ///
    /// ```
    /// let recorded = jobmon::Recorded::at(".jobmon").quantile(0.95);
    /// # let _ = recorded;
    /// ```
    pub fn quantile(mut self, part: f64) -> Self {
        self.asked.quantile = if part.is_nan() { Asked::default().quantile } else { part.clamp(0.0, 1.0) };
        self
    }

    /// What is suggested is so many times what was used; 1.2 by default, a fifth more. What is below 1 counts as 1, and what is
    /// no number as the default.
    ///
    /// ```
    /// let recorded = jobmon::Recorded::at(".jobmon").headroom(1.5);
    /// # let _ = recorded;
    /// ```
    pub fn headroom(mut self, factor: f64) -> Self {
        self.asked.headroom = if factor.is_finite() { factor.max(1.0) } else { Asked::default().headroom };
        self
    }

    /// The attributes of the tasks, and of the workflows that these belong to: in the order of the workflows, each before its
    /// tasks.
    ///
    /// # Errors
    /// The state file is not there, or cannot be read.
    ///
    /// ```
    /// # fn main() -> jobmon::Result<()> {
    /// # if false {
    /// for attribute in jobmon::Recorded::at(".jobmon").tool("covid").attributes()? {
    ///     println!("{attribute}"); // covid/model (round 1): fit location=3: release = 7
    /// }
    /// # }
    /// # Ok(())
    /// # }
    /// ```
    pub fn attributes(&self) -> Result<Vec<RecordedAttribute>> {
        let rows = Database::read(self.home.database())?.recorded_attributes(&self.of)?;
        Ok(rows.into_iter().map(RecordedAttribute::of).collect())
    }

    /// How what the tasks used is spread. Each task counts once, with what all its attempts used.
    ///
    /// # Errors
    /// The state file is not there, or cannot be read.
    ///
    /// ```
    /// # fn main() -> jobmon::Result<()> {
    /// # if false {
    /// println!("{}", jobmon::Recorded::at(".jobmon").template("fit").usage_summary()?);
    /// # }
    /// # Ok(())
    /// # }
    /// ```
    pub fn usage_summary(&self) -> Result<UsageSummary> {
        let mut tasks: BTreeMap<i64, TaskUsage> = BTreeMap::new();
        self.attempts(|attempt| tasks.entry(attempt.task).or_default().add(attempt.usage))?;
        Ok(UsageSummary::of(&tasks.into_values().collect::<Vec<_>>()))
    }

    /// What the next run should ask for, template by template: the most memory and time that an attempt used which
    /// succeeded (or the [`quantile`](Self::quantile) of it), with [`headroom`](Self::headroom); the cores and the queue
    /// that attempts had most often. Templates of which nothing has succeeded are named without a suggestion.
    ///
    /// # Errors
    /// The state file is not there, or cannot be read.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # if false {
    /// let suggestions = jobmon::Recorded::at(".jobmon").tool("covid").suggest_resources()?;
    /// std::fs::write("jobmon.toml", suggestions.to_toml())?;
    /// # }
    /// # Ok(())
    /// # }
    /// ```
    pub fn suggest_resources(&self) -> Result<Suggestions> {
        let mut templates: BTreeMap<(String, String), Vec<RecordedAttempt>> = BTreeMap::new();
        self.attempts(|attempt| {
            let of = templates.entry((attempt.tool.clone(), attempt.template.clone())).or_default();
            if attempt.state == AttemptState::Done {
                of.push(attempt);
            }
        })?;
        Ok(Suggestions::of(templates, self.asked))
    }

    fn attempts(&self, take: impl FnMut(RecordedAttempt)) -> Result<()> {
        Ok(Database::read(self.home.database())?.recorded_attempts(&self.of, take)?)
    }
}
