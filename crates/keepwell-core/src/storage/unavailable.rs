//! The storage that cannot be opened: it stands where the settings name one, and says at each use why it is none.
//!
//! So a wrong setting costs a run its caching and nothing else.

use bytes::Bytes;

use super::{Durability, FileIdentity, Object, ObjectKind, ObjectName, ResultStorage, StorageFault, Version};
use crate::record::StoreId;
use crate::{Error, ErrorKind};

/// A storage that cannot be opened. Every operation fails with the reason.
#[derive(Clone, Debug)]
pub struct UnavailableStorage {
    location: String,
    reason: String,
}

impl UnavailableStorage {
    /// What stands for the storage at `location`, which could not be opened because of `error`.
    pub fn new(location: impl Into<String>, error: &Error) -> Self {
        Self { location: location.into(), reason: error.report() }
    }

    fn fault<T>(&self) -> Result<T, StorageFault> {
        let message = format!("the storage `{}` cannot be opened: {}", self.location, self.reason);
        // Not of a kind that may pass, so that nobody tries again at once.
        Err(StorageFault::Unavailable(Error::new(ErrorKind::Unsupported, message)))
    }
}

impl ResultStorage for UnavailableStorage {
    fn location(&self) -> String {
        self.location.clone()
    }

    fn id(&self) -> Result<Option<StoreId>, StorageFault> {
        self.fault()
    }

    fn make(&self) -> Result<StoreId, StorageFault> {
        self.fault()
    }

    fn get(&self, _: &ObjectName, _: u64) -> Result<Option<Object>, StorageFault> {
        self.fault()
    }

    fn identity(&self, _: &ObjectName) -> Result<Option<FileIdentity>, StorageFault> {
        self.fault()
    }

    fn create(&self, _: &ObjectName, _: Bytes, _: Durability) -> Result<(), StorageFault> {
        self.fault()
    }

    fn swap(&self, _: &ObjectName, _: Bytes, _: &Version, _: Durability) -> Result<(), StorageFault> {
        self.fault()
    }

    fn put(&self, _: &ObjectName, _: Bytes, _: Durability) -> Result<(), StorageFault> {
        self.fault()
    }

    fn remove(&self, _: &ObjectName, _: Option<&Version>) -> Result<bool, StorageFault> {
        self.fault()
    }

    fn list(&self, _: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
        self.fault()
    }

    fn quarantine(&self, _: &ObjectName, _: &Version) -> Result<(), StorageFault> {
        self.fault()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::CacheKey;
    use crate::storage::SMALL_OBJECT_LIMIT;

    #[test]
    fn every_operation_says_which_storage_and_why() {
        let storage = UnavailableStorage::new("s3://bucket", &Error::new(ErrorKind::Unsupported, "not here"));
        let name = ObjectName::Head(CacheKey::new("a").unwrap());
        let faults = [
            storage.id().err(),
            storage.make().err(),
            storage.get(&name, SMALL_OBJECT_LIMIT).err(),
            storage.put(&name, Bytes::new(), Durability::None).err(),
            storage.remove(&name, None).err(),
        ];
        for fault in faults {
            let Some(StorageFault::Unavailable(error)) = fault else { panic!("{fault:?}") };
            assert_eq!(error.to_string(), "the storage `s3://bucket` cannot be opened: not here");
        }
    }
}
