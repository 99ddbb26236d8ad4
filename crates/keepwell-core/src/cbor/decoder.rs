//! Reads items from bytes that nobody vouches for.
//!
//! Never panics, never allocates by a length it has only read, and does not recurse. Bytes that the encoder would not
//! have written (a longer head than needed, an indefinite length, a float of 16 bits, another NaN) are malformed, so that
//! an item has one form only. Whether maps are sorted, and what tags mean, is left to the caller.

use std::fmt;

use super::Number;
use crate::{Error, ErrorKind};

/// One item, or the head of one that holds others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item<'a> {
    /// An integer from 0 to 2^64 - 1.
    Unsigned(u64),
    /// The integer `-1 - n`.
    Negative(u64),
    /// A byte string.
    Bytes(&'a [u8]),
    /// A text.
    Text(&'a str),
    /// An array: so many items follow.
    Array(usize),
    /// A map: twice as many items follow.
    Map(usize),
    /// A tag: the item it stands for follows.
    Tag(u64),
    /// A truth value.
    Boolean(bool),
    /// Nothing.
    Null,
    /// A float of 32 bits.
    Float32(f32),
    /// A float of 64 bits.
    Float64(f64),
}

/// Bytes that are not an item of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Where the offending item begins, in bytes from the start.
    pub at: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "malformed bytes at offset {}: {}", self.at, self.problem)
    }
}

impl std::error::Error for Malformed {}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Error::new(ErrorKind::Serialization, malformed.to_string())
    }
}

/// Reads one item after another from a slice. A failed call leaves the position where it was.
#[derive(Clone, Copy, Debug)]
pub struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Decoder<'a> {
    /// A decoder at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next item, without moving on.
    ///
    /// # Errors
    /// [`Malformed`], also at the end of the bytes.
    pub fn peek(&self) -> Result<Item<'a>, Malformed> {
        let mut ahead = *self;
        ahead.read()
    }

    /// The next item. Of an array, map or tag only the head is read: what it holds comes next.
    ///
    /// # Errors
    /// [`Malformed`], also at the end of the bytes.
    pub fn read(&mut self) -> Result<Item<'a>, Malformed> {
        let start = *self;
        self.read_or_move().inspect_err(|_| *self = start).map_err(|problem| Malformed { at: start.at, problem })
    }

    /// Moves past the next item and all that it holds.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn skip(&mut self) -> Result<(), Malformed> {
        let start = *self;
        let mut pending = 1_usize;
        while pending > 0 {
            let item = self.read().inspect_err(|_| *self = start)?;
            pending = pending - 1
                + match item {
                    Item::Array(length) => length,
                    Item::Map(length) => length * 2,
                    Item::Tag(_) => 1,
                    _ => 0,
                };
        }
        Ok(())
    }

    /// A typed array of `N`, whatever the alignment of the bytes.
    ///
    /// # Errors
    /// [`Malformed`] where the next item is anything else.
    pub fn numbers<N: Number>(&mut self) -> Result<Vec<N>, Malformed> {
        let start = *self;
        let mut item = self.read()?;
        if let Some(tag) = N::ARRAY_TAG {
            item = if item == Item::Tag(tag) { self.read().inspect_err(|_| *self = start)? } else { Item::Null };
        }
        match item {
            Item::Bytes(bytes) if bytes.len() % size_of::<N>() == 0 => {
                Ok(bytes.chunks_exact(size_of::<N>()).map(N::from_little_endian).collect())
            }
            _ => {
                *self = start;
                Err(self.malformed("not an array of these numbers"))
            }
        }
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// [`Malformed`] if something is.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.malformed("more bytes than the value has")) }
    }

    /// The error that something is wrong with the next item.
    pub fn malformed(&self, problem: &'static str) -> Malformed {
        Malformed { at: self.at, problem }
    }

    fn read_or_move(&mut self) -> Result<Item<'a>, &'static str> {
        let initial = self.take(1)?[0];
        match initial >> 5 {
            0 => self.argument(initial).map(Item::Unsigned),
            1 => self.argument(initial).map(Item::Negative),
            2 => self.string(initial).map(Item::Bytes),
            3 => self.text(initial).map(Item::Text),
            4 => self.length(initial, 1).map(Item::Array),
            5 => self.length(initial, 2).map(Item::Map),
            6 => self.argument(initial).map(Item::Tag),
            _ => self.simple(initial),
        }
    }

    /// The argument of a head, which must be the shortest that holds it.
    fn argument(&mut self, initial: u8) -> Result<u64, &'static str> {
        let (argument, least) = match initial & 31 {
            direct @ 0..=23 => return Ok(u64::from(direct)),
            24 => (u64::from(self.take(1)?[0]), 24),
            25 => (u64::from(u16::from_be_bytes(self.fixed()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(self.fixed()?)), 1 << 16),
            27 => (u64::from_be_bytes(self.fixed()?), 1 << 32),
            31 => return Err("an indefinite length"),
            _ => return Err("a reserved head"),
        };
        if argument < least { Err("a longer head than needed") } else { Ok(argument) }
    }

    /// The number of entries, each of `width` items: no more than there are bytes left.
    fn length(&mut self, initial: u8, width: u64) -> Result<usize, &'static str> {
        let length = self.argument(initial)?;
        let left = (self.bytes.len() - self.at) as u64;
        if length > left / width { Err("a length beyond the end") } else { Ok(length as usize) }
    }

    fn string(&mut self, initial: u8) -> Result<&'a [u8], &'static str> {
        let length = self.length(initial, 1)?;
        self.take(length)
    }

    fn text(&mut self, initial: u8) -> Result<&'a str, &'static str> {
        std::str::from_utf8(self.string(initial)?).map_err(|_| "a text that is not utf-8")
    }

    fn simple(&mut self, initial: u8) -> Result<Item<'a>, &'static str> {
        match initial {
            0xf4 => Ok(Item::Boolean(false)),
            0xf5 => Ok(Item::Boolean(true)),
            0xf6 => Ok(Item::Null),
            0xfa => {
                let number = f32::from_bits(u32::from_be_bytes(self.fixed()?));
                let is_other_nan = number.is_nan() && number.to_bits() != 0x7fc0_0000;
                if is_other_nan { Err("another nan") } else { Ok(Item::Float32(number)) }
            }
            0xfb => {
                let number = f64::from_bits(u64::from_be_bytes(self.fixed()?));
                let is_other_nan = number.is_nan() && number.to_bits() != 0x7ff8_0000_0000_0000;
                if is_other_nan { Err("another nan") } else { Ok(Item::Float64(number)) }
            }
            _ => Err("a simple value or float that the format has not got"),
        }
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        Ok(self.take(N)?.try_into().expect("as many bytes were taken as the array has"))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let taken = self.bytes[self.at..].get(..length).ok_or("the bytes end too early")?;
        self.at += length;
        Ok(taken)
    }
}
