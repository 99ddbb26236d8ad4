//! A result store: where records are looked up and put.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::trust::NOBODY;
use super::{MemoryLayer, StoreOptions, Trust};
use crate::clock::Clock;
use crate::lock::LockManager;
use crate::lock::lease::OnLeaseLost;
use crate::record::Limits;
use crate::settings::OnStorageError;
use crate::storage::ResultStorage;
use crate::{Error, ErrorKind};

/// Where the records of a task are looked up and put: storages, lock manager and memory layer as one.
#[derive(Debug)]
pub struct ResultStore {
    options: StoreOptions,
    limits: Limits,
    place: Arc<str>,
    has_collected: AtomicBool,
}

impl ResultStore {
    /// The store that `options` describe.
    pub fn new(options: StoreOptions) -> Self {
        let place = options.key_storage.as_ref().unwrap_or(&options.result_storage).location().into();
        Self { options, limits: Limits::default(), place, has_collected: AtomicBool::new(false) }
    }

    /// The same store with other limits on the payloads that it accepts, read or written.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// What it was made with.
    pub fn options(&self) -> &StoreOptions {
        &self.options
    }

    /// Where results are kept.
    pub fn result_storage(&self) -> &Arc<dyn ResultStorage> {
        &self.options.result_storage
    }

    /// Where records are kept apart from results, if they are.
    pub fn key_storage(&self) -> Option<&Arc<dyn ResultStorage>> {
        self.options.key_storage.as_ref()
    }

    /// Who grants locks.
    pub fn lock_manager(&self) -> Option<&Arc<dyn LockManager>> {
        self.options.lock_manager.as_ref()
    }

    /// What becomes of a body whose lock is lost while it runs.
    pub fn on_lease_lost(&self) -> OnLeaseLost {
        self.options.on_lease_lost
    }

    /// The time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.options.clock
    }

    /// What a look-up does when the storage fails.
    pub fn on_storage_error(&self) -> OnStorageError {
        self.options.on_storage_error
    }

    /// How long a lock is waited for; `None` waits for ever.
    pub fn lock_timeout(&self) -> Option<Duration> {
        self.options.lock_timeout
    }

    /// The largest payload that is accepted.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Whose signatures count, and who signs.
    pub(super) fn trust(&self) -> &Trust {
        self.options.trust.as_deref().unwrap_or(&NOBODY)
    }

    /// The storage that heads are in.
    pub(super) fn head_storage(&self) -> &Arc<dyn ResultStorage> {
        self.options.key_storage.as_ref().unwrap_or(&self.options.result_storage)
    }

    /// Where heads are, as a text that no other place has.
    pub(super) fn place(&self) -> &Arc<str> {
        &self.place
    }

    /// Whether nobody has asked this before.
    pub(super) fn is_first_collection(&self) -> bool {
        !self.has_collected.swap(true, Ordering::Relaxed)
    }

    pub(super) fn memory(&self) -> Option<&MemoryLayer> {
        self.options.memory.as_deref()
    }

    /// Refuses a key storage that is the result storage, by whatever name: a record and its plain result would take each
    /// other's place.
    pub(super) fn refuse_shared_storage(&self) -> Result<(), Error> {
        let Some(keys) = self.key_storage() else { return Ok(()) };
        let (keys_id, results_id) = (self.retrying(|| keys.id())?, self.retrying(|| self.result_storage().id())?);
        if keys_id.is_none() || keys_id != results_id {
            return Ok(());
        }
        let message =
            format!("the key storage {} is the result storage {}", keys.location(), self.result_storage().location());
        Err(Error::new(ErrorKind::Unsupported, message).with_hint("keep records in a folder of their own"))
    }

    /// Whether a key names the same record in both.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        self.place == other.place && self.options.namespace == other.options.namespace
    }
}
