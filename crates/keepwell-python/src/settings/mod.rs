//! Settings for Python: what holds here and now, scopes that change it, and profiles.
//!
//! What a setting is, where it is looked for and what it accepts is the engine's. Here its values become Python's, and a
//! scope follows Python's contexts (`contextvars`), so that tasks of one event loop and threads that copy a context each
//! have their own.

mod attributes;
mod environment;
mod functions;
mod object;
mod process;
mod profiles;
mod scope;
mod setting;
mod text;
mod value;

use std::sync::Arc;

use keepwell_core::settings::Settings;
use pyo3::prelude::*;

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<object::PySettings>()?;
    module.add_class::<attributes::SettingsGroup>()?;
    module.add_class::<setting::PySetting>()?;
    module.add_class::<scope::SettingsScope>()?;
    functions::register(module)?;
    profiles::register(module)
}

/// The settings that hold in the current context: those of its innermost scope, else those of the process, which are
/// loaded again where the environment has changed since.
///
/// # Errors
/// `SettingsError` where they cannot be loaded.
pub(crate) fn current(py: Python<'_>) -> PyResult<Arc<Settings>> {
    match scope::innermost(py)? {
        Some(scope) => Ok(scope.get().settings().clone()),
        None => process::settings(py),
    }
}
