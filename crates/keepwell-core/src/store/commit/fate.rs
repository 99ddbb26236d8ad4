//! What has become of transactions, for whoever looks after a store.

use super::decisions::{self, Found};
use super::heads::Heads;
use super::repair;
use crate::Error;
use crate::id::TransactionId;
use crate::key::CacheKey;
use crate::record::{Decision, DecisionState, Intent, StoreId};
use crate::storage::StorageFault;
use crate::store::ResultStore;
use crate::store::fetch::failure;

/// What has become of a transaction.
#[derive(Debug)]
pub(in crate::store) enum Fate {
    /// There is no decision: it was never made, or is long done with.
    Undocumented,
    /// The decision is not what was written, and so counts as aborted.
    Damaged,
    /// There is a decision.
    Decision {
        /// What it says.
        decision: Decision,
        /// Whether whoever commits the transaction will not finish it.
        is_abandoned: bool,
    },
}

impl ResultStore {
    /// What has become of the transaction of an intent in one of this store's heads, whose storage has this id.
    pub(in crate::store) fn fate_of_intent(&self, intent: &Intent, id: StoreId) -> Result<Fate, Error> {
        let heads = Heads { store: self, storage: self.head_storage(), id };
        let coordinator = decisions::coordinator_of(&heads, &intent.coordinator)?;
        Ok(self.fate(decisions::read(self, &*coordinator, intent.transaction)?))
    }

    /// What has become of a transaction that is decided where this store's heads are.
    pub(in crate::store) fn fate_of_transaction(&self, transaction: TransactionId) -> Result<Fate, Error> {
        Ok(self.fate(decisions::read(self, &**self.head_storage(), transaction)?))
    }

    /// Sees to it that no intent stands at the key, waiting for its transaction as long as that may take.
    pub(in crate::store) fn settle(&self, key: &CacheKey) -> Result<(), Error> {
        Heads::of(self)?.settled(key).map(|_| ())
    }

    /// Aborts a transaction that is decided here, if it is still undecided.
    pub(in crate::store) fn abort(&self, transaction: TransactionId) -> Result<(), Error> {
        let storage = &**self.head_storage();
        let Found::Decision(decision, version) = decisions::read(self, storage, transaction)? else { return Ok(()) };
        if decision.state != DecisionState::Pending {
            return Ok(());
        }
        match decisions::change(storage, &decision, &version, DecisionState::Aborted) {
            Ok(()) | Err(StorageFault::Precondition) => Ok(()),
            Err(fault) => Err(failure(fault)),
        }
    }

    fn fate(&self, found: Found) -> Fate {
        match found {
            Found::Absent => Fate::Undocumented,
            Found::Damaged => Fate::Damaged,
            Found::Decision(decision, _) => {
                let is_abandoned = repair::is_abandoned(&decision, &**self.clock());
                Fate::Decision { decision, is_abandoned }
            }
        }
    }
}
