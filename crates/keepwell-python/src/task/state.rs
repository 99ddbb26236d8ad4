//! Python's state of a run.

use keepwell_core::run::State;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::{BodyEnd, RunDetails};

/// Python's state for the engine's, with the value or exception that the run came to as its data. A state that the body
/// returned stays the object that it is.
pub(crate) fn final_state<'py>(
    py: Python<'py>,
    state: &State,
    outcome: Option<&BodyEnd>,
    details: RunDetails,
) -> PyResult<Bound<'py, PyAny>> {
    let data = match outcome {
        Some(BodyEnd::Chosen(chosen)) => {
            chosen.bind(py).call_method1(intern!(py, "_add_details"), (details,))?;
            return Ok(chosen.bind(py).clone());
        }
        Some(BodyEnd::Returned(value)) => value.bind(py).clone(),
        Some(BodyEnd::Raised(exception)) => exception.value(py).clone().into_any(),
        None => py.None().into_bound(py),
    };
    constructor(py)?.call1((state.state_type().as_str(), state.name(), state.message(), data, details))
}

/// What makes Python's `State` of a run that the engine brought to its end.
fn constructor<'py>(py: Python<'py>) -> PyResult<&'py Bound<'py, PyAny>> {
    static CONSTRUCTOR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let find = || py.import("keepwell.states")?.getattr("State")?.getattr("_of_run").map(Bound::unbind);
    Ok(CONSTRUCTOR.get_or_try_init(py, find)?.bind(py))
}
