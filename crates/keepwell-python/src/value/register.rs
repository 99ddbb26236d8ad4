//! The user's own encoders.

use std::collections::HashMap;

use parking_lot::Mutex;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::class::forget;

struct Registered {
    /// Kept alive, so that its address stays its own.
    _class: Py<PyType>,
    encoder: Py<PyAny>,
    version: u64,
}

static ENCODERS: Mutex<Option<HashMap<usize, Registered>>> = Mutex::new(None);

/// Lets `encoder` say what stands for the instances of exactly this class in keys. A class derived from it may hold more
/// than the encoder knows of, and needs its own.
///
/// The version is part of the keys: another one is another key. A class's later encoder replaces the earlier one.
#[pyfunction]
pub(super) fn register_encoder(class: &Bound<'_, PyType>, encoder: Bound<'_, PyAny>, version: u64) -> PyResult<()> {
    if !encoder.is_callable() {
        return Err(PyValueError::new_err(format!("the encoder of {} cannot be called", class.qualname()?)));
    }
    let registered = Registered { _class: class.clone().unbind(), encoder: encoder.unbind(), version };
    let replaced = ENCODERS.lock().get_or_insert_default().insert(class.as_ptr() as usize, registered);
    drop(replaced);
    forget();
    Ok(())
}

/// The encoder of a class and its version.
pub(super) fn encoder_of(class: &Bound<'_, PyType>) -> PyResult<Option<(Py<PyAny>, u64)>> {
    let encoders = ENCODERS.lock();
    let registered = encoders.as_ref().and_then(|encoders| encoders.get(&(class.as_ptr() as usize)));
    Ok(registered.map(|registered| (registered.encoder.clone_ref(class.py()), registered.version)))
}
