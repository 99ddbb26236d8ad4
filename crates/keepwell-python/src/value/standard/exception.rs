//! Exceptions as values.

use pyo3::intern;
use pyo3::prelude::*;

use super::super::failure::Failure;
use super::super::walk::Walker;
use super::collection::write_tagged_tuple;

/// The arguments. What else an exception has are fields of its class.
pub(in crate::value) fn write_exception<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let arguments = value.getattr(intern!(walker.py, "args"))?;
    write_tagged_tuple(walker, &arguments)
}
