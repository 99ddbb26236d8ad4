//! A storage that does not know what became of a write, while somebody else writes the same record.

use std::sync::Arc;

use bytes::Bytes;
use keepwell_core::record::StoreId;
use keepwell_core::storage::{
    ConditionalWrite, Durability, FileIdentity, MemoryStorage, Object, ObjectKind, ObjectName, ResultStorage,
    StorageFault, Version,
};
use keepwell_core::store::{ResultStore, commit};
use keepwell_core::{Error, ErrorKind};
use parking_lot::Mutex;

use crate::store_fixture::*;

/// Lets somebody else write an object at the moment at which the key `usurped` is created, and tells nobody who won.
#[derive(Debug, Default)]
struct UsurpedStorage {
    storage: MemoryStorage,
    others: Mutex<Option<Bytes>>,
    /// What somebody else removes just before records are put in their places.
    removed: Mutex<Option<ObjectName>>,
}

impl ResultStorage for UsurpedStorage {
    fn create(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
        match self.others.lock().take_if(|_| *name == head("usurped")) {
            None => self.storage.create(name, bytes, durability),
            Some(others) => {
                self.storage.put(name, others, durability)?;
                Err(StorageFault::Unknown(Error::new(ErrorKind::Storage, "the connection was lost")))
            }
        }
    }

    fn write_many(&self, writes: &[ConditionalWrite], durability: Durability) -> Vec<Result<(), StorageFault>> {
        if durability == Durability::Ordered
            && let Some(name) = self.removed.lock().take()
        {
            self.storage.remove(&name, None).unwrap();
        }
        self.storage.write_many(writes, durability)
    }

    fn location(&self) -> String {
        self.storage.location()
    }

    fn id(&self) -> Result<Option<StoreId>, StorageFault> {
        self.storage.id()
    }

    fn make(&self) -> Result<StoreId, StorageFault> {
        self.storage.make()
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault> {
        self.storage.get(name, limit)
    }

    fn identity(&self, name: &ObjectName) -> Result<Option<FileIdentity>, StorageFault> {
        self.storage.identity(name)
    }

    fn swap(&self, name: &ObjectName, bytes: Bytes, at: &Version, durability: Durability) -> Result<(), StorageFault> {
        self.storage.swap(name, bytes, at, durability)
    }

    fn put(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
        self.storage.put(name, bytes, durability)
    }

    fn remove(&self, name: &ObjectName, expected: Option<&Version>) -> Result<bool, StorageFault> {
        self.storage.remove(name, expected)
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
        self.storage.list(kind)
    }

    fn quarantine(&self, name: &ObjectName, version: &Version) -> Result<(), StorageFault> {
        self.storage.quarantine(name, version)
    }
}

/// A store in which somebody else writes a record of their own as soon as ours is created.
fn usurped() -> Arc<ResultStore> {
    let storage = Arc::new(UsurpedStorage::default());
    let store = store(Arc::clone(&storage) as Arc<dyn ResultStorage>);
    put(&store, "usurped", "theirs");
    let theirs = storage.get(&head("usurped"), u64::MAX).unwrap().unwrap().bytes;
    storage.remove(&head("usurped"), None).unwrap();
    *storage.others.lock() = Some(theirs);
    store
}

#[test]
fn a_write_that_somebody_else_may_have_replaced_is_unknown_and_theirs_stays() {
    let store = usurped();
    let error = put_error(&[write(&store, "usurped", "ours")]);
    assert_eq!(error.kind(), ErrorKind::CommitUnknown);
    let location = store.result_storage().location();
    assert_eq!(
        error.report(),
        format!(
            "nobody can tell whether the record for key `usurped` was written to {location}: the connection was lost"
        )
    );
    assert_eq!(read(&store, "usurped"), Some(Bytes::from_static(b"theirs")));
}

#[test]
fn a_commit_of_several_replaces_what_somebody_else_wrote_meanwhile() {
    let store = usurped();
    put(&store, "a", "old");
    let writes = [write(&store, "a", "new"), write(&store, "b", "new"), write(&store, "usurped", "ours")];
    commit(&writes).unwrap();
    let new = |bytes: &'static [u8]| Some(Bytes::from_static(bytes));
    assert_eq!(["a", "b", "usurped"].map(|name| read(&store, name)), [new(b"new"), new(b"new"), new(b"ours")]);
}

#[test]
fn a_record_whose_place_somebody_else_has_changed_keeps_no_other_of_its_transaction_from_its_own() {
    let storage = Arc::new(UsurpedStorage::default());
    let store = store(Arc::clone(&storage) as Arc<dyn ResultStorage>);
    *storage.removed.lock() = Some(head("b"));
    commit(&["a", "b", "c"].map(|name| write(&store, name, "new"))).unwrap();
    // The next transaction's barrier lets the first one's decision go.
    commit(&["d", "e"].map(|name| write(&store, name, "new"))).unwrap();
    let new = Some(Bytes::from_static(b"new"));
    assert_eq!(["a", "b", "c"].map(|name| read(&store, name)), [new.clone(), None, new]);
}
