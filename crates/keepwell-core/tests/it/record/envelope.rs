//! Envelopes and decisions: what is written is read, and whatever else is refused.

use bytes::Bytes;
use keepwell_core::clock::Timestamp;
use keepwell_core::id::{TransactionId, WriteId};
use keepwell_core::key::{CacheKey, Digest};
use keepwell_core::process::ProcessIdentity;
use keepwell_core::record::{
    Claim, Coordinator, Decision, DecisionState, Encoding, Envelope, HEAD_LIMIT, HeadObject, HeadPlace, Intent,
    KEY_LIMIT, LOCATION_LIMIT, RecordFault, StoreId,
};

use super::sample::{encoded, record_of};

fn head_of(key: &str, payload: usize) -> Bytes {
    encoded(&record_of(key, vec![7; payload]), &Encoding::default()).head
}

fn envelope(key: &str, current: Option<usize>, pending: Option<usize>) -> Envelope {
    Envelope {
        key: CacheKey::new(key).unwrap(),
        store: StoreId::from_bytes([1; 16]),
        claim: Claim { epoch: 5, nonce: [2; 16] },
        write: WriteId::from_bytes([3; 16]),
        created: Timestamp::from_millis(4),
        current: current.map(|payload| head_of(key, payload)),
        intent: pending.map(|payload| Intent {
            transaction: TransactionId::from_bytes([5; 16]),
            coordinator: Coordinator { store: StoreId::from_bytes([6; 16]), location: "/some/where".into() },
            pending: head_of(key, payload),
        }),
    }
}

fn decision() -> Decision {
    let head = |key: &str, location: Option<&str>| HeadPlace {
        location: location.map(str::to_owned),
        key: CacheKey::new(key).unwrap(),
    };
    Decision {
        transaction: TransactionId::from_bytes([1; 16]),
        state: DecisionState::Pending,
        write: WriteId::from_bytes([2; 16]),
        created: Timestamp::from_millis(3),
        owner: ProcessIdentity { machine: 4, number: 5 },
        heads: vec![head("a", None), head("b/c", Some("/elsewhere"))],
    }
}

/// The same bytes with the header's checksum put right.
fn with_checksum(mut bytes: Vec<u8>) -> Bytes {
    let length = usize::from(u16::from_le_bytes([bytes[10], bytes[11]]));
    let checksum = Digest::of(&bytes[..length - 32]);
    bytes[length - 32..length].copy_from_slice(checksum.as_bytes());
    bytes.into()
}

#[test]
fn what_is_in_an_envelope_comes_out_of_it() {
    for (current, pending) in [(None, None), (Some(10), None), (None, Some(10)), (Some(16_000), Some(0))] {
        let envelope = envelope("static cache key", current, pending);
        let read = HeadObject::read(&envelope.encode(), &envelope.key).unwrap();
        assert_eq!(read.current(), envelope.current.as_ref());
        assert_eq!(read, HeadObject::Envelope(envelope));
    }
}

#[test]
fn a_record_is_told_from_an_envelope() {
    let head = head_of("a", 10);
    assert_eq!(HeadObject::inspect(&head), Ok(HeadObject::Record(head)));
}

#[test]
fn the_largest_envelope_is_a_head_like_any_other() {
    let mut largest = envelope(&"k".repeat(KEY_LIMIT), Some(16 * 1024), Some(16 * 1024));
    largest.intent.as_mut().unwrap().coordinator.location = "l".repeat(LOCATION_LIMIT);
    let bytes = largest.encode();
    assert!(bytes.len() <= HEAD_LIMIT, "{}", bytes.len());
    assert!(HeadObject::inspect(&bytes).is_ok());
}

#[test]
fn an_envelope_of_another_key_is_refused() {
    let bytes = envelope("a", None, None).encode();
    assert_eq!(HeadObject::read(&bytes, &CacheKey::new("b").unwrap()), Err(RecordFault::WrongKey));
}

#[test]
fn no_flipped_bit_and_no_cut_of_an_envelope_goes_unnoticed_outside_the_heads_in_it() {
    let envelope = envelope("ab", Some(3), Some(3));
    let bytes = envelope.encode();
    let header_and_key = bytes.len() - 2 * head_of("ab", 3).len();
    let read = |bytes: Vec<u8>| HeadObject::read(&bytes.into(), &envelope.key);
    let is_envelope = |read: Result<HeadObject, RecordFault>| matches!(read, Ok(HeadObject::Envelope(_)));
    for bit in 0..header_and_key * 8 {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!is_envelope(read(flipped)), "bit {bit}");
    }
    for length in 13..bytes.len() {
        assert!(!is_envelope(read(bytes[..length].to_vec())), "length {length}");
    }
    assert!(!is_envelope(read([&bytes[..], b"x"].concat())));
}

#[test]
fn an_envelope_of_the_future_is_left_alone() {
    let bytes = envelope("a", None, None).encode().to_vec();
    let mut newer = bytes.clone();
    newer[8] = 2;
    let inspect = |bytes| HeadObject::inspect(&with_checksum(bytes)).unwrap_err();
    assert_eq!(inspect(newer), RecordFault::NewerVersion { version: 2 });
    // The first entry of the TLV area follows the serializer's name, `none`.
    let mut critical = bytes;
    critical[249] = 9;
    assert_eq!(inspect(critical), RecordFault::UnknownCritical { field: "tag", value: 0x8009 });
}

#[test]
fn what_a_decision_says_is_read_and_nothing_else() {
    for state in [DecisionState::Pending, DecisionState::Committed, DecisionState::Aborted] {
        let decision = decision().with_state(state);
        let bytes = decision.encode();
        assert_eq!(Decision::decode(&bytes), Ok(decision));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Decision::decode(&flipped).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(Decision::decode(&bytes[..length]).is_err(), "length {length}");
        }
    }
}

#[test]
fn two_writes_of_a_decision_are_never_alike() {
    let decision = decision();
    let [one, other] = [(); 2].map(|()| decision.with_state(DecisionState::Committed).encode());
    assert_ne!(one, other);
}
