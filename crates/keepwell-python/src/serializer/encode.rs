//! From a value to the bytes of a record.

use bytes::Bytes;
use keepwell_core::record::{EncodedValue, SerializerName};
use keepwell_core::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::sync::PyOnceLock;

use super::failure::cannot_serialize;
use super::{JSON_OBJECTS, Kind, Serializer};
use crate::value;

impl Serializer {
    /// The value as bytes, and what they are.
    ///
    /// # Errors
    /// [`ErrorKind::Serialization`] if the value has no form in this serializer; [`ErrorKind::User`] if the interpreter was
    /// interrupted meanwhile.
    pub(crate) fn encode(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> Result<EncodedValue, Error> {
        match &self.0.kind {
            Kind::Auto => match value::to_bytes(value) {
                Ok(payload) => Ok(encoded(SerializerName::CBOR, payload.into())),
                Err(error) if error.kind() == ErrorKind::Serialization => self.pickle(py, None, value),
                Err(error) => Err(error),
            },
            Kind::Cbor => match value::to_bytes(value) {
                Ok(payload) => Ok(encoded(SerializerName::CBOR, payload.into())),
                Err(error) => Err(self.refuse(value, error)),
            },
            Kind::Pickle(library) => self.pickle(py, library.as_deref(), value),
            Kind::Json(configured) => self.json(py, configured.as_ref(), value),
            Kind::Own(object) => {
                let name = SerializerName::new(self.0.name.plain())?;
                let dumped =
                    object.bind(py).call_method1(intern!(py, "dumps"), (value,)).and_then(|dumped| bytes(&dumped));
                Ok(encoded(name, dumped.map_err(|exception| cannot_serialize(py, value, self, exception))?))
            }
        }
    }

    fn pickle(&self, py: Python<'_>, library: Option<&str>, value: &Bound<'_, PyAny>) -> Result<EncodedValue, Error> {
        let dumped = dumps(py, library).and_then(|dumps| dumps.call1((value,))).and_then(|dumped| bytes(&dumped));
        match dumped {
            Ok(payload) => Ok(encoded(SerializerName::PICKLE, payload)),
            Err(exception) => Err(cannot_serialize(py, value, self, exception)),
        }
    }

    fn json(
        &self,
        py: Python<'_>,
        configured: Option<&Py<PyAny>>,
        value: &Bound<'_, PyAny>,
    ) -> Result<EncodedValue, Error> {
        let dump = || -> PyResult<(Bytes, bool)> {
            let dumped = match configured {
                Some(object) => object.bind(py).call_method1(intern!(py, "_dump"), (value,))?,
                None => py.import(intern!(py, "keepwell._json"))?.call_method1(intern!(py, "dump"), (value,))?,
            };
            let (text, named): (PyBackedBytes, bool) = dumped.extract()?;
            Ok((Bytes::from_owner(text), named))
        };
        let (payload, named) = dump().map_err(|exception| cannot_serialize(py, value, self, exception))?;
        let name = if named { SerializerName::new(JSON_OBJECTS)? } else { SerializerName::JSON };
        Ok(encoded(name, payload))
    }

    /// The encoder's own error, which names what has no form, in the words that every serializer has.
    fn refuse(&self, value: &Bound<'_, PyAny>, error: Error) -> Error {
        if error.kind() != ErrorKind::Serialization {
            return error;
        }
        super::failure::in_words(value, self).with_source(error)
    }
}

/// The function that makes pickles. cloudpickle is imported when a first pickle is made.
fn dumps<'py>(py: Python<'py>, library: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
    static CLOUDPICKLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    match library {
        None => CLOUDPICKLE.import(py, "cloudpickle", "dumps").cloned(),
        Some(name) => super::decode::library(py, name)?.getattr(intern!(py, "dumps")),
    }
}

/// What a serializer returned, which must be bytes. Not copied.
fn bytes(dumped: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    Ok(Bytes::from_owner(dumped.extract::<PyBackedBytes>()?))
}

fn encoded(serializer: SerializerName, payload: Bytes) -> EncodedValue {
    EncodedValue { serializer, payload }
}
