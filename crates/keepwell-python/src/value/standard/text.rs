//! Texts and what holds bytes.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};

use super::super::failure::Failure;
use super::super::walk::Walker;

/// How many bytes are copied at a time where memory cannot be read in place.
const CHUNK: usize = 1 << 20;

pub(in crate::value) fn write_text<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let text = value.cast::<PyString>().map_err(PyErr::from)?;
    let text = text.to_str().map_err(|_| Failure::new("it is a text with a lone surrogate, which is not Unicode"))?;
    walker.encoder().text(text);
    Ok(())
}

pub(in crate::value) fn write_bytes<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let bytes = value.cast::<PyBytes>().map_err(PyErr::from)?;
    walker.encoder().bytes(bytes.as_bytes());
    Ok(())
}

/// Copies, because whoever holds it can change its length at any time where there is no global lock.
pub(in crate::value) fn write_byte_array<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let array = value.cast::<PyByteArray>().map_err(PyErr::from)?;
    let mut encoder = walker.encoder();
    encoder.tag(tag::BYTE_ARRAY);
    if array.len() <= CHUNK {
        encoder.bytes(&array.to_vec());
        return Ok(());
    }
    let view = view_of(value)?;
    write_view(walker, &view, array.len())
}

/// `[format, [dimensions], bytes in row-major order]`.
pub(in crate::value) fn write_memory_view<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let py = walker.py;
    let format: String = value.getattr(intern!(py, "format"))?.extract()?;
    let shape: Vec<u64> = value.getattr(intern!(py, "shape"))?.extract()?;
    let length: usize = value.getattr(intern!(py, "nbytes"))?.extract()?;
    let is_contiguous = value.getattr(intern!(py, "c_contiguous"))?.is_truthy()?;
    let mut encoder = walker.encoder();
    encoder.tag(tag::MEMORY_VIEW);
    encoder.array(3);
    encoder.text(&format);
    encoder.array(shape.len());
    shape.iter().for_each(|&dimension| encoder.unsigned(dimension));
    if is_contiguous {
        return write_view(walker, &value.call_method1(intern!(py, "cast"), ("B",))?, length);
    }
    let copy = value.call_method0(intern!(py, "tobytes"))?;
    write_bytes(walker, &copy)
}

fn view_of<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    value.py().import(intern!(value.py(), "builtins"))?.getattr(intern!(value.py(), "memoryview"))?.call1((value,))
}

/// Writes a view of so many single bytes as a byte string, a piece at a time.
fn write_view<'py>(walker: &mut Walker<'py, '_>, view: &Bound<'py, PyAny>, length: usize) -> Result<(), Failure> {
    walker.encoder().bytes_head(length);
    for start in (0..length).step_by(CHUNK) {
        let end = length.min(start + CHUNK);
        let piece = view.get_item(pyo3::types::PySlice::new(walker.py, start as isize, end as isize, 1))?;
        let piece = piece.call_method0(intern!(walker.py, "tobytes"))?;
        walker.sink().write(piece.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes());
    }
    Ok(())
}
