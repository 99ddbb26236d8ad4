//! What is known of a run beside its state, told when somebody asks.

use std::sync::Arc;

use keepwell_core::event::HitSource;
use keepwell_core::id::{FlowRunId, LazyTaskRunId};
use keepwell_core::run::StateDetails;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What is known of a run beside its state. Most states are asked for their type or their result alone, so it is kept as
/// the engine has it until somebody looks.
#[pyclass(frozen, module = "keepwell._core")]
pub(crate) struct RunDetails {
    pub(crate) task_run: Option<Arc<LazyTaskRunId>>,
    pub(crate) flow_run: Option<FlowRunId>,
    pub(crate) of_engine: StateDetails,
}

#[pymethods]
impl RunDetails {
    /// The fields of Python's `StateDetails` by name, identifiers as text.
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fields = PyDict::new(py);
        if let Some(id) = &self.task_run {
            fields.set_item("task_run_id", id.get().to_string())?;
        }
        fields.set_item("flow_run_id", self.flow_run.map(|id| id.to_string()))?;
        let told = &self.of_engine;
        fields.set_item("cache_key", told.cache_key.as_ref().map(|key| key.as_str()))?;
        fields.set_item("hit", told.hit.map(source))?;
        fields.set_item("miss", told.miss.as_ref().map(ToString::to_string))?;
        fields.set_item("not_cached", told.not_cached.as_deref())?;
        let problems: Vec<&str> = told.problems.iter().map(|problem| &*problem.message).collect();
        fields.set_item("problems", problems)?;
        Ok(fields)
    }
}

fn source(hit: HitSource) -> &'static str {
    match hit {
        HitSource::Memory => "memory",
        HitSource::Storage => "storage",
        HitSource::Transaction => "transaction",
    }
}
