//! Paths: where something is, not what is there.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::super::failure::Failure;
use super::super::walk::Walker;

pub(in crate::value) fn write_posix_path<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    write_path(walker, value, "posix")
}

pub(in crate::value) fn write_windows_path<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    write_path(walker, value, "windows")
}

fn write_path<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>, flavour: &str) -> Result<(), Failure> {
    let text = value.call_method0(intern!(walker.py, "__fspath__"))?;
    let text = text.cast::<PyString>().map_err(PyErr::from)?;
    let mut encoder = walker.encoder();
    encoder.tag(tag::PATH);
    encoder.array(2);
    encoder.text(flavour);
    if let Ok(text) = text.to_str() {
        encoder.text(text);
        return Ok(());
    }
    let encoded = walker.py.import(intern!(walker.py, "os"))?.call_method1(intern!(walker.py, "fsencode"), (text,))?;
    walker.encoder().bytes(encoded.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes());
    Ok(())
}
