//! What `keepwell._core` holds. Each folder registers its own.

use pyo3::prelude::*;

use crate::{calling, context, engine, flow, policy, settings, storage, store, task, transaction};

/// The engine of keepwell, and what turns Python's values into its own.
#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    engine::register(module)?;
    settings::register(module)?;
    storage::register(module)?;
    store::register(module)?;
    context::register(module)?;
    calling::register(module)?;
    policy::register(module)?;
    task::register(module)?;
    flow::register(module)?;
    transaction::register(module)
}
