//! What `keepwell._core` holds. Each folder registers its own.

use std::sync::OnceLock;

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

use crate::{
    calling, context, engine, flow, fork, lock, policy, serializer, settings, storage, store, task, transaction, value,
};

/// The engine of keepwell, and what turns Python's values into its own.
///
/// Free-threaded interpreters are not declared: none has been there to test with.
#[pymodule(gil_used = true)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    refuse_subinterpreters(module.py())?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    let folders = [
        engine::register,
        settings::register,
        value::register,
        serializer::register,
        storage::register,
        store::register,
        lock::register,
        context::register,
        calling::register,
        policy::register,
        task::register,
        flow::register,
        transaction::register,
        fork::register,
    ];
    folders.iter().try_for_each(|register| register(module))
}

/// What is kept for the process must not be shared between interpreters: the first that loads the module has it.
fn refuse_subinterpreters(py: Python<'_>) -> PyResult<()> {
    static LOADED_BY: OnceLock<usize> = OnceLock::new();
    // Each interpreter has built-ins of its own, for as long as it lives.
    let interpreter = py.import("builtins")?.as_ptr().addr();
    if *LOADED_BY.get_or_init(|| interpreter) == interpreter {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "keepwell cannot be loaded in a subinterpreter of a process that uses it already: use threads or processes",
    ))
}
