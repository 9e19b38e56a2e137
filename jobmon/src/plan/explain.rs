//! What holds for a task, and why.

use crate::config::{Configuration, Environment, Files, Held, Level, Merged, Settings, Source};
use crate::id::{TaskId, TemplateId};
use crate::plan::data::{CodeDefaults, PlanData};
use crate::plan::defaults::TemplateDefaults;
use crate::plan::error::PlanError;
use crate::plan::mistakes::PlanErrors;
use crate::plan::settled::merged;
use crate::plan::task::Overrides;
use crate::plan::visitor::TaskTemplate;
use crate::plan::{TaskRef, Workflow};
use std::fmt;
use std::fmt::Display;
use std::panic::Location;
use std::path::PathBuf;

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
            .try_for_each(|Explained { key, value, origin }| write!(f, "\n  {key:keys$}  {value:values$}  {origin}"))
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
    /// # Errors
    /// What is wrong with the configuration; that the handle is of another workflow.
    #[track_caller]
    pub fn explain<T>(&self, task: TaskRef<T>) -> Result<Explanation, PlanErrors> {
        let plan = self.plan();
        let Some(id) = task.task().filter(|_| task.workflow() == plan.number) else {
            let place = Location::caller().into();
            return Err(PlanErrors(vec![PlanError::NoTask { place }]));
        };
        Ok(explain(plan, &read(plan)?, id))
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
    /// What is wrong with the configuration.
    pub fn explain_templates(&self) -> Result<Vec<Explanation>, PlanErrors> {
        let plan = self.plan();
        let configuration = read(plan)?;
        let templates = (0_u32..).map(TemplateId).zip(&plan.templates);
        let explained =
            templates.map(|(id, template)| table(plan, &configuration, id, None, template.name.to_string()));
        Ok(explained.collect())
    }
}

fn read(plan: &PlanData) -> Result<Configuration, PlanErrors> {
    let mut configuration = plan.configuration(None, &Environment::read());
    match std::mem::take(&mut configuration.errors) {
        errors if errors.is_empty() => Ok(configuration),
        errors => Err(PlanErrors(errors.into_iter().map(PlanError::Config).collect())),
    }
}

fn explain(plan: &PlanData, configuration: &Configuration, task: TaskId) -> Explanation {
    let template = plan.tasks[task.index()].template;
    let of = plan.task_name(task);
    let mut told = table(plan, configuration, template, plan.overrides(task).and_then(Overrides::settings), of);
    let retry = plan.retry(task).to_string();
    if !retry.is_empty() {
        let origin = format!("said of {}", plan.retry_levels(task).join(", "));
        told.rows.push(Explained { key: "retry", value: retry, origin });
    }
    if plan.resources_from(task).is_some() {
        let value = "computed before each attempt".to_owned();
        told.rows.push(Explained { key: "resources_from", value, origin: "a function of the task".to_owned() });
    }
    told
}

fn table(
    plan: &PlanData,
    configuration: &Configuration,
    template: TemplateId,
    task: Option<&Settings>,
    of: String,
) -> Explanation {
    let merged = merged(plan, configuration, template, task);
    let words = Words { plan, template: &plan.templates[template.index()].name, merged: &merged };
    let unlimited = "not limited";
    let rows = vec![
        words.row("memory", merged.memory.as_ref(), unlimited),
        words.row("runtime", merged.runtime.as_ref(), unlimited),
        words.row("cores", merged.cores.as_ref(), ""),
        words.row("max_attempts", merged.max_attempts.as_ref(), ""),
        words.row("scale.memory", merged.memory_scale.as_ref(), ""),
        words.row("scale.runtime", merged.runtime_scale.as_ref(), ""),
        words.row("queue", merged.queue.as_ref(), "none"),
        words.row("cluster", merged.cluster.as_ref(), ""),
    ];
    Explanation { of, rows }
}

/// Says where things were said.
struct Words<'a> {
    plan: &'a PlanData,
    template: &'a str,
    merged: &'a Merged,
}

impl Words<'_> {
    fn row<T: Display>(&self, key: &'static str, held: Option<&Held<T>>, unsaid: &str) -> Explained {
        match held {
            Some(held) => Explained { key, value: held.said.value.to_string(), origin: self.origin(held) },
            None => Explained { key, value: unsaid.to_owned(), origin: "nobody says it".to_owned() },
        }
    }

    fn origin<T>(&self, held: &Held<T>) -> String {
        let at = &held.said.at;
        let of = match held.level {
            Level::Tools => format!("the tool {}", self.plan.tool),
            Level::Workflows => format!("the workflow {}", self.plan.name),
            Level::Templates => format!("the template {}", self.template),
            Level::Tasks => "the task".to_owned(),
        };
        match held.source {
            Source::BuiltIn | Source::Variable => at.to_string(),
            Source::QueueDefault => {
                let queue = self.merged.queue.as_ref().map(|queue| queue.said.value.name());
                format!("{at}, the queue {}", queue.unwrap_or_default())
            }
            Source::Attribute => at.to_string(),
            Source::ResourcesFile | Source::UserFile | Source::ProjectFile | Source::Call => format!("{at}, {of}"),
        }
    }
}
