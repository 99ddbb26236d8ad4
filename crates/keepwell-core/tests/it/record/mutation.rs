//! A hundred thousand random mutations of larger records: none is served, none panics.

use bytes::Bytes;
use keepwell_core::record::{Compression, Encoding, Provenance, ResultRecord, inspect_head};

use super::sample::{encoded, expecting, named, provenance, read, record_of};

const MUTATIONS: usize = 100_000;

/// Numbers that look random and are the same every time: an extendable hash, read in order.
struct Numbers(blake3::OutputReader);

impl Numbers {
    fn new(seed: &str) -> Self {
        Self(blake3::Hasher::new().update(seed.as_bytes()).finalize_xof())
    }

    fn below(&mut self, bound: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % bound.max(1) as u64).expect("an index fits")
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.fill(&mut bytes);
        bytes
    }
}

/// One to four flips, inserts, deletes, overwrites and splices from another record's bytes.
fn mutate(bytes: &mut Vec<u8>, donor: &[u8], numbers: &mut Numbers) {
    for _ in 0..=numbers.below(4) {
        let start =
            if numbers.below(2) == 0 { numbers.below(bytes.len()) } else { numbers.below(bytes.len().min(600)) };
        let length = numbers.below(40).min(bytes.len() - start);
        match numbers.below(5) {
            0 if !bytes.is_empty() => bytes[start] ^= 1 << numbers.below(8),
            0 | 1 => drop(bytes.splice(start..start, numbers.bytes(length))),
            2 => drop(bytes.drain(start..start + length)),
            3 => drop(bytes.splice(start..start + length, numbers.bytes(length))),
            _ => {
                let from = start.min(donor.len());
                let to = (from + numbers.below(2000)).min(donor.len());
                let end = (start + to - from).min(bytes.len());
                drop(bytes.splice(start..end, donor[from..to].iter().copied()));
            }
        }
    }
}

/// A record with much of everything: a key of 10 KiB, full provenance.
fn large(name: &str, payload: impl Into<Bytes>) -> ResultRecord {
    let mut record = record_of(name.repeat(10 * 1024), payload);
    let inputs = (0..200).map(|number| named(&format!("{name}{number}"))).collect();
    record.metadata.provenance = Provenance { inputs, ..provenance() }.encode();
    record
}

fn noise(length: usize) -> Vec<u8> {
    Numbers::new("noise").bytes(length)
}

#[test]
fn mutated_heads_are_never_served() {
    let record = large("a", noise(12_000));
    let [head, donor] = [&record, &large("b", noise(9_000))].map(|record| encoded(record, &Encoding::default()).head);
    let expected = expecting(&record.metadata);
    let mut numbers = Numbers::new("heads");
    for number in 0..MUTATIONS {
        let mut bytes = head.to_vec();
        mutate(&mut bytes, &donor, &mut numbers);
        let mutated = Bytes::from(bytes);
        if mutated != head {
            assert!(read(&mutated, None, &expected).is_err(), "mutation {number} was served");
        }
        // A listing may only show what a writer wrote; its payload has not been looked at.
        if let Ok(inspected) = inspect_head(&mutated) {
            assert_eq!(inspected.metadata, record.metadata, "mutation {number} was listed");
        }
    }
}

#[test]
fn mutated_blobs_are_never_served() {
    let payload: Vec<u8> = noise(200).repeat(500);
    let record = large("a", [noise(30_000), payload].concat());
    let encoding = Encoding { compression: Compression::Lz4, ..Encoding::default() };
    let written = encoded(&record, &encoding);
    let (_, blob) = written.blob.expect("the payload is large");
    let mut numbers = Numbers::new("blobs");
    for number in 0..MUTATIONS / 20 {
        let mut bytes = blob.to_vec();
        mutate(&mut bytes, &record.payload, &mut numbers);
        let mutated = Bytes::from(bytes);
        let served = read(&written.head, Some(&mutated), &expecting(&record.metadata));
        assert!(mutated == blob || served.is_err(), "mutation {number} was served");
    }
}
