//! The types of arrays' elements.

use keepwell_core::cbor::tag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::super::class::Class;
use super::super::failure::Failure;
use super::super::record::write_fields;
use super::super::walk::{Mode, Walker};

/// What is to be known of a `numpy.dtype`.
pub(super) struct Element<'py> {
    /// The tag of an array of these, if RFC 8746 has one.
    pub(super) tag: Option<u64>,
    /// The type's item: a text, or `[size, [[name, offset, type, [dimensions]], …]]`.
    pub(super) description: Bound<'py, PyAny>,
    /// Whether elements are Python objects, or hold some.
    pub(super) has_objects: bool,
    /// The same type without unused bytes between and after its fields, if it has such bytes.
    pub(super) packed: Option<Bound<'py, PyAny>>,
}

/// The tag of an array of this type, as NumPy writes the type.
pub(super) fn tag_of(text: &str) -> Option<u64> {
    Some(match text {
        "|u1" => tag::U8_ARRAY,
        "<u2" => tag::U16_ARRAY,
        "<u4" => tag::U32_ARRAY,
        "<u8" => tag::U64_ARRAY,
        "|i1" => tag::I8_ARRAY,
        "<i2" => tag::I16_ARRAY,
        "<i4" => tag::I32_ARRAY,
        "<i8" => tag::I64_ARRAY,
        "<f2" => tag::F16_ARRAY,
        "<f4" => tag::F32_ARRAY,
        "<f8" => tag::F64_ARRAY,
        _ => return None,
    })
}

impl<'py> Element<'py> {
    pub(super) fn of(data_type: &Bound<'py, PyAny>, mode: Mode) -> Result<Self, Failure> {
        let py = data_type.py();
        let is_structured = !data_type.getattr(intern!(py, "names"))?.is_none();
        let kind: String = data_type.getattr(intern!(py, "kind"))?.extract()?;
        let has_objects = kind == "T" || data_type.getattr(intern!(py, "hasobject"))?.is_truthy()?;
        let text = text_of(data_type, &kind, mode)?;
        let tag = tag_of(&text);
        let (description, packed) = if is_structured {
            (describe(data_type)?, packed(data_type)?)
        } else {
            (PyString::new(py, &text).into_any(), None)
        };
        Ok(Self { tag, description, has_objects, packed })
    }
}

fn text_of(data_type: &Bound<'_, PyAny>, kind: &str, mode: Mode) -> Result<String, Failure> {
    let py = data_type.py();
    let text: String = data_type.getattr(intern!(py, "str"))?.extract()?;
    let is_added = data_type.getattr(intern!(py, "isbuiltin"))?.extract::<i64>()? == 2;
    if kind == "T" || is_added {
        let name = data_type.repr()?.to_string();
        return match mode {
            Mode::Key => Ok(format!("{text} {name}")),
            Mode::Value => Err(Failure::new(format!("an array of {name} is not plain data"))),
        };
    }
    if matches!(text.as_str(), "<f16" | "<c32") {
        return Err(Failure::new(format!(
            "an array of {text} has bytes without a meaning; convert it to 64-bit floats"
        )));
    }
    Ok(text)
}

/// `[size, [[name, offset, type, [dimensions]], …]]`.
fn describe<'py>(data_type: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = data_type.py();
    if data_type.getattr(intern!(py, "names"))?.is_none() {
        return Ok(data_type.getattr(intern!(py, "str"))?);
    }
    let fields = PyList::empty(py);
    for (name, of_field, offset) in fields_of(data_type)? {
        let dimensions = PyList::new(py, of_field.getattr(intern!(py, "shape"))?.extract::<Vec<u64>>()?)?;
        let element = describe(&of_field.getattr(intern!(py, "base"))?)?;
        fields.append(PyList::new(py, [name, offset, element, dimensions.into_any()])?)?;
    }
    let size = data_type.getattr(intern!(py, "itemsize"))?;
    Ok(PyList::new(py, [size, fields.into_any()])?.into_any())
}

type Field<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>);

/// Name, type and offset of each field.
fn fields_of<'py>(data_type: &Bound<'py, PyAny>) -> PyResult<Vec<Field<'py>>> {
    let py = data_type.py();
    let fields = data_type.getattr(intern!(py, "fields"))?;
    let names = data_type.getattr(intern!(py, "names"))?;
    let field = |name: PyResult<Bound<'py, PyAny>>| {
        let name = name?;
        let field = fields.get_item(&name)?.cast_into::<PyTuple>()?;
        Ok((name, field.get_item(0)?, field.get_item(1)?))
    };
    names.try_iter()?.map(field).collect()
}

/// The type with its fields side by side, if they are not.
pub(in crate::value) fn packed<'py>(data_type: &Bound<'py, PyAny>) -> Result<Option<Bound<'py, PyAny>>, Failure> {
    let py = data_type.py();
    let side_by_side = side_by_side(data_type)?;
    let size: u64 = side_by_side.getattr(intern!(py, "itemsize"))?.extract()?;
    let given: u64 = data_type.getattr(intern!(py, "itemsize"))?.extract()?;
    let is_in_order = side_by_side.eq(data_type)?;
    Ok(if size == given && is_in_order { None } else { Some(side_by_side) })
}

fn side_by_side<'py>(data_type: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    let py = data_type.py();
    let make = py.import(intern!(py, "numpy"))?.getattr(intern!(py, "dtype"))?;
    let shape = data_type.getattr(intern!(py, "shape"))?;
    if shape.len()? > 0 {
        let element = side_by_side(&data_type.getattr(intern!(py, "base"))?)?;
        return Ok(make.call1(((element, shape),))?);
    }
    if data_type.getattr(intern!(py, "names"))?.is_none() {
        return Ok(data_type.clone());
    }
    let fields = PyList::empty(py);
    for (name, of_field, _) in fields_of(data_type)? {
        fields.append((name, side_by_side(&of_field)?))?;
    }
    Ok(make.call1((fields,))?)
}

/// A type of elements, as a value.
pub(in crate::value) fn write_data_type<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    _: &Class,
) -> Result<(), Failure> {
    let description = Element::of(value, walker.mode)?.description;
    write_fields(walker, value, "numpy.dtype", vec![(PyString::intern(walker.py, "type"), description)])
}

/// The type that this describes, made by NumPy.
pub(in crate::value) fn data_type<'py>(description: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = description.py();
    let make = py.import(intern!(py, "numpy"))?.getattr(intern!(py, "dtype"))?;
    if description.is_instance_of::<PyString>() {
        return make.call1((description,));
    }
    let description = description.cast::<PyList>()?;
    let (size, fields) = (description.get_item(0)?, fields_from(&description.get_item(1)?)?);
    let structure = PyDict::new(py);
    let (names, formats, offsets) = (PyList::empty(py), PyList::empty(py), PyList::empty(py));
    for (name, offset, element, dimensions) in fields {
        names.append(name)?;
        offsets.append(offset)?;
        let element = data_type(&element)?;
        formats.append(if dimensions.is_empty() {
            element
        } else {
            make.call1(((element, PyTuple::new(py, dimensions)?),))?
        })?;
    }
    structure.set_item("names", names)?;
    structure.set_item("formats", formats)?;
    structure.set_item("offsets", offsets)?;
    structure.set_item("itemsize", size)?;
    make.call1((structure,))
}

type Described<'py> = (Bound<'py, PyAny>, u64, Bound<'py, PyAny>, Vec<u64>);

fn fields_from<'py>(fields: &Bound<'py, PyAny>) -> PyResult<Vec<Described<'py>>> {
    let field = |field: Bound<'py, PyAny>| {
        let field = field.cast_into::<PyList>()?;
        Ok((field.get_item(0)?, field.get_item(1)?.extract()?, field.get_item(2)?, field.get_item(3)?.extract()?))
    };
    fields.cast::<PyList>()?.iter().map(field).collect()
}
