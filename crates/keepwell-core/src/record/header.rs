//! The header's fixed fields and their bytes, little-endian. The table is in `docs/record-format.md`.
//!
//! What frames the header is left to [`super::frame`], its open-ended part to [`super::tlv`].

use super::fields::Fields;
use super::{
    Claim, Compression, Expiration, KeyId, Namespace, Place, RecordFault, ResultRecordMetadata, SerializerName,
    SignatureId, SignatureScheme, StoreId, StoredPayload,
};
use crate::clock::Timestamp;
use crate::id::{TransactionId, WriteId};
use crate::key::Digest;
use crate::storage::Durability;

/// The version of the format that is written, and the newest that is read.
pub const FORMAT_VERSION: u16 = 1;

/// The longest header in bytes, checksum included.
pub const HEADER_LIMIT: usize = 4096;

/// The first bytes of every head: not text, and damaged by whatever translates line ends.
pub(crate) const MAGIC: [u8; 8] = *b"\x89KWL\r\n\x1a\n";

/// Magic, version and header length.
pub(super) const PREFIX_LENGTH: usize = 12;

/// The last bytes of a header: the BLAKE3-256 of all before them.
pub(super) const CHECKSUM_LENGTH: usize = 32;

/// The fixed fields, prefix included, up to the serializer's name.
const FIXED_LENGTH: usize = 245;

const SERIALIZER_LIMIT: usize = 64;

/// What is left of a header for provenance, whatever the serializer's name.
pub(super) const PROVENANCE_LIMIT: usize = HEADER_LIMIT - FIXED_LENGTH - SERIALIZER_LIMIT - CHECKSUM_LENGTH;

/// Where a payload is, as the header says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// There is none: the head is an envelope.
    Nowhere = 0,
    Inline = 1,
    Blob = 2,
    Reference = 3,
}

/// The fields after the prefix.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) location: Location,
    pub(super) durability: Durability,
    pub(super) compression: Compression,
    pub(super) signature: Option<SignatureId>,
    pub(super) key_digest: Digest,
    pub(super) store: StoreId,
    pub(super) namespace: Namespace,
    pub(super) generation: u64,
    pub(super) claim: Claim,
    pub(super) transaction: TransactionId,
    pub(super) write: WriteId,
    pub(super) created: Timestamp,
    pub(super) expiration: Expiration,
    pub(super) stored_length: u64,
    pub(super) plain_length: u64,
    pub(super) payload_digest: Digest,
    pub(super) key_length: u32,
    pub(super) serializer: SerializerName,
}

impl Header {
    /// Reads the fields after the prefix, and leaves the TLV area.
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, RecordFault> {
        let location = read_location(fields.byte()?)?;
        let durability = read_durability(fields.byte()?)?;
        let compression = read_compression(fields.byte()?)?;
        let scheme = read_scheme(fields.byte()?)?;
        Ok(Self {
            location,
            durability,
            compression,
            key_digest: Digest::from_bytes(fields.array()?),
            store: StoreId::from_bytes(fields.array()?),
            namespace: Namespace::from_bytes(fields.array()?),
            generation: fields.u64()?,
            claim: Claim { epoch: fields.u64()?, nonce: fields.array()? },
            transaction: TransactionId::from_bytes(fields.array()?),
            write: WriteId::from_bytes(fields.array()?),
            created: Timestamp::from_millis(fields.u64()?),
            expiration: Expiration::from_millis(fields.u64()?),
            stored_length: fields.u64()?,
            plain_length: fields.u64()?,
            payload_digest: Digest::from_bytes(fields.array()?),
            signature: read_signature(scheme, fields.array()?),
            key_length: fields.u32()?,
            serializer: read_serializer(fields)?,
        })
    }

    /// Only compression makes the two lengths differ, and a plain result is not compressed. To be asked once no unknown
    /// critical field can be the reason.
    pub(super) fn check_lengths(&self) -> Result<(), RecordFault> {
        let is_plain = self.compression == Compression::None;
        if is_plain && self.stored_length != self.plain_length || !is_plain && self.location == Location::Reference {
            return Err(RecordFault::Corrupt { what: "payload length" });
        }
        Ok(())
    }
}

/// The length of a header in bytes, checksum included: at most [`HEADER_LIMIT`].
pub(super) fn length(serializer: &SerializerName, area: &[u8]) -> usize {
    FIXED_LENGTH + serializer.as_str().len() + area.len() + CHECKSUM_LENGTH
}

impl Header {
    /// The header of a record.
    pub(super) fn of_record(
        metadata: &ResultRecordMetadata,
        payload: &StoredPayload,
        signature: Option<SignatureId>,
    ) -> Self {
        Self {
            location: location_of(&payload.place),
            durability: metadata.durability,
            compression: payload.compression,
            signature,
            key_digest: metadata.key.digest(),
            store: metadata.store,
            namespace: metadata.namespace,
            generation: metadata.generation,
            claim: metadata.claim,
            transaction: metadata.transaction,
            write: metadata.write,
            created: metadata.created,
            expiration: metadata.expiration,
            stored_length: payload.stored_length,
            plain_length: payload.plain_length,
            payload_digest: payload.digest,
            key_length: u32::try_from(metadata.key.as_str().len()).expect("a key is at most 64 KiB"),
            serializer: metadata.serializer.clone(),
        }
    }

    /// Appends the whole header, with `area` as its TLV area, and its checksum.
    pub(super) fn write(&self, out: &mut Vec<u8>, area: &[u8]) {
        let (start, serializer) = (out.len(), self.serializer.as_str());
        let length = length(&self.serializer, area);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        out.extend_from_slice(&u16::try_from(length).expect("a header is at most 4096 bytes").to_le_bytes());
        out.extend_from_slice(&[
            self.location as u8,
            durability_code(self.durability),
            compression_code(self.compression),
            self.signature.map_or(0, |id| scheme_code(id.scheme)),
        ]);
        self.write_record_fields(out);
        self.write_payload_fields(out);
        out.extend_from_slice(&self.signature.map_or([0; 16], |id| *id.key.as_bytes()));
        out.extend_from_slice(&self.key_length.to_le_bytes());
        out.push(u8::try_from(serializer.len()).expect("a serializer's name is at most 64 bytes"));
        out.extend_from_slice(serializer.as_bytes());
        out.extend_from_slice(area);
        out.extend_from_slice(Digest::of(&out[start..]).as_bytes());
    }

    fn write_record_fields(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.key_digest.as_bytes());
        out.extend_from_slice(self.store.as_bytes());
        out.extend_from_slice(self.namespace.as_bytes());
        out.extend_from_slice(&self.generation.to_le_bytes());
        out.extend_from_slice(&self.claim.epoch.to_le_bytes());
        out.extend_from_slice(&self.claim.nonce);
        out.extend_from_slice(self.transaction.as_bytes());
        out.extend_from_slice(&self.write.to_bytes());
        out.extend_from_slice(&self.created.as_millis().to_le_bytes());
        out.extend_from_slice(&self.expiration.to_millis().to_le_bytes());
    }

    fn write_payload_fields(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.stored_length.to_le_bytes());
        out.extend_from_slice(&self.plain_length.to_le_bytes());
        out.extend_from_slice(self.payload_digest.as_bytes());
    }
}

fn location_of(place: &Place) -> Location {
    match place {
        Place::Inline(_) => Location::Inline,
        Place::Blob => Location::Blob,
        Place::Reference => Location::Reference,
    }
}

fn read_location(code: u8) -> Result<Location, RecordFault> {
    match code {
        0 => Ok(Location::Nowhere),
        1 => Ok(Location::Inline),
        2 => Ok(Location::Blob),
        3 => Ok(Location::Reference),
        _ => Err(unknown("place", code)),
    }
}

fn durability_code(durability: Durability) -> u8 {
    match durability {
        Durability::None => 0,
        Durability::Ordered => 1,
        Durability::Full => 2,
    }
}

fn read_durability(code: u8) -> Result<Durability, RecordFault> {
    match code {
        0 => Ok(Durability::None),
        1 => Ok(Durability::Ordered),
        2 => Ok(Durability::Full),
        _ => Err(unknown("durability", code)),
    }
}

fn compression_code(compression: Compression) -> u8 {
    match compression {
        Compression::None => 0,
        Compression::Lz4 => 1,
        Compression::Zstd => 2,
    }
}

fn read_compression(code: u8) -> Result<Compression, RecordFault> {
    match code {
        0 => Ok(Compression::None),
        1 => Ok(Compression::Lz4),
        2 => Ok(Compression::Zstd),
        _ => Err(unknown("compression", code)),
    }
}

fn scheme_code(scheme: SignatureScheme) -> u8 {
    match scheme {
        SignatureScheme::KeyedBlake3 => 1,
    }
}

fn read_scheme(code: u8) -> Result<Option<SignatureScheme>, RecordFault> {
    match code {
        0 => Ok(None),
        1 => Ok(Some(SignatureScheme::KeyedBlake3)),
        _ => Err(unknown("signature scheme", code)),
    }
}

fn read_signature(scheme: Option<SignatureScheme>, key: [u8; 16]) -> Option<SignatureId> {
    scheme.map(|scheme| SignatureId { scheme, key: KeyId::from_bytes(key) })
}

fn read_serializer(fields: &mut Fields<'_>) -> Result<SerializerName, RecordFault> {
    let length = usize::from(fields.byte()?);
    SerializerName::parse(fields.slice(length)?).ok_or(RecordFault::Corrupt { what: "serializer name" })
}

/// The checksum held, so this is no damage: a later version wrote it.
fn unknown(field: &'static str, code: u8) -> RecordFault {
    RecordFault::UnknownCritical { field, value: u16::from(code) }
}
