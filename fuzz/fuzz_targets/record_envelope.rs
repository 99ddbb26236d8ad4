//! The decoders of envelopes and decisions: any bytes, once as they are and once with the checksum put right. What decodes
//! must be written as the same bytes say.
#![no_main]

use bytes::Bytes;
use keepwell_core::key::Digest;
use keepwell_core::record::{Decision, HeadObject};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check_head(Bytes::copy_from_slice(bytes));
    check_head(with_checksum(bytes.to_vec()));
    check_decision(bytes);
    check_decision(&[bytes, Digest::of(bytes).as_bytes()].concat());
});

fn check_head(bytes: Bytes) {
    let Ok(HeadObject::Envelope(envelope)) = HeadObject::inspect(&bytes) else { return };
    assert_eq!(HeadObject::read(&envelope.encode(), &envelope.key), Ok(HeadObject::Envelope(envelope)));
}

fn check_decision(bytes: &[u8]) {
    let Ok(decision) = Decision::decode(bytes) else { return };
    assert_eq!(Decision::decode(&decision.encode()), Ok(decision));
}

fn with_checksum(mut bytes: Vec<u8>) -> Bytes {
    let length = bytes.get(10..12).map_or(0, |length| usize::from(u16::from_le_bytes([length[0], length[1]])));
    if let Some((covered, checksum)) = bytes.get_mut(..length).and_then(|header| header.split_last_chunk_mut::<32>()) {
        *checksum = *Digest::of(covered).as_bytes();
    }
    bytes.into()
}
