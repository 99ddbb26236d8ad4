//! Why a value could not be written or read.

use keepwell_core::cbor::Malformed;
use keepwell_core::{Error, ErrorKind};
use pyo3::exceptions::PyException;
use pyo3::{PyErr, Python};

/// A failure inside a value; where in it, whoever walks the value knows.
#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    cause: Option<PyErr>,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), cause: None }
    }

    /// The failure that `doing` raised this exception.
    pub(super) fn raised(doing: impl Into<String>, cause: PyErr) -> Self {
        Self { message: doing.into(), cause: Some(cause) }
    }

    /// The error that `action` failed on what is at `path`. What is to end the program is passed on as it is.
    pub(super) fn into_error(self, py: Python<'_>, kind: ErrorKind, action: &str, path: &str) -> Error {
        let ends_program = self.cause.as_ref().is_some_and(|cause| !cause.is_instance_of::<PyException>(py));
        let kind = if ends_program { ErrorKind::User } else { kind };
        let error = Error::new(kind, format!("cannot {action} {path}: {}", self.message));
        match self.cause {
            Some(cause) => error.with_source(cause),
            None => error,
        }
    }
}

impl From<PyErr> for Failure {
    fn from(cause: PyErr) -> Self {
        Self::raised("reading it failed", cause)
    }
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self::new(malformed.to_string())
    }
}
