//! Storages that Python names: a path, the name of a saved block, a URL, or an object of the user's own.

mod conformance;
mod known;
mod location;
mod python_storage;
mod user_object;

use std::sync::Arc;

use keepwell_core::storage::{ObjectName, ResultStorage, layout};
use pyo3::prelude::*;

pub(crate) use known::{keeps_nothing, of_user, python_form};
pub(crate) use location::location;

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    keepwell_core::store::understand_addresses_by(location::of_address);
    module.add_function(wrap_pyfunction!(conformance::storage_conformance, module)?)?;
    module.add_function(wrap_pyfunction!(key_file_name, module)?)?;
    module.add_function(wrap_pyfunction!(key_of_file_name, module)?)?;
    module.add_function(wrap_pyfunction!(location::saved_block, module)?)?;
    module.add_function(wrap_pyfunction!(storage_location, module)?)
}

/// The storage that this object names. One for each folder and each object, so that all who use it share it.
pub(crate) fn open(object: &Bound<'_, PyAny>) -> PyResult<Arc<dyn ResultStorage>> {
    location(object).map(|location| location.open())
}

/// The name of the file that keeps the record under a cache key.
#[pyfunction]
fn key_file_name(key: &str) -> String {
    layout::file_name_of(key).into_owned()
}

/// The cache key whose record a file of this name keeps; `None` where the name was cut or is no key's.
#[pyfunction]
fn key_of_file_name(name: &str) -> Option<String> {
    match layout::name_of(name) {
        Some(ObjectName::Head(key)) => Some(key.as_str().to_owned()),
        _ => None,
    }
}

/// Where a storage is, by what names it, for people to read.
#[pyfunction]
fn storage_location(storage: &Bound<'_, PyAny>) -> PyResult<String> {
    location(storage).map(|location| location.to_string())
}
