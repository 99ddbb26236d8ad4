//! How the steps of a scenario are written.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::scenario::HookKind;

/// One step. Exactly one of the fields up to `records` says what is done; the others are its details and what is
/// expected of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) call: Option<String>,
    pub(super) flow: Option<String>,
    pub(super) transaction: Option<Block>,
    pub(super) together: Option<Vec<Step>>,
    pub(super) change: Option<String>,
    pub(super) wait: Option<f64>,
    pub(super) damage: Option<String>,
    pub(super) records: Option<Value>,

    #[serde(default, rename = "with")]
    pub(super) inputs: Map<String, Value>,
    #[serde(default)]
    pub(super) to: Map<String, Value>,
    #[serde(rename = "in")]
    pub(super) folder: Option<String>,
    #[serde(default)]
    pub(super) settings: Map<String, Value>,
    #[serde(default)]
    pub(super) fails: u32,
    #[serde(default)]
    pub(super) meet: bool,
    #[serde(default)]
    pub(super) steps: Vec<Step>,

    pub(super) is: Option<OneOrMany>,
    pub(super) value: Option<Value>,
    pub(super) message: Option<String>,
    pub(super) error: Option<String>,
    pub(super) runs: Option<u32>,
    pub(super) says: Option<Vec<String>>,
    pub(super) log: Option<Vec<String>>,
}

/// A transaction's options.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Block {
    pub(super) key: Option<String>,
    pub(super) storage: Option<String>,
    pub(super) mode: Option<String>,
    pub(super) isolation: Option<String>,
    pub(super) lock_manager: Option<String>,
    #[serde(default)]
    pub(super) overwrite: bool,
    pub(super) stage: Option<Value>,
    #[serde(default)]
    pub(super) hooks: Vec<HookKind>,
    #[serde(default)]
    pub(super) failing_hooks: Vec<HookKind>,
}

/// What holds each time, or what holds the first time, the second time and so on.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    /// What holds the time after `repetition` others.
    pub(super) fn at(&self, repetition: usize) -> &str {
        match self {
            Self::One(text) => text,
            Self::Many(texts) => &texts[repetition.min(texts.len() - 1)],
        }
    }
}
