//! What stories are made of: a store, keys, values, records and task definitions. The one place that
//! knows how they are built.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use keepwell_core::clock::{Clock, SystemClock, Timestamp};
use keepwell_core::event::HitSource;
use keepwell_core::id::{LazyTaskRunId, TransactionId, WriteId};
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{LockManager, MemoryLockManager};
use keepwell_core::policy::{ComposedKey, NoKey};
use keepwell_core::record::{
    Claim, Compression, EncodedValue, Expiration, Namespace, Provenance, ResultRecord, ResultRecordMetadata,
    SerializerName, StoreId,
};
use keepwell_core::run::{TaskCall, TaskDefinition, TaskOptions};
use keepwell_core::settings::{Environment, OnStorageError, Overrides, Settings};
use keepwell_core::storage::{Durability, MemoryStorage, NullStorage, ResultStorage};
use keepwell_core::store::{LookUp, ResultStore, StoreOptions, Write};
use keepwell_core::transaction::Transaction;
use keepwell_core::{Error, ErrorKind};

/// Nothing but defaults.
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let nowhere = Environment::in_directory("/nowhere").with_home("/nowhere");
    Settings::load(&nowhere, &Overrides::new()).expect("the defaults are legal")
});

/// What a store is made with here. In a story, look-ups and commits are performed by the world, so nothing is ever in it.
pub(crate) fn store_options() -> StoreOptions {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    StoreOptions {
        maps_payloads: false,
        result_storage: Arc::new(NullStorage),
        key_storage: None,
        lock_manager: Some(lock_manager(&clock)),
        namespace: Namespace::DEFAULT,
        trust: None,
        compression: Compression::None,
        memory: None,
        clock,
        durability: Durability::None,
        on_storage_error: OnStorageError::Run,
        on_lease_lost: keepwell_core::lock::lease::OnLeaseLost::Cancel,
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
    EncodedValue { serializer: SerializerName::CBOR, payload: Bytes::copy_from_slice(text.as_bytes()) }
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

/// A look-up that found `text` in the storage under `key`.
pub(crate) fn found(key: &CacheKey, text: &str) -> LookUp {
    let metadata = ResultRecordMetadata {
        key: key.clone(),
        store: StoreId::from_bytes([0; 16]),
        namespace: Namespace::DEFAULT,
        generation: 1,
        claim: Claim::default(),
        transaction: TransactionId::from_bytes([0; 16]),
        write: WriteId::from_bytes([0; 16]),
        created: Timestamp::from_millis(0),
        expiration: Expiration::Never,
        serializer: SerializerName::CBOR,
        durability: Durability::None,
        provenance: Provenance::default().encode(),
    };
    let record = ResultRecord { metadata, payload: Bytes::copy_from_slice(text.as_bytes()) };
    LookUp::Hit { record: Arc::new(record), source: HitSource::Storage }
}

pub(crate) fn error(kind: ErrorKind, message: &str) -> Error {
    Error::new(kind, message)
}

pub(crate) fn definition(options: TaskOptions) -> Arc<TaskDefinition> {
    Arc::new(TaskDefinition::new(options, &[], &SETTINGS).expect("it is legal"))
}

/// A call that persists, is not refreshed and does without a key if there is none.
pub(crate) fn call(
    definition: Arc<TaskDefinition>,
    parent: Option<&Transaction>,
    store: &Arc<ResultStore>,
) -> TaskCall {
    TaskCall {
        id: Arc::new(LazyTaskRunId::new(store.clock().clone())),
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
    Arc::new(MemoryStorage::new())
}
