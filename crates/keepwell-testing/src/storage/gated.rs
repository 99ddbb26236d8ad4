//! Storages that stand before another one and let each operation through or not.

/// Implements [`ResultStorage`](keepwell_core::storage::ResultStorage) for a wrapper with a field `storage`: whatever
/// changes nothing goes through its method `reading`, whatever writes through `writing`.
macro_rules! gated_storage {
    ($storage:ident) => {
        impl<S: ResultStorage> ResultStorage for $storage<S> {
            fn location(&self) -> String {
                self.storage.location()
            }

            fn id(&self) -> Result<Option<StoreId>, StorageFault> {
                self.reading(|| self.storage.id())
            }

            fn make(&self) -> Result<StoreId, StorageFault> {
                self.reading(|| self.storage.make())
            }

            fn is_private(&self) -> bool {
                self.storage.is_private()
            }

            fn get(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault> {
                self.reading(|| self.storage.get(name, limit))
            }

            fn identity(&self, name: &ObjectName) -> Result<Option<FileIdentity>, StorageFault> {
                self.reading(|| self.storage.identity(name))
            }

            fn create(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
                self.writing(|| self.storage.create(name, bytes, durability))
            }

            fn swap(
                &self,
                name: &ObjectName,
                bytes: Bytes,
                expected: &Version,
                durability: Durability,
            ) -> Result<(), StorageFault> {
                self.writing(|| self.storage.swap(name, bytes, expected, durability))
            }

            fn put(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
                self.writing(|| self.storage.put(name, bytes, durability))
            }

            fn remove(&self, name: &ObjectName, expected: Option<&Version>) -> Result<bool, StorageFault> {
                self.writing(|| self.storage.remove(name, expected))
            }

            fn list(&self, kind: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
                self.reading(|| self.storage.list(kind))
            }

            fn quarantine(&self, name: &ObjectName, version: &Version) -> Result<(), StorageFault> {
                self.writing(|| self.storage.quarantine(name, version))
            }
        }
    };
}

pub(super) use gated_storage;
