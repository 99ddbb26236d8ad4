//! The arguments of one call: as they were given, as they are bound, and with futures and states resolved.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyList, PySet, PyTuple};
use pyo3::{PyTypeInfo, intern};

use super::Parameters;
use crate::engine::Input;

/// How deep, and through how many values, containers are searched for futures. What is beyond, or holds itself, is left to
/// Python's own walk.
const DEPTH: usize = 64;
const MOST: usize = 4_000_000;

/// The arguments of one call.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) args: Py<PyTuple>,
    pub(crate) kwargs: Option<Py<PyDict>>,
    /// One for each parameter.
    pub(crate) bound: Vec<Py<PyAny>>,
}

impl Arguments {
    /// Binds what a call of the function was given.
    ///
    /// # Errors
    /// `ParameterBindError` if it does not fit.
    pub(crate) fn bind<'py>(
        function: &Bound<'py, PyAny>,
        parameters: &Parameters,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Self> {
        let py = args.py();
        match parameters.bind(py, args, kwargs)? {
            Some(bound) => Ok(Self {
                args: args.clone().unbind(),
                kwargs: kwargs.map(|kwargs| kwargs.clone().unbind()),
                bound: bound.into_iter().map(Bound::unbind).collect(),
            }),
            None => {
                let bind = py.import("keepwell.utilities.callables")?.getattr("get_call_parameters")?;
                let values = bind.call1((function, args, kwargs.map_or_else(|| PyDict::new(py), Clone::clone)))?;
                Self::of_values(py, parameters, values.cast::<PyDict>()?)
            }
        }
    }

    /// The arguments that bind to these values by name.
    pub(crate) fn of_values<'py>(
        py: Python<'py>,
        parameters: &Parameters,
        values: &Bound<'py, PyDict>,
    ) -> PyResult<Self> {
        let (args, kwargs) = parameters.call_arguments(py, values)?;
        let mut bound = Vec::new();
        for parameter in parameters.iter() {
            let value = match values.get_item(&parameter.name)? {
                Some(value) => value,
                None => parameter.when_missing(py).ok_or_else(|| parameter.missing())?,
            };
            bound.push(value.unbind());
        }
        Ok(Self { args: args.unbind(), kwargs: Some(kwargs.unbind()), bound })
    }

    /// Whether any argument is or holds something that stands for another value: a future, a state, an annotation.
    pub(crate) fn hold_inputs(&self, py: Python<'_>) -> PyResult<bool> {
        let mut left = MOST;
        for value in &self.bound {
            if holds_input(value.bind(py), DEPTH, &mut left)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn holds_input(value: &Bound<'_, PyAny>, depth: usize, left: &mut usize) -> PyResult<bool> {
    if is_plain(value) {
        return Ok(false);
    }
    *left = left.saturating_sub(1);
    if depth == 0 || *left == 0 || value.is_instance_of::<Input>() {
        return Ok(true);
    }
    let mut any = |items: &mut dyn Iterator<Item = Bound<'_, PyAny>>| -> PyResult<bool> {
        for item in items {
            if holds_input(&item, depth - 1, left)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    if let Ok(list) = value.cast::<PyList>() {
        return any(&mut list.iter());
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return any(&mut tuple.iter());
    }
    if let Ok(dictionary) = value.cast::<PyDict>() {
        return any(&mut dictionary.iter().flat_map(|(key, value)| [key, value]));
    }
    if let Ok(set) = value.cast::<PySet>() {
        return any(&mut set.iter());
    }
    if let Ok(set) = value.cast::<PyFrozenSet>() {
        return any(&mut set.iter());
    }
    holds_input_in_fields(value, depth, left)
}

/// Dataclasses and pydantic models are searched too; other objects are opaque.
fn holds_input_in_fields(value: &Bound<'_, PyAny>, depth: usize, left: &mut usize) -> PyResult<bool> {
    let py = value.py();
    let class = value.get_type();
    let has_fields =
        class.hasattr(intern!(py, "__dataclass_fields__"))? || class.hasattr(intern!(py, "model_fields"))?;
    if !has_fields {
        return Ok(false);
    }
    match value.getattr_opt(intern!(py, "__dict__"))? {
        Some(fields) => holds_input(&fields, depth - 1, left),
        // Fields in slots: Python's own walk looks at them.
        None => Ok(true),
    }
}

/// Whether the value is of a built-in type that holds nothing else.
fn is_plain(value: &Bound<'_, PyAny>) -> bool {
    use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString};
    let class = value.get_type_ptr();
    let py = value.py();
    [
        PyString::type_object_raw(py),
        PyInt::type_object_raw(py),
        PyFloat::type_object_raw(py),
        PyBool::type_object_raw(py),
        PyBytes::type_object_raw(py),
    ]
    .contains(&class)
        || value.is_none()
}
