//! The values that bodies take and return.

use std::fmt;

use serde::ser::{Error, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::scenario::Returns;

/// How long the text of a `large` result is, in bytes: longer than what is kept inside a record.
const LARGE: usize = 20_000;
/// What an input is written as that stands for something without a stable key.
const A_LOCK: &str = "(a lock)";

/// What a body was given.
#[derive(Clone, Debug)]
pub(super) struct Given(pub(super) Value);

impl Serialize for Given {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Value::String(text) if text == A_LOCK => Err(S::Error::custom("a lock has no stable key")),
            value => value.serialize(serializer),
        }
    }
}

/// What a body returned.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Returned(Value);

/// How a body failed.
#[derive(Debug)]
pub(super) struct Failure;

impl Returned {
    /// What the body returns when it runs for the `number`th time.
    pub(super) fn new(returns: Returns, number: u32) -> Self {
        Self(match returns {
            Returns::Number => number.into(),
            Returns::Nothing => Value::Null,
            Returns::Large => format!("{number:.<LARGE$}").into(),
            Returns::Unserializable => A_LOCK.into(),
        })
    }

    /// The value as scenarios write it, without the dots that only make it large.
    pub(super) fn written(&self) -> Value {
        match &self.0 {
            Value::String(text) => text.trim_end_matches('.').into(),
            value => value.clone(),
        }
    }
}

impl Serialize for Returned {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Value::String(text) if text == A_LOCK => Err(S::Error::custom("a lock cannot be kept")),
            value => value.serialize(serializer),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("it failed")
    }
}
