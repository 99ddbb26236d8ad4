//! Decisions in their storage: reading one, and changing what it says.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Weak};

use parking_lot::Mutex;

use super::heads::Heads;
use crate::id::TransactionId;
use crate::record::{Coordinator, DECISION_LIMIT, Decision, DecisionState, RecordFault, StoreId};
use crate::storage::{Durability, ObjectName, ResultStorage, StorageFault, Version};
use crate::store::ResultStore;
use crate::store::fetch::Fetched;
use crate::store::opening::open_address;
use crate::{Error, ErrorKind};

/// The storages that hold decisions of this process about heads in other storages.
static COORDINATORS: LazyLock<Mutex<HashMap<StoreId, Weak<dyn ResultStorage>>>> = LazyLock::new(Mutex::default);

/// A decision as it was read.
#[derive(Debug)]
pub(super) enum Found {
    /// There is none: it was never made, or is long done with.
    Absent,
    /// It says this.
    Decision(Decision, Version),
    /// What is there is not what was written. It was cut off by a power cut before anybody was told, so it counts as aborted.
    Damaged,
}

/// What a transaction has come to.
pub(super) fn read(
    store: &ResultStore,
    storage: &dyn ResultStorage,
    transaction: TransactionId,
) -> Result<Found, Error> {
    match store.fetch(storage, &ObjectName::Decision(transaction), DECISION_LIMIT)? {
        Fetched::Absent => Ok(Found::Absent),
        Fetched::Impossible(_) => Ok(Found::Damaged),
        Fetched::Object(object) => match Decision::decode(&object.bytes) {
            Ok(decision) if decision.transaction == transaction => Ok(Found::Decision(decision, object.version())),
            Ok(_) | Err(RecordFault::Corrupt { .. }) => Ok(Found::Damaged),
            Err(fault) => Err(Error::new(ErrorKind::Unsupported, format!("decision `{transaction}`: {fault}"))
                .with_hint("upgrade keepwell here")),
        },
    }
}

/// Changes what the decision says, if it still says what was read.
pub(super) fn change(
    storage: &dyn ResultStorage,
    decision: &Decision,
    version: &Version,
    state: DecisionState,
) -> Result<(), StorageFault> {
    let changed = decision.with_state(state).encode();
    storage.swap(&ObjectName::Decision(decision.transaction), changed, version, Durability::Full)
}

/// Lets this process find the storage when it meets an intent elsewhere whose decision is there.
pub(super) fn remember_coordinator(id: StoreId, storage: &Arc<dyn ResultStorage>) {
    let mut coordinators = COORDINATORS.lock();
    coordinators.retain(|_, storage| storage.strong_count() > 0);
    coordinators.insert(id, Arc::downgrade(storage));
}

/// The storage that holds the decision about an intent in `heads`.
///
/// Fails where it cannot be opened from here, or another storage is there now.
pub(super) fn coordinator_of(heads: &Heads<'_>, coordinator: &Coordinator) -> Result<Arc<dyn ResultStorage>, Error> {
    if coordinator.store == heads.id {
        return Ok(Arc::clone(heads.storage));
    }
    let known = COORDINATORS.lock().get(&coordinator.store).and_then(Weak::upgrade);
    if let Some(storage) = known {
        return Ok(storage);
    }
    let storage = open_address(&coordinator.location)?;
    if heads.store.retrying(|| storage.id())? == Some(coordinator.store) {
        return Ok(storage);
    }
    let message = format!(
        "a transaction that wrote to {} is decided in the storage `{}`, which cannot be found from here",
        heads.storage.location(),
        coordinator.location
    );
    Err(Error::new(ErrorKind::Storage, message)
        .with_hint("let it finish where it runs, or make that storage reachable"))
}
