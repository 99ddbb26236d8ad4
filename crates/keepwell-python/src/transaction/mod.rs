//! Transactions of the user's own: what `keepwell.transactions` begins, stages in and ends.

mod caller;
mod handle;

use pyo3::prelude::*;

pub(crate) use handle::TransactionHandle;

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<TransactionHandle>()
}
