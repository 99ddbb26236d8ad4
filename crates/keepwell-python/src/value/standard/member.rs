//! Members of enumerations.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::super::class::Class;
use super::super::failure::Failure;
use super::super::walk::{Piece, Walker};
use super::number::write_integer;

/// `[class, name]`, or the number for a name where flags are combined.
pub(in crate::value) fn write_member<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let py = walker.py;
    let name = value.getattr(intern!(py, "_name_"))?;
    let members = value.get_type().getattr(intern!(py, "_member_map_"))?;
    let mut encoder = walker.encoder();
    encoder.tag(tag::ENUM);
    encoder.array(2);
    encoder.text(&class.name);
    if let Ok(name) = name.cast::<PyString>()
        && members.contains(name)?
    {
        walker.encoder().text(name.to_str()?);
        return Ok(());
    }
    let number = value.getattr(intern!(py, "_value_"))?;
    walker.open_pieces(value, vec![Piece::As(write_integer, number)])
}
