//! Events as log lines, through Python's `logging`.
//!
//! The words and levels are the engine's. Nothing is formatted for a level that nobody listens to. What a handler raises is
//! passed on only if it is to end the program.

use std::sync::Arc;

use keepwell_core::event::{self, Event, Level};
use keepwell_core::id::LazyTaskRunId;
use keepwell_core::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::calling::is_ordinary;
use crate::context::FlowSurroundings;

/// What log lines of a task run carry along.
pub(crate) struct TaskRunNames<'a> {
    pub(crate) run: &'a Arc<str>,
    pub(crate) id: &'a LazyTaskRunId,
    pub(crate) task: &'a Arc<str>,
    pub(crate) flow: Option<&'a FlowSurroundings>,
}

/// An event of a task run. `exception` is what its body raised.
pub(crate) fn task_run(
    py: Python<'_>,
    event: &Event,
    names: &TaskRunNames<'_>,
    exception: Option<&PyErr>,
) -> PyResult<()> {
    static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    log(py, &LOGGER, "keepwell.task_runs", event, exception, |extra| {
        extra.set_item("task_run_name", &**names.run)?;
        extra.set_item("task_run_id", names.id.get().to_string())?;
        extra.set_item("task_name", &**names.task)?;
        extra.set_item("flow_run_id", names.flow.map(|flow| flow.id.to_string()))?;
        extra.set_item("flow_run_name", names.flow.map(|flow| &*flow.name))?;
        extra.set_item("flow_name", names.flow.map(|flow| &*flow.flow_name))
    })
}

/// An event of a flow run. `exception` is what its body raised.
pub(crate) fn flow_run(
    py: Python<'_>,
    event: &Event,
    flow: &FlowSurroundings,
    exception: Option<&PyErr>,
) -> PyResult<()> {
    static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    log(py, &LOGGER, "keepwell.flow_runs", event, exception, |extra| {
        extra.set_item("flow_run_name", &*flow.name)?;
        extra.set_item("flow_run_id", flow.id.to_string())?;
        extra.set_item("flow_name", &*flow.flow_name)
    })
}

/// An event of a transaction of the user's own.
pub(crate) fn transaction(py: Python<'_>, event: &Event) -> PyResult<()> {
    static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    log(py, &LOGGER, "keepwell.transactions", event, None, |_| Ok(()))
}

/// What came of a hook, for the engine.
pub(crate) fn hook_outcome(py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> Result<(), Error> {
    outcome.map(drop).map_err(|exception| Error::new(ErrorKind::User, crate::task::words(py, &exception)))
}

fn log(
    py: Python<'_>,
    logger: &PyOnceLock<Py<PyAny>>,
    name: &str,
    event: &Event,
    exception: Option<&PyErr>,
    add: impl FnOnce(&Bound<'_, PyDict>) -> PyResult<()>,
) -> PyResult<()> {
    event::count(event);
    let told = || -> PyResult<()> {
        let logger = logger.get_or_try_init(py, || logger_of(py, name))?.bind(py);
        let level = level_of(event.level());
        if !logger.call_method1(intern!(py, "isEnabledFor"), (level,))?.is_truthy()? {
            return Ok(());
        }
        let (named, extra) = (PyDict::new(py), PyDict::new(py));
        add(&extra)?;
        named.set_item(intern!(py, "extra"), extra)?;
        if let (Event::Failed { .. } | Event::FlowFailed { .. }, Some(exception)) = (event, exception) {
            named.set_item(intern!(py, "exc_info"), exception.value(py))?;
        }
        logger.call_method(intern!(py, "log"), (level, event.message()), Some(&named)).map(drop)
    };
    match told() {
        // A log that fails must not fail the run; Python says so as it says so of whatever else nobody can catch.
        Err(failure) if is_ordinary(py, &failure) => failure.write_unraisable(py, None),
        told => return told,
    }
    Ok(())
}

fn logger_of(py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
    py.import("keepwell.logging.configuration")?.getattr("ensure_setup")?.call0()?;
    Ok(py.import("logging")?.getattr("getLogger")?.call1((name,))?.unbind())
}

/// The level as Python's `logging` counts them.
fn level_of(level: Level) -> u8 {
    match level {
        Level::Debug => 10,
        Level::Info => 20,
        Level::Warning => 30,
        Level::Error => 40,
    }
}
