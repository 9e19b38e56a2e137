//! YAML as values with places.

use crate::config::document::{Document, Key, Node, Spot, Value};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use std::collections::BTreeMap;

/// So many values a file may have, those that it repeats by an alias counted each time.
const MOST: usize = 100_000;

/// Reads a YAML text of one document. Behind a mistake in the text nothing is read.
pub(crate) fn read(text: &str) -> Document {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let told = match event {
            Ok((event, span)) => builder.take(event, spot(span.start)),
            Err(error) => Err((spot(*error.marker()), error.info().to_owned())),
        };
        if let Err(broken) = told {
            builder.broken.push(broken);
            break;
        }
    }
    let empty = Node { spot: Spot { line: 1, column: 1 }, value: Value::Other(String::new()) };
    Document { root: builder.root.unwrap_or(empty), broken: builder.broken }
}

fn spot(marker: Marker) -> Spot {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Spot { line: count(marker.line()), column: count(marker.col() + 1) }
}

type Broken = (Spot, String);

/// Puts a tree together from what the parser tells.
#[derive(Default)]
struct Builder {
    /// Lists and tables that have not ended.
    open: Vec<Open>,
    /// What aliases stand for, by the parser's number.
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    root: Option<Node>,
    broken: Vec<Broken>,
}

struct Open {
    spot: Spot,
    anchor: usize,
    what: Collection,
}

enum Collection {
    List(Vec<Node>),
    /// The entries, and the key that waits for its value.
    Table(Vec<(Key, Node)>, Option<Key>),
}

impl Builder {
    fn take(&mut self, event: Event<'_>, spot: Spot) -> Result<(), Broken> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = if style == ScalarStyle::Plain { plain(&text) } else { Value::Text(text.into_owned()) };
                self.put(Node { spot, value }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(spot, anchor, Collection::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(spot, anchor, Collection::Table(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => self.put(Node { spot, ..node }, 0),
                None => Err((spot, "it stands for what has not ended yet".to_owned())),
            },
            Event::DocumentStart(_) if self.root.is_some() => Err((
                spot,
                "a second document begins here, and a file of resources is one: put all into the first".to_owned(),
            )),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn begin(&mut self, spot: Spot, anchor: usize, what: Collection) -> Result<(), Broken> {
        let key = self.open.last().is_some_and(|open| matches!(open.what, Collection::Table(_, None)));
        if key {
            return Err((spot, "a key is a word, not a list or a table".to_owned()));
        }
        self.open.push(Open { spot, anchor, what });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Broken> {
        let Some(Open { spot, anchor, what }) = self.open.pop() else { return Ok(()) };
        let value = match what {
            Collection::List(nodes) => Value::List(nodes),
            Collection::Table(entries, _) => Value::Table(merged(entries)),
        };
        self.put(Node { spot, value }, anchor)
    }

    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Broken> {
        self.nodes += size(&node);
        if self.nodes > MOST {
            return Err((node.spot, format!("more than {MOST} values")));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.what) {
            None => self.root = Some(node),
            Some(Collection::List(nodes)) => nodes.push(node),
            Some(Collection::Table(entries, waiting)) => match waiting.take() {
                Some(key) => entries.push((key, node)),
                None => *waiting = Some(key(node)?),
            },
        }
        Ok(())
    }
}

fn key(node: Node) -> Result<Key, Broken> {
    let name = match node.value {
        Value::Text(text) | Value::Number(text) | Value::Other(text) => text,
        Value::List(_) | Value::Table(_) => {
            return Err((node.spot, "a key is a word, not a list or a table".to_owned()));
        }
    };
    Ok(Key { name, spot: node.spot })
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Text(_) | Value::Number(_) | Value::Other(_) => 1,
        Value::List(nodes) => nodes.iter().map(size).sum::<usize>() + 1,
        Value::Table(entries) => entries.iter().map(|(_, node)| size(node)).sum::<usize>() + 1,
    }
}

/// What a word without quotes is.
fn plain(text: &str) -> Value {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && digits.parse::<f64>().is_ok();
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Other(String::new()),
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Value::Other(text.to_owned()),
        _ if number => Value::Number(text.to_owned()),
        _ => Value::Text(text.to_owned()),
    }
}

/// The entries, with those of what `<<` names behind them, as far as they say nothing else.
fn merged(entries: Vec<(Key, Node)>) -> Vec<(Key, Node)> {
    let (merge, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| key.name == "<<");
    for (key, node) in merge {
        let tables = match node.value {
            Value::Table(_) => vec![node],
            Value::List(nodes) if nodes.iter().all(|node| matches!(node.value, Value::Table(_))) => nodes,
            // No table: it stays, and is told as a key that nobody knows.
            value => {
                own.push((key, Node { spot: node.spot, value }));
                continue;
            }
        };
        for table in tables {
            let Value::Table(more) = table.value else { continue };
            for (key, node) in more {
                if !own.iter().any(|(known, _)| known.name == key.name) {
                    own.push((key, node));
                }
            }
        }
    }
    own
}
