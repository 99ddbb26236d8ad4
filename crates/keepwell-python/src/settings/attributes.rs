//! The attributes of `Settings`: the accessor of each setting, one name at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use keepwell_core::settings::{SETTINGS, Settings};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;

use super::object::PySettings;
use super::setting::named;

/// The settings whose accessors begin alike: `settings.results`.
#[pyclass(frozen, module = "keepwell._core")]
pub(super) struct SettingsGroup {
    settings: Arc<Settings>,
    prefix: String,
}

#[pymethods]
impl SettingsGroup {
    fn __getattr__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        attribute(py, &self.settings, &self.prefix, name)
    }

    fn __dir__(&self) -> Vec<&'static str> {
        names(&self.prefix)
    }

    fn __eq__(&self, other: &Self) -> bool {
        shown(&self.settings, &self.prefix) == shown(&other.settings, &other.prefix)
    }

    fn __repr__(&self) -> String {
        format!("SettingsGroup({})", shown(&self.settings, &self.prefix))
    }
}

/// The value of the setting `prefix` + `name`, or the group of that name.
pub(super) fn attribute<'py>(
    py: Python<'py>,
    settings: &Arc<Settings>,
    prefix: &str,
    name: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let accessor = format!("{prefix}{name}");
    let group = format!("{accessor}.");
    if SETTINGS.iter().any(|setting| setting.path().starts_with(&group)) {
        return SettingsGroup { settings: settings.clone(), prefix: group }.into_bound_py_any(py);
    }
    match named(&accessor) {
        Some(setting) => PySettings::of(settings.clone()).value(py, setting),
        None => Err(PyAttributeError::new_err(format!("there is no setting '{accessor}'"))),
    }
}

/// The names that follow `prefix` in accessors.
pub(super) fn names(prefix: &str) -> Vec<&'static str> {
    let rests = SETTINGS.iter().filter_map(|setting| setting.path().strip_prefix(prefix));
    let first = rests.map(|rest| rest.split('.').next().unwrap_or(rest));
    first.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The settings below `prefix` for people, with passwords hidden.
pub(super) fn shown(settings: &Settings, prefix: &str) -> String {
    let below = settings.iter().filter_map(|(setting, found)| {
        let rest = setting.path().strip_prefix(prefix)?;
        Some(format!("{rest}={:?}", setting.shown(found.text())))
    });
    below.collect::<Vec<_>>().join(", ")
}
