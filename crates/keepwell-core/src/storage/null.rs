//! The storage that keeps nothing: for runs that must leave no trace, and for measuring everything else.

use bytes::Bytes;

use super::{Durability, FileIdentity, Object, ObjectKind, ObjectName, ResultStorage, StorageFault, Version};
use crate::record::StoreId;

/// Accepts every unconditional write and forgets it: no object is ever there.
///
/// It does not keep the contract of [`ResultStorage`], in that any number of racing `create`s succeed. Nothing that
/// relies on a conditional write may be built on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullStorage;

impl ResultStorage for NullStorage {
    fn location(&self) -> String {
        "null://".to_owned()
    }

    fn id(&self) -> Result<Option<StoreId>, StorageFault> {
        Ok(None)
    }

    fn make(&self) -> Result<StoreId, StorageFault> {
        Ok(StoreId::from_bytes([0; 16]))
    }

    fn is_private(&self) -> bool {
        true
    }

    fn get(&self, _: &ObjectName, _: u64) -> Result<Option<Object>, StorageFault> {
        Ok(None)
    }

    fn identity(&self, _: &ObjectName) -> Result<Option<FileIdentity>, StorageFault> {
        Ok(None)
    }

    fn create(&self, _: &ObjectName, _: Bytes, _: Durability) -> Result<(), StorageFault> {
        Ok(())
    }

    fn swap(&self, _: &ObjectName, _: Bytes, _: &Version, _: Durability) -> Result<(), StorageFault> {
        Err(StorageFault::Precondition)
    }

    fn put(&self, _: &ObjectName, _: Bytes, _: Durability) -> Result<(), StorageFault> {
        Ok(())
    }

    fn remove(&self, _: &ObjectName, expected: Option<&Version>) -> Result<bool, StorageFault> {
        match expected {
            Some(_) => Err(StorageFault::Precondition),
            None => Ok(false),
        }
    }

    fn list(&self, _: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
        Ok(Vec::new())
    }

    fn quarantine(&self, _: &ObjectName, _: &Version) -> Result<(), StorageFault> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::CacheKey;
    use crate::storage::SMALL_OBJECT_LIMIT;

    #[test]
    fn nothing_written_is_ever_there() {
        let name = ObjectName::Head(CacheKey::new("a").unwrap());
        NullStorage.put(&name, Bytes::from_static(b"x"), Durability::Full).unwrap();
        NullStorage.create(&name, Bytes::from_static(b"x"), Durability::Full).unwrap();
        assert!(NullStorage.get(&name, SMALL_OBJECT_LIMIT).unwrap().is_none());
        assert!(NullStorage.list(ObjectKind::Head).unwrap().is_empty());
        assert!(!NullStorage.remove(&name, None).unwrap());
    }
}
