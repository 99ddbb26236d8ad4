//! `keepwell.settings.Settings`: the value of every setting at one moment.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use keepwell_core::key::Digest;
use keepwell_core::settings::{Environment, Overrides, PlainValue, Setting, Settings, Source};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::value::to_python;
use super::{attributes, text};
use crate::error::exception;

/// What holds: `settings.results.persist_by_default`. It does not change.
#[pyclass(frozen, name = "Settings", module = "keepwell._core")]
pub(super) struct PySettings(Arc<Settings>);

impl PySettings {
    pub(super) fn of(settings: Arc<Settings>) -> Self {
        Self(settings)
    }

    pub(super) fn inner(&self) -> &Arc<Settings> {
        &self.0
    }

    pub(super) fn value<'py>(&self, py: Python<'py>, setting: &'static Setting) -> PyResult<Bound<'py, PyAny>> {
        let found = self.0.iter().find(|(other, _)| *other == setting).map(|(_, found)| setting.value_of(found));
        found.map_or_else(|| Ok(py.None().into_bound(py)), |value| to_python(py, value))
    }

    fn values(&self) -> impl Iterator<Item = PlainValue> {
        self.0.iter().map(|(setting, found)| setting.value_of(found))
    }

    /// These settings with `overrides` on top.
    fn overridden(&self, py: Python<'_>, overrides: &Overrides) -> PyResult<Self> {
        self.0.overridden(overrides).map(|settings| Self(Arc::new(settings))).map_err(|error| exception(py, &error))
    }
}

#[pymethods]
impl PySettings {
    /// Loads the settings of the process anew, with `updates` (accessors or names; a `dict` is a group) on top.
    #[new]
    #[pyo3(signature = (**updates))]
    fn new(py: Python<'_>, updates: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let overrides =
            updates.map_or_else(|| Ok(Overrides::new()), |updates| text::overrides(updates, Overrides::new()))?;
        let loaded = Settings::load(&Environment::of_process(), &overrides);
        loaded.map(|settings| Self(Arc::new(settings))).map_err(|error| exception(py, &error))
    }

    fn __getattr__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        attributes::attribute(py, &self.0, "", name)
    }

    fn __dir__<'py>(slf: &Bound<'py, Self>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let own = slf.get_type().dir()?.iter();
        let settings = attributes::names("").into_iter().map(|name| Ok(name.into_pyobject(slf.py())?.into_any()));
        own.map(Ok).chain(settings).collect()
    }

    /// The name of the profile that was used.
    #[getter]
    fn profile(&self) -> &str {
        self.0.profile()
    }

    /// What the user should be told: names that are no setting, a profile that does not exist.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.0.warnings().to_vec()
    }

    /// The level from which on to log, `DEBUG` in debug mode.
    #[getter]
    fn log_level(&self) -> String {
        self.0.log_level().to_string()
    }

    /// Where the value of a setting came from: `env`, `profile`, `defaults`, …
    fn source(&self, setting: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
        let setting = super::setting::find(setting)?;
        Ok(self.0.iter().find(|(other, _)| *other == setting).map(|(_, found)| found.source().to_string()))
    }

    /// These settings with changes: `updates`, values for those of `set_defaults` that nobody set, and the defaults of
    /// `restore_defaults`.
    #[pyo3(signature = (updates=None, set_defaults=None, restore_defaults=None))]
    fn copy_with_update(
        &self,
        py: Python<'_>,
        updates: Option<&Bound<'_, PyAny>>,
        set_defaults: Option<&Bound<'_, PyAny>>,
        restore_defaults: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut overrides = Overrides::new();
        if let Some(settings) = restore_defaults {
            overrides = text::defaults(settings, overrides)?;
        }
        if let Some(values) = set_defaults {
            overrides = text::overrides(self.unset_of(values)?.as_any(), overrides)?;
        }
        if let Some(values) = updates {
            overrides = text::overrides(values, overrides)?;
        }
        self.overridden(py, &overrides)
    }

    /// The variables that give these settings to another process.
    #[pyo3(signature = (exclude_unset=false, include_secrets=true))]
    fn to_environment_variables<'py>(
        &self,
        py: Python<'py>,
        exclude_unset: bool,
        include_secrets: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let variables = PyDict::new(py);
        for (setting, found) in self.0.iter() {
            if !(exclude_unset && *found.source() == Source::Default) {
                let shown = if include_secrets {
                    text::or_no_names(found.text()).to_owned()
                } else {
                    setting.shown(found.text())
                };
                variables.set_item(setting.name(), shown)?;
            }
        }
        Ok(variables)
    }

    /// A text that is the same for settings with equal values, in one version of keepwell.
    fn hash_key(&self) -> String {
        let values: Vec<_> = self.values().map(|value| format!("{value:?}")).collect();
        Digest::of(values.join("\n").as_bytes()).to_string()
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.values().eq(other.values())
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.values().for_each(|value| format!("{value:?}").hash(&mut hasher));
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("Settings({})", attributes::shown(&self.0, ""))
    }

    /// Pickled as all values, which win over those of the process that reads them.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        let restore = py.import("keepwell._core")?.getattr("settings_with")?;
        Ok((restore, (self.to_environment_variables(py, false, true)?,)))
    }
}

impl PySettings {
    /// Those of `values` whose settings nobody has set.
    fn unset_of<'py>(&self, values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let unset = PyDict::new(values.py());
        for (key, value) in text::as_dict(values)? {
            let setting = super::setting::find(&key)?;
            if self.0.iter().any(|(other, found)| other == setting && *found.source() == Source::Default) {
                unset.set_item(key, value)?;
            }
        }
        Ok(unset)
    }
}
