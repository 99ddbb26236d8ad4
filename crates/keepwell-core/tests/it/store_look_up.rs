//! Looking records up: hits, every kind of miss, what is read for it, and what is tried again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keepwell_core::ErrorKind;
use keepwell_core::clock::Clock;
use keepwell_core::key::{CacheKey, Digest};
use keepwell_core::record::{Compression, Limits, Namespace};
use keepwell_core::storage::{
    Durability, MemoryStorage, NullStorage, ObjectKind, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT,
};
use keepwell_core::store::{MissReason, ResultStore, StoreOptions, commit};
use keepwell_testing::storage::{CrashingStorage, FailingStorage, Failure};

use crate::store_fixture::*;

#[test]
fn what_was_committed_is_a_hit_whatever_its_size_and_compression() {
    for compression in [Compression::None, Compression::Lz4] {
        let storage: Arc<dyn ResultStorage> = Arc::new(MemoryStorage::new());
        let store = Arc::new(ResultStore::new(StoreOptions { compression, ..options(storage) }));
        for (name, payload) in [("empty", Bytes::new()), ("small", Bytes::from_static(b"x")), ("large", large(7))] {
            put(&store, name, payload.clone());
            assert_eq!(read(&store, name), Some(payload));
        }
    }
}

#[test]
fn a_key_without_a_record_is_a_miss_and_makes_nothing() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("store");
    let store = store(folder(&path));
    assert_eq!(miss(&store, "a"), MissReason::Absent);
    assert!(!store.exists(&key("a")).unwrap());
    assert!(!path.exists());
}

#[test]
fn a_storage_that_keeps_nothing_takes_every_commit_and_is_always_a_miss() {
    let store = store(Arc::new(NullStorage));
    put(&store, "a", "1");
    put(&store, "a", "2");
    assert_eq!(miss(&store, "a"), MissReason::Absent);
}

#[test]
fn a_record_counts_strictly_until_it_expires() {
    let clock = later();
    let options =
        StoreOptions { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..options(Arc::new(MemoryStorage::new())) };
    let store = Arc::new(ResultStore::new(options));
    put_for(&store, "a", "1", Duration::from_millis(10));
    clock.advance(Duration::from_millis(9));
    assert_eq!(read(&store, "a"), Some(Bytes::from_static(b"1")));
    clock.advance(Duration::from_millis(1));
    assert_eq!(miss(&store, "a"), MissReason::Expired { at: clock.now() });
    put(&store, "a", "2");
    assert_eq!(read(&store, "a"), Some(Bytes::from_static(b"2")));
}

#[test]
fn a_record_of_another_namespace_or_store_is_left_alone() {
    let storage: Arc<dyn ResultStorage> = Arc::new(MemoryStorage::new());
    let ours = store(Arc::clone(&storage));
    put(&ours, "a", "1");
    let namespace = Namespace::named("other");
    let other = ResultStore::new(StoreOptions { namespace, ..options(Arc::clone(&storage)) });
    assert!(matches!(miss(&other, "a"), MissReason::Unusable(_)));

    let elsewhere: Arc<dyn ResultStorage> = Arc::new(MemoryStorage::new());
    let carried = storage.get(&head("a"), SMALL_OBJECT_LIMIT).unwrap().unwrap();
    elsewhere.put(&head("a"), carried.bytes, Durability::None).unwrap();
    let elsewhere = store(elsewhere);
    assert!(matches!(miss(&elsewhere, "a"), MissReason::Unusable(what) if what.contains("copied from another store")));
    assert_eq!(read(&ours, "a"), Some(Bytes::from_static(b"1")));
}

#[test]
fn exists_reads_one_head_and_no_payload() {
    let storage = Arc::new(FailingStorage::new(MemoryStorage::new()));
    let store = store(Arc::clone(&storage) as Arc<dyn ResultStorage>);
    put(&store, "large", large(1));
    let before = storage.operations();
    assert!(store.exists(&key("large")).unwrap());
    assert_eq!(storage.operations() - before, 2, "the store's id and the head");

    storage.inner().remove(&ObjectName::Blob(Digest::of(&large(1))), None).unwrap();
    assert!(store.exists(&key("large")).unwrap());
    assert!(matches!(miss(&store, "large"), MissReason::ResultMissing(_)));
    put(&store, "large", large(1));
    assert_eq!(read(&store, "large"), Some(large(1)));
}

#[test]
fn a_reading_failure_that_passes_is_not_noticed() {
    for nth in 1..=3 {
        let storage = Arc::new(FailingStorage::new(MemoryStorage::new()));
        let store = store(Arc::clone(&storage) as Arc<dyn ResultStorage>);
        put(&store, "a", large(1));
        storage.fail(nth, Failure::Unavailable);
        assert_eq!(read(&store, "a"), Some(large(1)), "operation {nth}");
    }
}

#[test]
fn a_lasting_failure_is_tried_again_twice_and_is_not_a_miss() {
    let storage = Arc::new(FailingStorage::new(CrashingStorage::new(MemoryStorage::new())));
    let clock = later();
    let options = StoreOptions { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..options(storage.clone()) };
    let store = Arc::new(ResultStore::new(options));
    storage.inner().crash_at(1);
    assert_eq!(put_error(&[write(&store, "a", "1")]).kind(), ErrorKind::Storage);
    let (before, started) = (storage.operations(), clock.monotonic());
    assert_eq!(store.look_up(&key("a")).unwrap_err().kind(), ErrorKind::Storage);
    assert_eq!(storage.operations() - before, 3);
    let waited = clock.monotonic() - started;
    assert!((Duration::from_millis(1)..Duration::from_millis(6)).contains(&waited), "{waited:?}");
    storage.inner().reboot();
    assert_eq!(miss(&store, "a"), MissReason::Absent);
}

#[test]
fn a_payload_that_no_reader_would_accept_is_not_written() {
    let storage: Arc<dyn ResultStorage> = Arc::new(MemoryStorage::new());
    let limits = Limits { stored_length: 10, plain_length: 20 };
    let store = Arc::new(ResultStore::new(options(Arc::clone(&storage))).with_limits(limits));
    put(&store, "a", "0123456789");
    assert_eq!(read(&store, "a"), Some(Bytes::from_static(b"0123456789")));
    let error = put_error(&[write(&store, "b", "0"), write(&store, "c", "0123456789a")]);
    assert_eq!(
        error.report(),
        "the result for key `c` has 11 bytes, more than the 10 that a reader accepts (return less, for example the path \
         of a file)"
    );
    assert_eq!((error.kind(), storage.list(ObjectKind::Head).unwrap().len()), (ErrorKind::Unsupported, 1));
}

#[test]
fn a_record_above_the_readers_limit_is_a_miss_and_stays() {
    let storage: Arc<dyn ResultStorage> = Arc::new(MemoryStorage::new());
    let generous = store(Arc::clone(&storage));
    put(&generous, "a", "0123456789");
    let limits = Limits { stored_length: 5, plain_length: 5 };
    let strict = ResultStore::new(options(storage)).with_limits(limits);
    assert!(matches!(miss(&strict, "a"), MissReason::Unusable(_)));
    assert_eq!(read(&generous, "a"), Some(Bytes::from_static(b"0123456789")));
}

#[test]
fn any_key_works_and_none_is_mistaken_for_another() {
    let outer = tempfile::tempdir().unwrap();
    let store = store(folder(outer.path()));
    let names = ["a.b", "a.c", "a/b", "../a", "static cache key", "~x", "é", &"k".repeat(5_000), &"k".repeat(5_001)];
    for name in names {
        put(&store, name, name.to_owned());
    }
    for name in names {
        assert_eq!(read(&store, name), Some(Bytes::from(name.to_owned())));
    }
    let endless = CacheKey::new("k".repeat(70_000)).unwrap();
    let error = commit(&[keepwell_core::store::Write { key: endless, ..write(&store, "a", "1") }]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
}
