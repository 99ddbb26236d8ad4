//! A storage that can only be read: the history looks and changes nothing.

use std::sync::Arc;

use bytes::Bytes;
use keepwell_core::record::StoreId;
use keepwell_core::storage::{
    Durability, FileIdentity, Object, ObjectKind, ObjectName, ResultStorage, StorageFault, Version,
};
use keepwell_core::{Error, ErrorKind};

/// Reads another storage and refuses every write.
#[derive(Debug)]
pub(super) struct Unwritable(pub(super) Arc<dyn ResultStorage>);

fn refused<T>() -> Result<T, StorageFault> {
    Err(StorageFault::Unavailable(Error::new(ErrorKind::ReadOnly, "the history only looks")))
}

impl ResultStorage for Unwritable {
    fn location(&self) -> String {
        self.0.location()
    }

    fn id(&self) -> Result<Option<StoreId>, StorageFault> {
        self.0.id()
    }

    fn make(&self) -> Result<StoreId, StorageFault> {
        refused()
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault> {
        self.0.get(name, limit)
    }

    fn identity(&self, name: &ObjectName) -> Result<Option<FileIdentity>, StorageFault> {
        self.0.identity(name)
    }

    fn create(&self, _: &ObjectName, _: Bytes, _: Durability) -> Result<(), StorageFault> {
        refused()
    }

    fn swap(&self, _: &ObjectName, _: Bytes, _: &Version, _: Durability) -> Result<(), StorageFault> {
        refused()
    }

    fn put(&self, _: &ObjectName, _: Bytes, _: Durability) -> Result<(), StorageFault> {
        refused()
    }

    fn remove(&self, _: &ObjectName, _: Option<&Version>) -> Result<bool, StorageFault> {
        refused()
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
        self.0.list(kind)
    }

    fn quarantine(&self, _: &ObjectName, _: &Version) -> Result<(), StorageFault> {
        refused()
    }
}
