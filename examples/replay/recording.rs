//! Reads a recorded execution from a file of [WfFormat](https://github.com/wfcommons/WfFormat) 1.5.
//!
//! | WfFormat 1.5 | here |
//! |---|---|
//! | `workflow.specification.tasks[].id` | how the file's tasks speak of each other |
//! | `.name` | the task's name; the `id` in files where several tasks have one name, as those of Nextflow, or where a name is none that a task may have; where an `id` is none either, the place in the file |
//! | `.parents`, `.children` | the edges: one counts where either end names it, since both name it in a file that is right |
//! | `workflow.execution.tasks[].runtimeInSeconds` | how long the task ran |
//! | `workflow.execution.makespanInSeconds` | how long the whole took |
//!
//! Files, commands, cores, memory, priorities and machines say what was run and where, which a replay does not repeat.

use jobmon::dag::{Cycle, Graph, Order};
use jobmon::digest::{Digest, Digester};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

/// The version that is read.
const VERSION: &str = "1.5";

/// A workflow as it once ran.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recording {
    /// What tells it from other recordings: a hash of the file.
    pub(crate) digest: Digest,
    /// How long the whole took, as recorded.
    pub(crate) makespan: Duration,
    /// The tasks, each after its parents.
    pub(crate) tasks: Vec<Recorded>,
}

/// A task as it once ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) name: String,
    pub(crate) run_time: Duration,
    /// Which tasks ended before it began, by their places.
    pub(crate) parents: Vec<usize>,
}

/// Why a file cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordingError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is not JSON", path.display())]
    NotJson { path: PathBuf, source: serde_json::Error },
    #[error("{} is not WfFormat: it has no `schemaVersion`, whose value is \"{VERSION}\"", path.display())]
    NoVersion { path: PathBuf },
    #[error("{} has the `schemaVersion` {}, and only \"{VERSION}\" can be replayed", path.display(), shown(found))]
    OtherVersion { path: PathBuf, found: String },
    #[error("{} does not have the layout of WfFormat {VERSION}", path.display())]
    OtherLayout { path: PathBuf, source: serde_json::Error },
    #[error(
        "{} has no `workflow.execution`: it says what was to run and not how long that took, so there is nothing to replay",
        path.display()
    )]
    NeverRan { path: PathBuf },
    #[error("cannot replay {}:{}", path.display(), listed(faults))]
    Faulty { path: PathBuf, faults: Vec<Fault> },
}

/// What is wrong with the tasks of a file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("it has no task")]
    NoTask,
    #[error("two tasks have the id `{}`", shown(id))]
    DuplicateId { id: String },
    #[error("task `{}` names the {relation} `{}`, and there is no such task", shown(id), shown(other))]
    UnknownTask { id: String, relation: &'static str, other: String },
    #[error("task `{}` has no run time: `workflow.execution.tasks` has no `runtimeInSeconds` of it", shown(id))]
    NoRunTime { id: String },
    #[error("task `{}` has two run times in `workflow.execution.tasks`", shown(id))]
    TwoRunTimes { id: String },
    #[error("task `{}` has a run time of {seconds:?} seconds, which no task can take", shown(id))]
    ImpossibleRunTime { id: String, seconds: f64 },
    #[error("the whole took {seconds:?} seconds by `makespanInSeconds`, which nothing can take")]
    ImpossibleMakespan { seconds: f64 },
    #[error("task `{}` has a run time, and `workflow.specification.tasks` has no such task", shown(id))]
    NotSpecified { id: String },
    #[error("tasks are their own ancestors: {}", around(path))]
    Cycle { path: Vec<String> },
}

/// So many faults of a file are told, and so many tasks of a cycle.
const TOLD: usize = 10;

/// A text of the file as a terminal may show it: harmless, and cut where it is long.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 100;
    let is_harmful =
        |c: char| c.is_control() || ('\u{200e}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    let mut shown = String::new();
    for (place, c) in text.chars().enumerate() {
        match c {
            _ if place == LONGEST => return shown + "..",
            c if is_harmful(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

fn around(path: &[String]) -> String {
    let mut names: Vec<String> = path.iter().map(|task| shown(task)).collect();
    if names.len() > TOLD {
        let left_out = names.len() - TOLD;
        names.splice(TOLD - 1..names.len() - 1, [format!("({left_out} more)")]);
    }
    names.join(" -> ")
}

fn listed(faults: &[Fault]) -> String {
    let mut text = String::new();
    for fault in faults.iter().take(TOLD) {
        write!(text, "\n  {fault}").expect("writing to a string cannot fail");
    }
    if faults.len() > TOLD {
        write!(text, "\n  and {} more", faults.len() - TOLD).expect("writing to a string cannot fail");
    }
    text
}

#[derive(Deserialize)]
struct Instance {
    workflow: Parts,
}

#[derive(Deserialize)]
struct Parts {
    specification: Specification,
    execution: Option<Execution>,
}

#[derive(Deserialize)]
struct Specification {
    tasks: Vec<Specified>,
}

#[derive(Deserialize)]
struct Specified {
    id: String,
    name: String,
    #[serde(default)]
    parents: Vec<String>,
    #[serde(default)]
    children: Vec<String>,
}

#[derive(Deserialize)]
struct Execution {
    #[serde(rename = "makespanInSeconds")]
    makespan: f64,
    tasks: Vec<Executed>,
}

#[derive(Deserialize)]
struct Executed {
    id: String,
    #[serde(rename = "runtimeInSeconds")]
    run_time: Option<f64>,
}

impl Recording {
    /// Reads a file; all faults of its tasks are told at once.
    pub(crate) fn read(path: &Path) -> Result<Self, RecordingError> {
        let path = path.to_owned();
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(source) => return Err(RecordingError::Read { path, source }),
        };
        // Another version has another layout, so that is looked at first.
        let json: serde_json::Value = match serde_json::from_slice(&text) {
            Ok(json) => json,
            Err(source) => return Err(RecordingError::NotJson { path, source }),
        };
        match json.get("schemaVersion") {
            None => return Err(RecordingError::NoVersion { path }),
            Some(version) if version == VERSION => {}
            Some(version) => return Err(RecordingError::OtherVersion { path, found: version.to_string() }),
        }
        // From the text again, so that a mistake is told with its line.
        let Parts { specification, execution } = match serde_json::from_slice(&text) {
            Ok(Instance { workflow }) => workflow,
            Err(source) => return Err(RecordingError::OtherLayout { path, source }),
        };
        let Some(execution) = execution else { return Err(RecordingError::NeverRan { path }) };
        let mut digester = Digester::new("replay 1");
        digester.text(&String::from_utf8_lossy(&text));
        recording(&specification.tasks, &execution, digester.finish())
            .map_err(|faults| RecordingError::Faulty { path, faults })
    }
}

fn recording(tasks: &[Specified], execution: &Execution, digest: Digest) -> Result<Recording, Vec<Fault>> {
    let mut faults = Vec::new();
    if tasks.is_empty() {
        faults.push(Fault::NoTask);
    }
    let places = places(tasks, &mut faults);
    let run_times = run_times(tasks, execution, &places, &mut faults);
    let edges = edges(tasks, &places, &mut faults);
    let makespan = time(execution.makespan).unwrap_or_else(|| {
        faults.push(Fault::ImpossibleMakespan { seconds: execution.makespan });
        Duration::ZERO
    });
    if !faults.is_empty() {
        return Err(faults);
    }
    let graph = Graph::new(tasks.len(), || edges.iter().copied());
    let order = Order::of(&graph).map_err(|Cycle(path)| {
        let around = path.iter().chain(path.first());
        vec![Fault::Cycle { path: around.map(|task| tasks[*task as usize].id.clone()).collect() }]
    })?;
    Ok(Recording { digest, makespan, tasks: in_order(tasks, &run_times, &edges, &order) })
}

/// Where each task stands in the file, by its id.
fn places<'a>(tasks: &'a [Specified], faults: &mut Vec<Fault>) -> HashMap<&'a str, u32> {
    let mut places = HashMap::new();
    for (place, task) in (0..).zip(tasks) {
        if places.insert(task.id.as_str(), place).is_some() {
            faults.push(Fault::DuplicateId { id: task.id.clone() });
        }
    }
    places
}

fn run_times(
    tasks: &[Specified],
    execution: &Execution,
    places: &HashMap<&str, u32>,
    faults: &mut Vec<Fault>,
) -> Vec<Duration> {
    let mut found: Vec<Option<f64>> = vec![None; tasks.len()];
    for Executed { id, run_time } in &execution.tasks {
        match places.get(id.as_str()) {
            None => faults.push(Fault::NotSpecified { id: id.clone() }),
            Some(place) => {
                let before = &mut found[*place as usize];
                if before.is_some() {
                    faults.push(Fault::TwoRunTimes { id: id.clone() });
                }
                *before = before.or(*run_time);
            }
        }
    }
    let mut run_time = |(task, seconds): (&Specified, Option<f64>)| {
        let id = task.id.clone();
        let Some(seconds) = seconds else {
            faults.push(Fault::NoRunTime { id });
            return Duration::ZERO;
        };
        time(seconds).unwrap_or_else(|| {
            faults.push(Fault::ImpossibleRunTime { id, seconds });
            Duration::ZERO
        })
    };
    tasks.iter().zip(found).map(&mut run_time).collect()
}

/// A time that something can take: a hundred years at most.
fn time(seconds: f64) -> Option<Duration> {
    const MOST: Duration = Duration::from_hours(100 * 366 * 24);
    Duration::try_from_secs_f64(seconds).ok().filter(|time| *time <= MOST)
}

/// From each parent to its child, once, by their places in the file.
fn edges(tasks: &[Specified], places: &HashMap<&str, u32>, faults: &mut Vec<Fault>) -> BTreeSet<(u32, u32)> {
    let mut edges = BTreeSet::new();
    let mut place = |of: &Specified, relation: &'static str, other: &String| {
        let place = places.get(other.as_str()).copied();
        if place.is_none() {
            faults.push(Fault::UnknownTask { id: of.id.clone(), relation, other: other.clone() });
        }
        place
    };
    for (own, task) in (0..).zip(tasks) {
        edges.extend(task.parents.iter().filter_map(|other| Some((place(task, "parent", other)?, own))));
        edges.extend(task.children.iter().filter_map(|other| Some((own, place(task, "child", other)?))));
    }
    edges
}

/// What tells tasks apart and is a name that a task may have.
fn names(tasks: &[Specified]) -> Vec<String> {
    let may_be = |name: &&str| !name.is_empty() && name.len() <= 255 && !name.contains(char::is_control);
    for names in [|task: &Specified| task.name.clone(), |task: &Specified| task.id.clone()] {
        let names: Vec<String> = tasks.iter().map(names).collect();
        let different: BTreeSet<&str> = names.iter().map(String::as_str).filter(may_be).collect();
        if different.len() == names.len() {
            return names;
        }
    }
    (1..=tasks.len()).map(|place| format!("task {place}")).collect()
}

/// The tasks, each after its parents.
fn in_order(tasks: &[Specified], run_times: &[Duration], edges: &BTreeSet<(u32, u32)>, order: &Order) -> Vec<Recorded> {
    let names = names(tasks);
    let mut place = vec![0; tasks.len()];
    for (at, task) in order.nodes.iter().enumerate() {
        place[*task as usize] = at;
    }
    let mut ordered: Vec<Recorded> = order
        .nodes
        .iter()
        .map(|task| {
            let name = names[*task as usize].clone();
            Recorded { name, run_time: run_times[*task as usize], parents: Vec::new() }
        })
        .collect();
    for (parent, child) in edges {
        ordered[place[*child as usize]].parents.push(place[*parent as usize]);
    }
    ordered
}
