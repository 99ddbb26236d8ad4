//! What pyarrow has.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::super::class::{Class, Kind};
use super::super::failure::Failure;
use super::super::standard::collection::write_derived_from;
use super::super::walk::{Piece, Slices, Walker};
use super::column::{Column, as_bytes, masked};
use super::frame::write_frame;
use super::kept::keep_arrow_table;

const LIBRARY: &str = "pyarrow";

pub(in crate::value) fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "Table" => Kind::Table(|walker, value, _| write_table(walker, value, LIBRARY), keep_arrow_table),
        "RecordBatch" => Kind::Hashed(|walker, value| write_table(walker, value, "pyarrow.RecordBatch")),
        "ChunkedArray" => Kind::Hashed(write_column),
        _ if name.ends_with("Array") => Kind::Hashed(|walker, value| write_values(walker, value, "pyarrow.Array")),
        _ if name.ends_with("Scalar") => Kind::Classed(write_scalar),
        _ => return None,
    })
}

fn write_table<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    library: &'static str,
) -> Result<(), Failure> {
    let py = walker.py;
    let names = value.getattr(intern!(py, "schema"))?.getattr(intern!(py, "names"))?;
    let mut columns = Vec::new();
    for (index, name) in names.try_iter()?.enumerate() {
        columns.push((name?, value.call_method1(intern!(py, "column"), (index,))?));
    }
    write_frame(walker, value, library, columns, write_column, None)
}

fn write_column<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    write_values(walker, value, LIBRARY)
}

fn write_values<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    library: &'static str,
) -> Result<(), Failure> {
    let element = value.getattr(intern!(walker.py, "type"))?;
    let element = Piece::Text(element.str()?.to_string());
    Column { library, name: None, element, values: values(value)?, index: None }.write(walker, value)
}

fn write_scalar<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>, class: &Class) -> Result<(), Failure> {
    let py = walker.py;
    let plain = value.call_method0(intern!(py, "as_py"))?;
    let element = value.getattr(intern!(py, "type"))?.str()?.into_any();
    let fields = vec![(PyString::intern(py, "type"), element)];
    write_derived_from(walker, value, class, Piece::Value(plain), fields)
}

/// Fixed widths as an array of the numbers that stand for the values, anything else item by item.
pub(super) fn values<'py>(column: &Bound<'py, PyAny>) -> Result<Vec<Piece<'py>>, Failure> {
    let py = column.py();
    if Width::of(&column.getattr(intern!(py, "type"))?)?.is_none() {
        return Ok(vec![Piece::Slices(Slices::new(column.clone(), to_list)?)]);
    }
    let has_missing = column.getattr(intern!(py, "null_count"))?.extract::<u64>()? > 0;
    Ok(if has_missing { masked(column, missing, filled) } else { vec![Piece::Blocks(column.clone(), filled)] })
}

fn missing<'py>(slice: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    as_bytes(&to_numpy(&combined(slice)?.call_method0(intern!(slice.py(), "is_null"))?)?)
}

/// The numbers that stand for the values, zero for those that are missing.
fn filled<'py>(slice: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = slice.py();
    let array = combined(slice)?;
    let numbers = match Width::of(&array.getattr(intern!(py, "type"))?)? {
        Some(width) => width.numbers(&array)?,
        None => array,
    };
    if numbers.getattr(intern!(py, "null_count"))?.extract::<u64>()? == 0 {
        return to_numpy(&numbers);
    }
    to_numpy(&numbers.call_method1(intern!(py, "fill_null"), (0,))?)
}

fn combined<'py>(slice: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    match slice.getattr_opt(intern!(slice.py(), "combine_chunks"))? {
        Some(combine) => combine.call0(),
        None => Ok(slice.clone()),
    }
}

fn to_list<'py>(slice: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    Ok(slice.call_method0(intern!(slice.py(), "to_pylist"))?.cast_into()?)
}

fn to_numpy<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let options = PyDict::new(array.py());
    options.set_item(intern!(array.py(), "zero_copy_only"), false)?;
    array.call_method(intern!(array.py(), "to_numpy"), (), Some(&options))
}

/// How the values of a type of fixed width become numbers.
enum Width {
    /// They are.
    Number,
    /// Truth values are not kept as bytes.
    Boolean,
    /// Times, by the numbers of so many bits that stand for them.
    Bits(u64),
}

impl Width {
    fn of(element: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = element.py();
        let types = py.import(intern!(py, "pyarrow.types"))?;
        let is = |kind| types.call_method1(kind, (element,))?.is_truthy();
        if is("is_boolean")? {
            return Ok(Some(Self::Boolean));
        }
        if is("is_integer")? || is("is_floating")? {
            return Ok(Some(Self::Number));
        }
        if !is("is_temporal")? || is("is_interval")? {
            return Ok(None);
        }
        Ok(Some(Self::Bits(element.getattr(intern!(py, "bit_width"))?.extract()?)))
    }

    fn numbers<'py>(self, array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = array.py();
        let arrow = py.import(intern!(py, "pyarrow"))?;
        match self {
            Self::Number => Ok(array.clone()),
            Self::Boolean => array.call_method1(intern!(py, "cast"), (arrow.call_method0("uint8")?,)),
            Self::Bits(bits) => {
                let number = arrow.call_method0(format!("int{bits}").as_str())?;
                array.call_method1(intern!(py, "view"), (number,))
            }
        }
    }
}
