//! The calls of a user's own storage object: `read_path` and `write_path`, and what else it may have.

use bytes::Bytes;
use keepwell_core::storage::StorageFault;
use keepwell_core::{Error, ErrorKind};
use pyo3::exceptions::{PyFileNotFoundError, PyKeyError, PyTypeError, PyUnicodeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::calling::is_ordinary;
use crate::error;

/// A user's object that reads and writes bytes by path. Its methods may be coroutines, which are run to their end.
#[derive(Debug)]
pub(super) struct UserObject {
    object: Py<PyAny>,
    name: String,
}

impl UserObject {
    /// The object, with a name for messages that no other object alive has.
    pub(super) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self { object: object.clone().unbind(), name: name(object)? })
    }

    /// What the object is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The object.
    pub(super) fn object<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.object.bind(py).clone()
    }

    /// The bytes at a path, or `None` where there are none: the method says so by `None`, or by raising
    /// `FileNotFoundError`, `KeyError` or `ValueError`.
    pub(super) fn read(&self, path: &str) -> Result<Option<Bytes>, StorageFault> {
        Python::attach(|py| match self.call(py, "read_path", (path,)) {
            Ok(content) if content.is_none() => Ok(None),
            Ok(content) => bytes_of(&content).map(Some).map_err(|exception| self.failed(py, "read", path, exception)),
            Err(exception) if is_absence(py, &exception) => Ok(None),
            Err(exception) => Err(self.failed(py, "read", path, exception)),
        })
        .map_err(StorageFault::Unavailable)
    }

    /// Writes the bytes at a path. Where it fails nobody knows whether they are there.
    pub(super) fn write(&self, path: &str, content: &Bytes) -> Result<(), StorageFault> {
        Python::attach(|py| match self.call(py, "write_path", (path, &content[..])) {
            Ok(_) => Ok(()),
            Err(exception) => Err(StorageFault::Unknown(self.failed(py, "write", path, exception))),
        })
    }

    /// Removes what is at a path, which must have been there a moment ago.
    pub(super) fn delete(&self, path: &str) -> Result<(), StorageFault> {
        Python::attach(|py| match self.call(py, "delete_path", (path,)) {
            Ok(_) => Ok(()),
            Err(exception) if is_absence(py, &exception) => Ok(()),
            Err(exception) => Err(StorageFault::Unknown(self.failed(py, "remove", path, exception))),
        })
    }

    /// Every path that begins with `prefix`.
    pub(super) fn list(&self, prefix: &str) -> Result<Vec<String>, StorageFault> {
        Python::attach(|py| {
            let paths = self.call(py, "list_paths", (prefix,)).and_then(|paths| strings(&paths));
            paths.map_err(|exception| StorageFault::Unavailable(self.failed(py, "list", prefix, exception)))
        })
    }

    /// Whether the object has this method.
    pub(super) fn has(&self, method: &str) -> bool {
        Python::attach(|py| self.object.bind(py).hasattr(method).unwrap_or(false))
    }

    /// Whether the object has a true attribute `is_private`.
    pub(super) fn is_private(&self) -> bool {
        Python::attach(|py| {
            let says = self.object.bind(py).getattr_opt("is_private").ok().flatten();
            says.is_some_and(|says| says.is_truthy().unwrap_or(false) && !says.is_callable())
        })
    }

    fn call<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        arguments: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments = arguments.into_pyobject(py)?;
        let outcome = self.object.bind(py).call_method1(method, arguments)?;
        if !outcome.hasattr("__await__")? {
            return Ok(outcome);
        }
        py.import("keepwell._awaiting")?.call_method1("run_to_completion", (outcome,))
    }

    /// What stops the program, as an interrupt does, is no failure of the storage: it is not tried again, and reaches the
    /// caller as it is.
    fn failed(&self, py: Python<'_>, doing: &str, path: &str, exception: PyErr) -> Error {
        let kind = if is_ordinary(py, &exception) { ErrorKind::Storage } else { ErrorKind::User };
        let error = error::of_user(kind, format!("`{}` could not {doing} `{path}`", self.name), exception);
        if doing == "read" {
            return error.with_hint("where there is nothing, `read_path` is to raise FileNotFoundError");
        }
        error
    }
}

fn is_absence(py: Python<'_>, exception: &PyErr) -> bool {
    let says_so = exception.is_instance_of::<PyFileNotFoundError>(py)
        || exception.is_instance_of::<PyKeyError>(py)
        || exception.is_instance_of::<PyValueError>(py);
    says_so && !exception.is_instance_of::<PyUnicodeError>(py)
}

fn bytes_of(content: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    if let Ok(bytes) = content.extract::<&[u8]>() {
        return Ok(Bytes::copy_from_slice(bytes));
    }
    let class = content.get_type();
    if content.hasattr("decode")? || class.name()? == "memoryview" {
        let copied = content.py().get_type::<pyo3::types::PyBytes>().call1((content,))?;
        return Ok(Bytes::copy_from_slice(copied.extract::<&[u8]>()?));
    }
    Err(PyTypeError::new_err(format!("`read_path` is to return bytes, not `{}`", class.qualname()?)))
}

/// The name of a saved block; else the class, where it is, and an address that no other object alive has.
fn name(object: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = |attribute: &str| -> PyResult<Option<String>> {
        Ok(object.getattr_opt(attribute)?.and_then(|value| value.extract::<String>().ok()))
    };
    if let (Some(name), Some(method)) = (text("_block_document_name")?, object.getattr_opt("get_block_type_slug")?) {
        return Ok(format!("{}/{name}", method.call0()?.extract::<String>()?));
    }
    let class = object.get_type().qualname()?;
    let place = text("basepath")?.map(|place| format!(" for {place}")).unwrap_or_default();
    Ok(format!("{class}{place} at {:#x}", object.as_ptr() as usize))
}

fn strings(iterable: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    iterable.try_iter()?.map(|item| item?.extract()).collect()
}
