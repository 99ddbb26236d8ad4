//! The object of one lock in the storage.

use std::sync::Arc;

use bytes::Bytes;

use super::record::LockRecord;
use crate::Error;
use crate::key::{CacheKey, Digest};
use crate::mistake::{self, Mistake};
use crate::storage::{Durability, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT, StorageFault, Version};

/// The object of one lock, whether or not it is there.
#[derive(Clone, Debug)]
pub(super) struct LockObject {
    storage: Arc<dyn ResultStorage>,
    name: ObjectName,
}

/// An object that was there.
#[derive(Debug)]
pub(super) struct Read {
    /// What it says; `None` if it is no grant that this version has written.
    pub(super) record: Option<LockRecord>,
    pub(super) digest: Digest,
    pub(super) version: Version,
}

/// A lock need survive no power cut: it would outlive its holder by that. On a storage whose machine is not its holder's,
/// it may be lost with it, and then two have the lock: what they commit is decided all the same.
const DURABILITY: Durability = Durability::None;

impl LockObject {
    pub(super) fn new(storage: &Arc<dyn ResultStorage>, key: &CacheKey) -> Self {
        Self { storage: Arc::clone(storage), name: ObjectName::Lock(key.clone()) }
    }

    pub(super) fn name(&self) -> &ObjectName {
        &self.name
    }

    pub(super) fn key(&self) -> &CacheKey {
        self.name.key().expect("a lock is named by its key")
    }

    pub(super) fn read(&self) -> Result<Option<Read>, Error> {
        match self.storage.get(&self.name, SMALL_OBJECT_LIMIT) {
            Ok(None) => Ok(None),
            Ok(Some(object)) => Ok(Some(Read {
                record: LockRecord::parse(&object.bytes),
                digest: object.digest(),
                version: object.version(),
            })),
            Err(StorageFault::Unavailable(error) | StorageFault::Unknown(error)) => Err(error),
            Err(StorageFault::Precondition) => unreachable!("a read has no condition"),
        }
    }

    pub(super) fn create(&self, bytes: Bytes) -> Result<(), StorageFault> {
        self.storage.create(&self.name, bytes, DURABILITY)
    }

    pub(super) fn swap(&self, bytes: Bytes, expected: &Version) -> Result<(), StorageFault> {
        self.storage.swap(&self.name, bytes, expected, DURABILITY)
    }

    pub(super) fn remove(&self, expected: &Version) -> Result<(), StorageFault> {
        let expected = Some(expected).filter(|_| !mistake::is_planted(Mistake::LockOfOthersRemoved));
        self.storage.remove(&self.name, expected).map(|_| ())
    }
}
