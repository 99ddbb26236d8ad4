//! Data frames and columns, from streams of Apache Arrow.

use pyo3::prelude::*;

use super::super::failure::Failure;
use super::super::table::kept::{pandas_frame, pandas_series, polars_frame, polars_series, read_table};
use super::tagged::{parts, text};

/// `[library, stream]`.
pub(super) fn frame<'py>(item: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let [library, stream] = parts(item)?;
    match text(&library)?.to_str()? {
        "pandas" => pandas_frame(&stream),
        "polars" => polars_frame(&stream),
        "pyarrow" => read_table(&stream),
        other => Err(Failure::new(format!("a frame of the library {other:?}, which is not known"))),
    }
}

/// `[library, name, stream]`.
pub(super) fn column<'py>(item: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let [library, name, stream] = parts(item)?;
    match text(&library)?.to_str()? {
        "pandas" => pandas_series(&stream, &name),
        "polars" => polars_series(&stream),
        other => Err(Failure::new(format!("a column of the library {other:?}, which is not known"))),
    }
}
