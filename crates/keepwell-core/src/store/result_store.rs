//! A result store: where records are looked up and put.

use std::sync::Arc;
use std::time::Duration;

use super::{MemoryLayer, StoreOptions};
use crate::clock::Clock;
use crate::lock::LockManager;
use crate::settings::OnStorageError;
use crate::storage::ResultStorage;

/// Where the records of a task are looked up and put: storages, lock manager and memory layer as one.
#[derive(Debug)]
pub struct ResultStore {
    options: StoreOptions,
    place: Arc<str>,
}

impl ResultStore {
    /// The store that `options` describe.
    pub fn new(options: StoreOptions) -> Self {
        let place = options.key_storage.as_ref().unwrap_or(&options.result_storage).location().into();
        Self { options, place }
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

    /// The storage that heads are in.
    pub(super) fn head_storage(&self) -> &Arc<dyn ResultStorage> {
        self.options.key_storage.as_ref().unwrap_or(&self.options.result_storage)
    }

    /// Where heads are, as a text that no other place has.
    pub(super) fn place(&self) -> &Arc<str> {
        &self.place
    }

    pub(super) fn memory(&self) -> Option<&MemoryLayer> {
        self.options.memory.as_deref()
    }

    /// Whether a key names the same record in both.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        self.place == other.place && self.options.namespace == other.options.namespace
    }
}
