//! A result record: a value as bytes, and all that is known about it.

use std::sync::Arc;

use bytes::Bytes;

use super::{EncodedProvenance, Expiration, Namespace, SerializerName, StoreId};
use crate::clock::Timestamp;
use crate::id::{TransactionId, WriteId};
use crate::key::CacheKey;
use crate::storage::Durability;

/// A value as bytes: what a front end hands over, and what it is given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedValue {
    /// What turned the value into bytes.
    pub serializer: SerializerName,
    /// The bytes.
    pub payload: Bytes,
}

/// What is kept under a cache key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRecord {
    /// What is known about the result.
    pub metadata: ResultRecordMetadata,
    /// The serialized value, neither compressed nor encrypted.
    pub payload: Bytes,
}

impl ResultRecord {
    /// The value as bytes, without what is known about it.
    pub fn value(&self) -> EncodedValue {
        EncodedValue { serializer: self.metadata.serializer.clone(), payload: self.payload.clone() }
    }

    /// The value alone. If nobody else has the record, nobody else has the bytes either.
    pub fn into_value(self: Arc<Self>) -> EncodedValue {
        match Arc::try_unwrap(self) {
            Ok(record) => EncodedValue { serializer: record.metadata.serializer, payload: record.payload },
            Err(shared) => shared.value(),
        }
    }
}

/// What is known about a result without decoding it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRecordMetadata {
    /// The key under which the record is kept.
    pub key: CacheKey,
    /// The store it was written to.
    pub store: StoreId,
    /// The namespace it was written in.
    pub namespace: Namespace,
    /// How many records were committed under this key before and including this one.
    pub generation: u64,
    /// Who may commit next.
    pub claim: Claim,
    /// The transaction that committed the record.
    pub transaction: TransactionId,
    /// What tells this write from every other.
    pub write: WriteId,
    /// When the record was written, by the store's clock.
    pub created: Timestamp,
    /// Until when it may be served, by the store's clock.
    pub expiration: Expiration,
    /// What turned the value into bytes.
    pub serializer: SerializerName,
    /// What the write was made to survive.
    pub durability: Durability,
    /// Where the result came from, decoded on demand: a hit does not need it.
    pub provenance: EncodedProvenance,
}

/// The fencing token of a key: a commit is refused unless the claim in the head is the committer's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Claim {
    /// How often the key has been claimed.
    pub epoch: u64,
    /// Random bits that tell two claims of one epoch apart.
    pub nonce: [u8; 16],
}
