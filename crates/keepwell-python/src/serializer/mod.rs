//! Serializers: a task's results as bytes and back.
//!
//! What a record's bytes are is said by the name in its head: `cbor`, `json`, `json/objects` (JSON that names the classes to
//! rebuild), `pickle`, or the type of a serializer of the user's own. The reader's serializer decides which of them it
//! reads; whether a record may be believed has been decided by the store before.

mod choice;
mod decode;
mod encode;
mod failure;

use std::sync::Arc;

use keepwell_core::record::{EncodedValue, SerializerName};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::{error, value};

/// The name in a record of JSON that names the classes to rebuild its values with, and so is not data only.
const JSON_OBJECTS: &str = "json/objects";

/// A serializer, by name or as configured in Python. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Serializer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: SerializerName,
    kind: Kind,
    /// Whether large results are mapped into memory rather than read, where it says.
    maps: Option<bool>,
}

impl Default for Serializer {
    /// `auto`.
    fn default() -> Self {
        Self::new(SerializerName::new("auto").expect("it is short and visible ASCII"), Kind::Auto)
    }
}

/// What does the work.
#[derive(Debug)]
enum Kind {
    /// CBOR for plain data, a pickle for the rest.
    Auto,
    /// CBOR.
    Cbor,
    /// JSON, by the default functions or as this `JSONSerializer` is configured.
    Json(Option<Py<PyAny>>),
    /// Pickles, by cloudpickle or by the module of this name.
    Pickle(Option<String>),
    /// An object of the user's own with `dumps` and `loads`.
    Own(Py<PyAny>),
}

impl Serializer {
    fn new(name: SerializerName, kind: Kind) -> Self {
        Self(Arc::new(Inner { name, kind, maps: None }))
    }

    /// The name by which a task asks for it, with `compressed/` in front where the store is to compress.
    pub(crate) fn name(&self) -> &SerializerName {
        &self.0.name
    }

    /// Whether large results are mapped into memory rather than read, where it says.
    pub(crate) fn maps(&self) -> Option<bool> {
        self.0.maps
    }
}

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(encode_result, module)?)?;
    module.add_function(wrap_pyfunction!(decode_result, module)?)
}

/// What a record would hold of the value: the name of what the bytes are, and the bytes before any compression.
#[pyfunction]
fn encode_result<'py>(
    serializer: &Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
) -> PyResult<(String, Bound<'py, PyBytes>)> {
    let py = value.py();
    let encoded = Serializer::of(serializer)?.encode(py, value).map_err(|failure| error::exception(py, &failure))?;
    Ok((encoded.serializer.as_str().to_owned(), PyBytes::new(py, &encoded.payload)))
}

/// The value of a record that holds these bytes under this name, as far as `serializer` reads such records. Whether the
/// record can be trusted is up to the caller.
#[pyfunction]
fn decode_result(serializer: &Bound<'_, PyAny>, name: &str, payload: &[u8]) -> PyResult<Py<PyAny>> {
    let py = serializer.py();
    let raise = |failure| error::exception(py, &failure);
    let name = SerializerName::new(name).map_err(raise)?;
    let encoded = EncodedValue { serializer: name, payload: value::aligned_copy(payload) };
    Serializer::of(serializer)?.decode(py, encoded, false).map_err(raise)
}
