//! Every small damage to small records: none is served, none panics.

use bytes::Bytes;
use keepwell_core::record::{
    Compression, Encoding, Expected, Placement, RecordFault, RequiredSignature, ResultRecord, Signer,
};

use super::sample::{encoded, expecting, read, record, record_of, secret};

/// A record as a storage holds it, and whether its reader requires a signature.
struct Stored {
    record: ResultRecord,
    head: Bytes,
    detached: Bytes,
    is_signed: bool,
}

impl Stored {
    fn new(record: ResultRecord, encoding: &Encoding<'_>) -> Self {
        let written = encoded(&record, encoding);
        let detached = written.blob.map_or(record.payload.clone(), |(_, stored)| stored);
        Self { record, head: written.head, detached, is_signed: encoding.signer.is_some() }
    }

    /// One of each shape.
    fn all() -> Vec<Self> {
        let secret = secret();
        let signer = Some(&secret as &dyn Signer);
        let (small, repetitive) = (record("a small payload"), record("keepwell ".repeat(60)));
        let user_key = record_of("static cache key", "");
        let (plain, lz4) = (Encoding::default(), Encoding { compression: Compression::Lz4, ..Encoding::default() });
        vec![
            Self::new(small.clone(), &plain),
            Self::new(user_key, &plain),
            Self::new(repetitive, &lz4),
            Self::new(record(vec![3; 16_385]), &plain),
            Self::new(small.clone(), &Encoding { placement: Placement::Elsewhere, ..plain }),
            Self::new(small, &Encoding { signer, ..plain }),
        ]
    }

    fn read(&self, head: &Bytes, detached: &Bytes) -> Result<Bytes, RecordFault> {
        let secret = secret();
        let signature = match self.is_signed {
            true => RequiredSignature::TrustedBy(&secret),
            false => RequiredSignature::NotRequired,
        };
        let expected = Expected { signature, ..expecting(&self.record.metadata) };
        read(head, Some(detached), &expected).map(|(_, payload)| payload)
    }

    fn assert_not_served(&self, head: Vec<u8>, damage: &str) {
        let served = self.read(&head.into(), &self.detached);
        assert!(served.is_err(), "{damage} was served as {served:?}");
    }
}

#[test]
fn undamaged_records_are_served() {
    for stored in Stored::all() {
        assert_eq!(stored.read(&stored.head, &stored.detached), Ok(stored.record.payload.clone()));
    }
}

#[test]
fn a_flipped_bit_is_never_served() {
    for stored in Stored::all() {
        for (offset, bit) in (0..stored.head.len()).flat_map(|offset| (0..8).map(move |bit| (offset, bit))) {
            let mut head = stored.head.to_vec();
            head[offset] ^= 1 << bit;
            stored.assert_not_served(head, &format!("bit {bit} of byte {offset}"));
        }
    }
}

#[test]
fn a_byte_of_any_other_value_is_never_served() {
    let stored = &Stored::all()[0];
    for (offset, value) in (0..stored.head.len()).flat_map(|offset| (0..=255).map(move |value| (offset, value))) {
        let mut head = stored.head.to_vec();
        if head[offset] != value {
            head[offset] = value;
            stored.assert_not_served(head, &format!("value {value} of byte {offset}"));
        }
    }
}

#[test]
fn a_head_cut_at_any_length_is_never_served() {
    for stored in Stored::all() {
        for length in 0..stored.head.len() {
            stored.assert_not_served(stored.head[..length].to_vec(), &format!("a head cut at {length}"));
            stored.assert_not_served(stored.head[length + 1..].to_vec(), &format!("a head from {}", length + 1));
        }
    }
}

#[test]
fn a_head_with_bytes_appended_or_a_byte_too_many_is_never_served() {
    for stored in Stored::all() {
        for tail in [&b"\0"[..], b"more", &stored.head] {
            stored.assert_not_served([&stored.head, tail].concat(), &format!("{} bytes more", tail.len()));
        }
        for offset in 0..stored.head.len() {
            let mut head = stored.head.to_vec();
            head.insert(offset, head[offset]);
            stored.assert_not_served(head, &format!("byte {offset} twice"));
        }
    }
}

#[test]
fn two_records_under_each_others_keys_are_not_served() {
    let [one, other] = ["one", "other"].map(|key| {
        let record = record_of(key, key);
        Stored::new(record, &Encoding::default())
    });
    assert_eq!(one.read(&other.head, &other.detached), Err(RecordFault::WrongKey));
    assert_eq!(other.read(&one.head, &one.detached), Err(RecordFault::WrongKey));
}

#[test]
fn a_damaged_blob_or_another_records_blob_is_never_served() {
    let stored = |byte| Stored::new(record(vec![byte; 20_000]), &Encoding::default());
    let (one, other) = (stored(1), stored(2));
    let damaged = |offset: usize| {
        let mut blob = one.detached.to_vec();
        blob[offset] ^= 0x10;
        Bytes::from(blob)
    };
    let payload = Err(RecordFault::Corrupt { what: "payload" });
    for blob in [other.detached.clone(), damaged(0), damaged(10_000), damaged(19_999)] {
        assert_eq!(one.read(&one.head, &blob), payload);
    }
    let length = Err(RecordFault::Corrupt { what: "payload length" });
    for blob in [Bytes::new(), one.detached.slice(1..), one.detached.slice(..19_999)] {
        assert_eq!(one.read(&one.head, &blob), length);
    }
}
