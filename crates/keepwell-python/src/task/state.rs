//! Python's state of a run.

use keepwell_core::event::HitSource;
use keepwell_core::run::{State, StateDetails};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::BodyEnd;

/// Python's state for the engine's, with the value or exception that the run came to as its data. A state that the body
/// returned stays the object that it is.
pub(crate) fn final_state<'py>(
    py: Python<'py>,
    state: &State,
    outcome: Option<&BodyEnd>,
    details: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    add_details(details, state.details())?;
    let data = match outcome {
        Some(BodyEnd::Chosen(chosen)) => {
            chosen.bind(py).call_method1(intern!(py, "_add_details"), (details,))?;
            return Ok(chosen.bind(py).clone());
        }
        Some(BodyEnd::Returned(value)) => value.bind(py).clone(),
        Some(BodyEnd::Raised(exception)) => exception.value(py).clone().into_any(),
        None => py.None().into_bound(py),
    };
    state_class(py)?.call_method1(
        intern!(py, "_of_run"),
        (state.state_type().as_str(), state.name(), state.message(), data, details),
    )
}

/// Python's `State`.
pub(crate) fn state_class<'py>(py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "keepwell.states"))?.getattr(intern!(py, "State"))
}

fn add_details(details: &Bound<'_, PyDict>, of_engine: &StateDetails) -> PyResult<()> {
    details.set_item("cache_key", of_engine.cache_key.as_ref().map(|key| key.as_str()))?;
    details.set_item("hit", of_engine.hit.map(source))?;
    details.set_item("miss", of_engine.miss.as_ref().map(ToString::to_string))?;
    details.set_item("not_cached", of_engine.not_cached.as_deref())?;
    let problems: Vec<&str> = of_engine.problems.iter().map(|problem| &*problem.message).collect();
    details.set_item("problems", problems)
}

fn source(hit: HitSource) -> &'static str {
    match hit {
        HitSource::Memory => "memory",
        HitSource::Storage => "storage",
        HitSource::Transaction => "transaction",
    }
}
