//! Every storage of the engine keeps the contract.

mod memory {
    keepwell_testing::storage_conformance!(keepwell_core::storage::MemoryStorage::new);
}

mod file_system {
    use bytes::Bytes;
    use keepwell_core::record::StoreId;
    use keepwell_core::storage::{
        Durability, FileIdentity, FileSystemStorage, Object, ObjectKind, ObjectName, ResultStorage, StorageFault,
        Version,
    };
    use tempfile::TempDir;

    /// A storage whose folder goes when it does.
    #[derive(Debug)]
    struct Temporary(FileSystemStorage, #[allow(dead_code, reason = "held for its drop")] TempDir);

    fn new() -> Temporary {
        let folder = tempfile::tempdir().unwrap();
        Temporary(FileSystemStorage::open(folder.path().join("store")).unwrap(), folder)
    }

    impl ResultStorage for Temporary {
        fn location(&self) -> String {
            self.0.location()
        }

        fn id(&self) -> Result<Option<StoreId>, StorageFault> {
            self.0.id()
        }

        fn make(&self) -> Result<StoreId, StorageFault> {
            self.0.make()
        }

        fn get(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault> {
            self.0.get(name, limit)
        }

        fn identity(&self, name: &ObjectName) -> Result<Option<FileIdentity>, StorageFault> {
            self.0.identity(name)
        }

        fn create(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
            self.0.create(name, bytes, durability)
        }

        fn swap(
            &self,
            name: &ObjectName,
            bytes: Bytes,
            expected: &Version,
            durability: Durability,
        ) -> Result<(), StorageFault> {
            self.0.swap(name, bytes, expected, durability)
        }

        fn put(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
            self.0.put(name, bytes, durability)
        }

        fn remove(&self, name: &ObjectName, expected: Option<&Version>) -> Result<bool, StorageFault> {
            self.0.remove(name, expected)
        }

        fn list(&self, kind: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
            self.0.list(kind)
        }

        fn quarantine(&self, name: &ObjectName, version: &Version) -> Result<(), StorageFault> {
            self.0.quarantine(name, version)
        }
    }

    keepwell_testing::storage_conformance!(new);
}
