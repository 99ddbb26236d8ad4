//! Values to bytes and back, by the serializer that Python names.

use keepwell_core::record::EncodedValue;
use pyo3::prelude::*;

use crate::error;
use crate::serializer::Serializer;

/// The value as bytes.
pub(super) fn encode(serializer: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<EncodedValue> {
    let py = value.py();
    Serializer::of(serializer)?.encode(py, value).map_err(|failure| error::exception(py, &failure))
}

/// The value of these bytes, if the serializer allows what they were written with.
pub(super) fn decode<'py>(serializer: &Bound<'py, PyAny>, encoded: &EncodedValue) -> PyResult<Bound<'py, PyAny>> {
    let py = serializer.py();
    let decoded = Serializer::of(serializer)?.decode(py, encoded.clone(), false);
    decoded.map(|value| value.into_bound(py)).map_err(|failure| error::exception(py, &failure))
}
