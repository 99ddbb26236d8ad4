//! Models of pydantic.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::super::class::{Class, Fields};
use super::super::failure::Failure;
use super::super::walk::Walker;
use super::custom::write_given;
use super::write_fields;

/// What the model's own serializer gives, where it has one for the whole; else its fields, private and excluded ones
/// too, of which those with serializers of their own stand as these give them.
pub(in crate::value) fn write_model<'py>(
    walker: &mut Walker<'py, '_>,
    value: &Bound<'py, PyAny>,
    class: &Class,
) -> Result<(), Failure> {
    let py = walker.py;
    let decorators = value.get_type().getattr(intern!(py, "__pydantic_decorators__"))?;
    let whole = decorators.getattr(intern!(py, "model_serializers"))?;
    if whole.len()? > 0 {
        let given = dump(value, mode(&whole)?, None)?;
        return write_given(walker, value, class, 1, given);
    }
    let mut fields = stored_fields(value)?;
    replace_serialized(value, &decorators.getattr(intern!(py, "field_serializers"))?, &mut fields)?;
    write_fields(walker, value, &class.name, fields)
}

/// Everything that an instance holds, as it is.
fn stored_fields<'py>(value: &Bound<'py, PyAny>) -> Result<Fields<'py>, Failure> {
    let mut fields = Fields::new();
    for place in ["__dict__", "__pydantic_extra__", "__pydantic_private__"] {
        let held = value.getattr(place)?;
        if held.is_none() {
            continue;
        }
        for (name, field) in held.cast::<PyDict>().map_err(PyErr::from)?.copy()?.iter() {
            fields.push((name.cast_into::<PyString>().map_err(PyErr::from)?, field));
        }
    }
    Ok(fields)
}

/// Puts what the fields' own serializers give in the place of what is held.
fn replace_serialized<'py>(
    value: &Bound<'py, PyAny>,
    serializers: &Bound<'py, PyAny>,
    fields: &mut Fields<'py>,
) -> Result<(), Failure> {
    let names = serialized_names(value, serializers)?;
    if names.is_empty() {
        return Ok(());
    }
    let given = dump(value, mode(serializers)?, Some(&names))?;
    let given = given.cast::<PyDict>().map_err(PyErr::from)?;
    for (name, field) in fields {
        if let Some(given) = given.get_item(&*name)? {
            *field = given;
        }
    }
    Ok(())
}

/// The names of the fields that have serializers, by decorators or annotations.
fn serialized_names<'py>(
    value: &Bound<'py, PyAny>,
    serializers: &Bound<'py, PyAny>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let py = value.py();
    let mut names = Vec::new();
    let all = value.get_type().getattr(intern!(py, "model_fields"))?.cast_into::<PyDict>()?;
    for serializer in serializers.call_method0(intern!(py, "values"))?.try_iter()? {
        for name in serializer?.getattr(intern!(py, "info"))?.getattr(intern!(py, "fields"))?.try_iter()? {
            let name = name?;
            if name.eq("*")? {
                return Ok(all.keys().iter().collect());
            }
            names.push(name);
        }
    }
    for (name, field) in all.iter() {
        for annotation in field.getattr(intern!(py, "metadata"))?.try_iter()? {
            let annotation: String = annotation?.get_type().qualname()?.to_string();
            if matches!(annotation.as_str(), "PlainSerializer" | "WrapSerializer") {
                names.push(name.clone());
            }
        }
    }
    Ok(names)
}

/// The mode in which these serializers are at work.
fn mode(serializers: &Bound<'_, PyAny>) -> PyResult<&'static str> {
    let py = serializers.py();
    for serializer in serializers.call_method0(intern!(py, "values"))?.try_iter()? {
        let when: String = serializer?.getattr(intern!(py, "info"))?.getattr(intern!(py, "when_used"))?.extract()?;
        if when.starts_with("json") {
            return Ok("json");
        }
    }
    Ok("python")
}

fn dump<'py>(
    value: &Bound<'py, PyAny>,
    mode: &str,
    names: Option<&[Bound<'py, PyAny>]>,
) -> Result<Bound<'py, PyAny>, Failure> {
    let py = value.py();
    let options = PyDict::new(py);
    options.set_item(intern!(py, "mode"), mode)?;
    options.set_item(intern!(py, "warnings"), false)?;
    if let Some(names) = names {
        let names = pyo3::types::PySet::new(py, PyList::new(py, names)?.iter())?;
        options.set_item(intern!(py, "include"), names)?;
    }
    let doing = "its own serializer failed";
    value.call_method(intern!(py, "model_dump"), (), Some(&options)).map_err(|error| Failure::raised(doing, error))
}
