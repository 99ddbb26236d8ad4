//! `keepwell cache`
//!
//! Records are written at times of the test's own, so that their ages do not depend on when it runs. What is random in a
//! record (the store's id, the transaction's) is hidden by [`Records::run`], in one place.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use keepwell_core::clock::{Clock, SystemClock, Timestamp};
use keepwell_core::id::{FlowRunId, TaskRunId};
use keepwell_core::key::{CacheKey, Digest};
use keepwell_core::record::{
    Compression, EncodedValue, Expiration, NamedDigest, Namespace, Provenance, SerializerName,
};
use keepwell_core::settings::OnStorageError;
use keepwell_core::storage::{Durability, FileSystemStorage};
use keepwell_core::store::{ResultStore, StoreOptions, Write, commit};
use keepwell_testing::ManualClock;

use crate::fixture::Fixture;

const DAY: Duration = Duration::from_secs(86_400);
const NEW_YEAR: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// A user's home with records in its storage.
struct Records {
    fixture: Fixture,
}

/// What is to be written.
struct Record {
    key: String,
    task: Option<&'static str>,
    serializer: SerializerName,
    payload: Vec<u8>,
    created: Timestamp,
    expiration: Expiration,
}

fn record(key: &str) -> Record {
    Record {
        key: key.to_owned(),
        task: None,
        serializer: SerializerName::CBOR,
        payload: vec![0xf6],
        created: ago(DAY),
        expiration: Expiration::Never,
    }
}

fn ago(duration: Duration) -> Timestamp {
    let now = SystemClock::new().now().as_millis();
    Timestamp::from_millis(now - u64::try_from(duration.as_millis()).unwrap())
}

fn hex(number: u8) -> String {
    Digest::of(&[number]).to_hex()
}

impl Records {
    fn new() -> Self {
        Self { fixture: Fixture::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.fixture.path("home/storage").join(name)
    }

    fn write(self, record: Record) -> Self {
        let store = Arc::new(ResultStore::new(StoreOptions {
            result_storage: Arc::new(FileSystemStorage::open(self.path("")).unwrap()),
            key_storage: None,
            lock_manager: None,
            memory: None,
            clock: Arc::new(ManualClock::new(record.created)),
            namespace: Namespace::DEFAULT,
            compression: Compression::None,
            durability: Durability::None,
            on_storage_error: OnStorageError::Run,
            lock_timeout: None,
        }));
        let provenance = Provenance {
            task_name: record.task.map(str::to_owned),
            source: Some(Digest::of(b"source")),
            task_run: Some(TaskRunId::from_bytes([1; 16])),
            flow_run: Some(FlowRunId::from_bytes([2; 16])),
            duration: Some(Duration::from_millis(1_500)),
            writer_process: Some(4711),
            writer_version: Some("0.1.0".to_owned()),
            writer_host: Some("host".to_owned()),
            parts: vec![NamedDigest { name: "inputs".to_owned(), digest: Digest::of(b"inputs") }],
            inputs: vec![NamedDigest { name: "x".to_owned(), digest: Digest::of(b"x") }],
            omitted: 0,
        };
        let write = Write {
            store,
            key: CacheKey::new(record.key).unwrap(),
            value: EncodedValue { serializer: record.serializer, payload: record.payload.into() },
            expiration: record.expiration,
            provenance: Arc::new(provenance),
        };
        commit(&[write]).unwrap();
        self
    }

    /// What `keepwell cache ARGUMENTS` does, without what is random in a record.
    fn run(&self, arguments: &str) -> String {
        let transcript = self.fixture.run(&format!("cache {arguments}"));
        let hidden = |line: &str| {
            let name = line.trim_start().trim_start_matches('"').split([':', '"']).next().unwrap_or_default();
            let is_random = ["transaction", "store"].contains(&name);
            if is_random { line.split(':').next().unwrap().to_owned() + ": RANDOM" } else { line.to_owned() }
        };
        transcript.lines().map(|line| hidden(line) + "\n").collect()
    }

    fn corrupt(&self, key: &str) {
        let mut bytes = fs::read(self.path(key)).unwrap();
        bytes[100] ^= 1;
        fs::write(self.path(key), bytes).unwrap();
    }

    fn make_newer(&self, key: &str) {
        let mut bytes = fs::read(self.path(key)).unwrap();
        bytes[8] = 9;
        let length = usize::from(u16::from_le_bytes([bytes[10], bytes[11]]));
        let checksum = Digest::of(&bytes[..length - 32]);
        bytes[length - 32..length].copy_from_slice(checksum.as_bytes());
        fs::write(self.path(key), bytes).unwrap();
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("")).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        names
    }
}

fn set_age(path: &Path, age: Duration) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
}

/// Records of every kind.
fn all_kinds() -> Records {
    let expired = Expiration::At(ago(DAY));
    let soon = Expiration::At(SystemClock::new().now().after(Duration::from_secs(3_630)));
    let records = Records::new()
        .write(Record { task: Some("load"), payload: vec![7; 50_000], created: ago(DAY), ..record(&hex(1)) })
        .write(Record { task: Some("clean"), created: ago(2 * DAY), expiration: soon, ..record(&hex(2)) })
        .write(Record { task: Some("clean"), created: ago(3 * DAY), expiration: expired, ..record("static cache key") })
        .write(Record { serializer: SerializerName::PICKLE, created: ago(4 * DAY), ..record("newer") })
        .write(Record { created: ago(5 * DAY), ..record("damaged") });
    records.corrupt("damaged");
    records.make_newer("newer");
    fs::write(records.path("plain-result"), "somebody's").unwrap();
    fs::write(records.path("my notes.txt"), "somebody's").unwrap();
    set_age(&records.path("damaged"), 5 * DAY);
    set_age(&records.path("newer"), 6 * DAY);
    set_age(&records.path("plain-result"), 7 * DAY);
    records
}

#[test]
fn ls_shows_the_newest_first_and_hides_nothing() {
    let records = all_kinds();
    assert_eq!(
        records.run("ls"),
        "[0]\n\
         KEY                TASK       SIZE  CREATED  EXPIRES  SERIALIZER  NOTE\n\
         48fc721fbbc172e0…  load   49.4 KiB  1d ago   never    cbor\n\
         ab13bedf42e84bae…  clean     547 B  2d ago   in 1h    cbor\n\
         static cache key   clean     499 B  3d ago   1d ago   cbor        expired\n\
         damaged            -         481 B  5d ago   -        -           damaged\n\
         newer              -         481 B  6d ago   -        -           newer version\n\
         plain-result       -          10 B  7d ago   -        -           not a record\n\
         \n\
         5 records, 51.3 KiB in ROOT/home/storage, beside 2 other files.\n"
    );
    assert_eq!(records.files().len(), 7, "nothing was moved");
}

#[test]
fn ls_shows_whole_keys_and_exact_times_where_asked() {
    let expiration = Expiration::At(NEW_YEAR.after(DAY));
    let records = Records::new()
        .write(Record { created: NEW_YEAR, expiration, ..record(&hex(1)) })
        .write(Record { created: NEW_YEAR, ..record("b\u{1b}[31m") });
    assert_eq!(
        records.run("ls --long"),
        "[0]\n\
         KEY                                                               TASK   SIZE  CREATED               EXPIRES               SERIALIZER  NOTE\n\
         48fc721fbbc172e0925fa27af1671de225ba927134802998b10a1568a188652b  -     538 B  2026-01-01T00:00:00Z  2026-01-02T00:00:00Z  cbor        expired\n\
         b\\u{1b}[31m                                                       -     480 B  2026-01-01T00:00:00Z  never                 cbor\n\
         \n\
         2 records, 1018 B in ROOT/home/storage.\n"
    );
}

#[test]
fn ls_prints_json() {
    let records = Records::new().write(Record { task: Some("load"), created: NEW_YEAR, ..record("a") });
    let expected = r#"[0]
{
  "other_files": 0,
  "records": [
    {
      "condition": "whole",
      "created": "2026-01-01T00:00:00Z",
      "expires": null,
      "key": "a",
      "serializer": "cbor",
      "size": 483,
      "task": "load"
    }
  ],
  "size": 483,
  "storage": "ROOT/home/storage"
}
"#;
    assert_eq!(records.run("ls --output json"), expected);
}

#[test]
fn an_empty_or_absent_folder_has_no_records_and_is_not_made() {
    let records = Records::new();
    assert_eq!(records.run("ls"), "[0]\nNo records in ROOT/home/storage.\n");
    assert_eq!(records.run("clear"), "[0]\nNothing to remove.\n");
    assert!(!records.path("").exists());
    assert_eq!(records.run("ls --storage gone"), "[1]\n! error: there is no folder `gone`\n");
    let notes = records.fixture.path("work/notes");
    fs::write(&notes, "mine").unwrap();
    set_age(&notes, 2 * DAY);
    assert_eq!(
        records.run("ls --storage ."),
        "[0]\n\
         KEY    TASK  SIZE  CREATED  EXPIRES  SERIALIZER  NOTE\n\
         notes  -      4 B  2d ago   -        -           not a record\n\
         \n\
         No records in ROOT/work, beside 1 other file.\n"
    );
    assert_eq!(records.run("clear --yes --storage ."), "[0]\nNothing to remove.\n");
    assert_eq!(fs::read_dir(records.fixture.path("work")).unwrap().count(), 1, "nothing is made there");
}

#[test]
fn the_storage_of_the_settings_is_looked_at() {
    let records = Records::new().write(record("a"));
    let path = records.fixture.path("home/storage").display().to_string();
    let elsewhere = Fixture::new().variable("KEEPWELL_RESULTS_DEFAULT_STORAGE", &path);
    assert!(
        elsewhere.run("cache ls").ends_with(&format!("\n1 record, 475 B in {path}.\n")),
        "{}",
        elsewhere.run("cache ls")
    );
    let remote = Fixture::new().variable("KEEPWELL_RESULTS_DEFAULT_STORAGE", "s3://bucket");
    assert_eq!(
        remote.run("cache ls"),
        "[1]\n! error: the default storage s3://bucket is not a folder\n!  hint: name a folder with `--storage PATH`\n"
    );
}

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

#[test]
fn rm_removes_what_is_named_or_nothing() {
    let records = Records::new().write(record("abc")).write(record("abd")).write(record("x"));
    assert_eq!(
        records.run("rm abc"),
        "[1]\n! error: not confirmed, and there is no terminal to ask at\n!  hint: add `--yes`\n"
    );
    assert!(records.run("rm abc gone --yes").starts_with("[1]\n! error: no key begins with 'gone'\n"));
    assert_eq!(records.files(), ["abc", "abd", "x"]);
    assert_eq!(records.run("rm abc x --yes"), "[0]\nRemoved 'abc'.\nRemoved 'x'.\nRemoved 2 records of 952 B.\n");
    assert_eq!(records.run("rm a --yes"), "[0]\nRemoved 'abd'.\n");
    assert!(records.run("rm a --yes").starts_with("[1]\n"));
    assert_eq!(records.files(), [] as [&str; 0]);
}

#[test]
fn clear_removes_the_records_of_a_kind() {
    let records = all_kinds();
    assert_eq!(
        records.run("clear"),
        "[1]\n! error: not confirmed, and there is no terminal to ask at\n!  hint: add `--yes`\n"
    );
    assert_eq!(records.run("clear --task clean --expired --yes"), "[0]\nRemoved 1 record, 499 B.\n");
    assert_eq!(records.run("clear --task clean -y"), "[0]\nRemoved 1 record, 547 B.\n");
    assert_eq!(records.run("clear --expired --yes"), "[0]\nNothing to remove.\n");
    assert_eq!(records.run("clear --older-than 5d --yes"), "[0]\nRemoved 2 records, 962 B.\n");
    assert_eq!(records.files(), [&hex(1), "my notes.txt", "plain-result"]);
    assert_eq!(
        records.run("clear --yes"),
        "[0]\nRemoved 1 record, 545 B.\n\
         Left 1 payload of 48.8 KiB that no record names: younger than an hour, they may be on their way into one.\n"
    );
    assert_eq!(records.files(), ["my notes.txt", "plain-result"]);
    assert!(records.run("clear --older-than 5").starts_with(
        "[2]\n! error: invalid value '5' for '--older-than <TIME>': expected a length of time, as in `7d`, `36h` or `90m`\n"
    ));
}

#[test]
fn clear_removes_old_payloads_that_no_record_names() {
    let records = Records::new()
        .write(Record { payload: vec![1; 20_000], ..record("kept") })
        .write(Record { payload: vec![2; 30_000], ..record("old") })
        .write(Record { payload: vec![3; 40_000], ..record("young") });
    for byte in [1, 2] {
        let digest = Digest::of(&vec![byte; 10_000 * (usize::from(byte) + 1)]).to_hex();
        set_age(&records.path(&format!(".keepwell/blobs/{}/{digest}", &digest[..2])), Duration::from_secs(3_700));
    }
    assert_eq!(records.run("rm old young --yes").lines().count(), 4);
    assert_eq!(
        records.run("clear --expired"),
        "[0]\nRemoved 0 records and 1 payload that no record named, 29.3 KiB.\n\
         Left 1 payload of 39.1 KiB that no record names: younger than an hour, they may be on their way into one.\n"
    );
    assert!(records.run("ls").contains("kept  -     20.0 KiB"), "{}", records.run("ls"));
}

#[test]
fn no_payload_is_removed_beside_a_record_that_cannot_be_read() {
    let records = Records::new().write(Record { payload: vec![1; 20_000], ..record("newer") });
    records.make_newer("newer");
    let digest = Digest::of(&[1; 20_000]).to_hex();
    let blob = format!(".keepwell/blobs/{}/{digest}", &digest[..2]);
    set_age(&records.path(&blob), Duration::from_secs(3_700));
    assert_eq!(
        records.run("clear --expired"),
        "[0]\nNothing to remove.\nLeft all payloads in ROOT/home/storage: 1 record cannot be read here, and may name any.\n"
    );
    assert!(records.path(&blob).exists());
}

#[test]
fn a_blob_that_two_records_share_is_counted_once() {
    let records = Records::new()
        .write(Record { payload: vec![1; 102_400], ..record("a") })
        .write(Record { payload: vec![1; 102_400], ..record("b") });
    assert!(records.run("ls").ends_with("\n2 records, 100.9 KiB in ROOT/home/storage.\n"), "{}", records.run("ls"));
}
