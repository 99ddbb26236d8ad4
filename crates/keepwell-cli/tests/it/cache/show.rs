//! `keepwell cache show`

use keepwell_core::key::Digest;
use keepwell_core::record::{Expiration, SerializerName};

use super::records::*;

#[test]
fn show_tells_all_that_is_known() {
    let expiration = Expiration::At(ago(400 * DAY));
    let records = Records::new().write(Record { task: Some("load"), created: NEW_YEAR, ..record("a") });
    let expected = "[0]
key:            a
condition:      whole
size on disk:   483 B
created:        2026-01-01T00:00:00Z
expires:        never
serializer:     cbor
payload:        in the record
stored length:  1 B
plain length:   1 B
compression:    none
digest:         DIGEST
generation:     1
durability:     none
transaction: RANDOM
store: RANDOM
task:           load
source:         SOURCE
task run:       01010101-0101-0101-0101-010101010101
flow run:       02020202-0202-0202-0202-020202020202
duration:       1.5s
writer host:    host
writer process: 4711
writer version: 0.1.0
parts:
  INPUTS inputs
inputs:
  X x
"
    .replace("DIGEST", &Digest::of(&[0xf6]).to_hex())
    .replace("SOURCE", &Digest::of(b"source").to_hex())
    .replace("INPUTS", &Digest::of(b"inputs").to_hex())
    .replace("X x", &format!("{} x", Digest::of(b"x")));
    assert_eq!(records.run("show a"), expected);
    let records = records.write(Record { payload: vec![0x40; 20_000], expiration, ..record("b") });
    let shown = records.run("show b");
    let place =
        format!("\npayload:        ROOT/home/storage/.keepwell/blobs/{}/", &Digest::of(&[0x40; 20_000]).to_hex()[..2]);
    assert!(shown.contains(&place) && shown.contains("\ncondition:      expired\n"), "{shown}");
    assert!(shown.contains("Z (400d ago)\n"), "{shown}");
}

#[test]
fn show_prints_json() {
    let records = Records::new().write(Record { task: Some("load"), created: NEW_YEAR, ..record("a") });
    let expected = r#"[0]
{
  "compression": "none",
  "condition": "whole",
  "created": "2026-01-01T00:00:00Z",
  "digest": "DIGEST",
  "durability": "none",
  "duration": 1.5,
  "expires": null,
  "flow_run": "02020202-0202-0202-0202-020202020202",
  "generation": 1,
  "inputs": [
    {
      "digest": "INPUT",
      "name": "x"
    }
  ],
  "key": "a",
  "parts": [
    {
      "digest": "PART",
      "name": "inputs"
    }
  ],
  "payload": "in the record",
  "plain_length": 1,
  "serializer": "cbor",
  "size_on_disk": 483,
  "source": "SOURCE",
  "store": RANDOM
  "stored_length": 1,
  "task": "load",
  "task_run": "01010101-0101-0101-0101-010101010101",
  "transaction": RANDOM
  "value": "null",
  "writer_host": "host",
  "writer_process": 4711,
  "writer_version": "0.1.0"
}
"#
    .replace("DIGEST", &Digest::of(&[0xf6]).to_hex())
    .replace("SOURCE", &Digest::of(b"source").to_hex())
    .replace("PART", &Digest::of(b"inputs").to_hex())
    .replace("INPUT", &Digest::of(b"x").to_hex());
    assert_eq!(records.run("show a --value --output json"), expected);
}

#[test]
fn a_key_may_be_named_by_its_beginning_if_it_is_the_only_one() {
    let records = Records::new().write(record("abc")).write(record("abd")).write(record("ab"));
    assert!(records.run("show abc").starts_with("[0]\nkey:            abc\n"));
    assert!(records.run("show ab").starts_with("[0]\nkey:            ab\n"), "a whole key is never ambiguous");
    assert_eq!(
        records.run("show a"),
        "[1]\n! error: 'a' is the beginning of 3 keys\n!  hint: write more of it: 'ab', 'abc', 'abd'\n"
    );
    assert_eq!(
        records.run("show x"),
        "[1]\n! error: no key begins with 'x'\n!  hint: `keepwell cache ls` lists the records\n"
    );
}

#[test]
fn a_value_is_shown_where_that_is_harmless() {
    let cbor = b"\xa2\x61a\x82\x01\x21\x61b\xfb\x3f\xf8\0\0\0\0\0\0";
    let records = Records::new()
        .write(Record { payload: cbor.to_vec(), ..record("cbor") })
        .write(Record { payload: [&[0x79, 0x40, 0][..], &[b'z'; 0x4000]].concat(), ..record("long") })
        .write(Record {
            payload: b"{\"a\":\n\"\x1b[31m\"}".to_vec(),
            serializer: SerializerName::JSON,
            ..record("json")
        })
        .write(Record { payload: b"\x80".to_vec(), serializer: SerializerName::PICKLE, ..record("pickle") })
        .write(Record { payload: vec![0xff], ..record("malformed") });
    let value = |key: &str| {
        records.run(&format!("show {key} --value")).split_once("\nvalue:\n").map(|(_, value)| value.to_owned())
    };
    assert_eq!(value("cbor").unwrap(), "{\"a\": [1, -2], \"b\": 1.5}\n");
    assert_eq!(value("long").unwrap(), format!("\"{}…\n", "z".repeat(3_999)));
    assert_eq!(value("json").unwrap(), "{\"a\":\n\"\\u{1b}[31m\"}\n");
    assert_eq!(
        records.run("show pickle --value"),
        "[1]\n! error: a value that `pickle` serialized is not opened here\n\
         !  hint: read it with the program that wrote it\n"
    );
    assert!(records.run("show malformed --value").starts_with("[1]\n! error: malformed bytes at offset 0"));
    records.corrupt("cbor");
    assert_eq!(records.run("show cbor --value"), "[1]\n! error: what is there is no record that can be read here\n");
    assert!(records.run("show cbor").contains("\ncondition:      damaged (the record's header is damaged)\n"));
}
