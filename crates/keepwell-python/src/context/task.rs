//! The task run around the code that is running.

use std::fmt;
use std::sync::Arc;

use keepwell_core::clock::{self, Timestamp};
use keepwell_core::id::{LazyTaskRunId, TaskRunId};
use keepwell_core::store::ResultStore;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use super::Around;
use crate::policy::uuid_bytes;
use crate::settings;
use crate::store::PyResultStore;

/// The task run around the code that is running.
pub(crate) struct TaskSurroundings {
    pub(crate) id: Arc<LazyTaskRunId>,
    pub(crate) name: Arc<str>,
    pub(crate) persists: bool,
    /// Whether what its body prints is logged.
    pub(crate) log_prints: bool,
    pub(crate) store: Arc<ResultStore>,
    /// Python's `Task`.
    pub(crate) task: Py<PyAny>,
    pub(crate) parameters: Py<PyDict>,
    pub(crate) started: Timestamp,
    /// Which run of the body this is, from 1.
    pub(crate) run_count: u32,
    context: PyOnceLock<Py<PyAny>>,
}

impl TaskSurroundings {
    #[expect(clippy::too_many_arguments, reason = "each is a field")]
    pub(crate) fn new(
        id: Arc<LazyTaskRunId>,
        name: Arc<str>,
        (persists, log_prints): (bool, bool),
        store: Arc<ResultStore>,
        task: Py<PyAny>,
        parameters: Py<PyDict>,
        started: Timestamp,
        run_count: u32,
    ) -> Self {
        Self { id, name, persists, log_prints, store, task, parameters, started, run_count, context: PyOnceLock::new() }
    }

    /// The surroundings that Python's `TaskRunContext` describes.
    pub(super) fn of_context(
        py: Python<'_>,
        context: &Py<PyAny>,
        persists: bool,
        store: Option<&Arc<ResultStore>>,
    ) -> PyResult<Self> {
        let clock = clock::of_process();
        let settings = settings::current(py)?;
        let shown = context.bind(py);
        let task = shown.getattr(intern!(py, "task"))?;
        let parameters = match shown.getattr(intern!(py, "parameters"))?.cast::<PyDict>() {
            Ok(parameters) => parameters.clone(),
            Err(_) => PyDict::new(py),
        };
        let task_run = shown.getattr(intern!(py, "task_run"))?;
        let id = match task_run.getattr_opt(intern!(py, "id"))? {
            Some(id) => LazyTaskRunId::of(TaskRunId::from_bytes(uuid_bytes(&id)?), Arc::clone(clock)),
            None => LazyTaskRunId::new(Arc::clone(clock)),
        };
        let store = store.map_or_else(|| Arc::new(ResultStore::of_settings(&settings)), Arc::clone);
        let log_prints = shown.getattr(intern!(py, "log_prints"))?.is_truthy()?;
        let name = task.getattr_opt(intern!(py, "name"))?.map_or_else(String::new, |name| name.to_string());
        let kept = PyOnceLock::new();
        // The lock is fresh, so nobody can have been first.
        let _ = kept.set(py, context.clone_ref(py));
        Ok(Self {
            id: Arc::new(id),
            name: name.into(),
            persists,
            log_prints,
            store,
            task: task.unbind(),
            parameters: parameters.unbind(),
            started: clock.now(),
            run_count: 1,
            context: kept,
        })
    }

    /// Python's `TaskRunContext` of this run inside `around`, the same object each time.
    pub(crate) fn context(&self, py: Python<'_>, around: &Around) -> PyResult<Py<PyAny>> {
        let context = self.context.get_or_try_init(py, || self.make_context(py, around))?;
        Ok(context.clone_ref(py))
    }

    /// Python's `TaskRun` of this run, if anybody has asked for its context, or will.
    pub(crate) fn task_run(&self, py: Python<'_>, around: &Around) -> PyResult<Py<PyAny>> {
        self.context(py, around)?.getattr(py, intern!(py, "task_run"))
    }

    fn make_context(&self, py: Python<'_>, around: &Around) -> PyResult<Py<PyAny>> {
        let fields = PyDict::new(py);
        fields.set_item("task", &self.task)?;
        fields.set_item("parameters", &self.parameters)?;
        fields.set_item("task_run_id", self.id.get().to_string())?;
        fields.set_item("task_run_name", &*self.name)?;
        fields.set_item("flow_run_id", around.flow_run_id().map(|id| id.to_string()))?;
        fields.set_item("persist_result", self.persists)?;
        fields.set_item("log_prints", self.log_prints)?;
        fields.set_item("run_count", self.run_count)?;
        fields.set_item("start_time", self.started.as_millis())?;
        fields.set_item("tags", around.tags(py)?)?;
        fields.set_item("result_store", PyResultStore::of(Arc::clone(&self.store)))?;
        let class = py.import("keepwell.context")?.getattr("TaskRunContext")?;
        Ok(class.call_method1("_of_run", (fields,))?.unbind())
    }
}

impl fmt::Debug for TaskSurroundings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TaskSurroundings({})", self.name)
    }
}
