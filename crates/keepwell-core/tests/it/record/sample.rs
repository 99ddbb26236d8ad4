//! Records with fixed fields, and what their readers expect.

use std::sync::Arc;

use bytes::Bytes;
use keepwell_core::clock::Timestamp;
use keepwell_core::id::{FlowRunId, TaskRunId, TransactionId, WriteId};
use keepwell_core::key::{CacheKey, Digest};
use keepwell_core::record::{
    Claim, Encoded, Encoding, Expected, Expiration, Head, KeyedHash, Limits, NamedDigest, Namespace, Place, Provenance,
    RecordFault, RequiredSignature, ResultRecord, ResultRecordMetadata, SerializerName, StoreId, decode_head, encode,
    open_payload,
};
use keepwell_core::storage::Durability;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

/// A record of a computed key, with all that a task call would say of it.
pub(crate) fn record(payload: impl Into<Bytes>) -> ResultRecord {
    record_of(Digest::of(b"a computed key").to_hex(), payload)
}

/// The same record under a key that a user chose.
pub(crate) fn record_of(key: impl Into<Arc<str>>, payload: impl Into<Bytes>) -> ResultRecord {
    let metadata = ResultRecordMetadata {
        key: CacheKey::new(key).expect("the test chose a legal key"),
        store: StoreId::from_bytes(*b"the store's id 1"),
        namespace: Namespace::DEFAULT,
        generation: 3,
        claim: Claim { epoch: 2, nonce: *b"a claim's nonce." },
        transaction: TransactionId::from_bytes(*b"transaction's id"),
        write: WriteId::from_bytes(*b"a write's own id"),
        created: NOW,
        expiration: Expiration::At(Timestamp::from_millis(NOW.as_millis() + 86_400_000)),
        serializer: SerializerName::CBOR,
        durability: Durability::Ordered,
        provenance: provenance().encode(),
    };
    ResultRecord { metadata, payload: payload.into() }
}

pub(crate) fn provenance() -> Provenance {
    Provenance {
        task_name: Some("hello_task".to_owned()),
        source: Some(Digest::of(b"source")),
        task_run: Some(TaskRunId::from_bytes(*b"a task run's id.")),
        flow_run: Some(FlowRunId::from_bytes(*b"a flow run's id.")),
        duration: Some(std::time::Duration::from_nanos(1_234_567)),
        writer_process: Some(4711),
        writer_version: Some("0.1.0".to_owned()),
        writer_host: Some("host".to_owned()),
        parts: vec![named("inputs")],
        inputs: vec![named("name")],
        omitted: 0,
    }
}

pub(crate) fn named(name: &str) -> NamedDigest {
    NamedDigest { name: name.to_owned(), digest: Digest::of(name.as_bytes()) }
}

pub(crate) fn secret() -> KeyedHash {
    KeyedHash::new([7; 32])
}

/// What the reader of such a record expects, a day before it expires.
pub(crate) fn expecting<'a>(metadata: &'a ResultRecordMetadata) -> Expected<'a> {
    Expected {
        key: &metadata.key,
        store: metadata.store,
        namespace: metadata.namespace,
        now: NOW,
        signature: RequiredSignature::NotRequired,
        limits: Limits::default(),
    }
}

/// Encodes what is known to be legal.
pub(crate) fn encoded(record: &ResultRecord, encoding: &Encoding<'_>) -> Encoded {
    encode(record, encoding).expect("a legal record is encoded")
}

/// Takes all the steps of a hit; `detached` is what a storage would return for a payload outside the head.
pub(crate) fn read(
    head: &Bytes,
    detached: Option<&Bytes>,
    expected: &Expected<'_>,
) -> Result<(Head, Bytes), RecordFault> {
    let head = decode_head(head, expected)?;
    let stored = match &head.payload.place {
        Place::Inline(stored) => stored.clone(),
        Place::Blob | Place::Reference => detached.expect("the test has a payload to offer").clone(),
    };
    let payload = open_payload(&head, stored)?;
    Ok((head, payload))
}
