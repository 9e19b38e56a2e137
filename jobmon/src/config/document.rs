//! A file of settings as values with places, whatever it is written in.

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) spot: Spot,
    pub(crate) value: Value,
}

/// A line and a column, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    /// A number, as it is written.
    Number(String),
    /// What no setting is: a truth value, a date, nothing at all. As it is written.
    Other(String),
    List(Vec<Node>),
    Table(Vec<(Key, Node)>),
}

/// A key and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) spot: Spot,
}

/// What a text says: its values as far as they could be read, and what could not.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) root: Node,
    /// What is wrong with the text itself.
    pub(crate) broken: Vec<(Spot, String)>,
}

impl Value {
    /// What it is, for messages.
    pub(crate) fn noun(&self) -> String {
        match self {
            Self::Text(text) => format!("the text {text:?}"),
            Self::Number(text) => format!("the number {text}"),
            Self::Other(text) if text.is_empty() => "nothing".to_owned(),
            Self::Other(text) => format!("`{text}`"),
            Self::List(_) => "a list".to_owned(),
            Self::Table(_) => "a table".to_owned(),
        }
    }
}

impl Spot {
    /// The place of a byte of a text.
    pub(crate) fn of_byte(text: &str, byte: usize) -> Self {
        let before = &text[..text.floor_char_boundary(byte)];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self { line: count(before.matches('\n').count() + 1), column: count(before[start..].chars().count() + 1) }
    }
}
