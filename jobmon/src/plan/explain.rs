//! What holds for a task, and why.

use crate::config::{Environment, Files, Machine};
use crate::id::TemplateId;
use crate::plan::data::CodeDefaults;
use crate::plan::defaults::TemplateDefaults;
use crate::plan::error::PlanError;
use crate::plan::look::Look;
use crate::plan::mistakes::PlanErrors;
use crate::plan::notes::notes;
use crate::plan::settled::Settled;
use crate::plan::visitor::TaskTemplate;
use crate::plan::{TaskRef, Workflow};
use std::fmt;
use std::fmt::Display;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;

/// What holds for a task and where it was said, made by [`Workflow::explain`]. Shown as a table.
///
/// ```
/// # use jobmon::prelude::*;
/// let mut wf = Tool::new("demo").workflow("w");
/// let fit = wf.add(Command::new("fit").memory("8G"));
/// let explained = wf.explain(fit)?;
/// println!("{explained}");
/// assert!(explained.to_string().contains("max_attempts"));
/// # Ok::<(), jobmon::plan::PlanErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The name of the task, or of the template.
    pub of: String,
    /// What holds, key by key.
    pub rows: Vec<Explained>,
    /// What of it is a mistake, of those that [`Workflow::check`] tells.
    pub mistakes: Vec<PlanError>,
    /// What is no mistake, but may not be meant.
    pub notes: Vec<String>,
}

/// What holds of one key.
///
/// ```
/// # use jobmon::prelude::*;
/// let mut wf = Tool::new("demo").workflow("w");
/// let fit = wf.add(Command::new("fit").memory("8G"));
/// let explained = wf.explain(fit)?;
/// let memory = explained.rows.iter().find(|row| row.key == "memory");
/// assert_eq!(memory.map(|row| row.value.as_str()), Some("8G"));
/// # Ok::<(), jobmon::plan::PlanErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The key.
    pub key: &'static str,
    /// The value, as people write it.
    pub value: String,
    /// Where it was said.
    pub origin: String,
}

impl Explanation {
    /// The value of a key; empty where there is no such key.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// let fit = wf.add(Command::new("fit").memory("8G"));
    /// let explained = wf.explain(fit)?;
    /// assert_eq!(explained.value("memory"), "8G");
    /// # Ok::<(), jobmon::plan::PlanErrors>(())
    /// ```
    pub fn value(&self, key: &str) -> &str {
        self.rows.iter().find(|row| row.key == key).map_or("", |row| &row.value)
    }

    /// Where the value of a key was said; empty where there is no such key.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("demo").workflow("w");
    /// let fit = wf.add(Command::new("fit").memory("8G"));
    /// let explained = wf.explain(fit)?;
    /// assert!(explained.origin("cores").contains("built in"));
    /// # Ok::<(), jobmon::plan::PlanErrors>(())
    /// ```
    pub fn origin(&self, key: &str) -> &str {
        self.rows.iter().find(|row| row.key == key).map_or("", |row| &row.origin)
    }
}

impl Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = |text: fn(&Explained) -> &str| self.rows.iter().map(|row| text(row).chars().count()).max();
        let (keys, values) = (widest(|row| row.key).unwrap_or(0), widest(|row| &row.value).unwrap_or(0));
        write!(f, "{}", self.of)?;
        self.rows
            .iter()
            .try_for_each(|Explained { key, value, origin }| write!(f, "\n  {key:keys$}  {value:values$}  {origin}"))?;
        self.mistakes.iter().try_for_each(|mistake| write!(f, "\n  mistake: {mistake}"))?;
        self.notes.iter().try_for_each(|note| write!(f, "\n  note: {note}"))
    }
}

impl Workflow {
    /// Says what holds for all tasks of a template; what is said of one of them stands over it.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// #[task_template(command = "fit {year}", memory = "2G")]
    /// struct Fit { #[node_arg] year: u16 }
    ///
    /// let mut wf = Tool::new("covid").workflow("fits");
    /// wf.template::<Fit>(|fit| fit.memory("8G").max_attempts(5));
    /// let fit = wf.add(Fit { year: 1990 });
    /// assert_eq!(wf.explain(fit)?.value("memory"), "8G");
    /// # Ok::<(), jobmon::plan::PlanErrors>(())
    /// ```
    pub fn template<T: TaskTemplate>(&mut self, say: impl FnOnce(TemplateDefaults) -> TemplateDefaults) {
        self.say_of(T::SPEC.name.to_owned(), None, say);
    }

    /// The same for a template by its name, as those of [`Command::template`](crate::Command::template) are. A name that no task
    /// has is a mistake.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("covid").workflow("fits");
    /// wf.template_named("fit", |fit| fit.memory("8G"));
    /// let fit = wf.add(Command::new("fit.sh").template("fit"));
    /// assert_eq!(wf.explain(fit)?.value("memory"), "8G");
    /// # Ok::<(), jobmon::plan::PlanErrors>(())
    /// ```
    #[track_caller]
    pub fn template_named(&mut self, name: impl Into<String>, say: impl FnOnce(TemplateDefaults) -> TemplateDefaults) {
        self.say_of(name.into(), Some(Location::caller()), say);
    }

    fn say_of(
        &mut self,
        name: String,
        by_name: Option<&'static Location<'static>>,
        say: impl FnOnce(TemplateDefaults) -> TemplateDefaults,
    ) {
        let known = self.plan_mut().template_defaults.remove(&name);
        let (saying, by_name) = match known {
            Some(CodeDefaults { saying, by_name: before }) => (saying, before.and(by_name)),
            None => (crate::plan::saying::Saying::default(), by_name),
        };
        let TemplateDefaults(saying) = say(TemplateDefaults(saying));
        self.plan_mut().template_defaults.insert(name, CodeDefaults { saying, by_name });
    }

    /// What is no mistake, but may not be meant: a name in a file that is nearly that of this tool or workflow, tasks that get
    /// fewer cores than they ask for. A run says it when it begins, [`check`](Self::check) as warnings of `tracing`.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let directory = tempfile::tempdir()?;
    /// # let file = directory.path().join("jobmon.toml");
    /// std::fs::write(&file, "[tools.covd]\nmemory = '8G'\n")?;
    /// let mut wf = Tool::new("covid").workflow("fits").config(file);
    /// wf.add(Command::new("fit.sh"));
    /// assert!(wf.check().is_ok());
    /// assert!(wf.notes()[0].contains("`covd` is another tool than `covid`"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn notes(&self) -> Vec<String> {
        let environment = Environment::read();
        let configuration = self.plan().configuration(None, &environment);
        notes(&Settled::of(Arc::clone(self.plan()), configuration), &Machine::of(&environment))
    }

    /// Which files of settings are read: by default `jobmon.toml` of the working directory or its nearest parent, and the
    /// user's `config.toml`.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// use jobmon::config::Files;
    /// let mut wf = Tool::new("covid").workflow("fits").config(Files::None);
    /// wf.add(Command::new("true"));
    /// assert!(wf.check().is_ok());
    /// ```
    #[must_use]
    pub fn config(mut self, files: impl Into<Files>) -> Self {
        self.plan_mut().files = files.into();
        self
    }

    /// A file of resources in the YAML of the Python original: `tool_resources`, `task_template_resources` and the like. What it
    /// says stands over the attributes of templates, and below all else. A relative path is one of the working directory.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let directory = tempfile::tempdir()?;
    /// # let file = directory.path().join("resources.yaml");
    /// std::fs::write(&file, "task_template_resources: {fit: {local: {memory: 4, runtime: 600}}}")?;
    /// let mut wf = Tool::new("covid").workflow("fits").resources_file(file);
    /// let fit = wf.add(Command::new("fit.sh").template("fit"));
    /// assert_eq!((wf.explain(fit)?.value("memory"), wf.explain(fit)?.value("runtime")), ("4G", "10m"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn resources_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.plan_mut().resources_files.push(path.into());
        self
    }

    /// Says what holds for a task and where that was said: in the program, by an attribute, in which line of which file.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("covid").memory("2G").workflow("fits");
    /// let fit = wf.add(Command::new("fit").runtime("1h"));
    /// let why = wf.explain(fit)?;
    /// assert!(why.origin("memory").ends_with("the tool covid"), "{why}");
    /// assert_eq!(why.origin("max_attempts"), "built in");
    /// # Ok::<(), jobmon::plan::PlanErrors>(())
    /// ```
    ///
    /// What the table says and cannot be given is among its `mistakes`, so that it can be seen why.
    ///
    /// # Errors
    /// What is wrong with files and variables; what is said of the task, its template, the workflow or the tool and cannot be
    /// read; that the handle is of another workflow.
    #[track_caller]
    pub fn explain<T>(&self, task: TaskRef<T>) -> Result<Explanation, PlanErrors> {
        let plan = self.plan();
        let Some(id) = task.task().filter(|_| task.workflow() == plan.number) else {
            let place = Location::caller().into();
            return Err(PlanErrors::new(vec![PlanError::NoTask { place }]));
        };
        Look::at(plan)?.task(id)
    }

    /// The same for each template: what holds for its tasks that say nothing themselves.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// let mut wf = Tool::new("covid").memory("2G").workflow("fits");
    /// wf.add_all((0..9).map(|id| Command::new("fit.sh").node_arg("id", id).template("fit")));
    /// let all = wf.explain_templates()?;
    /// assert_eq!((all.len(), all[0].of.as_str(), all[0].value("memory")), (1, "fit", "2G"));
    /// # Ok::<(), jobmon::plan::PlanErrors>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with files and variables; what is said of a template, the workflow or the tool and cannot be read.
    pub fn explain_templates(&self) -> Result<Vec<Explanation>, PlanErrors> {
        let look = Look::at(self.plan())?;
        let templates = (0_u32..).map(TemplateId).take(self.plan().templates.len());
        templates.map(|template| look.template(template)).collect()
    }
}
