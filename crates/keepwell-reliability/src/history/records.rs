//! Operations done for real, on a store in a folder; and what such a store holds.

use std::path::Path;
use std::sync::Arc;

use keepwell_core::clock::SystemClock;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::lease::OnLeaseLost;
use keepwell_core::record::{Compression, EncodedValue, Expiration, Namespace, Provenance, SerializerName};
use keepwell_core::settings::OnStorageError;
use keepwell_core::storage::{Durability, FileSystemOptions, FileSystemStorage, ResultStorage};
use keepwell_core::store::{LookUp, MissReason, ResultStore, StoreOptions, Write, commit};
use keepwell_core::{Error, storage};

use super::{Change, Item, KEYS, Operation, State};
use crate::content::{self, Tag};
use crate::failure::{Checked, Failure};

/// The records of a folder, by number, as one process sees them. Nothing is remembered in memory.
#[derive(Debug)]
pub(crate) struct Records {
    storage: Arc<FileSystemStorage>,
}

/// The key of a record. The last one's is too long for a file name.
fn key(number: usize) -> CacheKey {
    let tail = if number == KEYS - 1 { "-long".repeat(60) } else { String::new() };
    CacheKey::new(format!("record-{number}{tail}")).expect("it is a legal key")
}

/// What a fresh look at the folder finds under each key.
pub(crate) fn state_of(folder: &Path) -> Checked<State> {
    let records = Records::at(folder);
    (0..KEYS).map(|number| Ok((number, records.tag(number)?))).collect()
}

impl Records {
    /// The records in this folder, which is looked at when it is first needed.
    pub(crate) fn at(folder: &Path) -> Self {
        Self { storage: Arc::new(FileSystemStorage::at(folder, FileSystemOptions::default())) }
    }

    /// A store of these records in which a single write survives this much.
    pub(crate) fn store(&self, durability: Durability) -> Arc<ResultStore> {
        let storage: Arc<dyn storage::ResultStorage> = Arc::<FileSystemStorage>::clone(&self.storage);
        Arc::new(ResultStore::new(StoreOptions { durability, ..options(storage) }))
    }

    /// Does the operation, and returns when it is done for certain.
    pub(crate) fn perform(&self, operation: &Operation) -> Result<(), Error> {
        let store = self.store(operation.durability);
        match &operation.change {
            Change::Write(items) => {
                let writes: Vec<_> = items.iter().map(|item| write(&store, operation.tag, item)).collect();
                commit(&writes).map(|_| ())
            }
            Change::Remove(number) => store.remove(&key(*number)).map(|_| ()),
        }
    }

    /// What is under the key: a whole record or none. Anything else is a failure.
    pub(crate) fn look_up(&self, number: usize) -> Result<LookUp, Error> {
        self.store(Durability::None).look_up(&key(number))
    }

    /// Whose record is under the key.
    pub(crate) fn tag(&self, number: usize) -> Checked<Option<Tag>> {
        match self.look_up(number)? {
            LookUp::Miss(MissReason::Absent) => Ok(None),
            LookUp::Miss(reason) => Err(Failure::new(format!("record {number} is not whole: {reason}"))),
            LookUp::Hit { record, .. } => match content::tag_of(&record.payload, number) {
                Ok(tag) => Ok(Some(tag)),
                Err(what) => Err(Failure::new(format!("record {number} is torn: {what}"))),
            },
        }
    }
}

fn write(store: &Arc<ResultStore>, tag: Tag, item: &Item) -> Write {
    Write {
        store: Arc::clone(store),
        key: key(item.key),
        value: EncodedValue { serializer: SerializerName::CBOR, payload: content::payload(tag, item.key, item.length) },
        expiration: Expiration::Never,
        provenance: Arc::new(Provenance::default()),
        claim: None,
    }
}

/// Records in this storage, and nothing beside them.
pub(crate) fn options(storage: Arc<dyn ResultStorage>) -> StoreOptions {
    StoreOptions {
        result_storage: storage,
        key_storage: None,
        lock_manager: None,
        memory: None,
        clock: Arc::new(SystemClock::new()),
        namespace: Namespace::DEFAULT,
        trust: None,
        compression: Compression::None,
        maps_payloads: false,
        durability: Durability::None,
        on_storage_error: OnStorageError::Run,
        on_lease_lost: OnLeaseLost::default(),
        lock_timeout: None,
    }
}
