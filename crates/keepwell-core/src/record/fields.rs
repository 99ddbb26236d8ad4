//! Reads fixed fields, little-endian, off the front of untrusted bytes.

use super::RecordFault;

/// What is left to read.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Fields<'a> {
    /// Reads `bytes`, which are the record's `what` where they turn out too short.
    pub(super) fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn slice(&mut self, length: usize) -> Result<&'a [u8], RecordFault> {
        let (slice, rest) = self.rest.split_at_checked(length).ok_or(RecordFault::Corrupt { what: self.what })?;
        self.rest = rest;
        Ok(slice)
    }

    pub(super) fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], RecordFault> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(RecordFault::Corrupt { what: self.what })?;
        self.rest = rest;
        Ok(*array)
    }

    pub(super) fn byte(&mut self) -> Result<u8, RecordFault> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, RecordFault> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, RecordFault> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, RecordFault> {
        self.array().map(u64::from_le_bytes)
    }
}
