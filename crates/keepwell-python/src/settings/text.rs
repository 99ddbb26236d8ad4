//! Values that a program gives for settings, as the texts that the engine reads.

use keepwell_core::settings::{Overrides, Setting};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple};

use super::setting::find;
use crate::error::exception;

/// The value of a setting that may have none.
const NONE: &str = "none";

/// No names at all. An empty text would be as good as none, so that a weaker source decided.
const NO_NAMES: &str = ",";

/// The overrides that a mapping gives: settings, names or accessors as keys; a mapping as a value is a group.
pub(super) fn overrides(updates: &Bound<'_, PyAny>, onto: Overrides) -> PyResult<Overrides> {
    gathered(&as_dict(updates)?, "", onto)
}

/// `onto` with the default of each of these settings.
pub(super) fn defaults(settings: &Bound<'_, PyAny>, onto: Overrides) -> PyResult<Overrides> {
    let mut overrides = onto;
    for setting in settings.try_iter()? {
        let setting = find(&setting?)?;
        overrides = set(settings.py(), overrides, setting, default_text(setting))?;
    }
    Ok(overrides)
}

/// The items of a mapping.
pub(super) fn as_dict<'py>(mapping: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    match mapping.cast::<PyDict>() {
        Ok(dict) => Ok(dict.clone()),
        Err(_) => Ok(mapping.py().get_type::<PyDict>().call1((mapping,))?.cast_into()?),
    }
}

/// The text of a value for `setting`.
///
/// # Errors
/// `TypeError` for an object that has no text.
pub(super) fn of_value(setting: &Setting, value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.is_none() {
        return Ok(if setting.is_accepted(NONE) { NONE } else { default_text(setting) }.to_owned());
    }
    if is_collection(value) {
        let elements = value.try_iter()?.map(|element| scalar(&element?)).collect::<PyResult<Vec<_>>>()?;
        return Ok(or_no_names(&elements.join(",")).to_owned());
    }
    scalar(value)
}

/// The text itself, or what says "no names" where an empty text would be passed over.
pub(super) fn or_no_names(text: &str) -> &str {
    if text.is_empty() { NO_NAMES } else { text }
}

fn gathered(updates: &Bound<'_, PyDict>, prefix: &str, onto: Overrides) -> PyResult<Overrides> {
    let mut overrides = onto;
    for (key, value) in updates {
        let key = if prefix.is_empty() { key } else { format!("{prefix}{key}").into_pyobject(key.py())?.into_any() };
        if let Ok(group) = value.cast::<PyDict>() {
            overrides = gathered(group, &format!("{key}."), overrides)?;
        } else {
            let setting = find(&key)?;
            overrides = set(key.py(), overrides, setting, &of_value(setting, &value)?)?;
        }
    }
    Ok(overrides)
}

fn set(py: Python<'_>, overrides: Overrides, setting: &Setting, text: &str) -> PyResult<Overrides> {
    overrides.set(setting.path(), text).map_err(|error| exception(py, &error))
}

fn default_text(setting: &Setting) -> &str {
    or_no_names(setting.default_text())
}

fn is_collection(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>()
        || value.is_instance_of::<PySet>()
        || value.is_instance_of::<PyFrozenSet>()
}

fn scalar(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.is_instance_of::<PyBool>() {
        return Ok(value.is_truthy()?.to_string());
    }
    if value.is_instance_of::<PyString>() || value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() {
        return Ok(value.str()?.to_string());
    }
    if value.is_instance_of::<PyDelta>() {
        return Ok(value.call_method0("total_seconds")?.to_string());
    }
    for way in ["get_secret_value", "__fspath__"] {
        if value.hasattr(way)? {
            return Ok(value.call_method0(way)?.str()?.to_string());
        }
    }
    let message = format!("a setting cannot be set to an object of type {}", value.get_type().name()?);
    Err(PyTypeError::new_err(message))
}
