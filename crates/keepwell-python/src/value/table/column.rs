//! A column: the values, which may be missing, and what is known of them.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::super::array::MakeArray;
use super::super::failure::Failure;
use super::super::walk::{Piece, Walker};

/// A column as it is written.
pub(super) struct Column<'py> {
    pub(super) library: &'static str,
    pub(super) name: Option<Bound<'py, PyAny>>,
    pub(super) element: Piece<'py>,
    pub(super) values: Vec<Piece<'py>>,
    pub(super) index: Option<Bound<'py, PyAny>>,
}

impl<'py> Column<'py> {
    /// Writes `[library, name, type, values, index]`, as what `owner` holds.
    pub(super) fn write(self, walker: &mut Walker<'py, '_>, owner: &Bound<'py, PyAny>) -> Result<(), Failure> {
        let mut encoder = walker.encoder();
        encoder.tag(tag::COLUMN);
        encoder.array(5);
        encoder.text(self.library);
        let name = self.name.map_or(Piece::Null, |name| Piece::Named("name".to_owned(), name));
        let index = self.index.map_or(Piece::Null, |index| Piece::Named("index".to_owned(), index));
        let pieces = [name, self.element].into_iter().chain(self.values).chain([index]);
        walker.open_pieces(owner, pieces.collect())
    }
}

/// Values of a fixed width of which some are missing: which, and all with zeros for those.
pub(super) fn masked<'py>(column: &Bound<'py, PyAny>, missing: MakeArray, filled: MakeArray) -> Vec<Piece<'py>> {
    let (missing, filled) = (Piece::Blocks(column.clone(), missing), Piece::Blocks(column.clone(), filled));
    vec![Piece::Tag(tag::TUPLE), Piece::Array(2), missing, filled]
}

/// Truth values as bytes.
pub(super) fn as_bytes<'py>(truths: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    truths.call_method1(intern!(truths.py(), "astype"), (intern!(truths.py(), "uint8"),))
}

/// The items of a slice of a column of pandas, nothing for those that are missing.
pub(super) fn items<'py>(slice: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let py = slice.py();
    let objects = slice.call_method1(intern!(py, "astype"), (intern!(py, "object"),))?;
    let items = objects.call_method0(intern!(py, "tolist"))?.cast_into::<PyList>()?;
    let missing = slice.call_method0(intern!(py, "isna"))?;
    if missing.call_method0(intern!(py, "any"))?.is_truthy()? {
        let missing = missing.call_method0(intern!(py, "tolist"))?.cast_into::<PyList>()?;
        for (index, is_missing) in missing.iter().enumerate() {
            if is_missing.is_truthy()? {
                items.set_item(index, py.None())?;
            }
        }
    }
    Ok(items)
}
