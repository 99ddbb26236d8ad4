//! What has been opened and not yet closed.

use std::vec;

use keepwell_core::key::Unordered;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList, PyString, PyTuple};

use super::super::failure::Failure;
use super::{Piece, Slices};

/// What comes next in a frame.
pub(super) enum Next<'py> {
    Value(Bound<'py, PyAny>),
    Piece(Piece<'py>),
    End,
}

/// Something that holds others, and how far it has been written.
pub(super) struct Frame<'py> {
    /// What is being written, so that what holds itself is found out.
    pub(super) owner: Bound<'py, PyAny>,
    pub(super) content: Content<'py>,
    /// Whether the items are gathered to be sorted.
    pub(super) is_sorted: bool,
}

pub(super) enum Content<'py> {
    List { list: Bound<'py, PyList>, next: usize, length: usize },
    Tuple { tuple: Bound<'py, PyTuple>, next: usize, length: usize },
    Map(Entries<'py>),
    Slices(Slices<'py>),
    Set { members: Bound<'py, PyIterator>, written: usize, length: usize },
    Pieces { pieces: vec::IntoIter<Piece<'py>>, step: Option<String> },
}

/// The entries of a map that have not been written.
pub(super) struct Entries<'py> {
    source: Source<'py>,
    length: usize,
    begun: usize,
    /// The key of the entry that is being written.
    pub(super) key: Option<Bound<'py, PyAny>>,
    /// Its value, until its turn comes.
    pub(super) value: Option<Bound<'py, PyAny>>,
    /// Whether keys are names of fields.
    pub(super) is_named: bool,
}

enum Source<'py> {
    Items(Bound<'py, PyIterator>),
    Fields(vec::IntoIter<(Bound<'py, PyString>, Bound<'py, PyAny>)>),
}

impl<'py> Entries<'py> {
    pub(super) fn of_items(items: Bound<'py, PyIterator>, length: usize) -> Self {
        Self { source: Source::Items(items), length, begun: 0, key: None, value: None, is_named: false }
    }

    pub(super) fn of_fields(fields: Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>) -> Self {
        let length = fields.len();
        let source = Source::Fields(fields.into_iter());
        Self { source, length, begun: 0, key: None, value: None, is_named: true }
    }

    fn next(&mut self) -> Result<Next<'py>, Failure> {
        if let Some(value) = self.value.take() {
            return Ok(Next::Value(value));
        }
        let entry = match &mut self.source {
            Source::Items(items) => match items.next() {
                Some(entry) => Some(entry?.extract::<(Bound<'py, PyAny>, Bound<'py, PyAny>)>()?),
                None => None,
            },
            Source::Fields(fields) => fields.next().map(|(name, value)| (name.into_any(), value)),
        };
        match entry {
            Some((key, value)) => {
                self.begun += 1;
                self.key = Some(key.clone());
                self.value = Some(value);
                Ok(Next::Value(key))
            }
            None if self.begun == self.length => Ok(Next::End),
            None => Err(changed()),
        }
    }
}

impl<'py> Frame<'py> {
    /// Moves on, after closing in `unordered` the item that was written last.
    pub(super) fn next(&mut self, unordered: Option<&mut Unordered>) -> Result<Next<'py>, Failure> {
        if self.is_sorted
            && let Some(unordered) = unordered
        {
            self.close_item(unordered);
        }
        match &mut self.content {
            Content::List { next, length, .. } | Content::Tuple { next, length, .. } if next == length => Ok(Next::End),
            Content::List { list, next, length } => {
                if list.len() != *length {
                    return Err(changed());
                }
                *next += 1;
                Ok(Next::Value(list.get_item(*next - 1)?))
            }
            Content::Tuple { tuple, next, .. } => {
                *next += 1;
                Ok(Next::Value(tuple.get_item(*next - 1)?))
            }
            Content::Map(entries) => entries.next(),
            Content::Slices(slices) => Ok(slices.next()?.map_or(Next::End, Next::Value)),
            Content::Set { members, written, length } => match members.next() {
                Some(member) => {
                    *written += 1;
                    Ok(Next::Value(member?))
                }
                None if written == length => Ok(Next::End),
                None => Err(changed()),
            },
            Content::Pieces { pieces, step } => {
                let Some(piece) = pieces.next() else { return Ok(Next::End) };
                *step = if let Piece::Named(name, _) = &piece { Some(name.clone()) } else { None };
                Ok(Next::Piece(piece))
            }
        }
    }

    fn close_item(&self, unordered: &mut Unordered) {
        match &self.content {
            Content::Map(entries) if entries.begun > 0 => {
                unordered.end_item();
                if entries.value.is_none() {
                    unordered.end_entry();
                }
            }
            Content::Set { written, .. } if *written > 0 => {
                unordered.end_item();
                unordered.end_entry();
            }
            _ => {}
        }
    }
}

fn changed() -> Failure {
    Failure::new("it changed while it was read")
}
