//! Reads settings from TOML: `keepwell.toml`, `[tool.keepwell]` of `pyproject.toml`, and profiles.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml_edit::{Document, Item, TableLike, TomlError, Value};

use super::file;
use super::layer::{Layer, Place};
use super::source::Source;
use super::table::SETTINGS;
use crate::{Error, ErrorKind};

/// A TOML file as it was read, with the place of everything in it.
pub(super) struct TomlFile {
    path: Arc<Path>,
    document: Document<String>,
}

impl TomlFile {
    /// The file at `path`; `None` where there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where it cannot be read or is not TOML.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Error> {
        let Some(content) = file::read(path)? else { return Ok(None) };
        let document = Document::parse(content.clone()).map_err(|error| not_toml(path, &content, &error))?;
        Ok(Some(Self { path: path.into(), document }))
    }

    /// The settings in the table at `keys`, where a setting's path is its place below that table.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where a setting is a table.
    pub(super) fn settings(&self, source: Source, keys: &[&str]) -> Result<Layer, Error> {
        let mut layer = Layer::new(source);
        let table = keys.iter().try_fold(self.document.as_item(), |item, key| item.get(key));
        if let Some(table) = table.and_then(Item::as_table_like) {
            self.flatten(table, "", &mut layer)?;
        }
        Ok(layer)
    }

    fn flatten(&self, table: &dyn TableLike, prefix: &str, layer: &mut Layer) -> Result<(), Error> {
        for (key, item) in table.iter() {
            let path = format!("{prefix}{key}");
            let group = format!("{path}.");
            match item.as_table_like() {
                Some(table) if SETTINGS.iter().any(|setting| setting.path().starts_with(&group)) => {
                    self.flatten(table, &group, layer)?;
                }
                Some(_) | None => layer.add_path(&path, &self.text(&path, item)?, self.place(item.span())),
            }
        }
        Ok(())
    }

    /// The name of the active profile, where the file gives one.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where it is not a string.
    pub(super) fn active_profile(&self) -> Result<Option<&str>, Error> {
        let Some(active) = self.document.get("active") else { return Ok(None) };
        active.as_str().map(Some).ok_or_else(|| self.misshapen(active, "active", "a string"))
    }

    /// The settings of the profile `name`; `None` where the file has no such profile.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where the file is not made of tables of variables.
    pub(super) fn profile(&self, name: &str) -> Result<Option<Layer>, Error> {
        let Some(profiles) = self.document.get("profiles") else { return Ok(None) };
        let profiles = profiles.as_table_like().ok_or_else(|| self.misshapen(profiles, "profiles", "a table"))?;
        let Some(profile) = profiles.get(name) else { return Ok(None) };
        let table = profile.as_table_like().ok_or_else(|| self.misshapen(profile, name, "a table"))?;
        let mut layer = Layer::new(Source::Profile(name.into()));
        for (variable, item) in table.iter() {
            layer.add_variable(variable, &self.text(variable, item)?, self.place(item.span()));
        }
        Ok(Some(layer))
    }

    fn text(&self, name: &str, item: &Item) -> Result<String, Error> {
        item.as_value().and_then(text).ok_or_else(|| self.misshapen(item, name, "a single value or a list"))
    }

    fn misshapen(&self, item: &Item, name: &str, expected: &str) -> Error {
        let place = self.place(item.span());
        Error::new(ErrorKind::Settings, format!("{place}{name} is {}, expected {expected}", described(item)))
    }

    fn place(&self, span: Option<Range<usize>>) -> Place {
        place(&self.path, self.document.raw(), span)
    }
}

/// Says what an item is, for a message.
fn described(item: &Item) -> String {
    match item.type_name() {
        name @ ("array" | "array of tables" | "inline table" | "integer") => format!("an {name}"),
        name => format!("a {name}"),
    }
}

/// A value as it would be written in a variable; `None` for tables and lists of lists.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(string) => Some(string.value().clone()),
        Value::Integer(integer) => Some(integer.value().to_string()),
        Value::Float(float) => Some(float.value().to_string()),
        Value::Boolean(boolean) => Some(boolean.value().to_string()),
        Value::Datetime(datetime) => Some(datetime.value().to_string()),
        Value::Array(array) => {
            let elements: Option<Vec<_>> =
                array.iter().map(|element| if element.is_array() { None } else { text(element) }).collect();
            Some(elements?.join(","))
        }
        Value::InlineTable(_) => None,
    }
}

/// The error for content that is not TOML.
pub(super) fn not_toml(path: &Path, content: &str, error: &TomlError) -> Error {
    let place = place(&path.into(), content, error.span());
    let message = error.message().trim().replace('\n', ", ");
    Error::new(ErrorKind::Settings, format!("{place}invalid TOML, {message}"))
}

fn place(path: &Arc<Path>, content: &str, span: Option<Range<usize>>) -> Place {
    let before = content.get(..span.map_or(0, |span| span.start)).unwrap_or(content);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    Place::File { path: path.clone(), line, column: before[line_start..].chars().count() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &str) -> TomlFile {
        TomlFile { path: Path::new("/x/f.toml").into(), document: Document::parse(content.to_owned()).unwrap() }
    }

    fn read(layer: &Layer) -> Vec<(&str, &str, String)> {
        let entries = layer.entries().iter();
        entries.map(|entry| (entry.written, entry.text.as_str(), entry.place.to_string())).collect()
    }

    #[test]
    fn tables_dotted_keys_and_lists_become_texts_with_their_places() {
        let file = file(
            "debug_mode = true\ntasks.default_retries = 3\n[tasks.runner]\nthread_pool_max_workers = 8\n\
             [flows]\ndefault_retry_delay_seconds = [1, 2.5]\n",
        );
        let layer = file.settings(Source::KeepwellToml, &[]).unwrap();
        assert_eq!(
            read(&layer),
            [
                ("debug_mode", "true", "/x/f.toml:1:14: ".into()),
                ("tasks.default_retries", "3", "/x/f.toml:2:25: ".into()),
                ("tasks.runner.thread_pool_max_workers", "8", "/x/f.toml:4:27: ".into()),
                ("flows.default_retry_delay_seconds", "1,2.5", "/x/f.toml:6:31: ".into()),
            ]
        );
    }

    #[test]
    fn an_unknown_key_is_a_warning_with_its_place() {
        let layer = file("[tool.keepwell]\ntaks = 1\nresults.persist_by_defaul = true\n")
            .settings(Source::Pyproject, &["tool", "keepwell"])
            .unwrap();
        assert_eq!(
            layer.warnings,
            [
                "/x/f.toml:2:8: taks is not a setting",
                "/x/f.toml:3:29: results.persist_by_defaul is not a setting (did you mean results.persist_by_default?)",
            ]
        );
    }

    #[test]
    fn a_table_in_the_place_of_a_value_is_an_error() {
        let error = file("[results.durability]\nx = 1\n").settings(Source::KeepwellToml, &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "/x/f.toml:1:1: results.durability is a table, expected a single value or a list"
        );
    }

    #[test]
    fn a_profile_that_is_no_table_is_an_error() {
        let file = file("active = 3\n[profiles]\nwork = 'x'\n");
        assert_eq!(file.profile("work").unwrap_err().to_string(), "/x/f.toml:3:8: work is a string, expected a table");
        let error = file.active_profile().unwrap_err();
        assert_eq!(error.to_string(), "/x/f.toml:1:10: active is an integer, expected a string");
        assert!(file.profile("home").unwrap().is_none());
    }
}
