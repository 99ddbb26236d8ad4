//! Names and contents for the clauses, and the words in which they ask for things.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use keepwell_core::clock::Timestamp;
use keepwell_core::id::TransactionId;
use keepwell_core::key::{CacheKey, Digest};
use keepwell_core::storage::{Durability, Object, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT, StorageFault};

/// The head of this key.
pub(super) fn head(key: &str) -> ObjectName {
    ObjectName::Head(CacheKey::new(key).expect("the key is not empty"))
}

/// The name of these bytes as a blob.
pub(super) fn blob(bytes: &[u8]) -> ObjectName {
    ObjectName::Blob(Digest::of(bytes))
}

/// A decision that nobody else has.
pub(super) fn decision() -> ObjectName {
    ObjectName::Decision(TransactionId::new(Timestamp::from_millis(0)))
}

/// The lock for this key.
pub(super) fn lock(key: &str) -> ObjectName {
    ObjectName::Lock(CacheKey::new(key).expect("the key is not empty"))
}

/// A content that no other write has, as small objects are promised to be.
pub(super) fn unique(text: &str) -> Bytes {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    Bytes::from(format!("{text} {}", WRITES.fetch_add(1, Ordering::Relaxed)))
}

/// The object's bytes, or `None` where there is none.
pub(super) fn read(storage: &impl ResultStorage, name: &ObjectName) -> Option<Bytes> {
    storage.get(name, SMALL_OBJECT_LIMIT).expect("an object can be read").map(|object| object.bytes)
}

/// The object, which must be there.
pub(super) fn object(storage: &impl ResultStorage, name: &ObjectName) -> Object {
    storage.get(name, SMALL_OBJECT_LIMIT).expect("an object can be read").expect("the object is there")
}

/// Writes the object whatever was there.
pub(super) fn put(storage: &impl ResultStorage, name: &ObjectName, bytes: &Bytes) {
    storage.put(name, bytes.clone(), Durability::None).expect("an object can be written");
}

/// Whether a conditional write was done; panics if it failed for another reason than its condition.
pub(super) fn won(outcome: Result<(), StorageFault>) -> bool {
    match outcome {
        Ok(()) => true,
        Err(StorageFault::Precondition) => false,
        Err(StorageFault::Unavailable(error) | StorageFault::Unknown(error)) => panic!("{}", error.report()),
    }
}

/// Whether the outcome is that a condition was not met.
pub(super) fn is_refused<T>(outcome: &Result<T, StorageFault>) -> bool {
    matches!(outcome, Err(StorageFault::Precondition))
}
