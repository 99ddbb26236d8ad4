//! What a flow's options amount to.

use std::sync::Arc;
use std::time::Duration;

use keepwell_core::run::{FlowDefinition, FlowOptions};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::serializer::Serializer;
use crate::task::{Arguments, FunctionKind, Given, Parameters, hooks, visit_run_hooks};
use crate::{error, settings, storage};

/// What a flow's options amount to.
#[pyclass(frozen, module = "keepwell._core", name = "FlowDefinition")]
pub(crate) struct FlowDefinitionHandle {
    pub(super) definition: Arc<FlowDefinition>,
    pub(super) kind: FunctionKind,
    pub(super) log_prints: Option<bool>,
    pub(super) serializer: Option<Serializer>,
    function: Py<PyAny>,
    parameters: Parameters,
}

#[pymethods]
impl FlowDefinitionHandle {
    /// From the function, what it is, its parameters, and the options by name.
    ///
    /// # Errors
    /// `ConfigurationError` for wrong retry options; `TypeError` for an option of another type.
    #[new]
    fn new(
        function: Py<PyAny>,
        kind: &str,
        parameters: &Bound<'_, PyAny>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let py = options.py();
        let given = Given(options);
        let settings = settings::current(py)?;
        let definition =
            FlowDefinition::new(options_of(&given)?, &settings).map_err(|error| error::exception(py, &error))?;
        Ok(Self {
            definition: Arc::new(definition),
            kind: FunctionKind::of(kind),
            log_prints: given.get("log_prints")?,
            serializer: given.map("result_serializer", Serializer::of)?,
            function,
            parameters: Parameters::of(parameters)?,
        })
    }

    /// The parameters by name that a call with these arguments has, defaults applied.
    ///
    /// # Errors
    /// `ParameterBindError` if they do not fit.
    fn bound_parameters<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = args.py();
        let arguments = Arguments::bind(self.function.bind(py), &self.parameters, args, Some(kwargs))?;
        self.parameters.dictionary(py, &arguments.bound)
    }

    /// The arguments, in order and by name, of the call that binds to these values.
    fn call_arguments<'py>(
        &self,
        parameters: &Bound<'py, PyDict>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        self.parameters.call_arguments(parameters.py(), parameters)
    }

    /// How often a failed body runs again.
    #[getter]
    fn retries(&self) -> u32 {
        self.definition.retry.retries
    }

    /// Any cycle through this leads through a function's cell or an object's attributes, which Python clears.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.function)?;
        match Arc::strong_count(&self.definition) {
            1 => visit_run_hooks(&self.definition.options.hooks, &visit),
            _ => Ok(()),
        }
    }
}

fn options_of(given: &Given<'_, '_>) -> PyResult<FlowOptions> {
    Ok(FlowOptions {
        name: given.required::<String>("name")?.into(),
        persist_result: given.get("persist_result")?,
        result_storage: given.map("result_storage", storage::location)?,
        retries: given.get("retries")?,
        retry_delay: given.retry_delay()?,
        retry_jitter_factor: None,
        timeout: given.get::<f64>("timeout_seconds")?.map(Duration::from_secs_f64),
        tags: given.get::<Vec<String>>("tags")?.unwrap_or_default().into_iter().map(Into::into).collect(),
        version: given.get::<String>("version")?.map(Into::into),
        hooks: hooks(given)?,
    })
}
