//! Arrays and their elements. The bytes are copied once at most, into memory that the array then lies in.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString, PyTuple};

use super::super::array::{data_type, packed};
use super::super::failure::Failure;
use super::memory::Memory;
use super::tagged::{check, list, parts};

/// An array of one dimension.
pub(super) fn typed_array<'py>(tag: u64, item: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = item.py();
    let element = match tag {
        tag::U8_ARRAY => "|u1",
        tag::U16_ARRAY => "<u2",
        tag::U32_ARRAY => "<u4",
        tag::U64_ARRAY => "<u8",
        tag::I8_ARRAY => "|i1",
        tag::I16_ARRAY => "<i2",
        tag::I32_ARRAY => "<i4",
        tag::I64_ARRAY => "<i8",
        tag::F16_ARRAY => "<f2",
        tag::F32_ARRAY => "<f4",
        tag::F64_ARRAY => "<f8",
        _ => return Err(Failure::new(format!("the tag {tag} is not one of a value"))),
    };
    check(is_memory(item), "a typed array that is not bytes")?;
    let element = data_type(PyString::new(py, element).as_any())?;
    in_memory(item, &element)
}

/// `[[dimensions], typed array]`.
pub(super) fn dimensions<'py>(item: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = item.py();
    let [shape, array] = parts(item)?;
    let array_class = py.import(intern!(py, "numpy"))?.getattr(intern!(py, "ndarray"))?;
    check(array.is_instance(&array_class)?, "an array of several dimensions without its elements")?;
    shaped(&array, &shape)
}

/// `[type, [dimensions], bytes or items]`.
pub(super) fn array<'py>(item: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = item.py();
    let [description, shape, contents] = parts(item)?;
    let element = data_type(&description)?;
    if is_memory(&contents) {
        return shaped(&with_gaps(&contents, &element)?, &shape);
    }
    let items = list(&contents)?;
    check(element.getattr(intern!(py, "kind"))?.eq("O")?, "items in an array of bytes")?;
    let array = py.import(intern!(py, "numpy"))?.call_method1(intern!(py, "empty"), (items.len(), element))?;
    for (index, item) in items.iter().enumerate() {
        array.set_item(index, item)?;
    }
    shaped(&array, &shape)
}

/// `[type, bytes]`.
pub(super) fn scalar<'py>(item: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let [description, bytes] = parts(item)?;
    check(bytes.is_instance_of::<PyBytes>(), "a scalar that is not bytes")?;
    let element = data_type(&description)?;
    let one = with_gaps(&bytes, &element)?;
    check(one.len()? == 1, "a scalar of another length")?;
    Ok(one.get_item(0)?)
}

/// The array of these elements; unused bytes between their fields are not among the bytes.
fn with_gaps<'py>(bytes: &Bound<'py, PyAny>, element: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = bytes.py();
    let packed = if element.getattr(intern!(py, "names"))?.is_none() { None } else { packed(element)? };
    match packed {
        None => in_memory(bytes, element),
        Some(packed) => Ok(in_memory(bytes, &packed)?.call_method1(intern!(py, "astype"), (element,))?),
    }
}

fn in_memory<'py>(bytes: &Bound<'py, PyAny>, element: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = bytes.py();
    let numpy = py.import(intern!(py, "numpy"))?;
    if !bytes.is_instance_of::<Memory>() && bytes.len()? == 0 {
        return Ok(numpy.call_method1(intern!(py, "empty"), (0, element))?);
    }
    match bytes.cast::<Memory>() {
        Ok(memory) => Ok(Memory::array(memory, element)?),
        Err(_) => Ok(numpy.call_method1(intern!(py, "frombuffer"), (bytes, element))?),
    }
}

/// Whether it is the memory of an array.
fn is_memory(item: &Bound<'_, PyAny>) -> bool {
    item.is_instance_of::<PyByteArray>() || item.is_instance_of::<Memory>()
}

fn shaped<'py>(array: &Bound<'py, PyAny>, shape: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = array.py();
    let shape: Vec<u64> = list(shape)?.extract()?;
    Ok(array.call_method1(intern!(py, "reshape"), (PyTuple::new(py, shape)?,))?)
}
