//! The values in a column of pandas, whatever it keeps them in.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::super::failure::Failure;
use super::super::walk::{Piece, Slices};
use super::arrow;
use super::column::{as_bytes, items, masked};

/// The type's item: its name, and what the name leaves out.
pub(super) fn describe<'py>(column: &Bound<'py, PyAny>) -> Result<Piece<'py>, Failure> {
    let py = column.py();
    let data_type = column.getattr(intern!(py, "dtype"))?;
    let name = data_type.str()?;
    let mut parts = vec![name.into_any()];
    if let Some(categories) = data_type.getattr_opt(intern!(py, "categories"))? {
        parts.extend([categories, data_type.getattr(intern!(py, "ordered"))?]);
    }
    // The frequency of an index is not in its type.
    if let Some(frequency) = column.getattr_opt(intern!(py, "freqstr"))?
        && frequency.is_instance_of::<PyString>()
    {
        parts.push(frequency);
    }
    if let [name] = parts.as_slice() {
        return Ok(Piece::Value(name.clone()));
    }
    Ok(Piece::Value(PyList::new(py, parts)?.into_any()))
}

/// The values of a series or index.
pub(super) fn values<'py>(column: &Bound<'py, PyAny>) -> Result<Vec<Piece<'py>>, Failure> {
    let py = column.py();
    let data_type = column.getattr(intern!(py, "dtype"))?;
    if data_type.is_instance(&py.import(intern!(py, "numpy"))?.getattr(intern!(py, "dtype"))?)? {
        let values = column.call_method0(intern!(py, "to_numpy"))?;
        let has_objects = data_type.getattr(intern!(py, "hasobject"))?.is_truthy()?;
        if has_objects {
            return Ok(vec![Piece::Slices(Slices::new(values, to_list)?)]);
        }
        return Ok(vec![Piece::Value(values)]);
    }
    let array = column.getattr(intern!(py, "array"))?;
    match data_type.get_type().name()?.to_str()? {
        "CategoricalDtype" => Ok(vec![Piece::Value(array.getattr(intern!(py, "codes"))?)]),
        "DatetimeTZDtype" => Ok(vec![Piece::Value(array.getattr(intern!(py, "asi8"))?)]),
        "ArrowDtype" => arrow::values(&array.call_method0(intern!(py, "__arrow_array__"))?),
        _ => match data_type.getattr_opt(intern!(py, "numpy_dtype"))? {
            Some(_) => masked_values(&array),
            None => Ok(vec![Piece::Slices(Slices::new(array, items)?)]),
        },
    }
}

/// Integers, floats and truth values of which some can be missing.
fn masked_values<'py>(array: &Bound<'py, PyAny>) -> Result<Vec<Piece<'py>>, Failure> {
    let py = array.py();
    let has_missing = array.call_method0(intern!(py, "isna"))?.call_method0(intern!(py, "any"))?.is_truthy()?;
    Ok(if has_missing { masked(array, missing, filled) } else { vec![Piece::Blocks(array.clone(), filled)] })
}

fn missing<'py>(slice: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    as_bytes(&slice.call_method0(intern!(slice.py(), "isna"))?)
}

fn filled<'py>(slice: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = slice.py();
    let options = PyDict::new(py);
    let element = slice.getattr(intern!(py, "dtype"))?.getattr(intern!(py, "numpy_dtype"))?;
    options.set_item(intern!(py, "dtype"), element)?;
    options.set_item(intern!(py, "na_value"), 0)?;
    slice.call_method(intern!(py, "to_numpy"), (), Some(&options))
}

fn to_list<'py>(slice: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    Ok(slice.call_method0(intern!(slice.py(), "tolist"))?.cast_into()?)
}
