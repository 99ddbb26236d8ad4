//! A user's home with records in its storage, and what `keepwell cache` says there.
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
use keepwell_core::settings::{Environment, OnStorageError, Overrides, Settings};
use keepwell_core::storage::{Durability, FileSystemStorage};
use keepwell_core::store::{ResultStore, StoreOptions, Trust, Write, commit};
use keepwell_testing::ManualClock;

use crate::fixture::Fixture;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const NEW_YEAR: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// A user's home with records in its storage.
pub(crate) struct Records {
    pub(crate) fixture: Fixture,
}

/// What is to be written.
pub(crate) struct Record {
    pub(crate) key: String,
    pub(crate) task: Option<&'static str>,
    pub(crate) serializer: SerializerName,
    pub(crate) payload: Vec<u8>,
    pub(crate) created: Timestamp,
    pub(crate) expiration: Expiration,
}

pub(crate) fn record(key: &str) -> Record {
    Record {
        key: key.to_owned(),
        task: None,
        serializer: SerializerName::CBOR,
        payload: vec![0xf6],
        created: ago(DAY),
        expiration: Expiration::Never,
    }
}

pub(crate) fn ago(duration: Duration) -> Timestamp {
    let now = SystemClock::new().now().as_millis();
    Timestamp::from_millis(now - u64::try_from(duration.as_millis()).unwrap())
}

pub(crate) fn hex(number: u8) -> String {
    Digest::of(&[number]).to_hex()
}

impl Records {
    pub(crate) fn new() -> Self {
        Self { fixture: Fixture::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.fixture.path("home/storage").join(name)
    }

    fn settings(&self) -> Settings {
        let environment =
            Environment::in_directory(self.fixture.path("")).with_variable("KEEPWELL_HOME", self.fixture.path("home"));
        Settings::load(&environment, &Overrides::new()).unwrap()
    }

    /// The store that programs see, at this time.
    pub(crate) fn store(&self, now: Timestamp) -> Arc<ResultStore> {
        Arc::new(ResultStore::new(StoreOptions {
            result_storage: Arc::new(FileSystemStorage::open(self.path("")).unwrap()),
            key_storage: None,
            lock_manager: None,
            memory: None,
            clock: Arc::new(ManualClock::new(now)),
            namespace: Namespace::DEFAULT,
            trust: Some(Arc::new(Trust::of(&self.settings()))),
            maps_payloads: false,
            compression: Compression::None,
            durability: Durability::None,
            on_storage_error: OnStorageError::Run,
            on_lease_lost: keepwell_core::lock::lease::OnLeaseLost::Cancel,
            lock_timeout: None,
        }))
    }

    pub(crate) fn write(self, record: Record) -> Self {
        let store = self.store(record.created);
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
            claim: None,
        };
        commit(&[write]).unwrap();
        self
    }

    /// What `keepwell cache ARGUMENTS` does, without what is random in a record.
    pub(crate) fn run(&self, arguments: &str) -> String {
        let transcript = self.fixture.run(&format!("cache {arguments}"));
        let hidden = |line: &str| {
            let name = line.trim_start().trim_start_matches('"').split([':', '"']).next().unwrap_or_default();
            let is_random = ["transaction", "store"].contains(&name);
            if is_random { line.split(':').next().unwrap().to_owned() + ": RANDOM" } else { line.to_owned() }
        };
        transcript.lines().map(|line| hidden(line) + "\n").collect()
    }

    pub(crate) fn corrupt(&self, key: &str) {
        let mut bytes = fs::read(self.path(key)).unwrap();
        bytes[100] ^= 1;
        fs::write(self.path(key), bytes).unwrap();
    }

    pub(crate) fn make_newer(&self, key: &str) {
        let mut bytes = fs::read(self.path(key)).unwrap();
        bytes[8] = 9;
        let length = usize::from(u16::from_le_bytes([bytes[10], bytes[11]]));
        let checksum = Digest::of(&bytes[..length - 32]);
        bytes[length - 32..length].copy_from_slice(checksum.as_bytes());
        fs::write(self.path(key), bytes).unwrap();
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("")).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        names
    }
}

pub(crate) fn set_age(path: &Path, age: Duration) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
}

/// Records of every kind.
pub(crate) fn all_kinds() -> Records {
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
