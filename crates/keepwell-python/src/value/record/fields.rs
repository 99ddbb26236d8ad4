//! Records: a name and named fields.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::super::class::{Class, EMPTY, Fields};
use super::super::failure::Failure;
use super::super::walk::Walker;
use super::write_opaque_for;

/// An instance whose class says which fields it has, be it none.
pub(in crate::value) fn write_record<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let fields = class.fields_of(value)?;
    write_fields(walker, value, &class.name, fields)
}

/// An instance of an ordinary class. One without any field is nothing but itself.
pub(in crate::value) fn write_plain_object<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let fields = class.fields_of(value)?;
    if fields.is_empty() {
        return write_opaque_for(walker, value, &class.name, EMPTY);
    }
    write_fields(walker, value, &class.name, fields)
}

/// A tuple whose elements have names.
pub(in crate::value) fn write_named_tuple<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let elements = value.cast::<PyTuple>().map_err(PyErr::from)?;
    let names = value.get_type().getattr(intern!(walker.py, "_fields"))?;
    let names = names.cast::<PyTuple>().map_err(PyErr::from)?;
    if names.len() != elements.len() {
        return Err(Failure::new(format!("{} has other elements than names", class.name)));
    }
    let mut fields = Fields::with_capacity(elements.len());
    for (name, element) in names.iter().zip(elements.iter()) {
        fields.push((name.cast_into::<PyString>().map_err(PyErr::from)?, element));
    }
    fields.extend(class.fields_of(value)?);
    write_fields(walker, value, &class.name, fields)
}

/// `[name, {named fields}]`.
pub(in crate::value) fn write_fields<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    name: &str,
    fields: Fields<'py>,
) -> Result<(), Failure> {
    let mut encoder = walker.encoder();
    encoder.tag(tag::RECORD);
    encoder.array(2);
    encoder.text(name);
    walker.open_fields(value, fields)
}
