//! What is said where a value does not become bytes, or bytes no value.

use keepwell_core::{Error, ErrorKind};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use super::Serializer;
use crate::error::of_user;

/// The error for a value that has no form in the serializer, without its cause.
pub(super) fn in_words(value: &Bound<'_, PyAny>, serializer: &Serializer) -> Error {
    Error::new(ErrorKind::Serialization, words(value, serializer))
}

/// The error for a value that the serializer raised `exception` for.
pub(super) fn cannot_serialize(
    py: Python<'_>,
    value: &Bound<'_, PyAny>,
    serializer: &Serializer,
    exception: PyErr,
) -> Error {
    of_user(kind(py, &exception), words(value, serializer), exception)
}

/// The error for bytes that the serializer raised `exception` for.
pub(super) fn cannot_deserialize(py: Python<'_>, made_by: &str, exception: PyErr) -> Error {
    of_user(kind(py, &exception), format!("Failed to deserialize a result of serializer '{made_by}'"), exception)
}

/// An interruption is not the serializer's failure: it goes on as it is.
fn kind(py: Python<'_>, exception: &PyErr) -> ErrorKind {
    if exception.is_instance_of::<PyException>(py) { ErrorKind::Serialization } else { ErrorKind::User }
}

fn words(value: &Bound<'_, PyAny>, serializer: &Serializer) -> String {
    let class = value.get_type();
    let class = class.name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
    format!(
        "Failed to serialize object of type '{class}' with serializer '{}'. You can try a different serializer (e.g. \
         result_serializer=\"json\") or disabling persistence (persist_result=False) for this flow or task",
        serializer.name()
    )
}
