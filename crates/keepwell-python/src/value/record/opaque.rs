//! Values without a stable content.

use keepwell_core::cbor::tag;
use keepwell_core::key::Digest;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::super::class::{Class, is_untouchable};
use super::super::failure::Failure;
use super::super::walk::{Fallback, Walker};

/// Fails, and does not touch the value; or hashes its pickle where that was asked for.
pub(in crate::value) fn write_opaque<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    write_opaque_for(walker, value, &class.name, class.reason)
}

/// [`write_opaque`], for this reason.
pub(in crate::value) fn write_opaque_for<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    name: &str,
    reason: &str,
) -> Result<(), Failure> {
    if walker.fallback == Fallback::None || is_untouchable(reason) {
        let shown = name.strip_prefix("builtins.").unwrap_or(name);
        return Err(Failure::new(format!("{shown} {reason}")));
    }
    let pickled = walker
        .py
        .import(intern!(walker.py, "cloudpickle"))?
        .call_method1(intern!(walker.py, "dumps"), (value,))
        .map_err(|error| Failure::raised(format!("{name} {reason}, and cannot be pickled"), error))?;
    let digest = Digest::of(pickled.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes());
    let mut encoder = walker.encoder();
    encoder.tag(tag::PICKLE);
    encoder.bytes(digest.as_bytes());
    Ok(())
}
