//! Hooks: the user's functions that are told of states and transactions.

use std::any::Any;
use std::sync::Arc;

use keepwell_core::hook::Hook;
use keepwell_core::{Error, ErrorKind};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;

use crate::error;

struct Handle(Py<PyAny>);

/// Hooks that a definition names, in their order.
pub(crate) struct Hooks;

impl Hooks {
    /// The engine's hooks for Python's. An attribute `log_on_run = False` keeps one from being logged.
    pub(crate) fn of(hooks: &Bound<'_, PyAny>) -> PyResult<Vec<Hook>> {
        if hooks.is_none() {
            return Ok(Vec::new());
        }
        hooks.try_iter()?.map(|hook| Self::of_one(&hook?)).collect()
    }

    /// The engine's hook for Python's.
    pub(crate) fn of_one(hook: &Bound<'_, PyAny>) -> PyResult<Hook> {
        let py = hook.py();
        let logged = match hook.getattr_opt(intern!(py, "log_on_run"))? {
            Some(logged) => logged.is_truthy()?,
            None => true,
        };
        let handle: Arc<dyn Any + Send + Sync> = Arc::new(Handle(hook.clone().unbind()));
        Ok(Hook { logged, ..Hook::new(name_of(hook)?, handle) })
    }
}

/// Shows Python's collector the functions that only these hooks hold.
pub(crate) fn visit_hooks(hooks: &[Hook], visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
    let alone = hooks.iter().filter(|hook| Arc::strong_count(&hook.handle) == 1);
    alone.filter_map(|hook| hook.handle.downcast_ref::<Handle>()).try_for_each(|handle| visit.call(&handle.0))
}

/// Calls a hook. What an async one returns is to be awaited.
pub(crate) fn call<'py>(py: Python<'py>, hook: &Hook, arguments: &[Bound<'py, PyAny>]) -> PyResult<Bound<'py, PyAny>> {
    let handle = hook.handle.downcast_ref::<Handle>().ok_or_else(|| {
        error::exception(py, &Error::new(ErrorKind::Unsupported, "the hook belongs to another front end"))
    })?;
    handle.0.bind(py).call1(pyo3::types::PyTuple::new(py, arguments)?)
}

/// Awaits what an async hook returned, in a blocking caller.
pub(super) fn to_its_end(returned: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let py = returned.py();
    if !is_awaitable(returned)? {
        return Ok(returned.clone().unbind());
    }
    let run = py.import("keepwell.utilities.asyncutils")?.getattr("run_coro_as_sync")?;
    run.call1((returned,)).map(Bound::unbind)
}

pub(super) fn is_awaitable(returned: &Bound<'_, PyAny>) -> PyResult<bool> {
    returned.hasattr(intern!(returned.py(), "__await__"))
}

/// A function's own name; that of what a `functools.partial` wraps.
fn name_of(hook: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = hook.py();
    if let Some(name) = hook.getattr_opt(intern!(py, "__name__"))? {
        return Ok(name.to_string());
    }
    if let Some(wrapped) = hook.getattr_opt(intern!(py, "func"))? {
        return name_of(&wrapped);
    }
    Ok(hook.get_type().name()?.to_string())
}
