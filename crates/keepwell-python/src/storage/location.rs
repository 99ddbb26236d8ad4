//! From what Python names a storage with to the engine's location of it.

use std::path::PathBuf;

use keepwell_core::storage::StorageLocation;
use keepwell_core::{Error, ErrorKind};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::known::{self, MEMORY, NULL};
use crate::error;

/// The location that this object names.
///
/// A text is a path if it is absolute, begins with `.` or `~`, or names no saved block. An object is a storage if it has
/// `read_path` and `write_path`; the package's own file systems say by `_keepwell_location` where they are.
pub(crate) fn location(object: &Bound<'_, PyAny>) -> PyResult<StorageLocation> {
    if let Ok(text) = object.cast::<PyString>() {
        return of_text(object.py(), text.to_str()?);
    }
    if object.hasattr("__fspath__")? {
        return of_path(object);
    }
    if let Some(place) = own_place(object)? {
        return of_place(object.py(), &place);
    }
    if object.hasattr("read_path")? && object.hasattr("write_path")? {
        return known::of_object(object).map(StorageLocation::Storage);
    }
    let class = object.get_type().qualname()?;
    Err(PyTypeError::new_err(format!(
        "a storage is a path, the name of a saved block, or an object with `read_path` and `write_path`, not a `{class}`"
    )))
}

/// The location that an address in the settings names.
pub(super) fn of_address(address: &str) -> Result<StorageLocation, Error> {
    Python::attach(|py| of_text(py, address))
        .map_err(|exception| error::of_user(ErrorKind::Unsupported, format!("`{address}` names no storage"), exception))
}

fn of_text(py: Python<'_>, text: &str) -> PyResult<StorageLocation> {
    if text.is_empty() {
        return Err(PyValueError::new_err("a storage's name is empty: give a path, or the name of a saved block"));
    }
    match saved_block(py, text)? {
        Some(block) => location(&block),
        None => of_place(py, text),
    }
}

/// A path or a URL.
fn of_place(py: Python<'_>, text: &str) -> PyResult<StorageLocation> {
    match text.split_once("://") {
        None => of_path(&PyString::new(py, text)),
        Some(_) if text == NULL => Ok(StorageLocation::Storage(known::null())),
        Some(("memory", name)) => Ok(StorageLocation::Storage(known::in_memory(name))),
        Some(("file", path)) => Err(PyValueError::new_err(format!("`file://` is not needed: give the path, `{path}`"))),
        Some((scheme, _)) => Err(not_available(py, scheme)),
    }
}

fn not_available(py: Python<'_>, scheme: &str) -> PyErr {
    let message = format!(
        "storages at `{scheme}://` are not available yet: give a path, `{MEMORY}<name>`, or an object with `read_path` \
         and `write_path`"
    );
    let error = keepwell_core::Error::new(keepwell_core::ErrorKind::Unsupported, message);
    crate::error::exception(py, &error)
}

/// The whole path: another current folder later does not move it.
fn of_path(path: &Bound<'_, PyAny>) -> PyResult<StorageLocation> {
    let module = path.py().import("os.path")?;
    let expanded = module.call_method1("expanduser", (path,))?;
    module.call_method1("abspath", (expanded,))?.extract::<PathBuf>().map(StorageLocation::Path)
}

fn own_place(object: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    match object.getattr_opt("_keepwell_location")? {
        Some(method) => method.call0()?.extract(),
        None => Ok(None),
    }
}

/// The block that is saved under this name, `<type>/<name>`; `None` where none is, and where the text is plainly a path or
/// a URL.
#[pyfunction]
pub(super) fn saved_block<'py>(py: Python<'py>, text: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    if text.starts_with(['/', '.', '~']) || text.contains("://") {
        return Ok(None);
    }
    let Some((slug, name)) = text.split_once('/') else { return Ok(None) };
    if slug.is_empty() || name.is_empty() || name.contains('/') {
        return Ok(None);
    }
    let is_saved = py.import("keepwell.blocks.registry")?.call_method1("is_saved", (slug, name))?.is_truthy()?;
    if !is_saved {
        return Ok(None);
    }
    py.import("keepwell.blocks.core")?.call_method1("load_saved", (slug, name)).map(Some)
}
