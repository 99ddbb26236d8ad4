//! `os.fork()` while other threads are at work: every fork of Python's, and every call of the engine with the interpreter let
//! go, passes the engine's gate.

use keepwell_core::fork;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Does the engine's work with the interpreter let go, and at no moment at which another thread forks.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    py.detach(|| fork::inside(work))
}

/// Has every fork of this process wait at the gate.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? else { return Ok(()) };
    let moments = PyDict::new(py);
    moments.set_item("before", wrap_pyfunction!(before_fork, module)?)?;
    moments.set_item("after_in_parent", wrap_pyfunction!(after_fork_in_parent, module)?)?;
    moments.set_item("after_in_child", wrap_pyfunction!(after_fork_in_child, module)?)?;
    register.call((), Some(&moments)).map(drop)
}

/// Closes the gate, and waits until nobody but this thread is inside.
#[pyfunction]
fn before_fork(py: Python<'_>) {
    py.detach(fork::before);
}

#[pyfunction]
fn after_fork_in_parent() {
    fork::after_in_parent();
}

#[pyfunction]
fn after_fork_in_child() {
    fork::after_in_child();
}
