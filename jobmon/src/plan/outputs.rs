//! What becomes of a task's texts is known before a run: the files that get its output, and its program.

use crate::id::TaskId;
use crate::model::{ArgText, Values};
use crate::plan::data::PlanData;
use crate::plan::error::PlanError;
use crate::plan::template::{Line, Recipe, Template};
use jobmon_syntax::command::{Item, Part, Text, Value};
use jobmon_syntax::file;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Component, Path, PathBuf};

/// A text with the places that its values have among the arguments.
struct Slots<'a> {
    text: &'a Text,
    args: Vec<usize>,
}

/// The files that the tasks of a template write, streams and outputs, with what they are called.
struct Files<'a>(Vec<(&'static str, Slots<'a>)>);

/// What a file is called that a success leaves.
const OUTPUT: &str = "output";

/// A file that a task writes, by the hash of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Written {
    hash: u64,
    task: TaskId,
    /// Its place among the files of the task.
    file: u32,
}

/// Paths that are no files, and files that several tasks write. A template whose output goes to the log costs nothing.
///
/// Paths are compared as they are written, seen from the directory of their task and that of the program: `x`, `./x`, `d/../x`
/// and `$PWD/x` are one file. What is behind a link only a run can know, so that two names of one file that differ by a link are
/// not told, and where `d` is a link to a directory elsewhere, `d/../x` is taken for `x`.
pub(crate) fn check_files(plan: &PlanData, mistakes: &mut Vec<PlanError>) {
    // Where the working directory is gone, a run tells that.
    let base = std::env::current_dir().unwrap_or_default();
    let all = AllFiles { plan, templates: plan.templates.iter().map(Files::of).collect(), base };
    if all.templates.iter().all(|files| files.0.is_empty()) && plan.overrides.iter().all(|said| said.outputs.is_empty())
    {
        return;
    }
    let mut written = all.written(mistakes);
    written.sort_unstable();
    let mut told: Vec<(Written, TaskId, PathBuf)> = Vec::new();
    for same in written.chunk_by(|one, other| one.hash == other.hash).filter(|same| same.len() > 1) {
        let mut first: Vec<(PathBuf, TaskId)> = Vec::new();
        for written in same {
            let path = all.path(*written);
            let is_told = || told.last().is_some_and(|(last, _, known)| last.task == written.task && *known == path);
            match first.iter().find(|(known, _)| *known == path) {
                None => first.push((path, written.task)),
                // Both streams of a task may go to one file.
                Some((_, other)) if *other == written.task || is_told() => {}
                Some((_, other)) => told.push((*written, *other, path)),
            }
        }
    }
    told.sort_unstable_by_key(|(written, ..)| (written.task, written.file));
    mistakes.extend(told.into_iter().map(|(written, other, path)| PlanError::SameFile {
        place: plan.place(written.task),
        task: plan.task_name(written.task),
        stream: all.file(written).0,
        path: path.strip_prefix(&all.base).unwrap_or(&path).to_string_lossy().into_owned(),
        other_task: plan.task_name(other),
        other: plan.place(other),
    }));
}

/// The files of all templates, by the numbers of these.
struct AllFiles<'a> {
    plan: &'a PlanData,
    templates: Vec<Files<'a>>,
    /// Where the program is.
    base: PathBuf,
}

impl<'a> AllFiles<'a> {
    /// The files that a task writes, each with what it is called; without a path where a value does not fit, which was told.
    fn of_task(&self, task: TaskId) -> Vec<(&'static str, Option<Cow<'a, str>>)> {
        let files = &self.templates[self.plan.tasks[task.index()].template.index()].0;
        let said = self.plan.overrides(task).map_or(&[][..], |said| &said.outputs);
        if files.is_empty() && said.is_empty() {
            return Vec::new();
        }
        let texts: Vec<ArgText<'_>> = Values::new(self.plan.packed(task)).collect();
        let files = files.iter().map(|(name, slots)| (*name, slots.render(&texts).map(Cow::Owned)));
        files.chain(said.iter().map(|path| (OUTPUT, Some(path.to_string_lossy())))).collect()
    }

    fn file(&self, written: Written) -> (&'static str, Cow<'a, str>) {
        let (name, path) = self.of_task(written.task).swap_remove(written.file as usize);
        (name, path.unwrap_or_default())
    }

    /// What all tasks write, as hashes: sorted they need less than a map of all paths would. Paths that are no files
    /// are told.
    fn written(&self, mistakes: &mut Vec<PlanError>) -> Vec<Written> {
        let plan = self.plan;
        let mut written = Vec::new();
        for task in plan.task_ids() {
            for (file, (stream, path)) in (0..).zip(self.of_task(task)) {
                let Some(path) = path else { continue };
                if let Some(reason) = file::wrong(&path) {
                    let (place, task, path) = (plan.place(task), plan.task_name(task), path.into_owned());
                    mistakes.push(PlanError::File { place, task, stream, path, reason });
                    continue;
                }
                let mut hasher = DefaultHasher::new();
                parts(plan, task, Path::new(&*path), &self.base).hash(&mut hasher);
                written.push(Written { hash: hasher.finish(), task, file });
            }
        }
        written
    }

    fn path(&self, written: Written) -> PathBuf {
        let file = self.file(written).1;
        let parts = parts(self.plan, written.task, Path::new(&*file), &self.base);
        [OsStr::new("/")].into_iter().chain(parts).collect()
    }
}

/// The parts of a file's path from the root, without `.` and `..`: seen from the directory of its task, and that from where the
/// program is.
fn parts<'p>(plan: &'p PlanData, task: TaskId, file: &'p Path, base: &'p Path) -> Vec<&'p OsStr> {
    let directory = plan.overrides(task).and_then(|overrides| overrides.directory.as_deref());
    let mut parts = Vec::with_capacity(16);
    for part in [Some(base), directory, Some(file)].into_iter().flatten().flat_map(Path::components) {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part),
            // Above the root is the root.
            Component::ParentDir => drop(parts.pop()),
            Component::RootDir | Component::Prefix(_) => parts.clear(),
        }
    }
    parts
}

impl<'a> Files<'a> {
    fn of(template: &'a Template) -> Self {
        let Recipe::Texts(texts) = &template.recipe else { return Self(Vec::new()) };
        let streams = [("standard output", &texts.stdout), ("standard error", &texts.stderr)];
        let streams = streams.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
        let files = streams.chain(texts.outputs.iter().map(|text| (OUTPUT, text)));
        Self(files.filter_map(|(name, text)| Some((name, Slots::of(text, template)?))).collect())
    }
}

impl<'a> Slots<'a> {
    fn of(text: &'a Text, template: &Template) -> Option<Self> {
        let place = |name: &String| template.args.iter().position(|arg| arg.name == *name);
        Some(Self { text, args: text.names().iter().map(place).collect::<Option<_>>()? })
    }

    fn render(&self, texts: &[ArgText<'_>]) -> Option<String> {
        let values: Vec<Value<'_>> = self.args.iter().map(|at| texts[*at].as_value()).collect();
        self.text.render_slots(&values).ok()
    }
}

/// Programs that are the empty word, where the program is nothing but values.
pub(crate) fn check_programs(plan: &PlanData, mistakes: &mut Vec<PlanError>) {
    let programs: Vec<Option<Vec<usize>>> = plan.templates.iter().map(program).collect();
    if programs.iter().all(Option::is_none) {
        return;
    }
    for task in plan.task_ids() {
        let Some(args) = &programs[plan.tasks[task.index()].template.index()] else { continue };
        let texts: Vec<ArgText<'_>> = Values::new(plan.packed(task)).collect();
        if args.iter().all(|at| texts[*at] == ArgText::One("")) {
            mistakes.push(PlanError::NoProgram { place: plan.place(task), task: plan.task_name(task) });
        }
    }
}

/// The arguments that the program is made of, where it has no text of its own.
fn program(template: &Template) -> Option<Vec<usize>> {
    let Recipe::Texts(texts) = &template.recipe else { return None };
    let Line::Words(command) = &texts.line else { return None };
    let Some(Item::Word(word)) = command.items().first() else { return None };
    let arg = |part: &Part| match part {
        Part::Text(_) => None,
        Part::Value(value) => template.args.iter().position(|arg| arg.name == value.name),
    };
    word.parts.iter().map(arg).collect()
}
