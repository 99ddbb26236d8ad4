//! An array that is made from something else, a block at a time.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PySlice;

use super::super::failure::Failure;
use super::super::walk::Walker;
use super::contents::write_contents;
use super::element::Element;

/// How many elements are made at a time.
const LENGTH: usize = 1 << 18;

/// Makes an array of one dimension from a slice.
pub(in crate::value) type MakeArray = for<'py> fn(&Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>>;

/// Writes the array of one dimension that all slices of `source` make together.
pub(in crate::value) fn write_blocks<'py>(
    walker: &mut Walker<'py, '_>,
    source: &Bound<'py, PyAny>,
    make: MakeArray,
) -> Result<(), Failure> {
    let py = walker.py;
    let length = source.len()?;
    let slice = |start: usize, end: usize| source.get_item(PySlice::new(py, start as isize, end as isize, 1));
    let data_type = make(&slice(0, 0)?)?.getattr(intern!(py, "dtype"))?;
    let width: usize = data_type.getattr(intern!(py, "itemsize"))?.extract()?;
    let element = Element::of(&data_type, walker.mode)?;
    match element.tag {
        Some(tag) => walker.encoder().tag(tag),
        None => {
            let description: String = element.description.extract()?;
            let mut encoder = walker.encoder();
            encoder.tag(tag::ARRAY);
            encoder.array(3);
            encoder.text(&description);
            encoder.array(1);
            encoder.unsigned(length as u64);
        }
    }
    walker.encoder().bytes_head(length * width);
    for start in (0..length).step_by(LENGTH) {
        write_contents(&make(&slice(start, length.min(start + LENGTH))?)?, walker.sink())?;
    }
    Ok(())
}
