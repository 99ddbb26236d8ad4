//! Writes arrays, and scalars that came from one.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;

use super::super::class::Class;
use super::super::failure::Failure;
use super::super::walk::{Piece, Walker};
use super::contents::write_contents;
use super::element::Element;

/// A typed array where RFC 8746 has one; else `[type, [dimensions], bytes or items]`.
pub(in crate::value) fn write_array<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let py = walker.py;
    let element = Element::of(&value.getattr(intern!(py, "dtype"))?, walker.mode)?;
    let shape: Vec<u64> = value.getattr(intern!(py, "shape"))?.extract()?;
    if let Some(tag) = element.tag {
        if shape.len() != 1 {
            let mut encoder = walker.encoder();
            encoder.tag(tag::DIMENSIONS);
            encoder.array(2);
            write_shape(walker, &shape);
        }
        walker.encoder().tag(tag);
        return write_bytes_of(walker, value);
    }
    let mut encoder = walker.encoder();
    encoder.tag(tag::ARRAY);
    encoder.array(3);
    let mut pieces = vec![Piece::Value(element.description), Piece::As(write_shape_of, value.clone())];
    if element.has_objects {
        let items = value.call_method0(intern!(py, "ravel"))?.call_method0(intern!(py, "tolist"))?;
        pieces.push(Piece::Value(items));
    } else if let Some(packed) = element.packed {
        pieces.push(Piece::As(write_bytes_of, value.call_method1(intern!(py, "astype"), (packed,))?));
    } else {
        pieces.push(Piece::As(write_bytes_of, value.clone()));
    }
    walker.open_pieces(value, pieces)
}

/// `[type, bytes]`.
pub(in crate::value) fn write_scalar<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    _: &Class,
) -> Result<(), Failure> {
    let py = walker.py;
    let element = Element::of(&value.getattr(intern!(py, "dtype"))?, walker.mode)?;
    let array = py.import(intern!(py, "numpy"))?.call_method1(intern!(py, "asarray"), (value,))?;
    if element.has_objects {
        return write_array(walker, &array);
    }
    let packed = match element.packed {
        Some(packed) => array.call_method1(intern!(py, "astype"), (packed,))?,
        None => array,
    };
    let bytes = packed.call_method0(intern!(py, "tobytes"))?;
    let mut encoder = walker.encoder();
    encoder.tag(tag::SCALAR);
    encoder.array(2);
    walker.open_pieces(value, vec![Piece::Value(element.description), Piece::Value(bytes)])
}

fn write_shape_of<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let shape: Vec<u64> = value.getattr(intern!(walker.py, "shape"))?.extract()?;
    write_shape(walker, &shape);
    Ok(())
}

fn write_shape(walker: &mut Walker<'_, '_>, shape: &[u64]) {
    let mut encoder = walker.encoder();
    encoder.array(shape.len());
    shape.iter().for_each(|&dimension| encoder.unsigned(dimension));
}

/// The elements as a byte string.
fn write_bytes_of<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let length: usize = value.getattr(intern!(walker.py, "nbytes"))?.extract()?;
    walker.encoder().bytes_head(length);
    write_contents(value, walker.sink())
}
