//! The result store for Python: where records are looked up and put, outside of any run too.

mod options;
mod record;
mod result_store;
mod serializing;

use pyo3::prelude::*;

pub(crate) use result_store::{PyResultStore, engine_store, shown};

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyResultStore>()?;
    module.add_class::<record::StoredRecord>()?;
    module.add_function(wrap_pyfunction!(record::inspect_record, module)?)
}
