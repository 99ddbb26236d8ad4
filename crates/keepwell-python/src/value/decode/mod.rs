//! Values from bytes that nobody vouches for. No class is looked up by a name that the bytes give.

mod numbers;
mod reader;
mod tables;
mod tagged;
mod times;

use keepwell_core::{Error, ErrorKind};
use pyo3::prelude::*;

use reader::Reader;

/// The value that these bytes hold.
pub(super) fn decode<'py>(py: Python<'py>, bytes: &[u8]) -> Result<Bound<'py, PyAny>, Error> {
    Reader::new(py, bytes)
        .read()
        .map_err(|failure| failure.into_error(py, ErrorKind::Serialization, "deserialize", "result"))
}
