//! What polars has.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use super::super::class::Kind;
use super::super::failure::Failure;
use super::super::walk::{Piece, Slices, Walker};
use super::column::{Column, as_bytes, masked};
use super::frame::write_frame;
use super::kept::{keep_polars_frame, keep_polars_series};

const LIBRARY: &str = "polars";

pub(in crate::value) fn kind(name: &str) -> Option<Kind> {
    match name {
        "DataFrame" => Some(Kind::Table(|walker, value, _| write_data_frame(walker, value), keep_polars_frame)),
        "Series" => Some(Kind::Table(|walker, value, _| write_series(walker, value), keep_polars_series)),
        _ => None,
    }
}

fn write_data_frame<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let mut columns = Vec::new();
    for column in value.call_method0(intern!(walker.py, "get_columns"))?.try_iter()? {
        let column = column?;
        columns.push((column.getattr(intern!(walker.py, "name"))?, column));
    }
    write_frame(walker, value, LIBRARY, columns, write_column, None)
}

fn write_series<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let name = Some(value.getattr(intern!(walker.py, "name"))?);
    let (element, values) = (describe(value)?, values(value)?);
    Column { library: LIBRARY, name, element, values, index: None }.write(walker, value)
}

fn write_column<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let (element, values) = (describe(value)?, values(value)?);
    Column { library: LIBRARY, name: None, element, values, index: None }.write(walker, value)
}

/// The type's full text: the short one leaves out what is long.
fn describe<'py>(series: &Bound<'py, PyAny>) -> Result<Piece<'py>, Failure> {
    let py = series.py();
    let data_type = series.getattr(intern!(py, "dtype"))?;
    if data_type.get_type().name()? == "Enum" {
        let categories = data_type.getattr(intern!(py, "categories"))?.call_method0(intern!(py, "to_list"))?;
        let element = PyList::new(py, [PyString::intern(py, "Enum").into_any(), categories])?;
        return Ok(Piece::Value(element.into_any()));
    }
    Ok(Piece::Text(data_type.repr()?.to_string()))
}

/// Fixed widths as an array of the numbers that stand for the values, anything else item by item.
fn values<'py>(series: &Bound<'py, PyAny>) -> Result<Vec<Piece<'py>>, Failure> {
    let py = series.py();
    let Some(kind) = Fixed::of(series)? else {
        return Ok(vec![Piece::Slices(Slices::new(series.clone(), to_list)?)]);
    };
    if series.call_method0(intern!(py, "null_count"))?.extract::<u64>()? > 0 {
        return Ok(masked(series, missing, filled));
    }
    let is_one_piece = series.call_method0(intern!(py, "n_chunks"))?.extract::<u64>()? == 1;
    if is_one_piece && matches!(kind, Fixed::Number) {
        return Ok(vec![Piece::Value(series.call_method0(intern!(py, "to_numpy"))?)]);
    }
    Ok(vec![Piece::Blocks(series.clone(), filled)])
}

/// How the values of a type of fixed width become numbers.
enum Fixed {
    Number,
    Time,
    Boolean,
}

impl Fixed {
    fn of(series: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = series.py();
        let class = series.getattr(intern!(py, "dtype"))?.call_method0(intern!(py, "base_type"))?;
        let name: String = class.getattr(intern!(py, "__name__"))?.extract()?;
        Ok(Some(match name.as_str() {
            "Int8" | "Int16" | "Int32" | "Int64" | "UInt8" | "UInt16" | "UInt32" | "UInt64" | "Float32" | "Float64" => {
                Self::Number
            }
            "Date" | "Datetime" | "Duration" | "Time" => Self::Time,
            "Boolean" => Self::Boolean,
            _ => return Ok(None),
        }))
    }
}

fn missing<'py>(slice: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    as_bytes(&slice.call_method0(intern!(slice.py(), "is_null"))?.call_method0(intern!(slice.py(), "to_numpy"))?)
}

/// The numbers that stand for the values, zero for those that are missing.
fn filled<'py>(slice: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = slice.py();
    let numbers = match Fixed::of(slice)? {
        Some(Fixed::Time) => slice.call_method0(intern!(py, "to_physical"))?,
        Some(Fixed::Boolean) => {
            let byte = py.import(intern!(py, "polars"))?.getattr(intern!(py, "UInt8"))?;
            slice.call_method1(intern!(py, "cast"), (byte,))?
        }
        _ => slice.clone(),
    };
    numbers.call_method1(intern!(py, "fill_null"), (0,))?.call_method0(intern!(py, "to_numpy"))
}

fn to_list<'py>(slice: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    Ok(slice.call_method0(intern!(slice.py(), "to_list"))?.cast_into()?)
}
