//! Values from bytes that nobody vouches for. No class is looked up by a name that the bytes give.

mod memory;
mod numbers;
mod reader;
mod tables;
mod tagged;
mod times;

use bytes::Bytes;
use keepwell_core::{Error, ErrorKind};
use pyo3::prelude::*;

pub(crate) use memory::{Sharing, aligned_copy};
use reader::Reader;

/// The value that these bytes hold.
pub(super) fn decode<'py>(py: Python<'py>, bytes: &Bytes, sharing: Sharing) -> Result<Bound<'py, PyAny>, Error> {
    Reader::new(py, bytes, sharing)
        .read()
        .map_err(|failure| failure.into_error(py, ErrorKind::Serialization, "deserialize", "result"))
}
