//! Opening a payload: any stored bytes under a head that fits them, so that the fuzzer gets past the digest and at the
//! decompressors. What is opened has the length that the head says.
#![no_main]

use bytes::Bytes;
use keepwell_core::clock::Timestamp;
use keepwell_core::id::{TransactionId, WriteId};
use keepwell_core::key::{CacheKey, Digest};
use keepwell_core::record::{
    Claim, Compression, EncodedProvenance, Expiration, Head, Namespace, Place, ResultRecordMetadata, SerializerName,
    StoreId, StoredPayload, open_payload,
};
use keepwell_core::storage::Durability;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u32, &[u8])| {
    let (compression, plain_length, stored) = input;
    let stored = Bytes::copy_from_slice(stored);
    let compression = match compression % 3 {
        0 => Compression::None,
        1 => Compression::Lz4,
        _ => Compression::Zstd,
    };
    let plain_length = match compression {
        Compression::None => stored.len() as u64,
        Compression::Lz4 | Compression::Zstd => u64::from(plain_length),
    };
    let head = head(compression, plain_length, &stored);
    if let Ok(payload) = open_payload(&head, stored) {
        assert_eq!(payload.len() as u64, plain_length);
    }
});

fn head(compression: Compression, plain_length: u64, stored: &Bytes) -> Head {
    let metadata = ResultRecordMetadata {
        key: CacheKey::new("key").expect("not empty"),
        store: StoreId::from_bytes([0; 16]),
        namespace: Namespace::DEFAULT,
        generation: 1,
        claim: Claim::default(),
        transaction: TransactionId::from_bytes([0; 16]),
        write: WriteId::from_bytes([0; 16]),
        created: Timestamp::from_millis(0),
        expiration: Expiration::Never,
        serializer: SerializerName::CBOR,
        durability: Durability::None,
        provenance: EncodedProvenance::default(),
    };
    let digest = Digest::of(stored);
    let payload =
        StoredPayload { place: Place::Blob, compression, stored_length: stored.len() as u64, plain_length, digest };
    Head { metadata, payload, signature: None }
}
