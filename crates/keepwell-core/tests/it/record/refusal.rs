//! Whole records that this reader must not serve, and in which order the reasons count.

use std::sync::LazyLock;

use bytes::{Bytes, BytesMut};
use keepwell_core::clock::Timestamp;
use keepwell_core::key::{CacheKey, Digest};
use keepwell_core::record::{
    Distrust, Encoding, Expected, Expiration, KeyedHash, Limits, Namespace, Placement, RecordFault, RequiredSignature,
    Signer, StoreId, decode_head, inspect_head,
};

use super::sample::{NOW, encoded, expecting, read, record, secret};

/// The key that the readers here trust.
static OURS: LazyLock<KeyedHash> = LazyLock::new(secret);

/// The head of a record that is signed where `signer` is given.
fn head(signer: Option<&dyn Signer>) -> Bytes {
    encoded(&record("payload"), &Encoding { signer, ..Encoding::default() }).head
}

/// Changes the header and puts its checksum right again, as a writer of another version would.
fn rewritten(head: &Bytes, change: impl FnOnce(&mut [u8])) -> Bytes {
    let mut bytes = BytesMut::from(&head[..]);
    change(&mut bytes);
    let length = usize::from(u16::from_le_bytes([head[10], head[11]]));
    let checksum = Digest::of(&bytes[..length - 32]);
    bytes[length - 32..length].copy_from_slice(checksum.as_bytes());
    bytes.freeze()
}

fn fault(head: &Bytes, change: impl FnOnce(&mut Expected<'_>)) -> Option<RecordFault> {
    let record = record("payload");
    let mut expected = expecting(&record.metadata);
    change(&mut expected);
    decode_head(head, &expected).err()
}

#[test]
fn a_record_of_another_key_store_or_namespace_is_refused() {
    let other_key = CacheKey::new("another").unwrap();
    let metadata = record("payload").metadata;
    let with_key = Expected { key: &other_key, ..expecting(&metadata) };
    assert_eq!(decode_head(&head(None), &with_key), Err(RecordFault::WrongKey));
    let store = StoreId::from_bytes([9; 16]);
    assert_eq!(fault(&head(None), |expected| expected.store = store), Some(RecordFault::WrongStore));
    let namespace = Namespace::named("team");
    assert_eq!(fault(&head(None), |expected| expected.namespace = namespace), Some(RecordFault::WrongNamespace));
}

#[test]
fn a_record_expires_at_its_expiration() {
    let Expiration::At(at) = record("payload").metadata.expiration else { panic!("the sample expires") };
    let just_before = Timestamp::from_millis(at.as_millis() - 1);
    assert_eq!(fault(&head(None), |expected| expected.now = just_before), None);
    assert_eq!(fault(&head(None), |expected| expected.now = at), Some(RecordFault::Expired { at }));
}

#[test]
fn a_required_signature_is_required_known_and_right() {
    let other = KeyedHash::new([8; 32]);
    let required = |head: &Bytes| fault(head, |expected| expected.signature = RequiredSignature::TrustedBy(&*OURS));
    let signed = head(Some(&*OURS));
    assert_eq!(required(&signed), None);
    assert_eq!(required(&head(None)), Some(RecordFault::Untrusted(Distrust::Unsigned)));
    let unknown = RecordFault::Untrusted(Distrust::UnknownKey(other.id().key));
    assert_eq!(required(&head(Some(&other))), Some(unknown));
    // The generation, changed by somebody who can compute a checksum but not a signature.
    let forged = rewritten(&signed, |bytes| bytes[96] ^= 1);
    assert_eq!(fault(&forged, |_| {}), None);
    assert_eq!(required(&forged), Some(RecordFault::Untrusted(Distrust::Mismatch)));
}

#[test]
fn a_payload_over_the_limits_is_refused_before_it_is_read() {
    let stored = Limits { stored_length: 6, ..Limits::default() };
    let plain = Limits { plain_length: 6, ..Limits::default() };
    for limits in [stored, plain] {
        let refused = RecordFault::TooLarge { length: 7, limit: 6 };
        assert_eq!(fault(&head(None), |expected| expected.limits = limits), Some(refused));
    }
}

#[test]
fn a_newer_version_is_told_from_a_damaged_version() {
    let newer = rewritten(&head(None), |bytes| bytes[8] = 2);
    let damaged = { Bytes::from([&head(None)[..8], &[2], &head(None)[9..]].concat()) };
    assert_eq!(fault(&newer, |_| {}), Some(RecordFault::NewerVersion { version: 2 }));
    assert_eq!(fault(&damaged, |_| {}), Some(RecordFault::Corrupt { what: "header" }));
}

#[test]
fn a_value_or_tag_that_this_version_does_not_know_is_the_future_not_damage() {
    let unknown = |field, value| Some(RecordFault::UnknownCritical { field, value });
    let with_byte = |offset: usize, value| fault(&rewritten(&head(None), |bytes| bytes[offset] = value), |_| {});
    assert_eq!(with_byte(12, 0), unknown("place", 0));
    assert_eq!(with_byte(13, 3), unknown("durability", 3));
    assert_eq!(with_byte(14, 3), unknown("compression", 3));
    assert_eq!(with_byte(15, 2), unknown("signature scheme", 2));
    // The first tag follows the serializer's name, `cbor`; its high byte makes it critical.
    assert_eq!(with_byte(245 + 4 + 1, 0x80), unknown("tag", 0x8001));
    assert_eq!(with_byte(245 + 4, 99), None);
}

#[test]
fn lengths_that_a_critical_tag_may_explain_are_the_future_too() {
    let head = rewritten(&head(None), |bytes| {
        bytes[184] ^= 1;
        bytes[245 + 4 + 1] = 0x80;
    });
    assert_eq!(fault(&head, |_| {}), Some(RecordFault::UnknownCritical { field: "tag", value: 0x8001 }));
}

#[test]
fn lengths_that_contradict_each_other_are_damage() {
    let stored_and_plain_differ = rewritten(&head(None), |bytes| bytes[184] ^= 1);
    assert_eq!(fault(&stored_and_plain_differ, |_| {}), Some(RecordFault::Corrupt { what: "payload length" }));
    let key_runs_past_the_end = rewritten(&head(None), |bytes| bytes[243] = 0xff);
    assert_eq!(fault(&key_runs_past_the_end, |_| {}), Some(RecordFault::Corrupt { what: "length" }));
}

#[test]
fn an_edited_plain_result_is_changed_and_not_corrupt() {
    let record = record("payload");
    let encoding = Encoding { placement: Placement::Elsewhere, ..Encoding::default() };
    let head = encoded(&record, &encoding).head;
    for edited in ["PAYLOAD", "pay"] {
        let served = read(&head, Some(&Bytes::from(edited)), &expecting(&record.metadata));
        assert_eq!(served, Err(RecordFault::Changed));
    }
}

#[test]
fn the_reasons_count_in_the_documented_order() {
    type Change = fn(&mut Expected<'_>);
    const NOTHING: Limits = Limits { stored_length: 0, plain_length: 0 };
    let at = Timestamp::from_millis(NOW.as_millis() + 86_400_000);
    let head = head(None);
    let changes: [(RecordFault, Change); 4] = [
        (RecordFault::WrongStore, |expected| expected.store = StoreId::from_bytes([9; 16])),
        (RecordFault::WrongNamespace, |expected| expected.namespace = Namespace::named("team")),
        (RecordFault::Expired { at }, |expected| expected.now = Timestamp::from_millis(u64::MAX)),
        (RecordFault::TooLarge { length: 7, limit: 0 }, |expected| expected.limits = NOTHING),
    ];
    for (number, (fault_of_first, _)) in changes.iter().enumerate() {
        let first = fault(&head, |expected| changes[number..].iter().for_each(|(_, change)| change(expected)));
        assert_eq!(first.as_ref(), Some(fault_of_first));
    }
    let unsigned_and_large = fault(&head, |expected| {
        expected.limits = NOTHING;
        expected.signature = RequiredSignature::TrustedBy(&*OURS);
    });
    assert_eq!(unsigned_and_large, Some(RecordFault::Untrusted(Distrust::Unsigned)));
}

#[test]
fn a_listing_reads_what_a_look_up_refuses() {
    let inspected = inspect_head(&head(None)).unwrap();
    assert_eq!(inspected.metadata, record("payload").metadata);
    let mut other_text = BytesMut::from(&head(None)[..]);
    let key_start = other_text.len() - "payload".len() - 64;
    other_text[key_start] ^= 1;
    assert_eq!(inspect_head(&other_text.freeze()), Err(RecordFault::Corrupt { what: "key" }));
}
