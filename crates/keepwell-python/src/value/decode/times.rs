//! Dates, times of day and spans of time.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt};

use super::super::failure::Failure;
use super::tagged::{check, parts, text};

pub(super) fn date<'py>(item: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    Ok(class(item.py(), "date")?.call_method1(intern!(item.py(), "fromisoformat"), (text(item)?,))?)
}

pub(super) fn date_time<'py>(item: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    zoned(item, "datetime")
}

pub(super) fn time<'py>(item: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    zoned(item, "time")
}

pub(super) fn duration<'py>(item: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    check(item.is_instance_of::<PyInt>(), "a duration that is not a whole number of microseconds")?;
    let options = PyDict::new(item.py());
    options.set_item(intern!(item.py(), "microseconds"), item)?;
    Ok(class(item.py(), "timedelta")?.call((), Some(&options))?)
}

/// `[text, offset, zone, fold]`.
fn zoned<'py>(item: &Bound<'py, PyAny>, name: &str) -> Result<Bound<'py, PyAny>, Failure> {
    let py = item.py();
    let [local, offset, zone, fold] = parts(item)?;
    let local = class(py, name)?.call_method1(intern!(py, "fromisoformat"), (text(&local)?,))?;
    check(local.getattr(intern!(py, "tzinfo"))?.is_none(), "a local time with an offset in it")?;
    let zone = if !zone.is_none() {
        py.import("zoneinfo")?.getattr("ZoneInfo")?.call1((text(&zone)?,))?
    } else if !offset.is_none() {
        class(py, "timezone")?.call1((duration(&offset)?,))?
    } else {
        zone
    };
    let options = PyDict::new(py);
    options.set_item(intern!(py, "tzinfo"), zone)?;
    options.set_item(intern!(py, "fold"), fold)?;
    Ok(local.call_method(intern!(py, "replace"), (), Some(&options))?)
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "datetime"))?.getattr(name)
}
