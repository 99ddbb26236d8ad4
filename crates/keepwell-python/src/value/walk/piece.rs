//! What a composite item is made of, one after the other.

use pyo3::prelude::*;
use pyo3::types::PyString;

use super::super::class::Writer;

/// A part of a composite item.
pub(in crate::value) enum Piece<'py> {
    /// The head of an array of so many items, which follow.
    Array(usize),
    /// A text.
    Text(String),
    /// Nothing.
    Null,
    /// Any value.
    Value(Bound<'py, PyAny>),
    /// A value under this name.
    Named(String, Bound<'py, PyAny>),
    /// A value as this writes it, whatever its class.
    As(Writer, Bound<'py, PyAny>),
    /// A map of named values.
    Fields(Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>),
}
