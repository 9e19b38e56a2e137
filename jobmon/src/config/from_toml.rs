//! TOML as values with places.

use crate::config::document::{Document, Key, Node, Spot, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads TOML. What can be read is, so that all that is wrong is told at once.
pub(crate) fn read(text: &str) -> Document {
    let (table, errors) = DeTable::parse_recoverable(text);
    let broken = errors.iter().map(|error| {
        let byte = error.span().map_or(0, |span| span.start);
        (Spot::of_byte(text, byte), error.message().to_owned())
    });
    let root = Node { spot: Spot { line: 1, column: 1 }, value: entries(text, table.get_ref()) };
    Document { broken: broken.collect(), root }
}

fn entries(text: &str, table: &DeTable<'_>) -> Value {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        (Key { name: name.clone().into_owned(), spot: Spot::of_byte(text, key.span().start) }, node(text, value))
    };
    Value::Table(table.iter().map(entry).collect())
}

fn node(text: &str, value: &Spanned<DeValue<'_>>) -> Node {
    let spot = Spot::of_byte(text, value.span().start);
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => Value::Number(number.to_string()),
        DeValue::Float(number) => Value::Number(number.to_string()),
        DeValue::Boolean(flag) => Value::Other(flag.to_string()),
        DeValue::Datetime(time) => Value::Other(time.to_string()),
        DeValue::Array(values) => Value::List(values.iter().map(|value| node(text, value)).collect()),
        DeValue::Table(table) => entries(text, table),
    };
    Node { spot, value }
}
