//! Writes a value item by item.

use std::collections::HashSet;
use std::mem::discriminant;

use keepwell_core::cbor::{Encoder, Sink, tag};
use keepwell_core::key::Unordered;
use keepwell_core::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyIterator, PyList, PyString, PyTuple};

use super::super::array::write_blocks;
use super::super::class::class_of;
use super::super::failure::Failure;
use super::super::standard::collection::{write_dict, write_list, write_tuple};
use super::super::standard::number::write_integer;
use super::super::standard::text::{write_bytes, write_text};
use super::Piece;
use super::frame::{Content, Entries, Frame, Next};
use super::path::path;

/// The depth from which on it is looked whether a value holds itself, each time that the depth has doubled.
const FIRST_LOOK: usize = 64;
/// More levels than any value that is not made up while it is read.
const DEEPEST: usize = 200_000;

/// What the bytes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::value) enum Mode {
    /// To be compared: sorted, long entries as digests.
    Key,
    /// To be read back: in the order given, and only what can be read without running any code.
    Value,
}

/// What becomes of values in keys that have no stable content of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fallback {
    /// An error that names them.
    #[default]
    None,
    /// The digest of their pickle.
    Pickle,
}

impl Fallback {
    /// The one of the two that makes something of them.
    pub(crate) fn or(self, other: Self) -> Self {
        if self == Self::None { other } else { self }
    }
}

/// Writes one value and all that it holds.
pub(in crate::value) struct Walker<'py, 's> {
    pub(in crate::value) py: Python<'py>,
    pub(in crate::value) mode: Mode,
    pub(in crate::value) fallback: Fallback,
    root: &'s mut dyn Sink,
    /// One for each open collection that is to be sorted; the last one takes what is written.
    sorted: Vec<Unordered>,
    stack: Vec<Frame<'py>>,
}

impl<'py, 's> Walker<'py, 's> {
    pub(in crate::value) fn new(py: Python<'py>, mode: Mode, fallback: Fallback, root: &'s mut dyn Sink) -> Self {
        Self { py, mode, fallback, root, sorted: Vec::new(), stack: Vec::new() }
    }

    /// Writes the value, which errors call `root`.
    pub(in crate::value) fn write(mut self, value: &Bound<'py, PyAny>, root: &str) -> Result<(), Error> {
        self.walk(value).map_err(|failure| {
            let (kind, action) = match self.mode {
                Mode::Key => (ErrorKind::Key, "hash"),
                Mode::Value => (ErrorKind::Serialization, "serialize"),
            };
            failure.into_error(self.py, kind, action, &path(root, &self.stack))
        })
    }

    fn walk(&mut self, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
        self.visit(value)?;
        while let Some(frame) = self.stack.last_mut() {
            match frame.next(self.sorted.last_mut())? {
                Next::Value(value) => self.visit(&value)?,
                Next::Piece(piece) => self.piece(piece)?,
                Next::End => self.close(),
            }
        }
        Ok(())
    }

    /// Writes a value, or its beginning: what it holds comes when it is its turn.
    pub(in crate::value) fn visit(&mut self, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
        if value.is_exact_instance_of::<PyString>() {
            write_text(self, value)
        } else if value.is_exact_instance_of::<PyInt>() {
            write_integer(self, value)
        } else if value.is_none() {
            self.encoder().null();
            Ok(())
        } else if value.is_exact_instance_of::<PyFloat>() {
            let number = value.cast::<PyFloat>().map_err(PyErr::from)?.value();
            self.encoder().float_64(number);
            Ok(())
        } else if value.is_exact_instance_of::<PyBool>() {
            let truth = value.is_truthy()?;
            self.encoder().boolean(truth);
            Ok(())
        } else if value.is_exact_instance_of::<PyDict>() {
            write_dict(self, value)
        } else if value.is_exact_instance_of::<PyList>() {
            write_list(self, value)
        } else if value.is_exact_instance_of::<PyTuple>() {
            self.encoder().tag(tag::TUPLE);
            write_tuple(self, value)
        } else if value.is_exact_instance_of::<PyBytes>() {
            write_bytes(self, value)
        } else {
            self.visit_other(value)
        }
    }

    fn visit_other(&mut self, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
        let class = class_of(&value.get_type())?;
        match (self.mode, class.keep) {
            (Mode::Value, Some(keep)) => keep(self, value),
            (Mode::Value, None) if !class.is_plain => Err(Failure::new(format!("{} is not plain data", class.name))),
            _ => (class.write)(self, value, &class),
        }
    }

    fn piece(&mut self, piece: Piece<'py>) -> Result<(), Failure> {
        match piece {
            Piece::Array(length) => self.encoder().array(length),
            Piece::Tag(tag) => self.encoder().tag(tag),
            Piece::Blocks(source, make) => write_blocks(self, &source, make)?,
            Piece::Text(text) => self.encoder().text(&text),
            Piece::Null => self.encoder().null(),
            Piece::Value(value) | Piece::Named(_, value) => self.visit(&value)?,
            Piece::As(write, value) => write(self, &value)?,
            Piece::Slices(slices) => {
                self.encoder().array(slices.length());
                let owner = self.py.None().into_bound(self.py);
                self.open(&owner, Content::Slices(slices), None)?;
            }
            Piece::Fields(fields) => {
                let owner = self.py.None().into_bound(self.py);
                self.open_fields(&owner, fields)?;
            }
        }
        Ok(())
    }

    /// Takes the next items, wherever they go.
    pub(in crate::value) fn encoder(&mut self) -> Encoder<&mut dyn Sink> {
        Encoder::new(self.sink())
    }

    /// Takes the next bytes.
    pub(in crate::value) fn sink(&mut self) -> &mut dyn Sink {
        match self.sorted.last_mut() {
            Some(unordered) => unordered,
            None => self.root,
        }
    }

    pub(in crate::value) fn open_list(&mut self, list: &Bound<'py, PyList>) -> Result<(), Failure> {
        let length = list.len();
        self.encoder().array(length);
        let content = Content::List { list: list.clone(), next: 0, length };
        self.open(list.as_any(), content, None)
    }

    pub(in crate::value) fn open_tuple(&mut self, tuple: &Bound<'py, PyTuple>) -> Result<(), Failure> {
        let length = tuple.len();
        self.encoder().array(length);
        let content = Content::Tuple { tuple: tuple.clone(), next: 0, length };
        self.open(tuple.as_any(), content, None)
    }

    pub(in crate::value) fn open_map(
        &mut self,
        owner: &Bound<'py, PyAny>,
        items: Bound<'py, PyIterator>,
        length: usize,
    ) -> Result<(), Failure> {
        self.open_entries(owner, Entries::of_items(items, length), length)
    }

    pub(in crate::value) fn open_fields(
        &mut self,
        owner: &Bound<'py, PyAny>,
        fields: Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>,
    ) -> Result<(), Failure> {
        let length = fields.len();
        self.open_entries(owner, Entries::of_fields(fields), length)
    }

    fn open_entries(&mut self, owner: &Bound<'py, PyAny>, entries: Entries<'py>, length: usize) -> Result<(), Failure> {
        self.encoder().map(length);
        self.open(owner, Content::Map(entries), self.sorted_length(length))
    }

    pub(in crate::value) fn open_set(
        &mut self,
        owner: &Bound<'py, PyAny>,
        members: Bound<'py, PyIterator>,
        length: usize,
    ) -> Result<(), Failure> {
        self.encoder().array(length);
        self.open(owner, Content::Set { members, written: 0, length }, self.sorted_length(length))
    }

    /// Writes these pieces in turn, as parts of `owner`.
    pub(in crate::value) fn open_pieces(
        &mut self,
        owner: &Bound<'py, PyAny>,
        pieces: Vec<Piece<'py>>,
    ) -> Result<(), Failure> {
        self.open(owner, Content::Pieces { pieces: pieces.into_iter(), step: None }, None)
    }

    /// How many entries are to be sorted, if they are to be.
    fn sorted_length(&self, length: usize) -> Option<usize> {
        (self.mode == Mode::Key).then_some(length)
    }

    fn open(
        &mut self,
        owner: &Bound<'py, PyAny>,
        content: Content<'py>,
        sorted_length: Option<usize>,
    ) -> Result<(), Failure> {
        let depth = self.stack.len();
        if depth >= FIRST_LOOK && depth.is_power_of_two() {
            self.check_for_cycle()?;
        }
        if depth >= DEEPEST {
            return Err(Failure::new(format!("it is nested more than {DEEPEST} levels deep")));
        }
        if let Some(length) = sorted_length {
            self.sorted.push(Unordered::with_capacity(length));
        }
        self.stack.push(Frame { owner: owner.clone(), content, is_sorted: sorted_length.is_some() });
        Ok(())
    }

    /// Looks whether something that is open is open twice, and leaves open what leads to the second time.
    fn check_for_cycle(&mut self) -> Result<(), Failure> {
        let mut open = HashSet::with_capacity(self.stack.len());
        let again = self.stack.iter().position(|frame| {
            // What has two sides (what it is derived from, and its own fields) may well be open on both.
            !frame.owner.is_none() && !open.insert((frame.owner.as_ptr(), discriminant(&frame.content)))
        });
        let Some(again) = again else { return Ok(()) };
        self.stack.truncate(again);
        Err(Failure::new("it holds itself"))
    }

    fn close(&mut self) {
        let Some(frame) = self.stack.pop() else { return };
        if frame.is_sorted
            && let Some(unordered) = self.sorted.pop()
        {
            unordered.write_to(&mut self.sink());
        }
    }
}
