//! Cache policies: the engine's, as `keepwell.cache_policies` builds them, and key functions written in Python.

mod function;
mod handle;

use pyo3::prelude::*;

pub(crate) use function::{CallParts, call_all as call_functions, of_callable as key_function};
pub(crate) use handle::{Policy, fallback_of, isolation_of, name_of_member, of, uuid_bytes};

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Policy>()
}
