//! The head decoder: any bytes, once as they are and once with the header's checksum put right, so that the fuzzer gets
//! past it. A head that decodes must say the same under its own key, store and namespace.
#![no_main]

use bytes::Bytes;
use keepwell_core::clock::Timestamp;
use keepwell_core::key::Digest;
use keepwell_core::record::{Expected, Limits, RequiredSignature, decode_head, inspect_head};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check(Bytes::copy_from_slice(bytes));
    check(with_checksum(bytes.to_vec()));
});

fn check(bytes: Bytes) {
    let Ok(head) = inspect_head(&bytes) else { return };
    let expected = Expected {
        key: &head.metadata.key,
        store: head.metadata.store,
        namespace: head.metadata.namespace,
        now: Timestamp::from_millis(0),
        signature: RequiredSignature::NotRequired,
        limits: Limits { stored_length: u64::MAX, plain_length: u64::MAX },
    };
    assert_eq!(decode_head(&bytes, &expected).as_ref(), Ok(&head));
}

fn with_checksum(mut bytes: Vec<u8>) -> Bytes {
    let length = bytes.get(10..12).map_or(0, |length| usize::from(u16::from_le_bytes([length[0], length[1]])));
    if let Some((covered, checksum)) = bytes.get_mut(..length).and_then(|header| header.split_last_chunk_mut::<32>()) {
        *checksum = *Digest::of(covered).as_bytes();
    }
    bytes.into()
}
