//! One layer of settings: which settings it gives, as which text, at which place.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::setting::{Setting, nearest};
use super::source::Source;
use super::table::SETTINGS;
use crate::{Error, ErrorKind};

/// What one source says about settings.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) source: Source,
    entries: Vec<Entry>,
    pub(super) warnings: Vec<String>,
}

/// One setting as a layer gives it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) setting: &'static Setting,
    pub(super) written: &'static str,
    pub(super) text: String,
    pub(super) place: Place,
    /// Of two entries for one setting the one with the lower rank wins: its name, its aliases, its twins.
    rank: usize,
}

/// Where a text was found, for messages.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In the table of settings.
    Default,
    /// In the program.
    Override,
    /// In the environment.
    Environment,
    /// In a file; line and column count from one, columns in characters.
    File { path: Arc<Path>, line: usize, column: usize },
}

impl Layer {
    pub(super) fn new(source: Source) -> Self {
        Self { source, entries: Vec::new(), warnings: Vec::new() }
    }

    /// The entry that decides `setting` in this layer.
    pub(super) fn entry(&self, setting: &Setting) -> Option<&Entry> {
        self.entries.iter().filter(|entry| entry.setting == setting).min_by_key(|entry| entry.rank)
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Takes a variable: `KEEPWELL_X`, an alias or a twin. An empty text is as good as none. A `KEEPWELL_*` name that
    /// nobody knows is a warning.
    pub(super) fn add_variable(&mut self, name: &str, text: &str, place: Place) {
        let known = SETTINGS.iter().find_map(|setting| {
            let (rank, written) = setting.variables().enumerate().find(|(_, variable)| *variable == name)?;
            Some((setting, rank, written))
        });
        match known {
            Some((setting, _, _)) if setting.is_outside_profiles() && self.is_profile() => self.warnings.push(format!(
                "{place}{name} has no effect in a profile: it is needed before profiles are read (set it in the environment)"
            )),
            Some((setting, rank, written)) => self.add(setting, rank, written, text, place),
            None if name == "KEEPWELL_PROFILE" => self.note_profile(&place),
            None if name.starts_with("KEEPWELL__") => {}
            None if name.starts_with("KEEPWELL_") => self.warnings.push(format!("{place}{}", unknown_name(name))),
            None => {}
        }
    }

    /// Takes a setting by its path: `results.persist_by_default`.
    pub(super) fn add_path(&mut self, path: &str, text: &str, place: Place) {
        match SETTINGS.iter().find(|setting| setting.path() == path) {
            Some(setting) => self.add(setting, 0, setting.path(), text, place),
            None => self.warnings.push(format!("{place}{}", unknown_name(path))),
        }
    }

    fn add(&mut self, setting: &'static Setting, rank: usize, written: &'static str, text: &str, place: Place) {
        if !text.is_empty() {
            self.entries.push(Entry { setting, written, text: text.to_owned(), place, rank });
        }
    }

    /// Which profile is active is read from the environment, before any file.
    fn note_profile(&mut self, place: &Place) {
        if self.source != Source::Environment {
            self.warnings.push(format!("{place}KEEPWELL_PROFILE has no effect in a file (set it in the environment)"));
        }
    }

    fn is_profile(&self) -> bool {
        matches!(self.source, Source::Profile(_))
    }
}

impl Entry {
    /// What is wrong with the entry's text.
    pub(super) fn refusal(&self) -> Error {
        let shown = self.setting.shown(&self.text);
        let message = format!("{}{} is `{shown}`, expected {}", self.place, self.written, self.setting.accepts());
        let hint = format!("the default is `{}`", self.setting.default_text());
        Error::new(ErrorKind::Settings, message).with_hint(hint)
    }
}

/// Displays as the beginning of a message.
impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default "),
            Self::Override => formatter.write_str("override "),
            Self::Environment => formatter.write_str("environment variable "),
            Self::File { path, line, column } => write!(formatter, "{}:{line}:{column}: ", path.display()),
        }
    }
}

/// Says that `name` is no setting, and which one may be meant.
fn unknown_name(name: &str) -> String {
    match nearest(name) {
        Some(near) => format!("{name} is not a setting (did you mean {near}?)"),
        None => format!("{name} is not a setting"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        assert_eq!(
            unknown_name("KEEPWELL_TASK_REFRESH_CASH"),
            "KEEPWELL_TASK_REFRESH_CASH is not a setting (did you mean KEEPWELL_TASKS_REFRESH_CACHE?)"
        );
        assert_eq!(
            unknown_name("tasks.refreshcache"),
            "tasks.refreshcache is not a setting (did you mean tasks.refresh_cache?)"
        );
        assert_eq!(unknown_name("KEEPWELL_API_URL"), "KEEPWELL_API_URL is not a setting");
    }

    #[test]
    fn a_name_beats_an_alias_and_an_alias_beats_a_twin() {
        let setting = Setting::find("tasks.default_retries").unwrap();
        let mut layer = Layer::new(Source::Environment);
        let mut winners = Vec::new();
        for (name, text) in [
            ("PREFECT_TASK_DEFAULT_RETRIES", "1"),
            ("PREFECT_TASKS_DEFAULT_RETRIES", "2"),
            ("KEEPWELL_TASK_DEFAULT_RETRIES", "3"),
            ("KEEPWELL_TASKS_DEFAULT_RETRIES", "4"),
        ] {
            layer.add_variable(name, text, Place::Environment);
            winners.push(layer.entry(setting).unwrap().written);
        }
        assert_eq!(
            winners,
            [
                "PREFECT_TASK_DEFAULT_RETRIES",
                "PREFECT_TASKS_DEFAULT_RETRIES",
                "KEEPWELL_TASK_DEFAULT_RETRIES",
                "KEEPWELL_TASKS_DEFAULT_RETRIES"
            ]
        );
    }
}
