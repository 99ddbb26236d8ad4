//! The ways in: a value into a key, a value to bytes, bytes to a value.

use bytes::Bytes;
use keepwell_core::Error;
use keepwell_core::cbor::Sink;
use keepwell_core::key::{Digest, KeyHasher};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::decode::{Sharing, aligned_copy, decode};
use super::register::register_encoder;
use super::walk::{Fallback, Mode, Walker};
use crate::error::exception;

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(encode_key, module)?)?;
    module.add_function(wrap_pyfunction!(key_digest, module)?)?;
    module.add_function(wrap_pyfunction!(encode_value, module)?)?;
    module.add_function(wrap_pyfunction!(decode_value, module)?)?;
    module.add_function(wrap_pyfunction!(register_encoder, module)?)
}

/// Writes a value into a key; `path` is what errors call it, such as `parameters.x`.
///
/// Equal values write equal bytes in any process, unequal ones unequal bytes. The value is neither changed nor used up.
///
/// # Errors
/// [`ErrorKind::Key`](keepwell_core::ErrorKind::Key) naming the place in the value, if it has no stable content. Part of
/// it has been written then.
pub(crate) fn write_key(value: &Bound<'_, PyAny>, path: &str, sink: &mut dyn Sink) -> Result<(), Error> {
    write_key_or(value, path, sink, Fallback::None)
}

/// [`write_key`], with something else for what has no stable content.
///
/// # Errors
/// As [`write_key`].
pub(crate) fn write_key_or(
    value: &Bound<'_, PyAny>,
    path: &str,
    sink: &mut dyn Sink,
    fallback: Fallback,
) -> Result<(), Error> {
    let walker = Walker::new(value.py(), Mode::Key, fallback, sink);
    walker.write(value, path).map_err(|error| error.with_hint(ways_out(path)))
}

/// The bytes that a value is kept as.
///
/// # Errors
/// [`ErrorKind::Serialization`](keepwell_core::ErrorKind::Serialization) naming the place in the value, if it is not
/// plain data that reads back equal and of the same type.
pub(crate) fn to_bytes(value: &Bound<'_, PyAny>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    Walker::new(value.py(), Mode::Value, Fallback::None, &mut bytes).write(value, "result")?;
    Ok(bytes)
}

/// The value that these bytes hold. Runs no code but Python's own and that of the libraries whose data it is.
///
/// # Errors
/// [`ErrorKind::Serialization`](keepwell_core::ErrorKind::Serialization) if the bytes hold none.
pub(crate) fn from_bytes(py: Python<'_>, bytes: &Bytes, sharing: Sharing) -> Result<Py<PyAny>, Error> {
    decode(py, bytes, sharing).map(Bound::unbind)
}

/// The bytes of a value in keys, before they are hashed.
#[pyfunction]
#[pyo3(signature = (value, *, path = "value", pickle = false))]
fn encode_key<'py>(value: &Bound<'py, PyAny>, path: &str, pickle: bool) -> PyResult<Bound<'py, PyBytes>> {
    let py = value.py();
    let mut bytes = Vec::new();
    write_key_or(value, path, &mut bytes, fallback(pickle)).map_err(|error| exception(py, &error))?;
    Ok(PyBytes::new(py, &bytes))
}

/// The digest of a value's bytes in keys: 32 bytes.
#[pyfunction]
#[pyo3(signature = (value, *, path = "value", pickle = false))]
fn key_digest<'py>(value: &Bound<'py, PyAny>, path: &str, pickle: bool) -> PyResult<Bound<'py, PyBytes>> {
    let py = value.py();
    let digest = digest_of(value, path, fallback(pickle)).map_err(|error| exception(py, &error))?;
    Ok(PyBytes::new(py, digest.as_bytes()))
}

/// The bytes that a value is kept as.
#[pyfunction]
fn encode_value<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = to_bytes(value).map_err(|error| exception(value.py(), &error))?;
    Ok(PyBytes::new(value.py(), &bytes))
}

/// The value that these bytes hold.
#[pyfunction]
fn decode_value(py: Python<'_>, data: &[u8]) -> PyResult<Py<PyAny>> {
    from_bytes(py, &aligned_copy(data), Sharing::TakenOver).map_err(|error| exception(py, &error))
}

/// The digest of a value's bytes in keys.
pub(super) fn digest_of(value: &Bound<'_, PyAny>, path: &str, fallback: Fallback) -> Result<Digest, Error> {
    let mut hasher = KeyHasher::new();
    write_key_or(value, path, &mut hasher, fallback)?;
    Ok(hasher.finish())
}

fn fallback(pickle: bool) -> Fallback {
    if pickle { Fallback::Pickle } else { Fallback::None }
}

fn ways_out(path: &str) -> String {
    let leave_out = match path.strip_prefix("parameters.") {
        Some(name) => format!("leave it out with `INPUTS - \"{name}\"`, "),
        None => String::new(),
    };
    format!(
        "{leave_out}name results with a `cache_key_fn`, say what stands for it with `register_encoder`, or use `NO_CACHE`"
    )
}
