//! Collections without an order, in keys: entries of maps and members of sets, sorted by their bytes.

use super::KeyHasher;
use crate::cbor::{Encoder, Sink, tag};

/// The longest item, in bytes, that stands in a sorted collection as it is.
const LONGEST_ITEM: usize = 64;
/// What most entries take, in bytes.
const USUAL_ENTRY: usize = 16;
/// The most entries that room is taken for beforehand.
const FORESEEN: usize = 1024;

/// Gathers the entries of a map, or the members of a set, and writes them sorted by their encoded bytes.
///
/// It is itself the [`Sink`] that each item is written into: a map's entry is two items, a set's member one, each closed
/// by [`end_item`](Unordered::end_item). An item longer than 64 bytes is hashed while it is written and stands as
/// its digest under [`tag::DIGEST`], so that memory grows with the number of entries and not with their size.
#[derive(Debug, Default)]
pub struct Unordered {
    bytes: Vec<u8>,
    item: usize,
    hasher: KeyHasher,
    is_hashing: bool,
    entry_ends: Vec<usize>,
}

impl Unordered {
    /// An empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty collection with room for about so many entries.
    pub fn with_capacity(entries: usize) -> Self {
        let entries = entries.min(FORESEEN);
        Self {
            bytes: Vec::with_capacity(entries * USUAL_ENTRY),
            entry_ends: Vec::with_capacity(entries),
            ..Self::default()
        }
    }

    /// Closes the item that was written since the last call.
    pub fn end_item(&mut self) {
        if self.is_hashing {
            self.is_hashing = false;
            let digest = self.hasher.finish();
            let mut encoder = Encoder::new(&mut self.bytes);
            encoder.tag(tag::DIGEST);
            encoder.bytes(digest.as_bytes());
        }
        self.item = self.bytes.len();
    }

    /// Closes the entry, all of whose items have been closed.
    pub fn end_entry(&mut self) {
        self.entry_ends.push(self.bytes.len());
    }

    /// The number of closed entries.
    pub fn len(&self) -> usize {
        self.entry_ends.len()
    }

    /// Whether no entry has been closed.
    pub fn is_empty(&self) -> bool {
        self.entry_ends.is_empty()
    }

    /// Writes the sorted entries, without a head. No item's bytes begin another's, so this is also the order of the keys.
    pub fn write_to(&self, sink: &mut impl Sink) {
        let mut start = 0;
        let mut entries: Vec<&[u8]> = Vec::with_capacity(self.len());
        for &end in &self.entry_ends {
            entries.push(&self.bytes[start..end]);
            start = end;
        }
        entries.sort_unstable();
        entries.iter().for_each(|entry| sink.write(entry));
    }
}

impl Sink for Unordered {
    fn write(&mut self, bytes: &[u8]) {
        if self.is_hashing {
            self.hasher.write(bytes);
        } else if self.bytes.len() - self.item + bytes.len() <= LONGEST_ITEM {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.is_hashing = true;
            self.hasher.write(&self.bytes[self.item..]);
            self.bytes.truncate(self.item);
            self.hasher.write(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Digest;

    fn members(texts: &[&str]) -> Vec<u8> {
        let mut unordered = Unordered::new();
        for text in texts {
            Encoder::new(&mut unordered).text(text);
            unordered.end_item();
            unordered.end_entry();
        }
        let mut bytes = Vec::new();
        unordered.write_to(&mut bytes);
        bytes
    }

    #[test]
    fn members_are_sorted_by_their_bytes() {
        assert_eq!(members(&["bb", "c", "a"]), b"\x61a\x61c\x62bb");
    }

    #[test]
    fn an_item_of_more_than_64_bytes_stands_as_its_digest() {
        let (fits, long) = ("x".repeat(62), "x".repeat(63));
        let mut encoded = vec![0x78, 62];
        encoded.extend_from_slice(fits.as_bytes());
        assert_eq!(members(&[&fits]), encoded);

        let mut whole = vec![0x78, 63];
        whole.extend_from_slice(long.as_bytes());
        let mut digest = vec![0xda, 0x6b, 0x77, 0, 4, 0x58, 32];
        digest.extend_from_slice(Digest::of(&whole).as_bytes());
        assert_eq!(members(&[&long]), digest);
    }
}
