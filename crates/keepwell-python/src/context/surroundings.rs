//! The context variable, and what is in it.

use std::sync::Arc;

use keepwell_core::clock;
use keepwell_core::id::FlowRunId;
use keepwell_core::store::ResultStore;
use keepwell_core::transaction::Transaction;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFrozenSet};
use pyo3::{IntoPyObjectExt, intern};

use super::{FlowSurroundings, TaskSurroundings};
use crate::policy::uuid_bytes;
use crate::store::PyResultStore;
use crate::transaction::TransactionHandle;

/// What surrounds a piece of code. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    pub(crate) flow: Option<Arc<FlowSurroundings>>,
    pub(crate) task: Option<Arc<TaskSurroundings>>,
    pub(crate) transaction: Option<Transaction>,
    pub(crate) tags: Option<Arc<Py<PyFrozenSet>>>,
}

impl Around {
    /// The store of the task around, else of the flow.
    pub(crate) fn store(&self) -> Option<&Arc<ResultStore>> {
        let of_task = self.task.as_ref().map(|task| &task.store);
        of_task.or_else(|| self.flow.as_ref().and_then(|flow| flow.store.as_ref()))
    }

    /// Whether results are kept around here: the task around decides, else the flow.
    pub(crate) fn persistence(&self) -> Option<bool> {
        self.task.as_ref().map(|task| task.persists).or_else(|| self.flow.as_ref().and_then(|flow| flow.persists))
    }

    /// The flow run that a task called here belongs to.
    pub(crate) fn flow_run_id(&self) -> Option<FlowRunId> {
        self.flow.as_ref().map(|flow| flow.id)
    }

    /// The tags that `with tags(…)` has put around here.
    pub(crate) fn tags(&self, py: Python<'_>) -> PyResult<Py<PyFrozenSet>> {
        match &self.tags {
            Some(tags) => Ok(tags.clone_ref(py)),
            None => Ok(PyFrozenSet::empty(py)?.unbind()),
        }
    }
}

/// What surrounds a piece of code, as the context variable holds it.
#[pyclass(frozen, module = "keepwell._core")]
pub(crate) struct Surroundings(pub(crate) Around);

#[pymethods]
impl Surroundings {
    /// Python's context of the task run, made when it is first asked for.
    #[getter]
    fn task_run_context(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.0.task.as_ref().map(|task| task.context(py, &self.0)).transpose()
    }

    /// Python's context of the flow run.
    #[getter]
    fn flow_run_context(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.0.flow.as_ref().map(|flow| flow.context.clone_ref(py))
    }

    /// The innermost transaction.
    #[getter]
    fn transaction(&self) -> Option<TransactionHandle> {
        self.0.transaction.clone().map(TransactionHandle::from)
    }

    /// The tags that `with tags(…)` has put around the code.
    #[getter]
    fn tags(&self, py: Python<'_>) -> PyResult<Py<PyFrozenSet>> {
        self.0.tags(py)
    }

    /// The same surroundings with other tags.
    fn with_tags(&self, tags: Py<PyFrozenSet>) -> Self {
        Self(Around { tags: Some(Arc::new(tags)), ..self.0.clone() })
    }

    /// The same surroundings with a task run that is known by its Python context alone.
    fn with_task_run_context(&self, py: Python<'_>, context: Py<PyAny>, persists: bool) -> PyResult<Self> {
        let task = TaskSurroundings::of_context(py, &context, persists, self.0.store())?;
        Ok(Self(Around { task: Some(Arc::new(task)), ..self.0.clone() }))
    }

    /// The same surroundings with a flow run that is known by its Python context, in no task run.
    #[expect(clippy::too_many_arguments, reason = "each is a field of the context")]
    fn with_flow_run_context(
        &self,
        context: Py<PyAny>,
        flow_run_id: Option<&Bound<'_, PyAny>>,
        name: &str,
        flow_name: &str,
        persists: Option<bool>,
        log_prints: bool,
        store: Option<PyRef<'_, PyResultStore>>,
        parameters: Py<PyDict>,
    ) -> PyResult<Self> {
        let id = match flow_run_id {
            Some(id) => FlowRunId::from_bytes(uuid_bytes(id)?),
            None => FlowRunId::new(clock::of_process().now()),
        };
        let named = (id, name.into(), flow_name.into());
        let store = store.map(|store| Arc::clone(store.inner()));
        let flow = FlowSurroundings::new(named, (persists, log_prints), (store, None), context, parameters);
        Ok(Self(Around { flow: Some(Arc::new(flow)), task: None, ..self.0.clone() }))
    }

    /// The same surroundings inside a transaction, or inside none.
    fn with_transaction(&self, transaction: Option<PyRef<'_, TransactionHandle>>) -> Self {
        let transaction = transaction.map(|handle| handle.inner().clone());
        Self(Around { transaction, ..self.0.clone() })
    }
}

/// Adds the functions of this file to the module.
pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("surroundings", variable(module.py())?.clone())?;
    module.add_function(wrap_pyfunction!(is_in_async_run, module)?)?;
    module.add_function(wrap_pyfunction!(current_surroundings, module)?)
}

/// Whether the innermost run around the calling code is one of an async function; `None` outside of runs.
#[pyfunction]
fn is_in_async_run(py: Python<'_>) -> PyResult<Option<bool>> {
    let around = current(py)?;
    let definition = match (&around.task, &around.flow) {
        (Some(task), _) => task.task.bind(py).clone(),
        (None, Some(flow)) => flow.context.bind(py).getattr(intern!(py, "flow"))?,
        (None, None) => return Ok(None),
    };
    if definition.is_none() {
        return Ok(None);
    }
    definition.getattr(intern!(py, "isasync"))?.is_truthy().map(Some)
}

/// What surrounds the calling code.
#[pyfunction]
fn current_surroundings(py: Python<'_>) -> PyResult<Surroundings> {
    current(py).map(Surroundings)
}

/// What surrounds the calling code.
pub(crate) fn current(py: Python<'_>) -> PyResult<Around> {
    let found = variable(py)?.call_method1(intern!(py, "get"), (py.None(),))?;
    if found.is_none() {
        return Ok(Around::default());
    }
    Ok(found.cast::<Surroundings>()?.get().0.clone())
}

/// Puts `around` around the code that runs next in this context. The token is for [`leave`].
pub(crate) fn enter(py: Python<'_>, around: Around) -> PyResult<Py<PyAny>> {
    let surroundings = Surroundings(around).into_py_any(py)?;
    Ok(variable(py)?.call_method1(intern!(py, "set"), (surroundings,))?.unbind())
}

/// Puts back what was there before [`enter`]. In a context other than that of `enter`, where a generator or coroutine was
/// closed by somebody else, there is nothing to put back.
pub(crate) fn leave(py: Python<'_>, token: &Py<PyAny>) {
    if let Ok(variable) = variable(py) {
        let _ = variable.call_method1(intern!(py, "reset"), (token,));
    }
}

fn variable(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static VARIABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || {
        let module = py.import("contextvars")?;
        module.getattr("ContextVar")?.call1(("keepwell",)).map(Bound::unbind)
    };
    Ok(VARIABLE.get_or_try_init(py, make)?.bind(py))
}
