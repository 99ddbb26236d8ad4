//! A frame: columns in their order, and what the rows are called.

use keepwell_core::cbor::tag;
use pyo3::prelude::*;

use super::super::class::Writer;
use super::super::failure::Failure;
use super::super::walk::{Piece, Walker};

/// Writes `[library, [[name, column], …], index or null]`.
pub(super) fn write_frame<'py>(
    walker: &mut Walker<'py, '_>,
    owner: &Bound<'py, PyAny>,
    library: &str,
    columns: Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
    write_column: Writer,
    index: Option<Bound<'py, PyAny>>,
) -> Result<(), Failure> {
    let mut encoder = walker.encoder();
    encoder.tag(tag::FRAME);
    encoder.array(3);
    encoder.text(library);
    encoder.array(columns.len());
    let mut pieces = Vec::with_capacity(columns.len() * 3 + 1);
    for (name, column) in columns {
        pieces.extend([Piece::Array(2), Piece::Value(name), Piece::As(write_column, column)]);
    }
    pieces.push(index.map_or(Piece::Null, |index| Piece::Named("index".to_owned(), index)));
    walker.open_pieces(owner, pieces)
}
