//! Functions and classes: their names and their code.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyType};

use super::class::{Class, qualified_name};
use super::failure::Failure;
use super::record::write_fields;
use super::walk::Walker;

/// The bit in a class's flags that says that it was made at run time.
const MADE_AT_RUN_TIME: u64 = 1 << 9;

pub(super) fn write_class<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    _: &Class,
) -> Result<(), Failure> {
    let class = value.cast::<PyType>().map_err(PyErr::from)?;
    let flags: u64 = class.getattr(intern!(walker.py, "__flags__"))?.extract()?;
    write_code(walker, value, tag::CLASS, flags & MADE_AT_RUN_TIME != 0)
}

/// A function; one that is written in C and bound to a value is a method.
pub(super) fn write_function<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let has_code = value.hasattr(intern!(walker.py, "__code__"))?;
    if !has_code
        && let Some(bound_to) = value.getattr_opt(intern!(walker.py, "__self__"))?
        && !bound_to.is_none()
        && !bound_to.is_instance_of::<pyo3::types::PyModule>()
    {
        let name = value.getattr(intern!(walker.py, "__name__"))?;
        let fields =
            vec![(PyString::intern(walker.py, "__name__"), name), (PyString::intern(walker.py, "__self__"), bound_to)];
        return write_fields(walker, value, &class.name, fields);
    }
    write_code(walker, value, tag::FUNCTION, has_code)
}

/// A method and the value that it is bound to.
pub(super) fn write_method<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    write_attributes(walker, value, class, &["__func__", "__self__"])
}

/// What a class turns into something else when it is asked for: the functions behind it.
pub(super) fn write_property_of<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let is_property = value.hasattr(intern!(walker.py, "fget"))?;
    write_attributes(walker, value, class, if is_property { &["fget", "fset", "fdel"] } else { &["__func__"] })
}

fn write_attributes<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
    names: &[&str],
) -> Result<(), Failure> {
    let mut fields = Vec::with_capacity(names.len());
    for name in names {
        fields.push((PyString::intern(walker.py, name), value.getattr(*name)?));
    }
    write_fields(walker, value, &class.name, fields)
}

/// `[qualified name, digest of the code]`; nothing in the place of the digest for what is written in C.
fn write_code<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    tag: u64,
    has_code: bool,
) -> Result<(), Failure> {
    let name = qualified_name(value)?;
    let digest = if has_code { Some(code_digest(value)?) } else { None };
    let mut encoder = walker.encoder();
    encoder.tag(tag);
    encoder.array(2);
    encoder.text(&name);
    match digest {
        Some(digest) => encoder.bytes(digest.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes()),
        None => encoder.null(),
    }
    Ok(())
}

fn code_digest<'py>(value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = value.py();
    let digest = py.import(intern!(py, "keepwell._source"))?.call_method1(intern!(py, "code_digest"), (value,));
    digest.map_err(|error| Failure::raised("its code cannot be read", error))
}
