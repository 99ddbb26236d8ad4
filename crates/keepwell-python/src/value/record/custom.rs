//! What the user says stands for a value.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;

use super::super::class::Class;
use super::super::failure::Failure;
use super::super::walk::{Piece, Walker};

/// What a registered encoder gives for the value.
pub(in crate::value) fn write_custom<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let Some((encoder, version)) = &class.encoder else {
        return Err(Failure::new(format!("{} has lost its encoder", class.name)));
    };
    let given = encoder
        .bind(walker.py)
        .call1((value,))
        .map_err(|error| Failure::raised(format!("the encoder of {} failed", class.name), error))?;
    write_given(walker, value, class, *version, given)
}

/// What the value's own `__keepwell_key__` gives.
pub(in crate::value) fn write_own_key<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let given = value
        .call_method0(intern!(walker.py, "__keepwell_key__"))
        .map_err(|error| Failure::raised(format!("`__keepwell_key__` of {} failed", class.name), error))?;
    write_given(walker, value, class, 1, given)
}

/// `[class, version, item]`.
pub(super) fn write_given<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
    version: u64,
    given: Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let mut encoder = walker.encoder();
    encoder.tag(tag::CUSTOM);
    encoder.array(3);
    encoder.text(&class.name);
    encoder.unsigned(version);
    walker.open_pieces(value, vec![Piece::Value(given)])
}
