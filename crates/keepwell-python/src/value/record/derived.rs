//! Instances of classes that are derived from a built-in one.

use pyo3::prelude::*;

use super::super::class::Class;
use super::super::failure::Failure;
use super::super::standard::collection::write_derived_from;
use super::super::walk::{Piece, Walker};

/// The built-in value, and the fields that the class adds.
pub(in crate::value) fn write_derived<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let Some(write) = class.base else {
        return Err(Failure::new(format!("{} has no base", class.name)));
    };
    let fields = class.fields_of(value)?;
    write_derived_from(walker, value, class, Piece::As(write, value.clone()), fields)
}
