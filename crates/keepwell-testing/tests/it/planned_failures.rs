//! Failing and crashing storages fail where they are told to, and are honest storages otherwise.

use bytes::Bytes;
use keepwell_core::key::CacheKey;
use keepwell_core::storage::{Durability, MemoryStorage, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT, StorageFault};
use keepwell_testing::storage::conformance::run_all;
use keepwell_testing::storage::{CrashingStorage, FailingStorage, Failure};

fn head(key: &str) -> ObjectName {
    ObjectName::Head(CacheKey::new(key).unwrap())
}

fn create(storage: &impl ResultStorage, key: &str) -> Result<(), StorageFault> {
    storage.create(&head(key), Bytes::from_static(b"x"), Durability::None)
}

fn keys(storage: &impl ResultStorage, candidates: &[&str]) -> String {
    let is_there = |key: &&&str| storage.get(&head(key), SMALL_OBJECT_LIMIT).unwrap().is_some();
    candidates.iter().filter(is_there).copied().collect()
}

#[test]
fn without_a_plan_both_keep_the_contract() {
    run_all(|| FailingStorage::new(MemoryStorage::new())).assert_passed();
    run_all(|| CrashingStorage::new(MemoryStorage::new())).assert_passed();
}

#[test]
fn the_planned_operation_fails_and_no_other() {
    for (failure, expected) in
        [(Failure::Unavailable, "ac"), (Failure::UnknownBefore, "ac"), (Failure::UnknownAfter, "abc")]
    {
        let storage = FailingStorage::new(MemoryStorage::new());
        storage.fail(2, failure);
        create(&storage, "a").unwrap();
        let fault = create(&storage, "b").unwrap_err();
        assert_eq!(matches!(fault, StorageFault::Unavailable(_)), failure == Failure::Unavailable, "{fault:?}");
        create(&storage, "c").unwrap();
        assert_eq!(keys(storage.inner(), &["a", "b", "c"]), expected, "{failure:?}");
        assert_eq!(storage.operations(), 3);
    }
}

#[test]
fn a_planned_failure_of_a_read_is_never_taken_for_absence() {
    let storage = FailingStorage::new(MemoryStorage::new());
    storage.fail(1, Failure::UnknownAfter);
    assert!(matches!(storage.get(&head("a"), SMALL_OBJECT_LIMIT), Err(StorageFault::Unavailable(_))));
    assert!(storage.get(&head("a"), SMALL_OBJECT_LIMIT).unwrap().is_none());
}

#[test]
fn from_the_crash_to_the_reboot_nothing_takes_effect() {
    let storage = CrashingStorage::new(MemoryStorage::new());
    storage.crash_at(2);
    create(&storage, "a").unwrap();
    for key in ["b", "c"] {
        assert!(matches!(create(&storage, key), Err(StorageFault::Unavailable(_))));
        assert!(storage.has_crashed());
        assert!(matches!(storage.get(&head("a"), SMALL_OBJECT_LIMIT), Err(StorageFault::Unavailable(_))));
    }
    storage.reboot();
    create(&storage, "d").unwrap();
    assert_eq!(keys(&storage, &["a", "b", "c", "d"]), "ad");
    assert_eq!(storage.writes(), 2);
}
