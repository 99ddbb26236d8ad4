//! Key functions written in Python: plain ones, and policies with a `compute_key` of their own.

use std::sync::Arc;

use keepwell_core::policy::{KeyBuilder, KeyFunction};
use keepwell_core::{Error, ErrorKind};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::error;

/// What the engine's handle of a key function leads to.
enum Handle {
    /// `function(context, parameters)`.
    Function(Py<PyAny>),
    /// `policy.compute_key(task_ctx, inputs, flow_parameters)`.
    Policy(Py<PyAny>),
    /// `template.format(**runtime, parameters=…)`.
    Template(Py<PyAny>),
}

/// What a key function may be given, made only when there is one.
pub(crate) struct CallParts<'py> {
    pub(crate) context: Bound<'py, PyAny>,
    pub(crate) inputs: Bound<'py, PyAny>,
    pub(crate) flow_parameters: Bound<'py, PyAny>,
}

/// The engine's key function for a Python callable, under a name of its own or the callable's.
pub(crate) fn of_callable(function: &Bound<'_, PyAny>, name: Option<String>) -> PyResult<KeyFunction> {
    let name = name.map_or_else(|| name_of(function), Ok)?;
    Ok(KeyFunction::new(name, Arc::new(Handle::Function(function.clone().unbind()))))
}

/// The engine's key function for a policy with a `compute_key` of its own.
pub(crate) fn of_policy(policy: &Bound<'_, PyAny>) -> PyResult<KeyFunction> {
    let name = policy.get_type().qualname()?.to_string();
    Ok(KeyFunction::new(name, Arc::new(Handle::Policy(policy.clone().unbind()))))
}

/// The engine's key function for a storage key with fields in braces.
pub(crate) fn of_template(render: &Bound<'_, PyAny>) -> KeyFunction {
    KeyFunction::new("result_storage_key", Arc::new(Handle::Template(render.clone().unbind())))
}

/// Calls a key function; `None` means that the call is not cached.
///
/// # Errors
/// [`ErrorKind::Key`] with the user's own exception. [`ErrorKind::User`], which fails the run, with a `TypeError` if what it
/// returned is no text, and with the exception of a template that cannot be filled.
fn call(function: &KeyFunction, parts: &CallParts<'_>) -> Result<Option<String>, Error> {
    let handle = function.handle().downcast_ref::<Handle>();
    let handle = handle.ok_or_else(|| Error::new(ErrorKind::Key, "the key function belongs to another front end"))?;
    let py = parts.context.py();
    let returned = match handle {
        Handle::Function(callable) => callable.bind(py).call1((&parts.context, &parts.inputs)),
        Handle::Policy(policy) => compute_key(policy.bind(py), parts),
        Handle::Template(render) => render.bind(py).call1((&parts.inputs,)),
    };
    let returned = returned.map_err(|exception| match handle {
        // A template without one of its fields is a mistake in the task's options, and the same in every call.
        Handle::Template(_) => error::of_user(ErrorKind::User, "the storage key could not be made", exception),
        Handle::Function(_) | Handle::Policy(_) => {
            error::of_user(ErrorKind::Key, format!("the key function `{}` failed", function.name()), exception)
        }
    })?;
    text(function, &returned)
}

/// Supplies the text of each function that the key is made of.
pub(crate) fn call_all(builder: &mut KeyBuilder<'_>, parts: &CallParts<'_>) {
    for function in builder.wanted_functions() {
        match call(function, parts) {
            Ok(text) => builder.key_function(function, text),
            Err(error) if error.kind() == ErrorKind::User => return builder.refuse(error),
            Err(error) => return builder.fail(error),
        }
    }
}

fn compute_key<'py>(policy: &Bound<'py, PyAny>, parts: &CallParts<'py>) -> PyResult<Bound<'py, PyAny>> {
    let py = policy.py();
    let named = PyDict::new(py);
    named.set_item(intern!(py, "task_ctx"), &parts.context)?;
    named.set_item(intern!(py, "inputs"), &parts.inputs)?;
    named.set_item(intern!(py, "flow_parameters"), &parts.flow_parameters)?;
    policy.call_method(intern!(py, "compute_key"), (), Some(&named))
}

fn text(function: &KeyFunction, returned: &Bound<'_, PyAny>) -> Result<Option<String>, Error> {
    if returned.is_none() {
        return Ok(None);
    }
    let text = returned.cast::<PyString>().map_err(|_| {
        let class = returned.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
        let problem = format!(
            "the key function `{}` returned a value of type `{class}`, not a text: return a `str`, or `None` for no caching",
            function.name()
        );
        error::of_user(ErrorKind::User, "the cache key could not be computed", PyTypeError::new_err(problem))
    })?;
    let text = text.to_str().map_err(|exception| {
        error::of_user(ErrorKind::Key, format!("the text of `{}` is not valid Unicode", function.name()), exception)
    })?;
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn name_of(function: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = function.py();
    if let Some(name) = function.getattr_opt(intern!(py, "__qualname__"))? {
        return Ok(name.to_string());
    }
    Ok(function.get_type().qualname()?.to_string())
}
