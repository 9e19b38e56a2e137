//! Values of a file or a variable as settings.

use crate::config::document::{Document, Key, Node, Spot, Value};
use crate::config::error::{ConfigError, ConfigMistake, hint};
use crate::config::settings::{At, FilePlace, Said};
use crate::model::{Cluster, Quantity, Queue, Scale};
use crate::units::{Cores, Memory, WallTime};
use jobmon_syntax::units::UnitError;
use std::borrow::Cow;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

/// What a number without a unit means, and a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Here: a mistake, and what is multiplied by.
    Own,
    /// In the YAML of the Python original: GiB and seconds, and how much is added.
    Original,
}

/// Where what is read stands.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    File(Arc<PathBuf>),
    Variable(Arc<str>),
}

/// Reads values, and notes what is wrong with them.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) origin: Origin,
    pub(crate) dialect: Dialect,
    pub(crate) errors: Vec<ConfigError>,
}

impl Reader {
    pub(crate) fn new(origin: Origin, dialect: Dialect) -> Self {
        Self { origin, dialect, errors: Vec::new() }
    }

    pub(crate) fn at(&self, Spot { line, column }: Spot) -> At {
        match &self.origin {
            Origin::File(file) => At::File(Arc::new(FilePlace { file: Arc::clone(file), line, column })),
            Origin::Variable(name) => At::Variable(Arc::clone(name)),
        }
    }

    pub(crate) fn error(&mut self, spot: Spot, mistake: ConfigMistake) {
        let at = self.at(spot);
        self.errors.push(ConfigError { at, mistake });
    }

    /// What is read of a line that is no TOML is nobody's mistake but the line's.
    pub(crate) fn forget_what_follows(&mut self, document: &Document) {
        let broken =
            |at: &At| matches!(at, At::File(place) if document.broken.iter().any(|(spot, _)| spot.line == place.line));
        self.errors.retain(|error| matches!(error.mistake, ConfigMistake::Syntax { .. }) || !broken(&error.at));
    }

    pub(crate) fn kind<T>(&mut self, key: &str, node: &Node, expected: &'static str) -> Option<T> {
        let (key, found) = (key.to_owned(), node.value.noun());
        self.error(node.spot, ConfigMistake::Kind { key, expected, found });
        None
    }

    pub(crate) fn unknown(&mut self, key: &Key, table: &str, known: &[&str]) {
        let hint = hint(&key.name, known.iter().copied());
        let (key, spot) = (key.name.clone(), key.spot);
        self.error(spot, ConfigMistake::UnknownKey { key, table: table.to_owned(), hint });
    }

    /// The entries of a table, each key once.
    pub(crate) fn table<'n>(&mut self, key: &str, node: &'n Node) -> Vec<(&'n Key, &'n Node)> {
        // Where YAML says nothing behind a key, nothing is said.
        if self.dialect == Dialect::Original && node.value == Value::Other(String::new()) {
            return Vec::new();
        }
        let Value::Table(entries) = &node.value else {
            return self.kind(key, node, "a table").unwrap_or_default();
        };
        let mut kept: Vec<(&Key, &Node)> = Vec::new();
        for (name, value) in entries {
            if kept.iter().any(|(known, _)| known.name == name.name) {
                let mistake = ConfigMistake::Twice { key: name.name.clone(), table: key.to_owned() };
                self.error(name.spot, mistake);
            } else {
                kept.push((name, value));
            }
        }
        kept
    }

    pub(crate) fn text<'n>(&mut self, key: &str, node: &'n Node) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) if !text.is_empty() => Some(text),
            _ => self.kind(key, node, "a text"),
        }
    }

    /// A name, as calls of the program take it too.
    fn name<'n>(&mut self, key: &str, node: &'n Node) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) if !text.is_empty() && !text.contains(char::is_control) => Some(text),
            _ => self.kind(key, node, "a name"),
        }
    }

    pub(crate) fn queue(&mut self, key: &str, node: &Node) -> Option<Said<Queue>> {
        let name = Queue::named(self.name(key, node)?);
        Some(Said::new(name, self.at(node.spot)))
    }

    pub(crate) fn cluster(&mut self, key: &str, node: &Node) -> Option<Said<Cluster>> {
        let name = Cluster::named(self.name(key, node)?);
        Some(Said::new(name, self.at(node.spot)))
    }

    pub(crate) fn queues(&mut self, key: &str, node: &Node) -> Vec<Said<Queue>> {
        match &node.value {
            Value::List(nodes) => nodes.iter().filter_map(|node| self.queue(key, node)).collect(),
            _ => self.kind(key, node, "a list of queues").unwrap_or_default(),
        }
    }

    pub(crate) fn memory(&mut self, key: &str, node: &Node) -> Option<Said<Memory>> {
        self.unit(key, node, "G", "a size of memory, as \"8G\"")
    }

    pub(crate) fn runtime(&mut self, key: &str, node: &Node) -> Option<Said<WallTime>> {
        self.unit(key, node, "s", "a time, as \"1h30m\"")
    }

    fn unit<T: FromStr<Err = UnitError>>(
        &mut self,
        key: &str,
        node: &Node,
        unsaid: &str,
        expected: &'static str,
    ) -> Option<Said<T>> {
        let (Value::Text(text) | Value::Number(text)) = &node.value else { return self.kind(key, node, expected) };
        let bare = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        let read = match bare.filter(|_| self.dialect == Dialect::Original) {
            // `1e3` is a number of YAML, and no size of memory.
            Some(number) => format!("{number}{unsaid}").parse(),
            None => text.parse(),
        };
        match read {
            Ok(value) => Some(Said::new(value, self.at(node.spot))),
            Err(error) => {
                self.error(node.spot, ConfigMistake::Unit { key: key.to_owned(), error });
                None
            }
        }
    }

    pub(crate) fn cores(&mut self, key: &str, node: &Node) -> Option<Said<Cores>> {
        let text = self.digits(key, node)?;
        match text.parse() {
            Ok(cores) => Some(Said::new(cores, self.at(node.spot))),
            Err(error) => {
                self.error(node.spot, ConfigMistake::Cores { key: key.to_owned(), error });
                None
            }
        }
    }

    /// A whole number, at least 1.
    pub(crate) fn count(&mut self, key: &str, node: &Node) -> Option<Said<u32>> {
        let text = self.digits(key, node)?;
        match text.parse().ok().filter(|count| *count > 0) {
            Some(count) => Some(Said::new(count, self.at(node.spot))),
            None => self.kind(key, node, "a whole number, at least 1"),
        }
    }

    /// A number as it is written; variables are texts, and the original reads texts of digits as well.
    fn digits<'n>(&mut self, key: &str, node: &'n Node) -> Option<Cow<'n, str>> {
        let lenient = self.dialect == Dialect::Original || matches!(self.origin, Origin::Variable(_));
        let text = match &node.value {
            Value::Number(text) => text.as_str(),
            Value::Text(text) if lenient => text.trim(),
            _ => return self.kind(key, node, "a whole number"),
        };
        // `2.0` is the number 2 in YAML.
        let whole = text.parse::<f64>().ok().filter(|number| number.is_finite() && number.fract() == 0.0);
        let whole = whole.filter(|_| self.dialect == Dialect::Original);
        Some(whole.map_or(Cow::Borrowed(text), |number| Cow::Owned(number.to_string())))
    }

    /// How memory or run time grows: a multiplier, or a list of steps.
    pub(crate) fn scale<Q: Quantity + FromStr<Err = UnitError>>(
        &mut self,
        key: &str,
        node: &Node,
    ) -> Option<Said<Scale<Q>>> {
        let scale = match &node.value {
            Value::Number(text) => Scale::By(self.factor(key, text, node.spot)?),
            Value::List(nodes) if self.dialect == Dialect::Own => {
                Scale::Steps(self.steps(key, nodes, node.spot)?.into())
            }
            _ if self.dialect == Dialect::Original => return self.kind(key, node, "a number above 0"),
            _ => return self.kind(key, node, "a number above 1, or a list of steps"),
        };
        Some(Said::new(scale, self.at(node.spot)))
    }

    fn factor(&mut self, key: &str, text: &str, spot: Spot) -> Option<f64> {
        let number = text.replace('_', "").parse::<f64>().unwrap_or(f64::NAN);
        let (factor, reason) = match self.dialect {
            _ if !number.is_finite() => (number, format!("{text} is no number that a request can be multiplied by")),
            Dialect::Own if number > 0.0 && number < 1.0 => (
                number,
                format!("a request is multiplied by it, so it is above 1: write {} for {text} more", 1.0 + number),
            ),
            Dialect::Own => (number, format!("a request is multiplied by it, so {text} would not make it grow")),
            Dialect::Original => {
                (1.0 + number, format!("so much is added to the whole, so {text} would not make it grow"))
            }
        };
        if factor > 1.0 && factor.is_finite() {
            return Some(factor);
        }
        self.error(spot, ConfigMistake::Scale { key: key.to_owned(), reason });
        None
    }

    fn steps<Q: Quantity + FromStr<Err = UnitError>>(
        &mut self,
        key: &str,
        nodes: &[Node],
        spot: Spot,
    ) -> Option<Vec<Q>> {
        let expected = "steps with units";
        let steps: Vec<Q> =
            nodes.iter().filter_map(|node| self.unit(key, node, "", expected)).map(|said| said.value).collect();
        let reason = match steps.is_sorted_by(|before, after| before < after) {
            _ if nodes.is_empty() => "a list of steps has one at least",
            false => "each step is more than the one before",
            true => return Some(steps).filter(|steps| steps.len() == nodes.len()),
        };
        self.error(spot, ConfigMistake::Scale { key: key.to_owned(), reason: reason.to_owned() });
        None
    }
}
