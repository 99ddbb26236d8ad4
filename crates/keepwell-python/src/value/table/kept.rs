//! Frames and columns as they are kept: streams of Apache Arrow, where everything comes back from one.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::super::bindings::digest_of;
use super::super::failure::Failure;
use super::super::walk::{Fallback, Piece, Walker};

/// The column that a series is kept as.
const COLUMN: &str = "values";

/// `[library, stream]`, from the library's own writer.
pub(in crate::value) fn keep_polars_frame<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let stream = polars_stream(value)?;
    check(value, &polars_frame(stream.as_any())?)?;
    keep(walker, value, tag::FRAME, vec![Piece::Text("polars".to_owned()), Piece::Value(stream)])
}

pub(in crate::value) fn keep_polars_series<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let stream = polars_stream(&value.call_method0(intern!(walker.py, "to_frame"))?)?;
    check(value, &polars_series(stream.as_any())?)?;
    keep(walker, value, tag::COLUMN, vec![Piece::Text("polars".to_owned()), Piece::Null, Piece::Value(stream)])
}

pub(in crate::value) fn keep_pandas_frame<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let stream = arrow_stream(&arrow_table(value)?)?;
    check(value, &pandas_frame(&stream)?)?;
    keep(walker, value, tag::FRAME, vec![Piece::Text("pandas".to_owned()), Piece::Value(stream)])
}

pub(in crate::value) fn keep_pandas_series<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let name = value.getattr(intern!(walker.py, "name"))?;
    let frame = value.call_method1(intern!(walker.py, "to_frame"), (COLUMN,))?;
    let stream = arrow_stream(&arrow_table(&frame)?)?;
    check(value, &pandas_series(&stream, &name)?)?;
    let pieces = vec![Piece::Text("pandas".to_owned()), Piece::Value(name), Piece::Value(stream)];
    keep(walker, value, tag::COLUMN, pieces)
}

pub(in crate::value) fn keep_arrow_table<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let stream = arrow_stream(value)?;
    keep(walker, value, tag::FRAME, vec![Piece::Text("pyarrow".to_owned()), Piece::Value(stream)])
}

fn keep<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    tag: u64,
    pieces: Vec<Piece<'py>>,
) -> Result<(), Failure> {
    let mut encoder = walker.encoder();
    encoder.tag(tag);
    encoder.array(pieces.len());
    walker.open_pieces(value, pieces)
}

/// Checks that what would come back is what was given: the same bytes in a key.
fn check(given: &Bound<'_, PyAny>, read: &Bound<'_, PyAny>) -> Result<(), Failure> {
    let digest = |value| digest_of(value, "it", Fallback::None).map_err(|error| Failure::new(error.to_string()));
    if digest(given)? == digest(read)? { Ok(()) } else { Err(Failure::new("it would not come back as it is")) }
}

fn polars_stream<'py>(frame: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = frame.py();
    let stream = frame.call_method1(intern!(py, "write_ipc_stream"), (py.None(),))?;
    Ok(stream.call_method0(intern!(py, "getvalue"))?)
}

fn arrow_table<'py>(frame: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = frame.py();
    let table = py.import(intern!(py, "pyarrow"))?.getattr(intern!(py, "Table"))?;
    table
        .call_method1(intern!(py, "from_pandas"), (frame,))
        .map_err(|error| Failure::raised("it has no form in Apache Arrow", error))
}

fn arrow_stream<'py>(table: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = table.py();
    let arrow = py.import(intern!(py, "pyarrow"))?;
    let stream = arrow.call_method0(intern!(py, "BufferOutputStream"))?;
    let schema = table.getattr(intern!(py, "schema"))?;
    let writer = py.import(intern!(py, "pyarrow.ipc"))?.call_method1(intern!(py, "new_stream"), (&stream, schema))?;
    writer.call_method1(intern!(py, "write_table"), (table,))?;
    writer.call_method0(intern!(py, "close"))?;
    let buffer = stream.call_method0(intern!(py, "getvalue"))?;
    Ok(buffer.call_method0(intern!(py, "to_pybytes"))?)
}

/// The frame of polars in a stream.
pub(in crate::value) fn polars_frame<'py>(stream: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = stream.py();
    let stream = stream.cast::<PyBytes>().map_err(|_| Failure::new("a frame that is not a stream"))?;
    let file = py.import(intern!(py, "io"))?.call_method1(intern!(py, "BytesIO"), (stream,))?;
    Ok(py.import(intern!(py, "polars"))?.call_method1(intern!(py, "read_ipc_stream"), (file,))?)
}

/// The series of polars in a stream.
pub(in crate::value) fn polars_series<'py>(stream: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    Ok(polars_frame(stream)?.call_method0(intern!(stream.py(), "to_series"))?)
}

/// The table of pyarrow in a stream.
pub(in crate::value) fn read_table<'py>(stream: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = stream.py();
    let stream = stream.cast::<PyBytes>().map_err(|_| Failure::new("a frame that is not a stream"))?;
    let reader = py.import(intern!(py, "pyarrow.ipc"))?.call_method1(intern!(py, "open_stream"), (stream,))?;
    Ok(reader.call_method0(intern!(py, "read_all"))?)
}

/// The frame of pandas in a stream.
pub(in crate::value) fn pandas_frame<'py>(stream: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    Ok(read_table(stream)?.call_method0(intern!(stream.py(), "to_pandas"))?)
}

/// The series of pandas in a stream, under this name.
pub(in crate::value) fn pandas_series<'py>(
    stream: &Bound<'py, PyAny>,
    name: &Bound<'py, PyAny>,
) -> Result<Bound<'py, PyAny>, Failure> {
    let py = stream.py();
    let series = pandas_frame(stream)?.get_item(COLUMN)?;
    series.setattr(intern!(py, "name"), name)?;
    Ok(series)
}
