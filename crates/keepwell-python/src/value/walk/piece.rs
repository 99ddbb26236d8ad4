//! What a composite item is made of, one after the other.

use pyo3::prelude::*;
use pyo3::types::{PyList, PySlice, PyString};

use super::super::array::MakeArray;
use super::super::class::Writer;

/// Makes a list of the items in a piece of a sequence.
pub(in crate::value) type Convert = for<'py> fn(&Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>>;

/// A part of a composite item.
pub(in crate::value) enum Piece<'py> {
    /// A tag for the item that follows.
    Tag(u64),
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
    /// A typed array that slices of a sequence make together.
    Blocks(Bound<'py, PyAny>, MakeArray),
    /// An array of the items of a sequence that has none as such: a slice of it at a time becomes a list.
    Slices(Slices<'py>),
    /// A map of named values.
    Fields(Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>),
}

/// A sequence whose items are made from it, a slice at a time.
pub(in crate::value) struct Slices<'py> {
    source: Bound<'py, PyAny>,
    convert: Convert,
    length: usize,
    /// The items that were made last, and how many of them and of those before have been taken.
    made: Option<Bound<'py, PyList>>,
    made_from: usize,
    taken: usize,
}

impl<'py> Slices<'py> {
    /// How many items are made at a time.
    const LENGTH: usize = 1 << 16;

    pub(in crate::value) fn new(source: Bound<'py, PyAny>, convert: Convert) -> PyResult<Self> {
        let length = source.len()?;
        Ok(Self { source, convert, length, made: None, made_from: 0, taken: 0 })
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// The next item.
    pub(super) fn next(&mut self) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.taken == self.length {
            return Ok(None);
        }
        let made = match &self.made {
            Some(made) if self.taken < self.made_from + made.len() => made,
            _ => {
                let end = self.length.min(self.taken + Self::LENGTH);
                let slice = PySlice::new(self.source.py(), self.taken as isize, end as isize, 1);
                self.made_from = self.taken;
                self.made.insert((self.convert)(&self.source.get_item(slice)?)?)
            }
        };
        let item = made.get_item(self.taken - self.made_from)?;
        self.taken += 1;
        Ok(Some(item))
    }
}
