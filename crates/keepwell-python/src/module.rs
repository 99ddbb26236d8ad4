//! What `keepwell._core` holds. Each folder registers its own.

use pyo3::prelude::*;

use crate::{
    calling, context, engine, flow, lock, policy, serializer, settings, storage, store, task, transaction, value,
};

/// The engine of keepwell, and what turns Python's values into its own.
///
/// Free-threaded interpreters are not declared: none has been there to test with.
#[pymodule(gil_used = true)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
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
    ];
    folders.iter().try_for_each(|register| register(module))
}
