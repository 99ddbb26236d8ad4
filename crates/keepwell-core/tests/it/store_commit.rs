//! Committing: generations, races, newer versions, and every way in which a storage can fail.

use std::sync::Arc;

use bytes::Bytes;
use keepwell_core::ErrorKind;
use keepwell_core::key::Digest;
use keepwell_core::storage::{Durability, MemoryStorage, ObjectKind, ResultStorage, SMALL_OBJECT_LIMIT};
use keepwell_core::store::{MissReason, ResultStore, Write, commit};
use keepwell_testing::storage::{CrashingStorage, FailingStorage, Failure};

use crate::store_fixture::*;

const FAILURES: [Failure; 3] = [Failure::Unavailable, Failure::UnknownBefore, Failure::UnknownAfter];

/// Records of every shape over what was there before: one replaced in the head, one replaced in a blob, one new.
const KEYS: [&str; 3] = ["inline", "blob", "new"];

fn commit_old(store: &Arc<ResultStore>) {
    put(store, "inline", "old");
    put(store, "blob", large(b'o'));
}

fn new_writes(store: &Arc<ResultStore>) -> Vec<Write> {
    vec![write(store, "inline", "new"), write(store, "blob", large(b'n')), write(store, "new", "new")]
}

fn state(store: &ResultStore) -> [Option<Bytes>; 3] {
    KEYS.map(|name| read(store, name))
}

fn old_state() -> [Option<Bytes>; 3] {
    [Some(Bytes::from_static(b"old")), Some(large(b'o')), None]
}

fn new_state() -> [Option<Bytes>; 3] {
    [Some(Bytes::from_static(b"new")), Some(large(b'n')), Some(Bytes::from_static(b"new"))]
}

/// Lets each operation of a commit fail in turn, and checks that either everything is visible or nothing. Says how many
/// commits ended well, were taken back, and are unknown.
fn fail_everywhere<S: ResultStorage + 'static>(
    make: impl Fn() -> S,
    open: impl Fn(Arc<FailingStorage<S>>) -> Arc<ResultStore>,
    failure: Failure,
) -> [u32; 3] {
    let mut counts = [0; 3];
    for nth in 1.. {
        let storage = Arc::new(FailingStorage::new(make()));
        let store = open(Arc::clone(&storage));
        commit_old(&store);
        let before = storage.operations();
        storage.fail(nth, failure);
        let outcome = commit(&new_writes(&store));
        if storage.operations() - before < nth {
            assert!(outcome.is_ok());
            return counts;
        }
        match outcome {
            Ok(_) => {
                assert_eq!(state(&store), new_state(), "{failure:?} at {nth}");
                counts[0] += 1;
            }
            Err(error) => {
                assert!(is_certain(&error), "{failure:?} at {nth}: {error:?}");
                assert_eq!(state(&store), old_state(), "{failure:?} at {nth}: {error:?}");
                counts[1] += 1;
            }
        }
    }
    counts
}

#[test]
fn a_failure_at_any_operation_leaves_all_records_new_or_all_old() {
    for failure in FAILURES {
        let counts = fail_everywhere(MemoryStorage::new, |storage| store(storage), failure);
        assert!(counts[0] > 3 && (counts[1] > 0), "{failure:?}: {counts:?}");
    }
}

#[test]
fn the_same_holds_in_a_folder() {
    let outer = tempfile::tempdir().unwrap();
    for failure in FAILURES {
        let make = || {
            let path = outer.path().join(Digest::of(&rand_bytes()).to_hex());
            keepwell_core::storage::FileSystemStorage::open(path).unwrap()
        };
        fail_everywhere(make, |storage| store(storage), failure);
    }
}

#[test]
fn the_same_holds_for_records_and_for_results_that_are_kept_apart() {
    for failure in FAILURES {
        let results: Arc<dyn ResultStorage> = Arc::new(MemoryStorage::new());
        fail_everywhere(
            MemoryStorage::new,
            |keys| {
                results.list(ObjectKind::Head).unwrap().iter().for_each(|name| drop(results.remove(name, None)));
                apart(keys, Arc::clone(&results))
            },
            failure,
        );
        fail_everywhere(MemoryStorage::new, |results| apart(Arc::new(MemoryStorage::new()), results), failure);
    }
}

#[test]
fn a_single_write_that_cannot_be_told_of_is_resolved_by_reading_it_back() {
    let storage = Arc::new(FailingStorage::new(MemoryStorage::new()));
    let store = store(Arc::clone(&storage) as Arc<dyn ResultStorage>);
    for (round, (failure, ends_well)) in
        [(Failure::UnknownAfter, true), (Failure::UnknownBefore, true)].into_iter().enumerate()
    {
        let payload = Bytes::from(format!("{round}"));
        // Its id, the head that is there, and then the write.
        storage.fail(3, failure);
        assert_eq!(commit(&[write(&store, "a", payload.clone())]).is_ok(), ends_well);
        assert_eq!(read(&store, "a") == Some(payload), ends_well);
    }
}

#[test]
fn what_cannot_even_be_read_back_is_unknown() {
    let storage = Arc::new(FailingStorage::new(CrashingStorage::new(MemoryStorage::new())));
    let store = store(Arc::clone(&storage) as Arc<dyn ResultStorage>);
    storage.inner().crash_at(1);
    storage.fail(3, Failure::UnknownAfter);
    let error = put_error(&[write(&store, "a", "1")]);
    assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error:?}");
}

#[test]
fn a_crash_at_any_write_leaves_all_records_new_or_all_old() {
    for nth in 1.. {
        let storage = Arc::new(CrashingStorage::new(MemoryStorage::new()));
        let store = store(Arc::clone(&storage) as Arc<dyn ResultStorage>);
        commit_old(&store);
        storage.crash_at(nth);
        let outcome = commit(&new_writes(&store));
        if !storage.has_crashed() {
            return;
        }
        storage.reboot();
        let seen = state(&store);
        assert!(seen == old_state() || seen == new_state(), "write {nth}: {seen:?}");
        if outcome.is_err_and(|error| is_certain(&error)) {
            assert_eq!(seen, old_state(), "write {nth}");
        }
    }
}

#[test]
fn a_single_commit_on_a_storage_that_died_is_known_to_have_failed() {
    let storage = Arc::new(CrashingStorage::new(MemoryStorage::new()));
    let store = store(Arc::clone(&storage) as Arc<dyn ResultStorage>);
    storage.crash_at(1);
    assert_eq!(put_error(&[write(&store, "a", "1")]).kind(), ErrorKind::Storage);
}

#[test]
fn a_commit_counts_on_from_the_record_that_is_there_and_of_two_under_one_key_keeps_the_last() {
    let store = store(Arc::new(MemoryStorage::new()));
    put(&store, "a", "1");
    put(&store, "a", "2");
    commit(&[write(&store, "a", "3"), write(&store, "a", "4")]).unwrap();
    assert_eq!((generation(&store, "a"), read(&store, "a")), (3, Some(Bytes::from_static(b"4"))));
}

#[test]
fn racing_commits_of_one_key_all_succeed_and_are_all_counted() {
    let outer = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = store(folder(outer.path()));
            scope.spawn(move || (0..25).for_each(|round| put(&store, "a", format!("{thread} {round}"))));
        }
    });
    assert_eq!(generation(&store(folder(outer.path())), "a"), 100);
}

#[test]
fn a_record_of_a_newer_version_is_never_overwritten() {
    let storage: Arc<dyn ResultStorage> = Arc::new(MemoryStorage::new());
    let store = store(Arc::clone(&storage));
    put(&store, "a", "1");
    let newer = newer_version(&storage, "a");
    assert!(matches!(miss(&store, "a"), MissReason::NewerVersion(_)));
    let error = put_error(&[write(&store, "b", "2"), write(&store, "a", "2")]);
    assert_eq!((error.kind(), error.hint()), (ErrorKind::Unsupported, Some("upgrade keepwell here")));
    assert_eq!(storage.get(&head("a"), SMALL_OBJECT_LIMIT).unwrap().unwrap().bytes, newer);
    assert_eq!(miss(&store, "b"), MissReason::Absent);
}

#[test]
fn a_head_that_cannot_be_read_is_not_overwritten_either() {
    let storage = Arc::new(CrashingStorage::new(MemoryStorage::new()));
    let store = store(Arc::clone(&storage) as Arc<dyn ResultStorage>);
    put(&store, "a", "1");
    storage.crash_at(1);
    assert!(storage.quarantine(&head("x"), &keepwell_core::storage::Version::Tag("x".into())).is_err());
    assert_eq!(put_error(&[write(&store, "a", "2")]).kind(), ErrorKind::Storage);
    storage.reboot();
    assert_eq!(read(&store, "a"), Some(Bytes::from_static(b"1")));
}

#[test]
fn a_single_commit_reads_the_head_and_writes_it_and_no_more() {
    let storage = Arc::new(FailingStorage::new(MemoryStorage::new()));
    let store = store(Arc::clone(&storage) as Arc<dyn ResultStorage>);
    for _ in ["new", "replaced"] {
        let before = storage.operations();
        put(&store, "a", "1");
        assert_eq!(storage.operations() - before, 3, "the store's id, the head that is there, the new one");
    }
}

#[test]
fn the_file_of_the_stores_id_is_read_once() {
    let outer = tempfile::tempdir().unwrap();
    let store = store(folder(outer.path()));
    put(&store, "a", "1");
    std::fs::write(outer.path().join(".keepwell/store.json"), "damaged").unwrap();
    put(&store, "a", "2");
    assert_eq!(read(&store, "a"), Some(Bytes::from_static(b"2")));
}

/// Makes the record's version 2, as a later keepwell would write it, and returns its bytes.
fn newer_version(storage: &Arc<dyn ResultStorage>, name: &str) -> Bytes {
    let mut bytes = storage.get(&head(name), SMALL_OBJECT_LIMIT).unwrap().unwrap().bytes.to_vec();
    bytes[8] = 2;
    let length = usize::from(u16::from_le_bytes([bytes[10], bytes[11]]));
    let checksum = Digest::of(&bytes[..length - 32]);
    bytes[length - 32..length].copy_from_slice(checksum.as_bytes());
    let bytes = Bytes::from(bytes);
    storage.put(&head(name), bytes.clone(), Durability::None).unwrap();
    bytes
}

fn rand_bytes() -> [u8; 16] {
    keepwell_core::id::WriteId::new().to_bytes()
}
