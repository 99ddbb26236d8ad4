//! Dates, times of day and spans of time.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::super::failure::Failure;
use super::super::walk::{Mode, Walker};

const DATE_TIME_LENGTH: usize = "2026-11-23T07:30:00.000000".len();
const TIME_LENGTH: usize = "07:30:00.000000".len();

pub(in crate::value) fn write_date<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let text = base(walker.py, "date")?.call_method1(intern!(walker.py, "isoformat"), (value,))?;
    let mut encoder = walker.encoder();
    encoder.tag(tag::DATE);
    encoder.text(text.cast::<PyString>().map_err(PyErr::from)?.to_str()?);
    Ok(())
}

pub(in crate::value) fn write_date_time<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let text = base(walker.py, "datetime")?.call_method1("isoformat", (value, "T", "microseconds"))?;
    write_zoned(walker, value, tag::DATE_TIME, &text, DATE_TIME_LENGTH)
}

pub(in crate::value) fn write_time<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let text = base(walker.py, "time")?.call_method1("isoformat", (value, "microseconds"))?;
    write_zoned(walker, value, tag::TIME, &text, TIME_LENGTH)
}

pub(in crate::value) fn write_duration<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Failure> {
    let duration = microseconds(value)?;
    let mut encoder = walker.encoder();
    encoder.tag(tag::DURATION);
    encoder.integer_128(duration);
    Ok(())
}

/// `[text, offset, zone, fold]`.
fn write_zoned<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    tag: u64,
    text: &Bound<'py, PyAny>,
    length: usize,
) -> Result<(), Failure> {
    let py = walker.py;
    let offset = value.call_method0(intern!(py, "utcoffset"))?;
    let offset = if offset.is_none() { None } else { Some(microseconds(&offset)?) };
    let zone = zone(&value.getattr(intern!(py, "tzinfo"))?, walker.mode)?;
    let fold: u64 = value.getattr(intern!(py, "fold"))?.extract()?;
    let text = text.cast::<PyString>().map_err(PyErr::from)?.to_str()?;
    let mut encoder = walker.encoder();
    encoder.tag(tag);
    encoder.array(4);
    // What follows is the offset, in a form that depends on it.
    encoder.text(text.get(..length).ok_or_else(|| Failure::new("its text is too short"))?);
    match offset {
        Some(offset) => encoder.integer_128(offset),
        None => encoder.null(),
    }
    match zone {
        Some(zone) => encoder.text(&zone),
        None => encoder.null(),
    }
    encoder.unsigned(fold);
    Ok(())
}

/// The IANA name of a zone that has one; nothing for a fixed offset; the class of any other zone.
fn zone(zone: &Bound<'_, PyAny>, mode: Mode) -> Result<Option<String>, Failure> {
    let py = zone.py();
    if zone.is_none() {
        return Ok(None);
    }
    let class = zone.get_type();
    if class.is(base(py, "timezone")?) {
        let has_name = zone.call_method0(intern!(py, "__getinitargs__"))?.len()? > 1;
        return match (has_name, mode) {
            (true, Mode::Value) => Err(Failure::new("its time zone has a name of its own, and would lose it")),
            (true, Mode::Key) => {
                let name: String = zone.call_method1(intern!(py, "tzname"), (py.None(),))?.extract()?;
                Ok(Some(format!("timezone({name})")))
            }
            (false, _) => Ok(None),
        };
    }
    let module: String = class.getattr(intern!(py, "__module__"))?.extract()?;
    if module == "zoneinfo" || module == "backports.zoneinfo" {
        let key = zone.getattr(intern!(py, "key"))?;
        if !key.is_none() {
            return Ok(Some(key.extract()?));
        }
    }
    if mode == Mode::Value {
        return Err(Failure::new(format!("a time zone of the class {module}.{} is not plain data", class.qualname()?)));
    }
    match zone.getattr_opt(intern!(py, "zone"))? {
        Some(name) if name.is_instance_of::<PyString>() => Ok(Some(name.extract()?)),
        _ => {
            let shown = zone.repr()?.to_string();
            if shown.contains(" at 0x") {
                return Err(Failure::new(format!(
                    "the time zone {module}.{} shows nothing of itself",
                    class.qualname()?
                )));
            }
            Ok(Some(shown))
        }
    }
}

/// More than 64 bits hold, at the end of what a duration can be.
fn microseconds(duration: &Bound<'_, PyAny>) -> PyResult<i128> {
    let py = duration.py();
    let days: i64 = duration.getattr(intern!(py, "days"))?.extract()?;
    let seconds: i64 = duration.getattr(intern!(py, "seconds"))?.extract()?;
    let microseconds: i64 = duration.getattr(intern!(py, "microseconds"))?.extract()?;
    Ok((i128::from(days) * 86_400 + i128::from(seconds)) * 1_000_000 + i128::from(microseconds))
}

/// A class of the module `datetime`.
fn base<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "datetime"))?.getattr(name)
}
