//! From the bytes of a record to its value, as far as the reader's serializer allows.

use bytes::Bytes;
use keepwell_core::record::EncodedValue;
use keepwell_core::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

use super::failure::cannot_deserialize;
use super::{JSON_OBJECTS, Kind, Serializer};
use crate::value::{self, Sharing};

impl Serializer {
    /// The value of a record's bytes. The record must have been found trustworthy: `pickle`, `json/objects` and serializers
    /// of the user's own may run code.
    ///
    /// Every serializer reads plain data, `cbor` and `json`. `auto` reads whatever keepwell itself writes; any other
    /// reads beside data what it writes itself. With `maps`, arrays lie in the record's own memory, and cannot be written
    /// to.
    ///
    /// # Errors
    /// [`ErrorKind::Serialization`] if the bytes are of a kind that this serializer does not read, or come to no value here;
    /// [`ErrorKind::User`] if the interpreter was interrupted meanwhile.
    pub(crate) fn decode(&self, py: Python<'_>, encoded: EncodedValue, maps: bool) -> Result<Py<PyAny>, Error> {
        let made_by = encoded.serializer.as_str();
        let payload = &encoded.payload[..];
        if let Kind::Own(object) = &self.0.kind
            && made_by == self.0.name.plain()
        {
            let loaded = object.bind(py).call_method1(intern!(py, "loads"), (PyBytes::new(py, payload),));
            return finish(py, made_by, loaded);
        }
        match (made_by, &self.0.kind) {
            ("cbor", _) => value::from_bytes(py, &encoded.payload, sharing(&encoded.payload, maps)),
            ("json", Kind::Json(Some(configured))) => configured_json(py, configured, made_by, payload),
            ("json", _) => plain_json(py, made_by, payload),
            (JSON_OBJECTS, Kind::Json(Some(configured))) => configured_json(py, configured, made_by, payload),
            (JSON_OBJECTS, Kind::Auto | Kind::Json(None)) => plain_json(py, made_by, payload),
            ("pickle", Kind::Auto | Kind::Pickle(None)) => finish(py, made_by, unpickle(py, None, payload)),
            ("pickle", Kind::Pickle(library)) => finish(py, made_by, unpickle(py, library.as_deref(), payload)),
            _ => Err(self.does_not_read(made_by)),
        }
    }

    fn does_not_read(&self, made_by: &str) -> Error {
        let message =
            format!("the result was written by the serializer `{made_by}`, which `{}` does not read", self.name());
        Error::new(ErrorKind::Serialization, message)
            .with_hint(format!("let the task have `result_serializer=\"{made_by}\"` to read such results"))
    }
}

/// Bytes that only the caller holds are the value's to take over: it drops them.
fn sharing(payload: &Bytes, maps: bool) -> Sharing {
    if maps {
        Sharing::ReadOnly
    } else if payload.is_unique() {
        Sharing::TakenOver
    } else {
        Sharing::Copied
    }
}

fn configured_json(py: Python<'_>, serializer: &Py<PyAny>, made_by: &str, text: &[u8]) -> Result<Py<PyAny>, Error> {
    let arguments = (PyBytes::new(py, text), made_by == JSON_OBJECTS);
    finish(py, made_by, serializer.bind(py).call_method1(intern!(py, "_load"), arguments))
}

fn plain_json(py: Python<'_>, made_by: &str, text: &[u8]) -> Result<Py<PyAny>, Error> {
    let arguments = (PyBytes::new(py, text), made_by == JSON_OBJECTS);
    let module = py.import(intern!(py, "keepwell._json"));
    finish(py, made_by, module.and_then(|module| module.call_method1(intern!(py, "load"), arguments)))
}

fn unpickle<'py>(py: Python<'py>, name: Option<&str>, payload: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    static PICKLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let loads = match name {
        // cloudpickle's own is this one.
        None => PICKLE.import(py, "pickle", "loads")?.clone(),
        Some(name) => library(py, name)?.getattr(intern!(py, "loads"))?,
    };
    loads.call1((PyBytes::new(py, payload),))
}

/// The module, or part of one, that a `PickleSerializer` names.
pub(super) fn library<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "keepwell._json"))?.call_method1(intern!(py, "find_object"), (name,))
}

fn finish(py: Python<'_>, made_by: &str, loaded: PyResult<Bound<'_, PyAny>>) -> Result<Py<PyAny>, Error> {
    loaded.map(Bound::unbind).map_err(|exception| cannot_deserialize(py, made_by, exception))
}
