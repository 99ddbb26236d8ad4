//! Values to bytes and back, by the serializer that Python names.

use keepwell_core::record::{EncodedValue, SerializerName};
use keepwell_core::{Error, ErrorKind};
use pyo3::prelude::*;

use crate::error;

/// The value as bytes.
pub(super) fn encode(serializer: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<EncodedValue> {
    let name: String = serializer.getattr("type")?.extract()?;
    let name = SerializerName::new(&name).map_err(|failure| error::exception(value.py(), &failure))?;
    let payload: Vec<u8> = serializer.call_method1("dumps", (value,))?.extract()?;
    Ok(EncodedValue { serializer: name, payload: payload.into() })
}

/// The value of these bytes, if they were written with this serializer.
pub(super) fn decode<'py>(serializer: &Bound<'py, PyAny>, encoded: &EncodedValue) -> PyResult<Bound<'py, PyAny>> {
    let name: String = serializer.getattr("type")?.extract()?;
    if name != encoded.serializer.as_str() {
        let message = format!("the result was written with `{}`, not `{name}`", encoded.serializer);
        return Err(error::exception(serializer.py(), &Error::new(ErrorKind::Serialization, message)));
    }
    serializer.call_method1("loads", (&encoded.payload[..],))
}
