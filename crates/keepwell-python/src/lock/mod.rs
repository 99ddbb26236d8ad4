//! Lock managers: keepwell's own for Python, and a user's own, written in Python, for the engine.

mod adapter;
mod in_storage;
mod locks;

use std::sync::Arc;

use keepwell_core::lock::LockManager;
use pyo3::prelude::*;

use adapter::PythonLockManager;
use locks::Locks;

/// The lock manager that a user gave: one of keepwell's own, or an object with the methods of
/// `keepwell.locking.protocol.LockManager`.
///
/// # Errors
/// `TypeError` naming the method that is missing.
pub(crate) fn manager(object: &Bound<'_, PyAny>) -> PyResult<Arc<dyn LockManager>> {
    match object.cast::<Locks>() {
        Ok(locks) => Ok(Arc::clone(locks.get().manager())),
        Err(_) => Ok(Arc::new(PythonLockManager::of(object)?)),
    }
}

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(leave_parents_locks, module)?)?;
    module.add_class::<Locks>()
}

/// For a forked child: closes the lock files that it has inherited, so that they do not outlive their holder here.
#[pyfunction]
fn leave_parents_locks() {
    keepwell_core::lock::leave_parents_locks();
}
