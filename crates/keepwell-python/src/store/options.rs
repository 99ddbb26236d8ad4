//! From what Python says of a store to the engine's options.

use std::sync::Arc;

use keepwell_core::lock::LockManager;
use keepwell_core::record::{Compression, SerializerName};
use keepwell_core::store::{ResultStore, StoreOptions};
use pyo3::prelude::*;

use crate::{error, lock, settings, storage};

/// The options of a store: the settings', with what is given here in their place.
pub(super) fn options(
    py: Python<'_>,
    result_storage: Option<&Bound<'_, PyAny>>,
    key_storage: Option<&Bound<'_, PyAny>>,
    lock_manager: Option<&Bound<'_, PyAny>>,
    memory: bool,
    serializer: Option<&str>,
) -> PyResult<StoreOptions> {
    let mut options = ResultStore::of_settings(&*settings::current(py)?).options().clone();
    if let Some(object) = result_storage {
        options.result_storage = storage::open(object)?;
    }
    options.key_storage = key_storage.map(storage::open).transpose()?;
    options.lock_manager = lock_manager.map(granting).transpose()?;
    options.memory = options.memory.filter(|_| memory);
    let name = serializer.map(SerializerName::new).transpose();
    let name = name.map_err(|failure| error::exception(py, &failure))?;
    if name.is_some_and(|name| name.is_compressed()) {
        options.compression = Compression::BEST;
    }
    Ok(options)
}

/// Who grants locks, by Python's object.
fn granting(object: &Bound<'_, PyAny>) -> PyResult<Arc<dyn LockManager>> {
    lock::manager(object)
}
