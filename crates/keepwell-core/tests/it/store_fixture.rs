//! Stores under test, and the words in which the tests speak of them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keepwell_core::clock::{Clock, Timestamp};
use keepwell_core::event::HitSource;
use keepwell_core::key::CacheKey;
use keepwell_core::record::{Compression, EncodedValue, Expiration, Namespace, Provenance, SerializerName};
use keepwell_core::settings::OnStorageError;
use keepwell_core::storage::{Durability, FileSystemOptions, FileSystemStorage, ObjectName, ResultStorage};
use keepwell_core::store::{LookUp, MemoryLayer, MissReason, ResultStore, StoreOptions, Write, commit};
use keepwell_core::{Error, ErrorKind};
use keepwell_testing::ManualClock;

/// A payload that does not fit into a head.
pub(crate) const LARGE: usize = 40_000;

pub(crate) fn key(text: &str) -> CacheKey {
    CacheKey::new(text).unwrap()
}

pub(crate) fn head(text: &str) -> ObjectName {
    ObjectName::Head(key(text))
}

pub(crate) fn folder(path: &std::path::Path) -> Arc<FileSystemStorage> {
    Arc::new(FileSystemStorage::at(path, FileSystemOptions::default()))
}

/// A clock so far ahead that the time of every file lies long ago.
pub(crate) fn later() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(4_000_000_000_000)))
}

pub(crate) fn options(storage: Arc<dyn ResultStorage>) -> StoreOptions {
    StoreOptions {
        maps_payloads: false,
        result_storage: storage,
        key_storage: None,
        lock_manager: None,
        memory: None,
        clock: later(),
        namespace: Namespace::DEFAULT,
        trust: None,
        compression: Compression::None,
        durability: Durability::None,
        on_storage_error: OnStorageError::Run,
        on_lease_lost: keepwell_core::lock::lease::OnLeaseLost::Cancel,
        lock_timeout: None,
    }
}

pub(crate) fn store(storage: Arc<dyn ResultStorage>) -> Arc<ResultStore> {
    Arc::new(ResultStore::new(options(storage)))
}

/// A store with records in `keys` and plain results in `results`.
pub(crate) fn apart(keys: Arc<dyn ResultStorage>, results: Arc<dyn ResultStorage>) -> Arc<ResultStore> {
    Arc::new(ResultStore::new(StoreOptions { key_storage: Some(keys), ..options(results) }))
}

/// A store with a memory layer of a megabyte.
pub(crate) fn remembering(storage: Arc<dyn ResultStorage>, clock: Arc<dyn Clock>) -> Arc<ResultStore> {
    let memory = Some(Arc::new(MemoryLayer::new(1 << 20)));
    Arc::new(ResultStore::new(StoreOptions { memory, clock, ..options(storage) }))
}

pub(crate) fn write(store: &Arc<ResultStore>, name: &str, payload: impl Into<Bytes>) -> Write {
    Write {
        store: Arc::clone(store),
        key: key(name),
        value: EncodedValue { serializer: SerializerName::CBOR, payload: payload.into() },
        expiration: Expiration::Never,
        provenance: Arc::new(Provenance::default()),
        claim: None,
    }
}

pub(crate) fn put(store: &Arc<ResultStore>, name: &str, payload: impl Into<Bytes>) {
    commit(&[write(store, name, payload)]).unwrap();
}

pub(crate) fn put_for(store: &Arc<ResultStore>, name: &str, payload: impl Into<Bytes>, time: Duration) {
    let expiration = Expiration::At(store.clock().now().after(time));
    commit(&[Write { expiration, ..write(store, name, payload) }]).unwrap();
}

pub(crate) fn put_error(writes: &[Write]) -> Error {
    commit(writes).unwrap_err()
}

/// The payload, where there is a hit.
pub(crate) fn read(store: &ResultStore, name: &str) -> Option<Bytes> {
    store.read(&key(name)).unwrap().map(|record| record.payload.clone())
}

/// Where a hit came from.
pub(crate) fn source(store: &ResultStore, name: &str) -> Option<HitSource> {
    match store.look_up(&key(name)).unwrap() {
        LookUp::Hit { source, .. } => Some(source),
        LookUp::Miss(_) => None,
    }
}

/// Why there is no hit.
pub(crate) fn miss(store: &ResultStore, name: &str) -> MissReason {
    match store.look_up(&key(name)).unwrap() {
        LookUp::Miss(reason) => reason,
        LookUp::Hit { record, .. } => panic!("a hit: {record:?}"),
    }
}

pub(crate) fn generation(store: &ResultStore, name: &str) -> u64 {
    store.read(&key(name)).unwrap().unwrap().metadata.generation
}

pub(crate) fn large(byte: u8) -> Bytes {
    Bytes::from(vec![byte; LARGE])
}

/// Whether the commit failed for sure, so that nothing may be visible.
pub(crate) fn is_certain(error: &Error) -> bool {
    error.kind() != ErrorKind::CommitUnknown
}
