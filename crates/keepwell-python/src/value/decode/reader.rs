//! Puts a value together, without recursion.

use bytes::Bytes;
use keepwell_core::cbor::{Decoder, Item, tag};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyList, PyString};

use super::super::failure::Failure;
use super::memory::{Memory, Sharing};
use super::tagged::convert;

/// Arrays of fewer bytes are copied: NumPy has them sooner so.
const LARGE: usize = 64 << 10;

/// What has been opened and is not complete.
enum Open<'py> {
    List { items: Bound<'py, PyList>, left: usize },
    Map { entries: Bound<'py, PyDict>, key: Option<Bound<'py, PyAny>>, left: usize },
    Tag(u64),
}

/// Reads one value.
pub(super) struct Reader<'py, 'a> {
    py: Python<'py>,
    bytes: &'a Bytes,
    sharing: Sharing,
    decoder: Decoder<'a>,
    stack: Vec<Open<'py>>,
}

impl<'py, 'a> Reader<'py, 'a> {
    pub(super) fn new(py: Python<'py>, bytes: &'a Bytes, sharing: Sharing) -> Self {
        Self { py, bytes, sharing, decoder: Decoder::new(bytes), stack: Vec::new() }
    }

    pub(super) fn read(mut self) -> Result<Bound<'py, PyAny>, Failure> {
        loop {
            let Some(value) = self.begin()? else { continue };
            if let Some(whole) = self.complete(value)? {
                self.decoder.finish()?;
                return Ok(whole);
            }
        }
    }

    /// Reads the next item: a value that is complete, or the beginning of one that is not.
    fn begin(&mut self) -> Result<Option<Bound<'py, PyAny>>, Failure> {
        let py = self.py;
        let value = match self.decoder.read()? {
            Item::Unsigned(number) => number.into_pyobject(py).map_err(PyErr::from)?.into_any(),
            Item::Negative(number) => (-1 - i128::from(number)).into_pyobject(py).map_err(PyErr::from)?.into_any(),
            Item::Bytes(bytes) if bytes.len() >= LARGE && self.is_of_array() => {
                Bound::new(py, Memory::new(self.bytes.slice_ref(bytes), self.sharing_of(bytes)))?.into_any()
            }
            Item::Bytes(bytes) if self.is_to_be_changed() => PyByteArray::new(py, bytes).into_any(),
            Item::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
            Item::Text(text) => PyString::new(py, text).into_any(),
            Item::Boolean(truth) => PyBool::new(py, truth).to_owned().into_any(),
            Item::Null => py.None().into_bound(py),
            Item::Float32(number) => PyFloat::new(py, f64::from(number)).into_any(),
            Item::Float64(number) => PyFloat::new(py, number).into_any(),
            Item::Array(0) => PyList::empty(py).into_any(),
            Item::Map(0) => PyDict::new(py).into_any(),
            Item::Array(left) => {
                self.stack.push(Open::List { items: PyList::empty(py), left });
                return Ok(None);
            }
            Item::Map(left) => {
                self.stack.push(Open::Map { entries: PyDict::new(py), key: None, left });
                return Ok(None);
            }
            Item::Tag(tag) => {
                self.stack.push(Open::Tag(tag));
                return Ok(None);
            }
        };
        Ok(Some(value))
    }

    /// Puts a complete value where it belongs, and whatever is complete with it; the whole at last.
    fn complete(&mut self, mut value: Bound<'py, PyAny>) -> Result<Option<Bound<'py, PyAny>>, Failure> {
        loop {
            value = match self.stack.pop() {
                None => return Ok(Some(value)),
                Some(Open::Tag(tag)) => convert(tag, value)?,
                Some(Open::List { items, left }) => {
                    items.append(value)?;
                    if left > 1 {
                        self.stack.push(Open::List { items, left: left - 1 });
                        return Ok(None);
                    }
                    items.into_any()
                }
                Some(Open::Map { entries, key: None, left }) => {
                    self.stack.push(Open::Map { entries, key: Some(value), left });
                    return Ok(None);
                }
                Some(Open::Map { entries, key: Some(key), left }) => {
                    let before = entries.len();
                    entries.set_item(key, value)?;
                    if entries.len() == before {
                        return Err(Failure::new("a map has the same key twice"));
                    }
                    if left > 1 {
                        self.stack.push(Open::Map { entries, key: None, left: left - 1 });
                        return Ok(None);
                    }
                    entries.into_any()
                }
            };
        }
    }

    /// An array that takes the memory over keeps all of it, so it must be most of it.
    fn sharing_of(&self, part: &[u8]) -> Sharing {
        match self.sharing {
            Sharing::TakenOver if part.len() < self.bytes.len() / 2 => Sharing::Copied,
            sharing => sharing,
        }
    }

    /// Whether the byte string that comes next is to be one that can be changed.
    fn is_to_be_changed(&self) -> bool {
        self.is_of_array() || matches!(self.stack.as_slice(), [.., Open::Tag(tag::BYTE_ARRAY)])
    }

    /// Whether the byte string that comes next is the memory of an array.
    fn is_of_array(&self) -> bool {
        match self.stack.as_slice() {
            [.., Open::Tag(tag::ARRAY), Open::List { left: 1, .. }] => true,
            [.., Open::Tag(tag)] => (tag::U8_ARRAY..=tag::F64_ARRAY).contains(tag),
            _ => false,
        }
    }
}
