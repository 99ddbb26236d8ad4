//! Identifiers of task runs that are drawn when somebody asks for them.

use std::sync::Arc;

use keepwell_core::clock;
use keepwell_core::id::{LazyTaskRunId, TaskRunId};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::policy::uuid_bytes;

/// The identifier of a task run that has not begun, for whoever submits it: the run gets the same one. Drawn when it is
/// first asked for, since most are not.
#[pyclass(frozen, module = "keepwell._core")]
pub(crate) struct RunIdentifier(Arc<LazyTaskRunId>);

#[pymethods]
impl RunIdentifier {
    #[new]
    fn new() -> Self {
        Self(Arc::new(LazyTaskRunId::new(Arc::clone(clock::of_process()))))
    }

    fn __str__(&self) -> String {
        self.0.get().to_string()
    }

    /// Elsewhere it is its text: it cannot be drawn there.
    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (String,)) {
        (py.get_type::<PyString>(), (self.__str__(),))
    }
}

/// The identifier that a caller has chosen: one of ours, a `uuid.UUID` or its text.
pub(super) fn chosen(id: &Bound<'_, PyAny>) -> PyResult<Arc<LazyTaskRunId>> {
    if let Ok(ours) = id.cast::<RunIdentifier>() {
        return Ok(Arc::clone(&ours.get().0));
    }
    let id = TaskRunId::from_bytes(uuid_bytes(id)?);
    Ok(Arc::new(LazyTaskRunId::of(id, Arc::clone(clock::of_process()))))
}
