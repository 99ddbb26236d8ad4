//! A TOML file as plain values.

use serde_json::{Map, Value};
use toml_edit::{DocumentMut, Item, Value as Toml};

pub(super) fn parse(text: &str) -> Result<Value, toml_edit::TomlError> {
    let document: DocumentMut = text.parse()?;
    Ok(of_item(document.as_item()))
}

fn of_item(item: &Item) -> Value {
    match item {
        Item::None => Value::Null,
        Item::Value(value) => of_value(value),
        Item::Table(table) => of_entries(table.iter().map(|(name, item)| (name.to_owned(), of_item(item)))),
        Item::ArrayOfTables(tables) => tables.iter().map(|table| of_item(&Item::Table(table.clone()))).collect(),
    }
}

fn of_value(value: &Toml) -> Value {
    match value {
        Toml::String(text) => text.value().as_str().into(),
        Toml::Integer(number) => (*number.value()).into(),
        Toml::Float(number) => (*number.value()).into(),
        Toml::Boolean(truth) => (*truth.value()).into(),
        Toml::Datetime(time) => time.value().to_string().into(),
        Toml::Array(array) => array.iter().map(of_value).collect(),
        Toml::InlineTable(table) => of_entries(table.iter().map(|(name, value)| (name.to_owned(), of_value(value)))),
    }
}

fn of_entries(entries: impl Iterator<Item = (String, Value)>) -> Value {
    Value::Object(entries.collect::<Map<_, _>>())
}
