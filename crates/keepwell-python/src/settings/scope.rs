//! Scopes: settings that hold in one context of Python, and in those that are copied from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use keepwell_core::settings::Settings;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::object::PySettings;

/// How many scopes some context still holds. While there is none, nobody has to ask the context.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// Settings for a context, and the profile in use there (any object; `None` for that of the process).
#[pyclass(frozen, module = "keepwell._core")]
pub(super) struct SettingsScope {
    settings: Arc<Settings>,
    profile: Py<PyAny>,
}

impl SettingsScope {
    pub(super) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }
}

#[pymethods]
impl SettingsScope {
    #[new]
    fn new(settings: &PySettings, profile: Py<PyAny>) -> Self {
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Self { settings: settings.inner().clone(), profile }
    }

    #[getter(settings)]
    fn settings_object(&self) -> PySettings {
        PySettings::of(self.settings.clone())
    }

    #[getter]
    fn profile(&self, py: Python<'_>) -> Py<PyAny> {
        self.profile.clone_ref(py)
    }

    /// Makes this the innermost scope of the current context, and returns what [`leave`] needs.
    fn enter(scope: Bound<'_, Self>) -> PyResult<Bound<'_, PyAny>> {
        let py = scope.py();
        variable(py)?.call_method1(intern!(py, "set"), (scope,))
    }
}

impl Drop for SettingsScope {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The innermost scope of the current context.
pub(super) fn innermost(py: Python<'_>) -> PyResult<Option<Bound<'_, SettingsScope>>> {
    // A context that holds a scope was made by this thread or handed to it, so the count is seen without an ordering.
    if ALIVE.load(Ordering::Relaxed) == 0 {
        return Ok(None);
    }
    let scope = variable(py)?.call_method0(intern!(py, "get"))?;
    Ok(scope.cast_into().ok())
}

/// Ends a scope: what held before it holds again. Called in another context (a generator may be closed in one), it sets
/// that there.
#[pyfunction]
pub(super) fn leave_settings(token: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = token.py();
    let variable = variable(py)?;
    match variable.call_method1(intern!(py, "reset"), (token,)) {
        Err(error) if error.is_instance_of::<PyValueError>(py) => {
            let before = token.getattr(intern!(py, "old_value"))?;
            let scope = before.cast::<SettingsScope>().ok();
            variable.call_method1(intern!(py, "set"), (scope,)).map(drop)
        }
        outcome => outcome.map(drop),
    }
}

fn variable(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static VARIABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let variable = VARIABLE.get_or_try_init(py, || {
        let class = py.import("contextvars")?.getattr("ContextVar")?;
        let options = pyo3::types::PyDict::new(py);
        options.set_item("default", py.None())?;
        class.call(("keepwell_settings",), Some(&options)).map(Bound::unbind)
    })?;
    Ok(variable.bind(py))
}
