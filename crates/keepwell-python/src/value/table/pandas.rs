//! What pandas has.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::super::class::Kind;
use super::super::class::{Class, Writer};
use super::super::failure::Failure;
use super::super::record::write_fields;
use super::super::standard::collection::write_derived_from;
use super::super::standard::time::{write_date_time, write_duration};
use super::super::walk::{Piece, Walker};
use super::column::Column;
use super::frame::write_frame;
use super::kept::{keep_pandas_frame, keep_pandas_series};
use super::pandas_values::{describe, values};

const LIBRARY: &str = "pandas";

pub(in crate::value) fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "DataFrame" => Kind::Table(write_data_frame, keep_pandas_frame),
        "Series" => Kind::Table(write_series, keep_pandas_series),
        "MultiIndex" => Kind::Hashed(write_levels),
        "Index" | "RangeIndex" | "DatetimeIndex" | "TimedeltaIndex" | "PeriodIndex" | "CategoricalIndex"
        | "IntervalIndex" => Kind::Hashed(write_index),
        "Timestamp" => Kind::Extended(write_date_time, &["nanosecond", "unit"]),
        "Timedelta" => Kind::Extended(write_duration, &["nanoseconds", "unit"]),
        "Period" => Kind::Described(&["ordinal", "freqstr"]),
        "Interval" => Kind::Described(&["left", "right", "closed"]),
        "NaTType" | "NAType" => Kind::Classed(write_missing),
        "Categorical"
        | "IntegerArray"
        | "FloatingArray"
        | "BooleanArray"
        | "StringArray"
        | "ArrowStringArray"
        | "ArrowExtensionArray"
        | "DatetimeArray"
        | "TimedeltaArray"
        | "PeriodArray"
        | "IntervalArray"
        | "NumpyExtensionArray" => Kind::Classed(write_extension_array),
        _ => return None,
    })
}

fn write_data_frame<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    with_attributes(walker, value, class, frame)
}

fn write_series<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>, class: &Class) -> Result<(), Failure> {
    with_attributes(walker, value, class, series)
}

/// The value as it is; with what was attached to it, if anything was.
fn with_attributes<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
    write: Writer,
) -> Result<(), Failure> {
    let attached = value.getattr(intern!(walker.py, "attrs"))?;
    if attached.len()? == 0 {
        return write(walker, value);
    }
    let fields = vec![(PyString::intern(walker.py, "attrs"), attached)];
    write_derived_from(walker, value, class, Piece::As(write, value.clone()), fields)
}

pub(super) fn frame<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let py = walker.py;
    let mut columns = Vec::new();
    for column in value.call_method0(intern!(py, "items"))?.try_iter()? {
        columns.push(column?.extract()?);
    }
    let index = value.getattr(intern!(py, "index"))?;
    write_frame(walker, value, LIBRARY, columns, column, Some(index))
}

pub(super) fn series<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let py = walker.py;
    let name = value.getattr(intern!(py, "name"))?;
    let index = value.getattr(intern!(py, "index"))?;
    let name = (!name.is_none()).then_some(name);
    let (element, values) = (describe(value)?, values(value)?);
    Column { library: LIBRARY, name, element, values, index: Some(index) }.write(walker, value)
}

/// A series without its name and index, which its frame has.
fn column<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let (element, values) = (describe(value)?, values(value)?);
    Column { library: LIBRARY, name: None, element, values, index: None }.write(walker, value)
}

/// An index of one level: a range by its bounds, any other as a column with a name and no index.
fn write_index<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let py = walker.py;
    let name = value.getattr(intern!(py, "name"))?;
    let name = (!name.is_none()).then_some(name);
    let is_range = value.get_type().name()? == "RangeIndex";
    let (element, values) = if is_range {
        let bound = |name| value.getattr(name);
        let range = py.import("builtins")?.getattr("range")?;
        let range = range.call1((bound("start")?, bound("stop")?, bound("step")?))?;
        (Piece::Text("range".to_owned()), vec![Piece::Value(range)])
    } else {
        (describe(value)?, values(value)?)
    };
    Column { library: LIBRARY, name, element, values, index: None }.write(walker, value)
}

/// An index of several levels: a frame of them without an index.
fn write_levels<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let py = walker.py;
    let mut levels = Vec::new();
    for (level, name) in value.getattr(intern!(py, "names"))?.try_iter()?.enumerate() {
        levels.push((name?, value.call_method1(intern!(py, "get_level_values"), (level,))?));
    }
    write_frame(walker, value, LIBRARY, levels, column, None)
}

fn write_missing<'py>(walker: &mut Walker<'py, '_>, _: &Bound<'py, PyAny>, class: &Class) -> Result<(), Failure> {
    let name = if class.name.ends_with("NaTType") { "pandas.NaT" } else { "pandas.NA" };
    let mut encoder = walker.encoder();
    encoder.tag(keepwell_core::cbor::tag::SINGLETON);
    encoder.text(name);
    Ok(())
}

/// An array of one of pandas' own types.
fn write_extension_array<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let py = walker.py;
    let series = py.import(intern!(py, "pandas"))?.call_method1(intern!(py, "Series"), (value,))?;
    write_fields(walker, value, &class.name, vec![(PyString::intern(py, "values"), series)])
}
