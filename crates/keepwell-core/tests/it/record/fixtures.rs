//! Records of format version 1, as files: today's decoder reads them and today's encoder writes them.
//!
//! `cargo test -p keepwell-core --test it -- --ignored write_the_fixtures` writes files that are missing. A file that
//! is there is never changed: it stands for the records that users have.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use keepwell_core::record::{
    Compression, Encoded, Encoding, Expected, KeyedHash, Placement, RequiredSignature, ResultRecord, Signer,
};

use super::sample::{encoded, expecting, provenance, read, record, record_of, secret};

struct Fixture {
    name: &'static str,
    record: ResultRecord,
    compression: Compression,
    placement: Placement,
    is_signed: bool,
}

impl Fixture {
    fn new(name: &'static str, record: ResultRecord) -> Self {
        Self { name, record, compression: Compression::None, placement: Placement::WithHead, is_signed: false }
    }

    fn all() -> Vec<Self> {
        let mut tiny = record_of("static cache key", &b"\x65hello"[..]);
        tiny.metadata.provenance = keepwell_core::record::Provenance::default().encode();
        let long_key = record_of("long key ".repeat(1_200), "payload");
        vec![
            Self::new("tiny", tiny),
            Self::new("inline", record("an inline payload")),
            Self::new("blob", record("keepwell".repeat(2_049))),
            Self::new("long-key", long_key),
            // A new release of the compressor may write other bytes: then this file is only read.
            Self { compression: Compression::Lz4, ..Self::new("lz4", record("keepwell".repeat(2_049))) },
            Self { placement: Placement::Elsewhere, ..Self::new("reference", record("a plain result")) },
            Self { is_signed: true, ..Self::new("signed", record("a signed payload")) },
        ]
    }

    fn encode(&self, secret: &KeyedHash) -> Encoded {
        let signer = self.is_signed.then_some(secret as &dyn Signer);
        encoded(&self.record, &Encoding { compression: self.compression, placement: self.placement, signer })
    }

    fn path(&self, extension: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/records");
        folder.join(format!("v1-{}.{extension}", self.name))
    }

    fn file(&self, extension: &str) -> Option<Bytes> {
        std::fs::read(self.path(extension)).ok().map(Bytes::from)
    }
}

#[test]
fn todays_decoder_reads_the_fixtures() {
    let secret = secret();
    for fixture in Fixture::all() {
        let head = fixture.file("head").expect(fixture.name);
        let detached = fixture.file("blob").unwrap_or_else(|| fixture.record.payload.clone());
        let mut expected: Expected<'_> = expecting(&fixture.record.metadata);
        if fixture.is_signed {
            expected.signature = RequiredSignature::TrustedBy(&secret);
        }
        let (head, payload) = read(&head, Some(&detached), &expected).expect(fixture.name);
        let decoded = ResultRecord { metadata: head.metadata, payload };
        assert_eq!(decoded, fixture.record, "{}", fixture.name);
    }
}

#[test]
fn a_fixtures_provenance_is_what_was_written() {
    let inline = Fixture::all().remove(1);
    let head = inline.file("head").unwrap();
    let (head, _) = read(&head, None, &expecting(&inline.record.metadata)).unwrap();
    assert_eq!(head.metadata.provenance.decode(), Ok(provenance()));
}

#[test]
fn todays_encoder_writes_the_fixtures_byte_for_byte() {
    for fixture in Fixture::all() {
        let written = fixture.encode(&secret());
        assert_eq!(fixture.file("head"), Some(written.head), "{}", fixture.name);
        assert_eq!(fixture.file("blob"), written.blob.map(|(_, stored)| stored), "{}", fixture.name);
    }
}

#[test]
fn the_example_in_the_documentation_is_the_fixture() {
    let page = include_str!("../../../../../docs/record-format.md");
    let (_, dump) = page.split_once("```hex\n").expect("the page has an example");
    let (dump, _) = dump.split_once("```").expect("the example ends");
    let bytes = dump.lines().flat_map(|line| line.split_whitespace().skip(1));
    let bytes = bytes.map(|byte| u8::from_str_radix(byte, 16).expect("two hexadecimal digits"));
    assert_eq!(Some(bytes.collect()), Fixture::all()[0].file("head"));
}

#[test]
#[ignore = "writes files"]
fn write_the_fixtures() {
    for fixture in Fixture::all().into_iter().filter(|fixture| fixture.file("head").is_none()) {
        let written = fixture.encode(&secret());
        std::fs::write(fixture.path("head"), written.head).unwrap();
        if let Some((_, stored)) = written.blob {
            std::fs::write(fixture.path("blob"), stored).unwrap();
        }
    }
}
