//! One call of a flow, as Python prepares and runs it.

use std::sync::Arc;

use keepwell_core::clock;
use keepwell_core::id::FlowRunId;
use keepwell_core::run::flow_run_name;
use keepwell_core::settings::Settings;
use keepwell_core::store::ResultStore;
use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::FlowDefinitionHandle;
use super::caller::FlowCaller;
use crate::calling::{self, Finished, Run};
use crate::context::{self, Around, FlowSurroundings};
use crate::policy::uuid_bytes;
use crate::settings;
use crate::store::PyResultStore;

/// One call of a flow: what was decided before it runs. `run` runs it, once.
#[pyclass(frozen, module = "keepwell._core", name = "FlowCall")]
pub(crate) struct FlowCallHandle {
    definition: Py<FlowDefinitionHandle>,
    id: FlowRunId,
    name: Mutex<Arc<str>>,
    around: Around,
    persists: Option<bool>,
    log_prints: bool,
    store: Option<Arc<ResultStore>>,
    settings: Arc<Settings>,
}

#[pymethods]
impl FlowCallHandle {
    /// Prepares a call in the surroundings of the calling code, with a given identifier or a fresh one.
    #[new]
    #[pyo3(signature = (definition, flow_run_id=None))]
    fn new(
        py: Python<'_>,
        definition: Py<FlowDefinitionHandle>,
        flow_run_id: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let settings = settings::current(py)?;
        let around = context::current(py)?;
        let id = match flow_run_id {
            Some(id) => FlowRunId::from_bytes(uuid_bytes(id)?),
            None => FlowRunId::new(clock::of_process().now()),
        };
        let of = definition.get();
        let options = &of.definition.options;
        let own = options.result_storage.as_ref().map(|location| Arc::new(ResultStore::at(location, &settings)));
        let of_flow_around = around.flow.as_ref().map(|flow| flow.log_prints);
        Ok(Self {
            id,
            name: Mutex::new(flow_run_name(&options.name, id)),
            persists: of.definition.persists(around.persistence()),
            log_prints: of.log_prints.or(of_flow_around).unwrap_or(settings.logging.log_prints),
            store: own.or_else(|| around.store().cloned()),
            definition,
            around,
            settings,
        })
    }

    /// The run's identifier.
    #[getter]
    fn id(&self) -> String {
        self.id.to_string()
    }

    /// The run's name.
    #[getter]
    fn name(&self) -> String {
        self.name.lock().to_string()
    }

    /// Gives the run another name.
    fn rename(&self, name: &str) {
        *self.name.lock() = name.into();
    }

    /// Whether the results of its tasks are kept, where they do not say.
    #[getter]
    fn persist_result(&self) -> bool {
        self.persists.unwrap_or(self.settings.results.persist_by_default)
    }

    /// Whether what its body prints is logged.
    #[getter]
    fn log_prints(&self) -> bool {
        self.log_prints
    }

    /// Where the results of its tasks are kept, where they do not say.
    #[getter]
    fn result_store(&self) -> PyResultStore {
        match &self.store {
            Some(kept) => PyResultStore::of(Arc::clone(kept)),
            None => PyResultStore::of(Arc::new(ResultStore::of_settings(&self.settings))),
        }
    }

    /// Runs the call to its end: `body()` in its surroundings, with `context` and `parameters` for who asks.
    ///
    /// Gives the value, or the state with `wants_state`; for an async function a coroutine, for a generator function a
    /// generator.
    fn run(
        &self,
        py: Python<'_>,
        flow: Py<PyAny>,
        body: Py<PyAny>,
        context: Py<PyAny>,
        parameters: Py<PyDict>,
        wants_state: bool,
    ) -> Finished {
        let of = self.definition.get();
        let named = (self.id, Arc::clone(&self.name.lock()), Arc::clone(&of.definition.options.name));
        let kept = (self.persists, self.log_prints);
        // A flow inside another goes by that one's, unless it says otherwise.
        let of_flow_around = || self.around.flow.as_ref().and_then(|flow| flow.serializer.clone());
        let place = (self.store.clone(), of.serializer.clone().or_else(of_flow_around));
        let surroundings = FlowSurroundings::new(named, kept, place, context.clone_ref(py), parameters);
        let is_generator = of.kind.is_generator();
        let mut caller = FlowCaller::new(
            Arc::clone(&of.definition),
            Arc::new(surroundings),
            self.around.clone(),
            body,
            is_generator,
            wants_state,
        );
        let Some(driver) = of.kind.driver() else { return calling::drive(py, &mut caller) };
        let run = Run::new(py, caller, driver != "drive_generator");
        let drive = py.import("keepwell._driving")?.getattr(driver)?;
        drive.call1((run, flow, wants_state)).map(Bound::unbind)
    }
}
