//! How scenarios are written. `parity/README.md` explains each field.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::step::Step;
use super::toml;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    scenario: Vec<Scenario>,
}

/// One story: what there is, and what happens.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    pub(super) name: String,
    #[serde(default)]
    pub(super) settings: Map<String, Value>,
    /// As they are written; see `Definition`.
    #[serde(default)]
    pub(super) tasks: BTreeMap<String, Map<String, Value>>,
    #[serde(default)]
    pub(super) flows: BTreeMap<String, Definition>,
    pub(super) steps: Vec<Step>,
}

/// The options of a task or flow.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Definition {
    pub(super) inputs: Option<Vec<String>>,
    pub(super) policy: Option<String>,
    pub(super) key: Option<String>,
    pub(super) expires: Option<f64>,
    pub(super) refresh: Option<bool>,
    pub(super) persist: Option<bool>,
    pub(super) storage: Option<String>,
    pub(super) key_storage: Option<String>,
    pub(super) serializer: Option<String>,
    pub(super) isolation: Option<String>,
    pub(super) lock_manager: Option<String>,
    pub(super) retries: Option<u32>,
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) returns: Returns,
    #[serde(default)]
    pub(super) hooks: Vec<HookKind>,
    #[serde(default)]
    pub(super) failing_hooks: Vec<HookKind>,
}

/// What a body returns.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Returns {
    /// How often the task's body has run in this scenario.
    #[default]
    Number,
    /// No value.
    Nothing,
    /// The number as a text so long that it is kept apart from its record.
    Large,
    /// Something that no serializer takes.
    Unserializable,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum HookKind {
    Running,
    Completion,
    Failure,
    Commit,
    Rollback,
}

impl Definition {
    /// The options as they were written.
    pub(super) fn of(written: &Map<String, Value>) -> Self {
        serde_json::from_value(Value::Object(written.clone())).unwrap_or_else(|error| panic!("{error} in {written:?}"))
    }

    /// The parameters' names, for as long as the tests run.
    pub(super) fn parameters(&self) -> &'static [&'static str] {
        let names = self.inputs.clone().unwrap_or_else(|| vec!["x".to_owned()]);
        names.into_iter().map(|name| &*name.leak()).collect::<Vec<_>>().leak()
    }

    /// Every hook, and whether it fails.
    pub(super) fn all_hooks(&self) -> impl Iterator<Item = (HookKind, bool)> + '_ {
        let well = self.hooks.iter().map(|&kind| (kind, false));
        well.chain(self.failing_hooks.iter().map(|&kind| (kind, true)))
    }
}

/// The scenarios of a file.
pub(super) fn read(path: &Path) -> Vec<Scenario> {
    let text = std::fs::read_to_string(path).unwrap();
    let value = toml::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: File = serde_json::from_value(value).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    file.scenario
}
