//! Small values of the language itself, and identifiers.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyEllipsis};

use super::super::failure::Failure;
use super::super::walk::{Piece, Walker};

pub(in crate::value) fn write_range<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    write_bounds(walker, value, tag::RANGE)
}

pub(in crate::value) fn write_slice<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    write_bounds(walker, value, tag::SLICE)
}

fn write_bounds<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>, tag: u64) -> Result<(), Failure> {
    walker.encoder().tag(tag);
    let bound = |name| value.getattr(name).map(Piece::Value);
    let pieces = vec![Piece::Array(3), bound("start")?, bound("stop")?, bound("step")?];
    walker.open_pieces(value, pieces)
}

pub(in crate::value) fn write_singleton<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let name = if value.is_instance_of::<PyEllipsis>() { "Ellipsis" } else { "NotImplemented" };
    let mut encoder = walker.encoder();
    encoder.tag(tag::SINGLETON);
    encoder.text(name);
    Ok(())
}

pub(in crate::value) fn write_uuid<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let bytes = value.getattr(intern!(walker.py, "bytes"))?;
    let mut encoder = walker.encoder();
    encoder.tag(tag::UUID);
    encoder.bytes(bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes());
    Ok(())
}
