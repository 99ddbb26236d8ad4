//! A task's definition: what Python's options amount to, made once.

use std::sync::Arc;
use std::time::Duration;

use keepwell_core::run::{RetryDelay, RunHooks, TaskDefinition, TaskOptions};
use keepwell_core::store::StoreCache;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::Parameters;
use crate::calling::{Hooks, visit_hooks};
use crate::serializer::Serializer;
use crate::value::Fallback;
use crate::{error, policy, settings, storage};

/// What a task's function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FunctionKind {
    Ordinary,
    Asynchronous,
    Generator,
    AsynchronousGenerator,
}

impl FunctionKind {
    /// The kind of this name; an ordinary function's is `function`.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "async" => Self::Asynchronous,
            "generator" => Self::Generator,
            "async generator" => Self::AsynchronousGenerator,
            _ => Self::Ordinary,
        }
    }

    pub(crate) fn is_generator(self) -> bool {
        matches!(self, Self::Generator | Self::AsynchronousGenerator)
    }

    /// The function of `keepwell._driving` that drives calls of such functions; none where the call blocks.
    pub(crate) fn driver(self) -> Option<&'static str> {
        match self {
            Self::Ordinary => None,
            Self::Asynchronous => Some("drive"),
            Self::Generator => Some("drive_generator"),
            Self::AsynchronousGenerator => Some("drive_async_generator"),
        }
    }
}

/// A task's definition.
pub(crate) struct Prepared {
    pub(crate) function: Py<PyAny>,
    pub(crate) kind: FunctionKind,
    pub(crate) parameters: Parameters,
    pub(crate) definition: Arc<TaskDefinition>,
    /// What becomes of arguments without a stable content in keys.
    pub(crate) fallback: Fallback,
    pub(crate) stores: StoreCache,
    pub(crate) serializer: Option<Serializer>,
    /// Makes the run's name of its parameters, where the task names its runs.
    pub(crate) run_name: Option<Py<PyAny>>,
    pub(crate) retry_condition: Option<Py<PyAny>>,
    /// Whether what the body prints is logged, where the task says so.
    pub(crate) log_prints: Option<bool>,
}

impl Prepared {
    /// From the function, what it is, its parameters and the options by name.
    ///
    /// # Errors
    /// `CacheKeyError` if the policy does not fit the function; `ConfigurationError` for wrong retry options; `TypeError`
    /// for an option of another type.
    pub(super) fn of(
        function: Py<PyAny>,
        kind: &str,
        parameters: &Bound<'_, PyAny>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let py = options.py();
        let parameters = Parameters::of(parameters)?;
        let given = Given(options);
        let serializer = given.map("result_serializer", Serializer::of)?;
        let settings = settings::current(py)?;
        let definition = TaskDefinition::new(options_of(&given, serializer.as_ref())?, &parameters.names(), &settings)
            .map_err(|error| error::exception(py, &error))?;
        Ok(Self {
            function,
            kind: FunctionKind::of(kind),
            parameters,
            definition: Arc::new(definition),
            fallback: given.map("cache_policy", policy::fallback_of)?.unwrap_or_default(),
            stores: StoreCache::default(),
            serializer,
            run_name: given.object("run_name")?,
            retry_condition: given.object("retry_condition")?,
            log_prints: given.get("log_prints")?,
        })
    }

    /// Shows Python's collector what only this holds.
    pub(super) fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.function)?;
        visit.call(&self.run_name)?;
        visit.call(&self.retry_condition)?;
        if Arc::strong_count(&self.definition) == 1 {
            visit_run_hooks(&self.definition.hooks, visit)?;
        }
        Ok(())
    }
}

/// Shows Python's collector the functions that only these hooks hold.
pub(crate) fn visit_run_hooks(hooks: &RunHooks, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
    let RunHooks { running, completion, failure, crashed, cancellation, commit, rollback } = hooks;
    [running, completion, failure, crashed, cancellation, commit, rollback]
        .into_iter()
        .try_for_each(|hooks| visit_hooks(hooks, visit))
}

fn options_of(given: &Given<'_, '_>, serializer: Option<&Serializer>) -> PyResult<TaskOptions> {
    Ok(TaskOptions {
        name: given.required::<String>("name")?.into(),
        cache_policy: given.map("cache_policy", policy::of)?,
        cache_key_fn: given.map("cache_key_fn", |function| policy::key_function(function, None))?,
        cache_expiration: given.expiration()?,
        refresh_cache: given.get("refresh_cache")?,
        persist_result: given.get("persist_result")?,
        result_storage: given.map("result_storage", storage::location)?,
        cache_in_memory: given.get("cache_result_in_memory")?,
        map_results: serializer.and_then(Serializer::maps),
        result_serializer: serializer.map(|serializer| serializer.name().clone()),
        retries: given.get("retries")?,
        retry_delay: given.retry_delay()?,
        retry_jitter_factor: given.get("retry_jitter_factor")?,
        timeout: given.get::<f64>("timeout_seconds")?.map(Duration::from_secs_f64),
        tags: given.get::<Vec<String>>("tags")?.unwrap_or_default().into_iter().map(Into::into).collect(),
        version: given.get::<String>("version")?.map(Into::into),
        hooks: hooks(given)?,
    })
}

/// The hooks that the options name.
pub(crate) fn hooks(given: &Given<'_, '_>) -> PyResult<RunHooks> {
    let of = |name: &str| Ok::<_, PyErr>(given.map(name, Hooks::of)?.unwrap_or_default());
    Ok(RunHooks {
        running: of("on_running")?,
        completion: of("on_completion")?,
        failure: of("on_failure")?,
        crashed: of("on_crashed")?,
        cancellation: of("on_cancellation")?,
        commit: of("on_commit")?,
        rollback: of("on_rollback")?,
    })
}

/// Options by name, where `None` is not given.
pub(crate) struct Given<'a, 'py>(pub(crate) &'a Bound<'py, PyDict>);

impl<'py> Given<'_, 'py> {
    pub(crate) fn map<T>(&self, name: &str, of: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<T>) -> PyResult<Option<T>> {
        match self.0.get_item(name)? {
            Some(value) if !value.is_none() => of(&value).map(Some),
            Some(_) | None => Ok(None),
        }
    }

    pub(crate) fn get<T>(&self, name: &str) -> PyResult<Option<T>>
    where
        T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
    {
        self.map(name, |value| value.extract())
    }

    pub(crate) fn required<T>(&self, name: &str) -> PyResult<T>
    where
        T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
    {
        self.0.get_item(name)?.ok_or_else(|| pyo3::exceptions::PyKeyError::new_err(name.to_owned()))?.extract()
    }

    pub(crate) fn object(&self, name: &str) -> PyResult<Option<Py<PyAny>>> {
        self.map(name, |value| Ok(value.clone().unbind()))
    }

    /// Seconds; a record that expires before it is made never counts.
    fn expiration(&self) -> PyResult<Option<Duration>> {
        Ok(self.get::<f64>("cache_expiration")?.map(|seconds| Duration::from_secs_f64(seconds.max(0.0))))
    }

    pub(crate) fn retry_delay(&self) -> PyResult<Option<RetryDelay>> {
        let Some(delay) = self.0.get_item("retry_delay_seconds")?.filter(|delay| !delay.is_none()) else {
            return Ok(None);
        };
        if let Ok(seconds) = delay.extract::<f64>() {
            return Ok(Some(RetryDelay::Fixed(seconds_of(seconds))));
        }
        Ok(Some(RetryDelay::List(delay.extract::<Vec<f64>>()?.into_iter().map(seconds_of).collect())))
    }
}

fn seconds_of(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
