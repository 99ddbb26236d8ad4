//! What is written comes back, field by field.

use bytes::Bytes;
use keepwell_core::clock::Timestamp;
use keepwell_core::id::{FlowRunId, TaskRunId, TransactionId, WriteId};
use keepwell_core::key::{CacheKey, Digest};
use keepwell_core::record::{
    Claim, Compression, Encoding, Expiration, HEADER_LIMIT, INLINE_LIMIT, KEY_LIMIT, NamedDigest, Namespace, Place,
    Placement, Provenance, RequiredSignature, ResultRecord, ResultRecordMetadata, SerializerName, Signer, StoreId,
    encode, inspect_head,
};
use keepwell_core::storage::Durability;
use keepwell_core::{Error, ErrorKind};
use proptest::prelude::*;

use super::sample::{encoded, expecting, read, record, record_of, secret};

fn compressions() -> impl Strategy<Value = Compression> {
    let zstd = if cfg!(feature = "zstd") { Compression::Zstd } else { Compression::Lz4 };
    prop_oneof![Just(Compression::None), Just(Compression::Lz4), Just(zstd)]
}

fn placements() -> impl Strategy<Value = Placement> {
    prop_oneof![Just(Placement::WithHead), Just(Placement::Elsewhere)]
}

fn digests() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::from_bytes)
}

fn named_digests() -> impl Strategy<Value = Vec<NamedDigest>> {
    let named = (".{0,20}", digests()).prop_map(|(name, digest)| NamedDigest { name, digest });
    prop::collection::vec(named, 0..5)
}

prop_compose! {
    fn provenances()(
        task_name in any::<Option<String>>(),
        source in prop::option::of(digests()),
        task_run in any::<Option<[u8; 16]>>(),
        flow_run in any::<Option<[u8; 16]>>(),
        nanoseconds in any::<Option<u64>>(),
        writer_process in any::<Option<u32>>(),
        writer_version in any::<Option<String>>(),
        writer_host in any::<Option<String>>(),
        parts in named_digests(),
        inputs in named_digests(),
    ) -> Provenance {
        Provenance {
            task_name,
            source,
            task_run: task_run.map(TaskRunId::from_bytes),
            flow_run: flow_run.map(FlowRunId::from_bytes),
            duration: nanoseconds.map(std::time::Duration::from_nanos),
            writer_process,
            writer_version,
            writer_host,
            parts,
            inputs,
            omitted: 0,
        }
    }
}

fn payloads() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop::collection::vec(any::<u8>(), 0..600);
    let repetitive = (any::<u8>(), 0..100_000_usize).prop_map(|(byte, length)| vec![byte; length]);
    prop_oneof![noise, repetitive]
}

fn durabilities() -> impl Strategy<Value = Durability> {
    prop_oneof![Just(Durability::None), Just(Durability::Ordered), Just(Durability::Full)]
}

prop_compose! {
    fn records()(
        key in "(?s).{1,80}",
        (store, namespace) in any::<([u8; 16], [u8; 32])>(),
        (generation, epoch, nonce) in any::<(u64, u64, [u8; 16])>(),
        (transaction, write) in any::<([u8; 16], [u8; 16])>(),
        created in any::<u64>(),
        expires in prop::option::of(super::sample::NOW.as_millis() + 1..),
        serializer in "[!-~]{1,64}",
        durability in durabilities(),
        provenance in provenances(),
        payload in payloads(),
    ) -> ResultRecord {
        let metadata = ResultRecordMetadata {
            key: CacheKey::new(key).expect("not empty"),
            store: StoreId::from_bytes(store),
            namespace: Namespace::from_bytes(namespace),
            generation,
            claim: Claim { epoch, nonce },
            transaction: TransactionId::from_bytes(transaction),
            write: WriteId::from_bytes(write),
            created: Timestamp::from_millis(created),
            expiration: expires.map_or(Expiration::Never, |at| Expiration::At(Timestamp::from_millis(at))),
            serializer: SerializerName::new(&serializer).expect("visible ASCII"),
            durability,
            provenance: provenance.encode(),
        };
        ResultRecord { metadata, payload: payload.into() }
    }
}

proptest! {
    #[test]
    fn every_record_comes_back_as_it_was(
        record in records(),
        compression in compressions(),
        placement in placements(),
        is_signed in any::<bool>(),
    ) {
        let secret = secret();
        let signer = is_signed.then_some(&secret as &dyn Signer);
        let written = encoded(&record, &Encoding { compression, placement, signer });
        let mut expected = expecting(&record.metadata);
        if is_signed {
            expected.signature = RequiredSignature::TrustedBy(&secret);
        }
        let detached = written.blob.as_ref().map_or(&record.payload, |(_, stored)| stored);
        let (head, payload) = read(&written.head, Some(detached), &expected).unwrap();
        prop_assert_eq!(&head.metadata, &record.metadata);
        prop_assert_eq!(&payload, &record.payload);
        prop_assert_eq!(head.signature, signer.map(Signer::id));
        prop_assert_eq!(inspect_head(&written.head), Ok(head));
    }

    #[test]
    fn provenance_comes_back_as_it_was(provenance in provenances()) {
        prop_assert_eq!(provenance.encode().decode(), Ok(provenance));
    }
}

#[test]
fn a_payload_of_16_kib_sits_in_the_head_and_one_byte_more_in_a_blob() {
    let small = encoded(&record(vec![1; INLINE_LIMIT]), &Encoding::default());
    let large = encoded(&record(vec![1; INLINE_LIMIT + 1]), &Encoding::default());
    assert_eq!(small.blob, None);
    let stored = Bytes::from(vec![1; INLINE_LIMIT + 1]);
    assert_eq!(large.blob, Some((Digest::of(&stored), stored)));
    assert!(large.head.len() < 1024, "{} bytes", large.head.len());
}

#[test]
fn a_large_payload_that_compresses_well_sits_in_the_head() {
    let encoding = Encoding { compression: Compression::Lz4, ..Encoding::default() };
    let record = record(vec![1; 10 * INLINE_LIMIT]);
    let written = encoded(&record, &encoding);
    let (head, payload) = read(&written.head, None, &expecting(&record.metadata)).unwrap();
    assert_eq!((head.payload.compression, payload), (Compression::Lz4, record.payload));
}

#[test]
fn a_payload_elsewhere_is_only_referred_to() {
    let encoding = Encoding { compression: Compression::Lz4, placement: Placement::Elsewhere, signer: None };
    let record = record(vec![1; 1000]);
    let written = encoded(&record, &encoding);
    let (head, payload) = read(&written.head, Some(&record.payload), &expecting(&record.metadata)).unwrap();
    assert_eq!((head.payload.place, written.blob, payload), (Place::Reference, None, record.payload));
}

#[test]
fn an_inline_payload_is_a_slice_of_the_head() {
    let record = record(vec![1; 200]);
    let head = encoded(&record, &Encoding::default()).head;
    let (_, payload) = read(&head, None, &expecting(&record.metadata)).unwrap();
    assert_eq!(payload.as_ptr(), head[head.len() - 200..].as_ptr());
}

#[test]
fn a_long_key_works_and_too_long_a_key_is_refused() {
    let written = |length: usize| -> Result<usize, Error> {
        let record = record_of("k".repeat(length), vec![1; INLINE_LIMIT]);
        let written = encode(&record, &Encoding::default())?;
        read(&written.head, None, &expecting(&record.metadata)).unwrap();
        Ok(written.head.len() - length - INLINE_LIMIT)
    };
    let short = written(1).unwrap();
    assert_eq!([written(10 * 1024).unwrap(), written(KEY_LIMIT).unwrap()], [short, short]);
    let error = written(KEY_LIMIT + 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
    assert_eq!(
        error.report(),
        "a cache key of 65537 bytes is longer than 65536 (return a digest of the text from the key function)"
    );
}

#[test]
fn a_header_is_never_longer_than_its_limit() {
    let mut record = record_of("k", "");
    let inputs = (0..1000).map(|number| super::sample::named(&number.to_string())).collect();
    record.metadata.serializer = SerializerName::new(&"s".repeat(64)).unwrap();
    record.metadata.provenance = Provenance { inputs, ..Provenance::default() }.encode();
    let length = encoded(&record, &Encoding::default()).head.len() - "k".len();
    assert!((HEADER_LIMIT - 40..=HEADER_LIMIT).contains(&length), "{length} bytes");
}
