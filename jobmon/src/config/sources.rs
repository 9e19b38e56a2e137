//! Where settings are looked for.

use crate::config::configuration::{Configuration, Statement, Subject};
use crate::config::document::{Node, Spot, Value};
use crate::config::error::{ConfigError, ConfigMistake, hint};
use crate::config::merge::Source;
use crate::config::project::Named;
use crate::config::reader::{Dialect, Origin, Reader};
use crate::config::settings::{At, FilePlace, Settings};
use crate::config::{Environment, from_toml, from_yaml, original, project};
use jobmon_syntax::suggest::did_you_mean;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which files of settings are read.
///
/// ```
/// # use jobmon::prelude::*;
/// use jobmon::config::Files;
/// let mut wf = Tool::new("demo").workflow("w").config(Files::None);
/// wf.add(Command::new("true"));
/// assert!(wf.check().is_ok());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Files {
    /// What `JOBMON_CONFIG` names; else `jobmon.toml` of the working directory or its nearest parent, and the user's
    /// `config.toml`.
    #[default]
    Found,
    /// None.
    None,
    /// This one.
    One(PathBuf),
}

impl From<&str> for Files {
    fn from(path: &str) -> Self {
        Self::One(path.into())
    }
}

impl From<&Path> for Files {
    fn from(path: &Path) -> Self {
        Self::One(path.into())
    }
}

impl From<PathBuf> for Files {
    fn from(path: PathBuf) -> Self {
        Self::One(path)
    }
}

/// The name of the file of a project.
const PROJECT: &str = "jobmon.toml";

/// Variables that say something of all tasks, and what.
const VARIABLES: [(&str, &str); 9] = [
    ("JOBMON_SET_MEMORY", "memory"),
    ("JOBMON_SET_RUNTIME", "runtime"),
    ("JOBMON_SET_CORES", "cores"),
    ("JOBMON_SET_MAX_ATTEMPTS", "max_attempts"),
    ("JOBMON_SET_QUEUE", "queue"),
    ("JOBMON_SET_CLUSTER", "cluster"),
    ("JOBMON_SET_SCALE_MEMORY", "scale.memory"),
    ("JOBMON_SET_SCALE_RUNTIME", "scale.runtime"),
    ("JOBMON_CONFIG", ""),
];

impl Configuration {
    /// Reads what there is. What is wrong with it is among its mistakes.
    pub(crate) fn read(
        files: &Files,
        tool: &str,
        resources: &[PathBuf],
        environment: &Environment,
        directory: &Path,
    ) -> Self {
        let mut configuration = Self::default();
        for path in resources {
            let named = Named { tool: tool.to_owned(), path: directory.join(path), before: usize::MAX };
            configuration.add_resources(&named, Source::ResourcesFile, directory);
        }
        for (path, source) in found(files, environment, directory) {
            configuration.add_file(&path, source, directory);
        }
        configuration.add_variables(&environment.settings);
        configuration.errors.sort_by_key(|error| error.at.place());
        configuration
    }

    fn add_file(&mut self, path: &Path, source: Source, directory: &Path) {
        let Some((mut reader, text)) = self.open(path, directory, Dialect::Own) else { return };
        let beside = path.parent().unwrap_or(directory);
        let named = project::read(&from_toml::read(&text), source, beside, &mut reader, self);
        self.errors.append(&mut reader.errors);
        for named in named.iter().rev() {
            self.add_resources(named, source, directory);
        }
    }

    fn add_resources(&mut self, named: &Named, source: Source, directory: &Path) {
        let Some((mut reader, text)) = self.open(&named.path, directory, Dialect::Original) else { return };
        let (statements, titles) = original::read(&from_yaml::read(&text), source, &named.tool, &mut reader);
        self.errors.append(&mut reader.errors);
        self.titles.extend(titles);
        let before = named.before.min(self.statements.len());
        self.statements.splice(before..before, statements);
    }

    fn open(&mut self, path: &Path, directory: &Path, dialect: Dialect) -> Option<(Reader, String)> {
        let file = Arc::new(path.strip_prefix(directory).unwrap_or(path).to_owned());
        match std::fs::read_to_string(path) {
            Ok(text) => Some((Reader::new(Origin::File(file), dialect), text)),
            Err(error) => {
                let at = At::File(Arc::new(FilePlace { file, line: 0, column: 0 }));
                let mistake = ConfigMistake::Unreadable { reason: error.to_string() };
                self.errors.push(ConfigError { at, mistake });
                None
            }
        }
    }

    fn add_variables(&mut self, variables: &[(String, String)]) {
        let mut settings = Settings::default();
        for (name, text) in variables {
            let mut reader = Reader::new(Origin::Variable(name.as_str().into()), Dialect::Own);
            let key = VARIABLES.iter().find(|(known, _)| known == name).map_or("", |(_, key)| key);
            let value = |value| Node { spot: Spot::default(), value };
            let node = &value(Value::Text(text.clone()));
            let scale = || match text.parse::<f64>() {
                Ok(_) => value(Value::Number(text.clone())),
                Err(_) => value(Value::List(text.split(',').map(|step| value(Value::Text(step.to_owned()))).collect())),
            };
            match key {
                "memory" => settings.memory = reader.memory(key, node),
                "runtime" => settings.runtime = reader.runtime(key, node),
                "cores" => settings.cores = reader.cores(key, node),
                "max_attempts" => settings.max_attempts = reader.count(key, node),
                "queue" => settings.queue = reader.queue(key, node),
                "cluster" => settings.cluster = reader.cluster(key, node),
                "scale.memory" => settings.memory_scale = reader.scale(key, &scale()),
                "scale.runtime" => settings.runtime_scale = reader.scale(key, &scale()),
                _ => {
                    let hint = meant(name);
                    let (key, table) = (name.clone(), "the environment".to_owned());
                    reader.error(Spot::default(), ConfigMistake::UnknownKey { key, table, hint });
                }
            }
            self.errors.append(&mut reader.errors);
        }
        let subject = Subject { tool: None, workflow: None, template: None };
        self.statements.push(Statement { source: Source::Variable, subject, cluster: None, settings });
    }
}

/// Which variable may be meant: one of the same words in another order, else one whose own words are near.
fn meant(name: &str) -> String {
    let own = |name: &str| name.strip_prefix("JOBMON_SET_").unwrap_or(name).to_owned();
    let words = |name: &str| {
        let mut words: Vec<String> = own(name).split('_').map(str::to_lowercase).collect();
        words.sort();
        words
    };
    let names = || VARIABLES.iter().map(|(known, _)| *known);
    let near = names().find(|known| words(known) == words(name));
    let near = near.or_else(|| {
        let owns: Vec<(String, &str)> = names().map(|known| (own(known), known)).collect();
        let near = did_you_mean(&own(name), owns.iter().map(|(own, _)| own.as_str()))?;
        owns.iter().find(|(own, _)| own == near).map(|(_, known)| *known)
    });
    near.map_or_else(|| hint("", names()), |near| format!("did you mean `{near}`?"))
}

/// The files to be read, the weakest first.
fn found(files: &Files, environment: &Environment, directory: &Path) -> Vec<(PathBuf, Source)> {
    let one = |path: &Path| vec![(directory.join(path), Source::ProjectFile)];
    match (files, &environment.config) {
        (Files::None, _) => Vec::new(),
        (Files::One(path), _) => one(path),
        (Files::Found, Some(path)) if path.as_os_str() == "none" => Vec::new(),
        (Files::Found, Some(path)) => one(path),
        (Files::Found, None) => {
            let user = environment.config_home.as_ref().map(|home| home.join("jobmon").join("config.toml"));
            let user = user.map(|path| (path, Source::UserFile));
            let nearest = directory.ancestors().map(|parent| parent.join(PROJECT)).find(|path| path.is_file());
            let nearest = nearest.map(|path| (path, Source::ProjectFile));
            user.filter(|(path, _)| path.is_file()).into_iter().chain(nearest).collect()
        }
    }
}
