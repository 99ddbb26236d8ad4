//! A storage in the memory of this process: for tests, and for results that need not outlive it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use bytes::Bytes;
use parking_lot::RwLock;

use super::{Durability, FileIdentity, Object, ObjectKind, ObjectName, ResultStorage, StorageFault, Version};
use crate::id::WriteId;
use crate::record::StoreId;
use crate::{Error, ErrorKind};

/// Keeps objects in the memory of this process, without bound, until they are removed or it is dropped.
///
/// Durability has no meaning here, and there is no quarantine: a damaged object is dropped.
pub struct MemoryStorage {
    id: StoreId,
    objects: RwLock<HashMap<ObjectName, Bytes>>,
}

impl MemoryStorage {
    /// An empty storage.
    pub fn new() -> Self {
        Self { id: StoreId::from_bytes(WriteId::new().to_bytes()), objects: RwLock::default() }
    }
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStorage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryStorage").field("objects", &self.objects.read().len()).finish()
    }
}

impl ResultStorage for MemoryStorage {
    fn location(&self) -> String {
        format!("memory://{:?}", self.id)
    }

    fn id(&self) -> Result<Option<StoreId>, StorageFault> {
        Ok(Some(self.id))
    }

    fn make(&self) -> Result<StoreId, StorageFault> {
        Ok(self.id)
    }

    fn is_private(&self) -> bool {
        true
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault> {
        let bytes = self.objects.read().get(name).cloned();
        match bytes {
            Some(bytes) if bytes.len() as u64 > limit => Err(StorageFault::Unavailable(Error::new(
                ErrorKind::Corrupt,
                format!("{name} in memory has {} bytes, more than the {limit} it may have", bytes.len()),
            ))),
            found => Ok(found.map(object)),
        }
    }

    fn identity(&self, _: &ObjectName) -> Result<Option<FileIdentity>, StorageFault> {
        Ok(None)
    }

    fn create(&self, name: &ObjectName, bytes: Bytes, _: Durability) -> Result<(), StorageFault> {
        match self.objects.write().entry(name.clone()) {
            Entry::Occupied(_) => Err(StorageFault::Precondition),
            Entry::Vacant(vacant) => {
                vacant.insert(bytes);
                Ok(())
            }
        }
    }

    fn swap(&self, name: &ObjectName, bytes: Bytes, expected: &Version, _: Durability) -> Result<(), StorageFault> {
        match self.objects.write().get_mut(name) {
            Some(current) if is_at(current, expected) => {
                *current = bytes;
                Ok(())
            }
            Some(_) | None => Err(StorageFault::Precondition),
        }
    }

    fn put(&self, name: &ObjectName, bytes: Bytes, _: Durability) -> Result<(), StorageFault> {
        self.objects.write().insert(name.clone(), bytes);
        Ok(())
    }

    fn remove(&self, name: &ObjectName, expected: Option<&Version>) -> Result<bool, StorageFault> {
        let mut objects = self.objects.write();
        if let Some(expected) = expected {
            objects.get(name).filter(|current| is_at(current, expected)).ok_or(StorageFault::Precondition)?;
        }
        Ok(objects.remove(name).is_some())
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
        Ok(self.objects.read().keys().filter(|name| name.kind() == kind).cloned().collect())
    }

    fn quarantine(&self, name: &ObjectName, version: &Version) -> Result<(), StorageFault> {
        match self.remove(name, Some(version)) {
            Ok(_) | Err(StorageFault::Precondition) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

fn object(bytes: Bytes) -> Object {
    Object::of(bytes)
}

fn is_at(current: &Bytes, expected: &Version) -> bool {
    object(current.clone()).version() == *expected
}
