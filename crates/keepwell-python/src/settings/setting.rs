//! One setting, as `keepwell.settings.KEEPWELL_X` gives it.

use std::hash::{DefaultHasher, Hash, Hasher};

use keepwell_core::settings::{SETTINGS, Setting};
use pyo3::prelude::*;

use super::object::PySettings;
use super::value::to_python;
use crate::error::exception;

/// A setting. Its truth and its equality with a value are those of its current value.
#[pyclass(frozen, name = "Setting", module = "keepwell._core")]
pub(super) struct PySetting(pub(super) &'static Setting);

#[pymethods]
impl PySetting {
    /// The variable that sets it.
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name()
    }

    /// Its place among the attributes of `Settings`, and in TOML files.
    #[getter]
    fn accessor(&self) -> &'static str {
        self.0.path()
    }

    /// Other variables that set it.
    #[getter]
    fn aliases(&self) -> Vec<&'static str> {
        self.0.aliases().to_vec()
    }

    /// What it is for.
    #[getter]
    fn documentation(&self) -> &'static str {
        self.0.documentation()
    }

    /// Whether its value may hold a password.
    #[getter]
    fn is_secret(&self) -> bool {
        self.0.is_secret()
    }

    /// The value it has where nobody sets it.
    #[pyo3(name = "default")]
    fn default_value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let settings = super::current(py)?;
        to_python(py, settings.default_of(self.0).map_err(|error| exception(py, &error))?)
    }

    /// The value it has in the current context.
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        PySettings::of(super::current(py)?).value(py, self.0)
    }

    /// The value it has in `settings`.
    fn value_from<'py>(&self, py: Python<'py>, settings: &PySettings) -> PyResult<Bound<'py, PyAny>> {
        settings.value(py, self.0)
    }

    fn __bool__(&self, py: Python<'_>) -> PyResult<bool> {
        self.value(py)?.is_truthy()
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        match other.cast::<Self>() {
            Ok(other) => Ok(self.0 == other.get().0),
            Err(_) => self.value(py)?.eq(other),
        }
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.name().hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("<{}>", self.0.name())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (&'static str,))> {
        Ok((py.import("keepwell._core")?.getattr("find_setting")?, (self.0.name(),)))
    }
}

/// The setting that `key` stands for: a `Setting`, or a name, alias or accessor.
///
/// # Errors
/// `SettingsError` where there is none; it says which one may be meant.
pub(super) fn find(key: &Bound<'_, PyAny>) -> PyResult<&'static Setting> {
    if let Ok(setting) = key.cast::<PySetting>() {
        return Ok(setting.get().0);
    }
    let name: String = key.extract()?;
    named(&name).ok_or_else(|| exception(key.py(), &Setting::unknown(&name)))
}

/// The setting of this name, alias, twin or accessor. An accessor may be made of an alias, as
/// `results.default_storage_block` is.
pub(super) fn named(name: &str) -> Option<&'static Setting> {
    let of_alias = || Setting::find(&format!("KEEPWELL_{}", name.replace('.', "_").to_uppercase()));
    let of_twin = || SETTINGS.iter().find(|setting| setting.twins().contains(&name));
    Setting::find(name).or_else(of_alias).or_else(of_twin)
}
