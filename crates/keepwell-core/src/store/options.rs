//! What a result store is made with.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::lock::LockManager;
use crate::lock::lease::OnLeaseLost;
use crate::record::{Compression, Namespace};
use crate::settings::OnStorageError;
use crate::storage::{Durability, ResultStorage};

use super::{MemoryLayer, Trust};

/// What a result store is made with.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Where results are kept, and their records too unless there is a key storage.
    pub result_storage: Arc<dyn ResultStorage>,
    /// Where records are kept apart from results.
    pub key_storage: Option<Arc<dyn ResultStorage>>,
    /// Who grants locks.
    pub lock_manager: Option<Arc<dyn LockManager>>,
    /// What becomes of a body whose lock is lost while it runs.
    pub on_lease_lost: OnLeaseLost,
    /// Recent records in memory, shared by all stores of a process.
    pub memory: Option<Arc<MemoryLayer>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The part of the store that is read and written.
    pub namespace: Namespace,
    /// Whose signatures count, and who signs; with `None` nobody's and nobody, so that only plain data is kept and served.
    pub trust: Option<Arc<Trust>>,
    /// How payloads are compressed, where that helps.
    pub compression: Compression,
    /// Whether large payloads are mapped into memory rather than read, where the storage can.
    pub maps_payloads: bool,
    /// How much a single record must survive. A transaction of several always asks for the most.
    pub durability: Durability,
    /// What a look-up does when the storage fails.
    pub on_storage_error: OnStorageError,
    /// How long a lock is waited for; `None` waits for ever.
    pub lock_timeout: Option<Duration>,
}
