//! A record that was read, for Python: what is known about a result, and the result.

use keepwell_core::ErrorKind;
use keepwell_core::record::{
    EncodedValue, Expiration, Place, ResultRecord, ResultRecordMetadata, inspect_head, open_payload,
};
use pyo3::prelude::*;

use super::serializing;
use crate::error;

/// A record that was read.
#[pyclass(frozen, module = "keepwell._core")]
#[derive(Debug)]
pub(super) struct StoredRecord {
    metadata: ResultRecordMetadata,
    value: EncodedValue,
}

impl StoredRecord {
    /// The record, without copying its payload.
    pub(super) fn of(record: &ResultRecord) -> Self {
        Self { metadata: record.metadata.clone(), value: record.value() }
    }
}

#[pymethods]
impl StoredRecord {
    /// The key under which it is kept.
    #[getter]
    fn key(&self) -> &str {
        self.metadata.key.as_str()
    }

    /// The name of the serializer that wrote it.
    #[getter]
    fn serializer(&self) -> &str {
        self.metadata.serializer.as_str()
    }

    /// Until when it counts, in milliseconds since the epoch; `None` where it does not expire.
    #[getter]
    fn expiration(&self) -> Option<u64> {
        match self.metadata.expiration {
            Expiration::Never => None,
            Expiration::At(at) => Some(at.as_millis()),
        }
    }

    /// How many records were written under this key before and including this one.
    #[getter]
    fn generation(&self) -> u64 {
        self.metadata.generation
    }

    /// When it was written, in milliseconds since the epoch.
    #[getter]
    fn created(&self) -> u64 {
        self.metadata.created.as_millis()
    }

    /// The result, made anew each time.
    fn value<'py>(&self, serializer: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        serializing::decode(serializer, &self.value)
    }
}

/// The record that these bytes of a file are, whatever store they come from; the file must hold the result too.
///
/// Nothing says that the record is what was written to that store: no store, expiry or signature is looked at.
#[pyfunction]
pub(super) fn inspect_record(py: Python<'_>, data: Vec<u8>) -> PyResult<StoredRecord> {
    let head = inspect_head(&data.into()).map_err(|fault| refused(py, ErrorKind::Corrupt, &fault.to_string()))?;
    let Place::Inline(stored) = head.payload.place.clone() else {
        let message = "the record's result is not in the record itself";
        return Err(refused(py, ErrorKind::Missing, message));
    };
    let payload = open_payload(&head, stored).map_err(|fault| refused(py, ErrorKind::Corrupt, &fault.to_string()))?;
    let value = EncodedValue { serializer: head.metadata.serializer.clone(), payload };
    Ok(StoredRecord { metadata: head.metadata, value })
}

fn refused(py: Python<'_>, kind: ErrorKind, message: &str) -> PyErr {
    error::exception(py, &keepwell_core::Error::new(kind, message))
}
