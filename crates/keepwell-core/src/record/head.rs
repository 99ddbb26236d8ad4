//! What a head says, once it has been checked.

use bytes::Bytes;

use super::{Compression, ResultRecordMetadata, SignatureId};
use crate::key::Digest;

/// A decoded head. Its payload has not been looked at: see [`open_payload`](super::open_payload).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What is known about the result.
    pub metadata: ResultRecordMetadata,
    /// The payload as it is stored, and where.
    pub payload: StoredPayload,
    /// What the header says about its signature; checked only where the reader required one.
    pub signature: Option<SignatureId>,
}

/// A payload as it is stored, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPayload {
    /// Where the stored bytes are.
    pub place: Place,
    /// How they are compressed.
    pub compression: Compression,
    /// How many there are.
    pub stored_length: u64,
    /// How many there are once decompressed.
    pub plain_length: u64,
    /// The digest of the stored bytes, which is also a blob's name.
    pub digest: Digest,
}

/// Where the stored bytes of a payload are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the head: these, not yet compared with their digest.
    Inline(Bytes),
    /// In the blob that is named by the digest.
    Blob,
    /// In the result storage, under the record's own key: the serialized value alone.
    Reference,
}
