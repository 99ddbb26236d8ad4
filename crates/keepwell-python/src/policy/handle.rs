//! The engine's cache policy as a Python object. Python's own policy classes hold one and never decide anything.

use keepwell_core::id::{FlowRunId, TaskRunId};
use keepwell_core::lock::lease::OnLeaseLost;
use keepwell_core::policy::{CachePolicy, FLOW_PARAMETERS, INPUTS, KeyBuilder, NONE, NoKey, RUN_ID, TASK_SOURCE};
use keepwell_core::transaction::IsolationLevel;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyType};

use super::function::{self, CallParts};
use crate::value::Fallback;
use crate::{context, error, lock, storage, task, value};

/// The engine's cache policy.
#[pyclass(frozen, eq, module = "keepwell._core")]
#[derive(Clone, PartialEq)]
pub(crate) struct Policy {
    policy: CachePolicy,
    /// What becomes of inputs without a stable content.
    fallback: Fallback,
}

impl From<CachePolicy> for Policy {
    fn from(policy: CachePolicy) -> Self {
        Self { policy, fallback: Fallback::None }
    }
}

#[pymethods]
impl Policy {
    /// No key: no caching.
    #[classmethod]
    fn none(_class: &Bound<'_, PyType>) -> Self {
        NONE.into()
    }

    /// Each argument by its parameter's name, but for these. `fallback="pickle"` has the pickles of arguments without a
    /// stable content count.
    ///
    /// # Errors
    /// `ValueError` for another fallback.
    #[classmethod]
    #[pyo3(signature = (exclude, fallback=None))]
    fn inputs(_class: &Bound<'_, PyType>, exclude: Vec<String>, fallback: Option<&str>) -> PyResult<Self> {
        let policy = exclude.iter().fold(INPUTS, |policy, name| policy - name.as_str());
        Ok(Self { policy, fallback: fallback_named(fallback)? })
    }

    /// The task's code, with all that it is seen to depend on or by itself.
    #[classmethod]
    fn task_source(_class: &Bound<'_, PyType>, deep: bool) -> Self {
        if deep { TASK_SOURCE.into() } else { TASK_SOURCE.shallow().into() }
    }

    /// The parameters of the flow run around.
    #[classmethod]
    fn flow_parameters(_class: &Bound<'_, PyType>) -> Self {
        FLOW_PARAMETERS.into()
    }

    /// The flow run, or the task run where there is none.
    #[classmethod]
    fn run_id(_class: &Bound<'_, PyType>) -> Self {
        RUN_ID.into()
    }

    /// What `function(context, parameters)` returns. `name` stands for the function's own name in keys.
    #[classmethod]
    #[pyo3(signature = (function, name=None))]
    fn key_function(_class: &Bound<'_, PyType>, function: &Bound<'_, PyAny>, name: Option<String>) -> PyResult<Self> {
        function::of_callable(function, name).map(|function| CachePolicy::from(function).into())
    }

    /// What the `compute_key` of a user's own policy returns.
    #[classmethod]
    fn custom(_class: &Bound<'_, PyType>, policy: &Bound<'_, PyAny>) -> PyResult<Self> {
        function::of_policy(policy).map(|function| CachePolicy::from(function).into())
    }

    /// What `render(parameters)` makes of a storage key with fields in braces.
    #[classmethod]
    fn storage_key(_class: &Bound<'_, PyType>, render: &Bound<'_, PyAny>) -> Self {
        CachePolicy::from(function::of_template(render)).into()
    }

    /// The sum of the parts of both.
    ///
    /// # Errors
    /// `CacheKeyError` if the two disagree on where or how records are kept.
    fn __add__(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        let policy = self.policy.clone() + other.policy.clone();
        policy.check_agreement().map_err(|error| error::exception(py, &error))?;
        Ok(Self { policy, fallback: self.fallback.or(other.fallback) })
    }

    /// The same policy with records kept as given; what is `None` stays as it is.
    ///
    /// # Errors
    /// `ValueError` for another treatment of a lost lease than `"cancel"` and `"continue"`.
    #[pyo3(signature = (key_storage=None, isolation_level=None, lock_manager=None, on_lease_lost=None))]
    fn configure(
        &self,
        key_storage: Option<&Bound<'_, PyAny>>,
        isolation_level: Option<&Bound<'_, PyAny>>,
        lock_manager: Option<&Bound<'_, PyAny>>,
        on_lease_lost: Option<&str>,
    ) -> PyResult<Self> {
        let mut policy = self.policy.clone();
        if let Some(location) = key_storage {
            policy = policy.key_storage(storage::location(location)?);
        }
        if let Some(level) = isolation_level {
            policy = policy.isolation_level(isolation_of(level)?);
        }
        if let Some(manager) = lock_manager {
            policy = policy.lock_manager(lock::manager(manager)?);
        }
        if let Some(name) = on_lease_lost {
            policy = policy.on_lease_lost(treatment_named(name)?);
        }
        Ok(Self { policy, fallback: self.fallback })
    }

    /// The key of a call whose context, inputs and flow parameters are given; `None` if it has none.
    ///
    /// # Errors
    /// `CacheKeyError` naming the part that cannot be computed.
    #[pyo3(signature = (task_ctx, inputs, flow_parameters))]
    fn compute_key(
        &self,
        py: Python<'_>,
        task_ctx: &Bound<'_, PyAny>,
        inputs: &Bound<'_, PyAny>,
        flow_parameters: &Bound<'_, PyAny>,
    ) -> PyResult<Option<String>> {
        let mut builder = self.policy.key_builder();
        add_inputs(&mut builder, inputs, self.fallback)?;
        add_context(&mut builder, task_ctx)?;
        add_flow_parameters(&mut builder, flow_parameters)?;
        let parts =
            CallParts { context: task_ctx.clone(), inputs: inputs.clone(), flow_parameters: flow_parameters.clone() };
        function::call_all(&mut builder, &parts);
        match builder.finish().key {
            Ok(key) => Ok(Some(key.as_str().to_owned())),
            Err(NoKey::Refused(error) | NoKey::Uncomputable(error)) => Err(error::exception(py, &error)),
            Err(NoKey::Policy | NoKey::NoParts | NoKey::Declined(_)) => Ok(None),
        }
    }

    /// Whether nothing is ever cached.
    #[getter]
    fn is_none(&self) -> bool {
        self.policy.is_none()
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.policy)
    }
}

/// The engine's policy of a Python policy.
pub(crate) fn of(policy: &Bound<'_, PyAny>) -> PyResult<CachePolicy> {
    held_by(policy).map(|policy| policy.policy)
}

/// What a Python policy makes of inputs without a stable content.
pub(crate) fn fallback_of(policy: &Bound<'_, PyAny>) -> PyResult<Fallback> {
    held_by(policy).map(|policy| policy.fallback)
}

/// The policy that a Python policy says by `_engine_policy()`.
fn held_by(policy: &Bound<'_, PyAny>) -> PyResult<Policy> {
    let py = policy.py();
    if policy.is_none() {
        return Ok(NONE.into());
    }
    let Some(method) = policy.getattr_opt(intern!(py, "_engine_policy"))? else {
        let class = policy.get_type().qualname()?;
        return Err(PyTypeError::new_err(format!(
            "a cache policy must be a `CachePolicy`, such as `INPUTS`; got an object of type `{class}`"
        )));
    };
    Ok(method.call0()?.cast::<Policy>()?.get().clone())
}

/// The isolation level of its enumeration's member or its name.
pub(crate) fn isolation_of(level: &Bound<'_, PyAny>) -> PyResult<IsolationLevel> {
    match name_of_member(level)?.to_uppercase().as_str() {
        "READ_COMMITTED" => Ok(IsolationLevel::ReadCommitted),
        "SERIALIZABLE" => Ok(IsolationLevel::Serializable),
        other => Err(PyValueError::new_err(format!(
            "`{other}` is no isolation level; there are `READ_COMMITTED` and `SERIALIZABLE`"
        ))),
    }
}

/// The name of an enumeration's member, or the text itself.
pub(crate) fn name_of_member(member: &Bound<'_, PyAny>) -> PyResult<String> {
    match member.cast::<PyString>() {
        Ok(text) if member.get_type().is(member.py().get_type::<PyString>()) => Ok(text.to_string()),
        _ => member.getattr(intern!(member.py(), "name"))?.extract(),
    }
}

fn fallback_named(name: Option<&str>) -> PyResult<Fallback> {
    match name {
        None => Ok(Fallback::None),
        Some("pickle") => Ok(Fallback::Pickle),
        Some(other) => {
            Err(PyValueError::new_err(format!("`{other}` is no fallback for inputs; there is `pickle`, or `None`")))
        }
    }
}

fn treatment_named(name: &str) -> PyResult<OnLeaseLost> {
    match name {
        "cancel" => Ok(OnLeaseLost::Cancel),
        "continue" => Ok(OnLeaseLost::Continue),
        other => Err(PyValueError::new_err(format!(
            "`{other}` is no treatment of a body whose lease is lost; there are `cancel` and `continue`"
        ))),
    }
}

fn add_inputs(builder: &mut KeyBuilder<'_>, inputs: &Bound<'_, PyAny>, fallback: Fallback) -> PyResult<()> {
    if inputs.is_none() {
        return Ok(());
    }
    for (name, value) in inputs.cast::<PyDict>()? {
        let name: String = name.extract()?;
        let path = format!("parameters.{name}");
        builder.input(name, |hasher| value::write_key_or(&value, &path, hasher, fallback));
    }
    Ok(())
}

fn add_context(builder: &mut KeyBuilder<'_>, task_ctx: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = task_ctx.py();
    if !task_ctx.is_truthy()? {
        builder.without_run();
        return Ok(());
    }
    if let Some(depth) = builder.wants_task_source() {
        match task::source_of(&task_ctx.getattr(intern!(py, "task"))?, depth) {
            Ok(digest) => builder.task_source(digest),
            Err(error) => builder.fail(error),
        }
    }
    if builder.wants_run_id() {
        let task_run = task_ctx.getattr(intern!(py, "task_run"))?;
        let flow_run_id = task_run.getattr(intern!(py, "flow_run_id"))?;
        let flow_run = (!flow_run_id.is_none()).then(|| uuid_bytes(&flow_run_id)).transpose()?;
        let id = uuid_bytes(&task_run.getattr(intern!(py, "id"))?)?;
        builder.run_id(flow_run.map(FlowRunId::from_bytes), TaskRunId::from_bytes(id));
    }
    Ok(())
}

fn add_flow_parameters(builder: &mut KeyBuilder<'_>, parameters: &Bound<'_, PyAny>) -> PyResult<()> {
    if !builder.wants_flow_parameters() {
        return Ok(());
    }
    if !parameters.is_truthy()? {
        builder.flow_parameters(None);
        return Ok(());
    }
    match context::digest_of(parameters.cast::<PyDict>()?) {
        Ok(digest) => builder.flow_parameters(Some(digest)),
        Err(error) => builder.fail(error),
    }
    Ok(())
}

/// The sixteen bytes of a `uuid.UUID` or of its text.
pub(crate) fn uuid_bytes(id: &Bound<'_, PyAny>) -> PyResult<[u8; 16]> {
    let py = id.py();
    if let Some(bytes) = id.getattr_opt(intern!(py, "bytes"))? {
        return bytes.extract();
    }
    let class = py.import("uuid")?.getattr("UUID")?;
    class.call1((id.str()?,))?.getattr(intern!(py, "bytes"))?.extract()
}
