//! The TLV area: any bytes. What decodes and is encoded again must decode to the same.
#![no_main]

use bytes::Bytes;
use keepwell_core::record::EncodedProvenance;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(encoded) = EncodedProvenance::from_bytes(Bytes::copy_from_slice(bytes)) else { return };
    let Ok(provenance) = encoded.decode() else { return };
    let again = provenance.encode().decode().expect("what was just encoded decodes");
    if again.omitted == provenance.omitted {
        assert_eq!(again, provenance);
    }
});
