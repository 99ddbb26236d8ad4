//! The functions of `keepwell._core` that give settings.

use keepwell_core::settings::{Overrides, SETTINGS};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::object::PySettings;
use super::scope::{self, SettingsScope, leave_settings};
use super::setting::{PySetting, named};
use super::{process, text};
use crate::error::exception;

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(current_settings, module)?)?;
    module.add_function(wrap_pyfunction!(reload_settings, module)?)?;
    module.add_function(wrap_pyfunction!(settings_with, module)?)?;
    module.add_function(wrap_pyfunction!(settings_scope, module)?)?;
    module.add_function(wrap_pyfunction!(leave_settings, module)?)?;
    module.add_function(wrap_pyfunction!(find_setting, module)?)?;
    module.add_function(wrap_pyfunction!(setting_names, module)?)
}

/// The settings that hold in the current context.
#[pyfunction]
fn current_settings(py: Python<'_>) -> PyResult<PySettings> {
    super::current(py).map(PySettings::of)
}

/// Loads the settings of the process again, so that changes of files are seen too, and returns them.
#[pyfunction]
fn reload_settings(py: Python<'_>) -> PyResult<PySettings> {
    process::load(py).map(PySettings::of)
}

/// The settings of the process with these on top, whatever scope is active.
#[pyfunction]
fn settings_with(py: Python<'_>, updates: &Bound<'_, PyDict>) -> PyResult<PySettings> {
    let overrides = text::overrides(updates, Overrides::new())?;
    let settings = process::settings(py)?.overridden(&overrides).map_err(|error| exception(py, &error))?;
    Ok(PySettings::of(settings.into()))
}

/// The innermost scope of the current context, or `None`.
#[pyfunction]
fn settings_scope(py: Python<'_>) -> PyResult<Option<Bound<'_, SettingsScope>>> {
    scope::innermost(py)
}

/// The setting of this name, alias or accessor, or `None`.
#[pyfunction]
fn find_setting(name: &str) -> Option<PySetting> {
    named(name).map(PySetting)
}

/// The names of all settings.
#[pyfunction]
fn setting_names() -> Vec<&'static str> {
    SETTINGS.iter().map(|setting| setting.name()).collect()
}
