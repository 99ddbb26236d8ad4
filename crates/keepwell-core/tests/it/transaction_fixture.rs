//! What stories are made of: a store that keeps nothing, keys, values, records and task definitions. The one place that
//! knows how they are built.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keepwell_core::clock::{Clock, SystemClock};
use keepwell_core::event::HitSource;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{LockManager, MemoryLockManager};
use keepwell_core::policy::{ComposedKey, NoKey};
use keepwell_core::record::{EncodedValue, Expiration, ResultRecord, SerializerName};
use keepwell_core::run::{TaskCall, TaskDefinition, TaskOptions};
use keepwell_core::settings::Settings;
use keepwell_core::storage::{
    Durability, FileIdentity, Object, ObjectKind, ObjectName, ResultStorage, StorageFault, Version,
};
use keepwell_core::store::{LookUp, OnStorageError, ResultStore, StoreOptions, Write};
use keepwell_core::transaction::Transaction;
use keepwell_core::{Error, ErrorKind, id::TaskRunId};

/// What a store is made with here: a storage that keeps nothing, and locks of its own.
pub(crate) fn store_options() -> StoreOptions {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    StoreOptions {
        result_storage: Arc::new(Nowhere("nowhere")),
        key_storage: None,
        lock_manager: Some(lock_manager(&clock)),
        memory: None,
        clock,
        durability: Durability::None,
        on_storage_error: OnStorageError::Run,
        lock_timeout: Some(Duration::from_secs(60)),
    }
}

fn lock_manager(clock: &Arc<dyn Clock>) -> Arc<dyn LockManager> {
    Arc::new(MemoryLockManager::separate(Arc::clone(clock)))
}

pub(crate) fn store() -> Arc<ResultStore> {
    Arc::new(ResultStore::new(store_options()))
}

pub(crate) fn key(text: &str) -> CacheKey {
    CacheKey::new(text).expect("it is legal")
}

pub(crate) fn composed(key: Option<&str>) -> ComposedKey {
    let key = key.map(self::key).ok_or(NoKey::NoParts);
    ComposedKey { key, parts: Vec::new(), inputs: Vec::new() }
}

pub(crate) fn value(text: &str) -> EncodedValue {
    EncodedValue { serializer: SerializerName::cbor(), payload: Bytes::copy_from_slice(text.as_bytes()) }
}

/// What a value says; an empty block's record says `nothing`.
pub(crate) fn text(value: &EncodedValue) -> String {
    if value.payload.as_ref() == [0xf6] {
        return "nothing".to_owned();
    }
    String::from_utf8_lossy(&value.payload).into_owned()
}

pub(crate) fn written_text(write: &Write) -> String {
    text(&write.value)
}

/// When a written record expires, in milliseconds.
pub(crate) fn expiry(write: &Write) -> Option<u64> {
    match write.expiration {
        Expiration::Never => None,
        Expiration::At(at) => Some(at.as_millis()),
    }
}

/// A look-up that found `text` in the storage under `_key`.
pub(crate) fn found(_key: &CacheKey, text: &str) -> LookUp {
    LookUp::Hit { record: ResultRecord { value: value(text) }, source: HitSource::Storage }
}

pub(crate) fn error(kind: ErrorKind, message: &str) -> Error {
    Error::new(kind, message)
}

pub(crate) fn definition(options: TaskOptions) -> Arc<TaskDefinition> {
    Arc::new(TaskDefinition::new(options, &[], &Settings::default()).expect("it is legal"))
}

/// A call that persists, is not refreshed and does without a key if there is none.
pub(crate) fn call(
    definition: Arc<TaskDefinition>,
    parent: Option<&Transaction>,
    store: &Arc<ResultStore>,
) -> TaskCall {
    TaskCall {
        id: TaskRunId::random(),
        name: Arc::clone(&definition.name),
        definition,
        flow_run_id: None,
        parent: parent.cloned(),
        store: Arc::clone(store),
        persists: true,
        refreshes: false,
        strict_keys: false,
    }
}

/// A storage in another place than that of [`store_options`].
pub(crate) fn other_place() -> Arc<dyn ResultStorage> {
    Arc::new(Nowhere("elsewhere"))
}

/// A storage that keeps nothing: in a story, look-ups and commits are performed by the world.
#[derive(Debug)]
struct Nowhere(&'static str);

impl ResultStorage for Nowhere {
    fn location(&self) -> String {
        self.0.to_owned()
    }

    fn get(&self, _: &ObjectName) -> Result<Option<Object>, StorageFault> {
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

    fn remove(&self, _: &ObjectName, _: Option<&Version>) -> Result<bool, StorageFault> {
        Ok(false)
    }

    fn list(&self, _: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
        Ok(Vec::new())
    }

    fn quarantine(&self, _: &ObjectName, _: &Version) -> Result<(), StorageFault> {
        Ok(())
    }
}
