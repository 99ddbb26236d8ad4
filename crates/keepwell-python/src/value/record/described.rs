//! Values of classes written in C whose content can be asked for.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::super::class::Class;
use super::super::failure::Failure;
use super::super::walk::Walker;
use super::write_fields;

/// A type such as `list[int]` or `int | None`.
pub(in crate::value) fn write_alias<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let py = walker.py;
    let arguments = value.getattr(intern!(py, "__args__"))?;
    let origin = value.getattr_opt(intern!(py, "__origin__"))?.unwrap_or_else(|| py.None().into_bound(py));
    let fields = vec![(PyString::intern(py, "origin"), origin), (PyString::intern(py, "arguments"), arguments)];
    write_fields(walker, value, &class.name, fields)
}

/// A time zone of a fixed offset.
pub(in crate::value) fn write_zone<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let arguments = value.call_method0(intern!(walker.py, "__getinitargs__"))?;
    let arguments = arguments.cast_into::<PyTuple>().map_err(PyErr::from)?;
    let names = ["offset", "name"].into_iter().map(|name| PyString::intern(walker.py, name));
    let fields = names.zip(arguments.iter()).collect();
    write_fields(walker, value, &class.name, fields)
}

/// A value that is wholly in the text that it is shown as.
pub(in crate::value) fn write_shown<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let text = value.str()?.into_any();
    write_fields(walker, value, &class.name, vec![(PyString::intern(walker.py, "text"), text)])
}
