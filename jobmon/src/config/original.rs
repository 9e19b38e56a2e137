//! The YAML in which the Python original keeps resources, with its meaning: bare numbers are GiB and seconds, a scale of 0.5
//! makes half as much again.

use crate::config::configuration::{Statement, Subject, Title};
use crate::config::document::{Document, Key, Node, Value};
use crate::config::error::{ConfigMistake, is_misspelt};
use crate::config::merge::Source;
use crate::config::reader::Reader;
use crate::config::settings::Settings;
use crate::model::Cluster;

const KEYS: [&str; 4] = ["tool_resources", "tool_scales", "task_template_resources", "task_template_scales"];
const RESOURCES: [&str; 4] = ["memory", "runtime", "cores", "queue"];
/// What is for the scheduler of a cluster; on this machine it means nothing.
const OF_CLUSTERS: [&str; 6] = ["project", "constraints", "stdout", "stderr", "standard_output", "standard_error"];
/// What the original calls this machine.
const LOCAL: [&str; 3] = ["local", "sequential", "multiprocess"];

/// What a file says of a tool, in its order.
pub(crate) fn read(
    document: &Document,
    source: Source,
    tool: &str,
    reader: &mut Reader,
) -> (Vec<Statement>, Vec<Title>) {
    for (spot, message) in &document.broken {
        reader.error(*spot, ConfigMistake::Syntax { message: message.clone() });
    }
    let mut original = Original { source, tool, reader, statements: Vec::new(), titles: Vec::new() };
    original.read(&document.root);
    (original.statements, original.titles)
}

struct Original<'a> {
    source: Source,
    tool: &'a str,
    reader: &'a mut Reader,
    statements: Vec<Statement>,
    titles: Vec<Title>,
}

/// Reads what is said of tasks of one cluster.
type Say = fn(&mut Reader, &Key, &Node) -> Settings;

impl Original<'_> {
    fn read(&mut self, root: &Node) {
        for (key, node) in self.reader.table("the file", root) {
            match key.name.as_str() {
                "tool_resources" => self.tool(node, resources),
                "tool_scales" => self.tool(node, scales),
                "task_template_resources" => self.templates(node, resources),
                "task_template_scales" => self.templates(node, scales),
                _ => self.reader.unknown(key, "the file", &KEYS),
            }
        }
    }

    /// The clusters of a tool. The original's documentation shows the tool's name between, its code reads none.
    fn tool(&mut self, node: &Node, say: Say) {
        for (key, inner) in self.reader.table("the tool", node) {
            let tables = |value: &Value| match value {
                Value::Table(entries) => {
                    !entries.is_empty() && entries.iter().all(|(_, node)| matches!(node.value, Value::Table(_)))
                }
                Value::Text(_) | Value::Number(_) | Value::Other(_) | Value::List(_) => false,
            };
            match tables(&inner.value) {
                true => {
                    let (tool, at) = (key.name.clone(), self.reader.at(key.spot));
                    self.titles.push(Title { tool, workflow: None, at });
                    if key.name == self.tool {
                        self.clusters(None, inner, say);
                    }
                }
                false => self.cluster(None, key, inner, say),
            }
        }
    }

    fn templates(&mut self, node: &Node, say: Say) {
        for (template, node) in self.reader.table("the templates", node) {
            self.clusters(Some(template), node, say);
        }
    }

    fn clusters(&mut self, template: Option<&Key>, node: &Node, say: Say) {
        for (cluster, node) in self.reader.table("the clusters", node) {
            self.cluster(template, cluster, node, say);
        }
    }

    fn cluster(&mut self, template: Option<&Key>, cluster: &Key, node: &Node, say: Say) {
        if is_misspelt(&cluster.name, &LOCAL) {
            return self.reader.unknown(cluster, "the clusters", &LOCAL);
        }
        let settings = say(self.reader, cluster, node);
        let subject = Subject {
            tool: Some(self.tool.to_owned()),
            workflow: None,
            template: template.map(|key| (key.name.clone(), self.reader.at(key.spot))),
        };
        let cluster = if is_local(cluster) { Cluster::LOCAL } else { Cluster::named(&cluster.name) };
        self.statements.push(Statement { source: self.source, subject, cluster: Some(cluster), settings });
    }
}

fn is_local(cluster: &Key) -> bool {
    LOCAL.contains(&cluster.name.as_str())
}

fn resources(reader: &mut Reader, cluster: &Key, node: &Node) -> Settings {
    let mut settings = Settings::default();
    for (key, node) in reader.table("the resources", node) {
        match key.name.as_str() {
            "memory" => settings.memory = reader.memory("memory", node),
            "runtime" => settings.runtime = reader.runtime("runtime", node),
            "cores" => settings.cores = reader.cores("cores", node),
            "queue" => settings.queue = reader.queue("queue", node),
            other if OF_CLUSTERS.contains(&other) && !is_local(cluster) => {}
            _ => reader.unknown(key, &format!("the resources for `{}`", cluster.name), &RESOURCES),
        }
    }
    settings
}

fn scales(reader: &mut Reader, cluster: &Key, node: &Node) -> Settings {
    let mut settings = Settings::default();
    for (key, node) in reader.table("the scales", node) {
        match key.name.as_str() {
            "memory" => settings.memory_scale = reader.scale("memory", node),
            "runtime" => settings.runtime_scale = reader.scale("runtime", node),
            _ => reader.unknown(key, &format!("the scales for `{}`", cluster.name), &RESOURCES[..2]),
        }
    }
    settings
}
