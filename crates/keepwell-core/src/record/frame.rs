//! The parts of a head and where they begin: the steps of reading that need no expectation.

use std::ops::Range;

use bytes::Bytes;

use super::fields::Fields;
use super::header::{CHECKSUM_LENGTH, FORMAT_VERSION, HEADER_LIMIT, Header, Location, MAGIC, PREFIX_LENGTH};
use super::{EncodedProvenance, Head, Place, RecordFault, ResultRecordMetadata, SIGNATURE_LENGTH, StoredPayload};
use crate::key::{CacheKey, Digest};

/// The largest head in bytes, of this version and of every later one.
pub const HEAD_LIMIT: usize = 256 * 1024;

/// A head whose header is whole and whose parts add up.
pub(super) struct Frame<'a> {
    bytes: &'a Bytes,
    pub(super) header: Header,
    provenance: EncodedProvenance,
    header_end: usize,
    key: Range<usize>,
}

impl<'a> Frame<'a> {
    /// Size, magic, header bounds, header checksum, version, critical fields, lengths: in this order.
    pub(super) fn read(bytes: &'a Bytes) -> Result<Self, RecordFault> {
        if bytes.len() > HEAD_LIMIT {
            return Err(RecordFault::Corrupt { what: "size" });
        }
        let covered = checked_header(bytes)?;
        let mut fields = Fields::new(covered.get(PREFIX_LENGTH..).unwrap_or_default(), "header");
        let header = Header::read(&mut fields)?;
        if header.location == Location::Nowhere {
            return Err(RecordFault::UnknownCritical { field: "place", value: 0 });
        }
        let provenance = bytes.slice(covered.len() - fields.rest().len()..covered.len());
        let provenance = EncodedProvenance::from_bytes(provenance)?;
        header.check_lengths()?;
        let header_end = covered.len() + CHECKSUM_LENGTH;
        let key = key_range(&header, header_end, bytes.len())?;
        Ok(Self { bytes, header, provenance, header_end, key })
    }

    /// The whole header, as it is signed.
    pub(super) fn signed_bytes(&self) -> &'a [u8] {
        &self.bytes[..self.header_end]
    }

    /// The signature, if the header says that there is one.
    pub(super) fn signature(&self) -> Option<&'a [u8; SIGNATURE_LENGTH]> {
        self.bytes[self.header_end..self.key.start].first_chunk()
    }

    /// Whether the head is that of `key`. Takes both: the header's digest is what the checksum and the signature cover,
    /// the text is what no collision can imitate.
    pub(super) fn check_key(&self, key: &CacheKey) -> Result<(), RecordFault> {
        if self.header.key_digest != key.digest() {
            return Err(RecordFault::WrongKey);
        }
        if self.bytes[self.key.clone()] != *key.as_str().as_bytes() {
            return Err(RecordFault::Corrupt { what: "key" });
        }
        Ok(())
    }

    /// The key that the head says it is of.
    pub(super) fn key(&self) -> Result<CacheKey, RecordFault> {
        let text = &self.bytes[self.key.clone()];
        let key = std::str::from_utf8(text).ok().and_then(|text| CacheKey::new(text).ok());
        key.filter(|_| self.header.key_digest == Digest::of(text)).ok_or(RecordFault::Corrupt { what: "key" })
    }

    /// The head, under a key that was checked.
    pub(super) fn into_head(self, key: CacheKey) -> Head {
        let header = self.header;
        let place = match header.location {
            Location::Inline => Place::Inline(self.bytes.slice(self.key.end..)),
            Location::Blob => Place::Blob,
            Location::Reference => Place::Reference,
            Location::Nowhere => unreachable!("such a head was refused when it was read"),
        };
        Head {
            metadata: ResultRecordMetadata {
                key,
                store: header.store,
                namespace: header.namespace,
                generation: header.generation,
                claim: header.claim,
                transaction: header.transaction,
                write: header.write,
                created: header.created,
                expiration: header.expiration,
                serializer: header.serializer,
                durability: header.durability,
                provenance: self.provenance,
            },
            payload: StoredPayload {
                place,
                compression: header.compression,
                stored_length: header.stored_length,
                plain_length: header.plain_length,
                digest: header.payload_digest,
            },
            signature: header.signature,
        }
    }
}

/// The bytes that the header's checksum covers, once it holds and the version is this one.
///
/// Magic, version, header length and checksum are where they are in every version, so that a newer record can be told
/// from a damaged one.
pub(super) fn checked_header(bytes: &[u8]) -> Result<&[u8], RecordFault> {
    const CORRUPT: RecordFault = RecordFault::Corrupt { what: "header" };
    let mut prefix = Fields::new(bytes, "header");
    if prefix.array()? != MAGIC {
        return Err(RecordFault::Corrupt { what: "magic" });
    }
    let (version, length) = (prefix.u16()?, usize::from(prefix.u16()?));
    if version <= FORMAT_VERSION && length > HEADER_LIMIT {
        return Err(CORRUPT);
    }
    let (covered, checksum) = bytes.get(..length).and_then(|header| header.split_last_chunk()).ok_or(CORRUPT)?;
    if Digest::of(covered) != Digest::from_bytes(*checksum) {
        return Err(CORRUPT);
    }
    match version {
        FORMAT_VERSION => Ok(covered),
        0 => Err(CORRUPT),
        version => Err(RecordFault::NewerVersion { version }),
    }
}

/// Where the key's text is, if key and payload fill the head exactly.
fn key_range(header: &Header, header_end: usize, total: usize) -> Result<Range<usize>, RecordFault> {
    const CORRUPT: RecordFault = RecordFault::Corrupt { what: "length" };
    let payload = match header.location {
        Location::Inline => usize::try_from(header.stored_length).map_err(|_| CORRUPT)?,
        Location::Blob | Location::Reference | Location::Nowhere => 0,
    };
    let start = header_end + if header.signature.is_some() { SIGNATURE_LENGTH } else { 0 };
    let end = total.checked_sub(payload).filter(|end| *end >= start).ok_or(CORRUPT)?;
    if end - start != usize::try_from(header.key_length).map_err(|_| CORRUPT)? {
        return Err(CORRUPT);
    }
    Ok(start..end)
}
