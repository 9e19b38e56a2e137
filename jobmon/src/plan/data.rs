//! A workflow's tasks in flat arrays, and what can be read off them.

use crate::config::{Configuration, Environment, Files};
use crate::dag::Graph;
use crate::id::{SetId, TaskId, TemplateId};
use crate::model::{ArgText, Place, ResourcesFunction, Role, TemplateSpec, Values};
use crate::plan::mistakes::Mistakes;
use crate::plan::name;
use crate::plan::saying::Saying;
use crate::plan::task::Overrides;
use crate::plan::template::{Recipe, Template};
use crate::plan::upstream::{Need, SetNode};
use jobmon_syntax::command::Text;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::Location;
use std::path::{Path, PathBuf};

/// All that a program said of a workflow.
#[derive(Clone, Debug)]
pub(crate) struct PlanData {
    /// Tells this workflow from others of the process, so that a handle of another is noticed.
    pub(crate) number: u32,
    pub(crate) tool: String,
    pub(crate) name: String,
    /// Where it was begun.
    pub(crate) place: &'static Location<'static>,
    pub(crate) args: String,
    pub(crate) unique: bool,
    pub(crate) max_concurrently_running: Option<u32>,
    pub(crate) attributes: Vec<(String, String)>,
    /// What the tool says for all tasks of all its workflows.
    pub(crate) tool_said: Saying,
    /// What the workflow says for all its tasks.
    pub(crate) said: Saying,
    /// Which files of settings count.
    pub(crate) files: Files,
    /// The files of resources that the program names.
    pub(crate) resources_files: Vec<PathBuf>,
    /// What is said for all tasks of a template, by its name.
    pub(crate) template_defaults: BTreeMap<String, CodeDefaults>,
    pub(crate) templates: Vec<Template>,
    pub(crate) template_ids: HashMap<TemplateKey, TemplateId>,
    /// The template of the task before, since many tasks of one template are added in a row.
    pub(crate) last_spec: Option<(&'static TemplateSpec, TemplateId)>,
    pub(crate) tasks: Vec<TaskEntry>,
    /// The values of all tasks, one task after the other.
    pub(crate) packed: Vec<u8>,
    /// The upstreams of all tasks, one task after the other.
    pub(crate) needs: Vec<Need>,
    /// The upstreams that were added later.
    pub(crate) late: Vec<(TaskId, Need)>,
    /// The same, to notice what was said before.
    pub(crate) known_late: HashSet<(TaskId, Need)>,
    pub(crate) sets: Vec<SetNode>,
    pub(crate) overrides: Vec<Overrides>,
    pub(crate) mistakes: Mistakes,
}

/// What the program says for all tasks of a template.
#[derive(Clone, Debug)]
pub(crate) struct CodeDefaults {
    pub(crate) saying: Saying,
    /// Where it is said, if it is by a name that some template must have.
    pub(crate) by_name: Option<&'static Location<'static>>,
}

/// What tells templates of one workflow apart: the name, the place of the declaration, and the arguments where these
/// are known at run time only.
pub(crate) type TemplateKey = (String, Place, Vec<String>);

/// A task in 32 bytes; its values and upstreams end here and begin where those of the task before end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TaskEntry {
    pub(crate) place: &'static Location<'static>,
    pub(crate) packed_end: usize,
    pub(crate) needs_end: u32,
    pub(crate) template: TemplateId,
    /// Its place in `overrides`, from 1; 0 where nothing is overridden.
    pub(crate) overrides: u32,
}

/// What to run for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) argv: Vec<String>,
    pub(crate) stdout: Option<PathBuf>,
    pub(crate) stderr: Option<PathBuf>,
    pub(crate) outputs: Vec<PathBuf>,
    /// The variables that the template sets.
    pub(crate) env: Vec<(String, String)>,
}

impl PlanData {
    pub(crate) fn task_ids(&self) -> impl Iterator<Item = TaskId> + use<> {
        (0..self.count()).map(TaskId)
    }

    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.tasks.len()).expect("`add` keeps the number of tasks below 2^31")
    }

    pub(crate) fn template(&self, task: TaskId) -> &Template {
        &self.templates[self.tasks[task.index()].template.index()]
    }

    pub(crate) fn place(&self, task: TaskId) -> Place {
        self.tasks[task.index()].place.into()
    }

    pub(crate) fn overrides(&self, task: TaskId) -> Option<&Overrides> {
        let number = self.tasks[task.index()].overrides as usize;
        number.checked_sub(1).map(|at| &self.overrides[at])
    }

    pub(crate) fn packed(&self, task: TaskId) -> &[u8] {
        let start = task.index().checked_sub(1).map_or(0, |before| self.tasks[before].packed_end);
        &self.packed[start..self.tasks[task.index()].packed_end]
    }

    /// The names and values of a task's arguments of one role, absent ones included.
    pub(crate) fn args(&self, task: TaskId, role: Role) -> impl Iterator<Item = (&str, ArgText<'_>)> {
        let args = self.template(task).args.iter();
        args.zip(Values::new(self.packed(task)))
            .filter(move |(arg, _)| arg.role == role)
            .map(|(arg, value)| (arg.name.as_ref(), value))
    }

    /// What a task waits for by its own account, without what was added later.
    pub(crate) fn needs(&self, task: TaskId) -> &[Need] {
        let start = task.index().checked_sub(1).map_or(0, |before| self.tasks[before].needs_end);
        &self.needs[start as usize..self.tasks[task.index()].needs_end as usize]
    }

    pub(crate) fn task_name(&self, task: TaskId) -> String {
        match self.overrides(task).and_then(|overrides| overrides.name.as_ref()) {
            // One that is empty is a mistake, and names nothing in others.
            Some(name) if !name.is_empty() => name.clone(),
            Some(_) | None => name::default_name(self, task),
        }
    }

    /// What files and variables say; the files are those that the plan names, unless others are given.
    pub(crate) fn configuration(&self, files: Option<&Files>, environment: &Environment) -> Configuration {
        // Where the working directory is gone, files of it are not found, and a run tells that.
        let directory = std::env::current_dir().unwrap_or_default();
        let files = files.unwrap_or(&self.files);
        Configuration::read(files, &self.tool, &self.resources_files, environment, &directory)
    }

    /// The function that says what a task asks for, if it has one.
    pub(crate) fn resources_from(&self, task: TaskId) -> Option<&ResourcesFunction> {
        self.overrides(task).and_then(|overrides| overrides.resources_from.as_ref())
    }

    /// Whether what a task must leave may be empty.
    pub(crate) fn output_may_be_empty(&self, task: TaskId) -> bool {
        let overridden = self.overrides(task).and_then(|overrides| overrides.output_may_be_empty);
        overridden.or(self.template(task).output_may_be_empty).unwrap_or(false)
    }

    pub(crate) fn priority(&self, task: TaskId) -> i32 {
        self.overrides(task).map_or(0, |overrides| overrides.priority)
    }

    /// Where a task starts; `base` is where those start that say nothing.
    pub(crate) fn directory(&self, task: TaskId, base: &Path) -> PathBuf {
        match self.overrides(task).and_then(|overrides| overrides.directory.as_ref()) {
            Some(directory) => base.join(directory),
            None => base.to_owned(),
        }
    }

    /// Whether there is a file that a task must leave.
    #[cfg(feature = "testing")]
    pub(crate) fn leaves_output(&self, task: TaskId) -> bool {
        self.overrides(task).is_some_and(|said| !said.outputs.is_empty())
            || matches!(&self.template(task).recipe, Recipe::Texts(declared) if !declared.outputs.is_empty())
    }

    /// The command of a task, word by word.
    pub(crate) fn render(&self, task: TaskId) -> Result<Rendered, String> {
        let template = self.template(task);
        let texts: Vec<ArgText<'_>> = Values::new(self.packed(task)).collect();
        let declared = match (&template.recipe, texts.first()) {
            (Recipe::Texts(declared), _) => declared,
            (Recipe::Words, Some(ArgText::Many(words))) => {
                let argv = words.iter().map(|word| (*word).to_owned()).collect();
                return Ok(Rendered { argv, stdout: None, stderr: None, outputs: Vec::new(), env: Vec::new() });
            }
            (Recipe::Words, _) => return Err("it has no words".to_owned()),
        };
        let look_up = |name: &str| {
            let at = template.args.iter().position(|arg| arg.name == name)?;
            Some(texts.get(at)?.as_value())
        };
        let text = |text: &Text| text.render(look_up).map_err(|error| error.to_string());
        let file = |file: &Option<Text>| file.as_ref().map(|path| text(path).map(PathBuf::from)).transpose();
        let variable = |(name, value): &(&str, Text)| text(value).map(|value| ((*name).to_owned(), value));
        Ok(Rendered {
            argv: declared.line.render(look_up).map_err(|error| error.to_string())?,
            stdout: file(&declared.stdout)?,
            stderr: file(&declared.stderr)?,
            outputs: declared.outputs.iter().map(|path| text(path).map(PathBuf::from)).collect::<Result<_, _>>()?,
            env: declared.env.iter().map(variable).collect::<Result<_, _>>()?,
        })
    }

    /// The graph of the tasks, and behind them the sets that tasks wait for.
    pub(crate) fn graph(&self) -> Graph {
        Graph::new(self.tasks.len() + self.sets.len(), || self.edges())
    }

    /// The edges, in nodes: tasks first, sets behind them.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (u32, u32)> {
        let tasks = self.count();
        let members =
            (tasks..).zip(&self.sets).flat_map(|(node, set)| set.members().iter().map(move |task| (task.0, node)));
        self.all_needs().map(move |(need, task)| (need.node(tasks), task.0)).chain(members)
    }

    /// What all tasks wait for, each with the task that does.
    pub(crate) fn all_needs(&self) -> impl Iterator<Item = (Need, TaskId)> {
        let own = self.task_ids().flat_map(|task| self.needs(task).iter().map(move |need| (*need, task)));
        own.chain(self.late.iter().map(|(task, need)| (*need, *task)))
    }

    /// The set at a node behind the tasks.
    pub(crate) fn set_at(&self, node: u32) -> Option<SetId> {
        node.checked_sub(self.count()).map(SetId)
    }
}
