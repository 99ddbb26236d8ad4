//! Errors, both ways: the engine's as exceptions of `keepwell.exceptions`, and the user's exceptions through the engine.

use keepwell_core::{Error, ErrorKind};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyType};

/// The name in `keepwell.exceptions` of the exception that stands for a kind of error.
fn class_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Key => "CacheKeyError",
        ErrorKind::Serialization => "SerializationError",
        ErrorKind::Corrupt => "CorruptRecordError",
        ErrorKind::Untrusted => "UntrustedRecordError",
        ErrorKind::Missing => "MissingResult",
        ErrorKind::LockTimeout => "LockTimeoutError",
        ErrorKind::LeaseLost => "LeaseLostError",
        ErrorKind::Storage => "StorageError",
        ErrorKind::StorageFull => "StorageFullError",
        ErrorKind::ReadOnly => "StorageReadOnlyError",
        ErrorKind::Aborted => "TransactionAborted",
        ErrorKind::CommitUnknown => "CommitUnknownError",
        ErrorKind::Unsupported => "ConfigurationError",
        ErrorKind::Settings => "SettingsError",
        // `User`, and whatever a later engine adds.
        _ => "KeepwellException",
    }
}

/// The engine's error as an exception: its class by the kind, its causes in the message, its hint as a note. A user's own
/// exception, which the engine only passed on, leaves as the same object.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let cause = python_cause(error);
    if let (ErrorKind::User, Some(exception)) = (error.kind(), cause) {
        return exception.clone_ref(py);
    }
    let raised = class(py, class_name(error.kind())).and_then(|class| class.call1((message(error),)));
    let raised = match raised {
        Ok(instance) => PyErr::from_value(instance),
        Err(failure) => return failure,
    };
    if let Some(hint) = error.hint() {
        add_note(&raised, py, &format!("hint: {hint}"));
    }
    if let Some(exception) = cause {
        raised.set_cause(py, Some(exception.clone_ref(py)));
    }
    raised
}

/// A user's exception as the engine's error, so that it can be handed back as the same object.
pub(crate) fn of_user(kind: ErrorKind, doing: impl Into<String>, exception: PyErr) -> Error {
    Error::new(kind, doing).with_source(exception)
}

/// A note under an exception's message (PEP 678), also on the Python versions that have no such method.
pub(crate) fn add_note(exception: &PyErr, py: Python<'_>, note: &str) {
    let value = exception.value(py);
    let added = value.call_method1("add_note", (note,)).is_ok();
    if !added && let Ok(notes) = PyList::new(py, [note]) {
        // A hint that cannot be shown must not hide the error that it belongs to.
        let _ = value.setattr("__notes__", notes);
    }
}

fn message(error: &Error) -> String {
    let mut line = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}

fn python_cause(error: &Error) -> Option<&PyErr> {
    std::error::Error::source(error).and_then(|source| source.downcast_ref::<PyErr>())
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyType>> {
    static EXCEPTIONS: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = EXCEPTIONS.get_or_try_init(py, || py.import("keepwell.exceptions").map(Bound::unbind))?;
    let class = module.bind(py).getattr(name)?;
    class.cast_into::<PyType>().map_err(|_| PyRuntimeError::new_err(format!("keepwell.exceptions.{name} is no class")))
}
