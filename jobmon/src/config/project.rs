//! What `jobmon.toml` and the user's `config.toml` may hold.

use crate::config::configuration::{Configuration, QueueSpec, Queues, Statement, Subject, Title};
use crate::config::document::{Document, Key, Node};
use crate::config::error::{ConfigMistake, hint, is_misspelt};
use crate::config::merge::Source;
use crate::config::reader::Reader;
use crate::config::settings::Settings;
use crate::model::{Bounds, Cluster, Queue};
use std::path::{Path, PathBuf};

/// The keys of a queue.
const QUEUE: [&str; 4] = ["min", "max", "default", "fallback"];
/// What is said of tasks.
pub(crate) const SETTINGS: [&str; 7] = ["memory", "runtime", "cores", "max_attempts", "scale", "queue", "cluster"];

/// What a file says, into a configuration; the files of resources that it names are returned, each with its tool.
pub(crate) fn read(
    document: &Document,
    source: Source,
    directory: &Path,
    reader: &mut Reader,
    into: &mut Configuration,
) -> Vec<Named> {
    for (spot, message) in &document.broken {
        reader.error(*spot, ConfigMistake::Syntax { message: message.clone() });
    }
    let mut named = Vec::new();
    for (key, node) in reader.table("the file", &document.root) {
        match key.name.as_str() {
            "home" => into.home = home(node, directory, reader).or(into.home.take()),
            "clusters" => {
                for (key, node) in reader.table("clusters", node) {
                    if is_misspelt(&key.name, &["local"]) {
                        reader.unknown(key, "`[clusters]`", &["local"]);
                        continue;
                    }
                    let queues = cluster(key, node, reader);
                    into.clusters.entry(Cluster::named(&key.name)).or_default().extend(queues);
                }
            }
            "tools" => {
                for (key, node) in reader.table("tools", node) {
                    let (tool, at) = (key.name.clone(), reader.at(key.spot));
                    into.titles.push(Title { tool, workflow: None, at });
                    let mut tool = Tool { name: &key.name, source, directory, reader, into, named: &mut named };
                    tool.read(node);
                }
            }
            _ => reader.unknown(key, "the file", &["home", "clusters", "tools"]),
        }
    }
    reader.forget_what_follows(document);
    named
}

/// A file of resources that a file names for a tool.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) tool: String,
    pub(crate) path: PathBuf,
    /// Where the statements of it stand among the others: before what the file itself says of the tool.
    pub(crate) before: usize,
}

fn home(node: &Node, directory: &Path, reader: &mut Reader) -> Option<PathBuf> {
    let home = reader.text("home", node)?;
    if home.starts_with('~') {
        return reader.kind("home", node, "a path that is written out, since no shell reads `~` here");
    }
    Some(directory.join(home))
}

fn cluster(key: &Key, node: &Node, reader: &mut Reader) -> Queues {
    let table = format!("`[clusters.{}]`", key.name);
    let mut queues = Queues::new();
    for (part, node) in reader.table(&table, node) {
        match part.name.as_str() {
            "queues" => {
                for (name, node) in reader.table("queues", node) {
                    let queue = Queue::named(&name.name);
                    queues.insert(queue, read_queue(&key.name, queue, node, reader));
                }
            }
            _ => reader.unknown(part, &table, &["queues"]),
        }
    }
    let cluster = Cluster::named(&key.name);
    for spec in queues.values() {
        for unknown in spec.fallback.iter().filter(|next| !queues.contains_key(&next.value)) {
            let hint = hint(unknown.value.name(), queues.keys().map(|queue| queue.name()));
            let mistake = ConfigMistake::UnknownQueue { cluster, queue: unknown.value, hint };
            reader.errors.push(crate::config::ConfigError { at: unknown.at.clone(), mistake });
        }
    }
    queues
}

fn read_queue(cluster: &str, queue: Queue, node: &Node, reader: &mut Reader) -> QueueSpec {
    let table = format!("`[clusters.{cluster}.queues.{queue}]`");
    let mut spec = QueueSpec::new(queue);
    for (key, node) in reader.table(&table, node) {
        match key.name.as_str() {
            "min" => spec.limits.least = bounds(&amounts(&format!("`min` of {table}"), node, reader)),
            "max" => spec.limits.most = bounds(&amounts(&format!("`max` of {table}"), node, reader)),
            "default" => spec.defaults = amounts(&format!("`default` of {table}"), node, reader),
            "fallback" => spec.fallback = reader.queues("fallback", node),
            _ => reader.unknown(key, &table, &QUEUE),
        }
    }
    agree(&spec, node, reader);
    spec
}

/// Memory, run time and cores.
fn amounts(table: &str, node: &Node, reader: &mut Reader) -> Settings {
    let mut settings = Settings::default();
    for (key, node) in reader.table(table, node) {
        match key.name.as_str() {
            "memory" => settings.memory = reader.memory("memory", node),
            "runtime" => settings.runtime = reader.runtime("runtime", node),
            "cores" => settings.cores = reader.cores("cores", node),
            _ => reader.unknown(key, table, &SETTINGS[..3]),
        }
    }
    settings
}

fn bounds(said: &Settings) -> Bounds {
    Bounds {
        memory: said.memory.as_ref().map(|said| said.value),
        runtime: said.runtime.as_ref().map(|said| said.value),
        cores: said.cores.as_ref().map(|said| said.value),
    }
}

/// Whether the bounds of a queue leave something between them, and its defaults are there.
fn agree(spec: &QueueSpec, node: &Node, reader: &mut Reader) {
    let (least, most, usual) = (spec.limits.least, spec.limits.most, bounds(&spec.defaults));
    let reasons = [
        ("memory", disagree(least.memory, most.memory, usual.memory)),
        ("run time", disagree(least.runtime, most.runtime, usual.runtime)),
        ("cores", disagree(least.cores, most.cores, usual.cores)),
    ];
    for (what, reason) in reasons {
        if let Some(reason) = reason {
            reader.error(node.spot, ConfigMistake::Bounds { what, queue: spec.limits.queue, reason });
        }
    }
}

fn disagree<T: PartialOrd + std::fmt::Display>(least: Option<T>, most: Option<T>, usual: Option<T>) -> Option<String> {
    match (least, most, usual) {
        (Some(least), Some(most), _) if least > most => {
            Some(format!("has a minimum of {least} above its maximum of {most}"))
        }
        (Some(least), _, Some(usual)) if usual < least => {
            Some(format!("has a default of {usual} below its minimum of {least}"))
        }
        (_, Some(most), Some(usual)) if usual > most => {
            Some(format!("has a default of {usual} above its maximum of {most}"))
        }
        _ => None,
    }
}

/// What is said of a tool.
struct Tool<'a> {
    name: &'a str,
    source: Source,
    directory: &'a Path,
    reader: &'a mut Reader,
    into: &'a mut Configuration,
    named: &'a mut Vec<Named>,
}

impl Tool<'_> {
    fn read(&mut self, node: &Node) {
        let table = format!("`[tools.{}]`", self.name);
        let before = self.into.statements.len();
        let mut own = Settings::default();
        for (key, node) in self.reader.table(&table, node) {
            match key.name.as_str() {
                "resources" => {
                    let path = self.reader.text("resources", node).map(|path| self.directory.join(path));
                    let tool = self.name.to_owned();
                    self.named.extend(path.map(|path| Named { tool, path, before }));
                }
                "templates" => self.templates(None, node),
                "workflows" => {
                    for (name, node) in self.reader.table("workflows", node) {
                        let (workflow, at) = (Some(name.name.clone()), self.reader.at(name.spot));
                        self.into.titles.push(Title { tool: self.name.to_owned(), workflow, at });
                        self.workflow(&name.name, node);
                    }
                }
                _ => setting(&mut own, key, node, &table, &["resources", "templates", "workflows"], self.reader),
            }
        }
        self.say(None, None, own);
    }

    fn workflow(&mut self, name: &str, node: &Node) {
        let table = format!("`[tools.{}.workflows.{name}]`", self.name);
        let mut own = Settings::default();
        for (key, node) in self.reader.table(&table, node) {
            match key.name.as_str() {
                "templates" => self.templates(Some(name), node),
                _ => setting(&mut own, key, node, &table, &["templates"], self.reader),
            }
        }
        self.say(Some(name), None, own);
    }

    fn templates(&mut self, workflow: Option<&str>, node: &Node) {
        for (template, node) in self.reader.table("templates", node) {
            let table = format!("the template `{}`", template.name);
            let mut own = Settings::default();
            for (key, node) in self.reader.table(&table, node) {
                setting(&mut own, key, node, &table, &[], self.reader);
            }
            self.say(workflow, Some(template), own);
        }
    }

    fn say(&mut self, workflow: Option<&str>, template: Option<&Key>, settings: Settings) {
        let subject = Subject {
            tool: Some(self.name.to_owned()),
            workflow: workflow.map(str::to_owned),
            template: template.map(|key| (key.name.clone(), self.reader.at(key.spot))),
        };
        self.into.statements.push(Statement { source: self.source, subject, cluster: None, settings });
    }
}

/// One key of what is said of tasks; `more` are the other keys of its table.
fn setting(own: &mut Settings, key: &Key, node: &Node, table: &str, more: &[&str], reader: &mut Reader) {
    match key.name.as_str() {
        "memory" => own.memory = reader.memory("memory", node),
        "runtime" => own.runtime = reader.runtime("runtime", node),
        "cores" => own.cores = reader.cores("cores", node),
        "max_attempts" => own.max_attempts = reader.count("max_attempts", node),
        "queue" => own.queue = reader.queue("queue", node),
        "cluster" => own.cluster = reader.cluster("cluster", node),
        "scale" => {
            for (key, node) in reader.table("scale", node) {
                match key.name.as_str() {
                    "memory" => own.memory_scale = reader.scale("scale.memory", node),
                    "runtime" => own.runtime_scale = reader.scale("scale.runtime", node),
                    _ => reader.unknown(key, "`scale`", &["memory", "runtime"]),
                }
            }
        }
        _ => {
            let known: Vec<&str> = SETTINGS.iter().chain(more).copied().collect();
            reader.unknown(key, table, &known);
        }
    }
}
