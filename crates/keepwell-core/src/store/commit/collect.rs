//! Collecting decisions that no intent needs any more.
//!
//! A decision may go once none of its heads holds its intent, and those heads have reached the disk: were it gone earlier, a
//! power cut could bring back an intent without its decision, which counts as aborted.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::Mutex;

use super::decisions::{self, Found};
use super::heads::Heads;
use crate::Error;
use crate::clock::Clock;
use crate::id::TransactionId;
use crate::mistake::{self, Mistake};
use crate::record::{Decision, DecisionState, HeadPlace, StoreId};
use crate::storage::{ObjectKind, ObjectName, StorageFault};
use crate::store::ResultStore;
use crate::store::fetch::failure;
use crate::store::opening::open_address;

/// How old a decision is before anybody but its owner takes it away.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// Whether a decision is so old that anybody may take it away once it is applied.
pub(in crate::store) fn is_old(decision: &Decision, clock: &dyn Clock) -> bool {
    decision.created.after(KEPT) < clock.now()
}

/// How many applied transactions are remembered, in all stores: those forgotten are collected when they are old.
const REMEMBERED: usize = 1000;

/// The transactions of this process that have been applied, and whose decisions go after the next barrier.
static APPLIED: Mutex<VecDeque<(StoreId, TransactionId)>> = Mutex::new(VecDeque::new());

/// What a collection came to.
#[derive(Debug, Default)]
pub struct Collected {
    /// How many decisions were removed.
    pub removed: usize,
    /// What kept others from being removed.
    pub problems: Vec<Error>,
}

/// Takes note of a transaction whose records are all in their places.
pub(super) fn later(heads: Heads<'_>, transaction: TransactionId) {
    if mistake::is_planted(Mistake::CollectEarly) {
        let _ = heads.storage.remove(&ObjectName::Decision(transaction), None);
        return;
    }
    let mut applied = APPLIED.lock();
    applied.push_back((heads.id, transaction));
    if applied.len() > REMEMBERED {
        applied.pop_front();
    }
}

/// The transactions that may be forgotten after the next barrier.
pub(super) fn take_applied(heads: &Heads<'_>) -> Vec<TransactionId> {
    let mut applied = APPLIED.lock();
    let (due, rest) = applied.drain(..).partition::<VecDeque<_>, _>(|(store, _)| *store == heads.id);
    *applied = rest;
    due.into_iter().map(|(_, transaction)| transaction).collect()
}

/// Removes the decisions of `transactions` if there has been a barrier since they were applied. One that stays is collected
/// when it is old.
pub(super) fn remove_applied(heads: &Heads<'_>, transactions: Vec<TransactionId>, after_barrier: bool) {
    if after_barrier {
        for transaction in transactions {
            let _ = heads.storage.remove(&ObjectName::Decision(transaction), None);
        }
    } else {
        APPLIED.lock().extend(transactions.into_iter().map(|transaction| (heads.id, transaction)));
    }
}

/// Collects what processes that have ended left in the storage, the first time that several records are committed through
/// this store. Says what it could not.
pub(super) fn once(store: &ResultStore) -> Vec<Error> {
    if !store.is_first_collection() {
        return Vec::new();
    }
    match store.collect_decisions() {
        Ok(collected) => collected.problems,
        Err(error) => vec![error],
    }
}

impl ResultStore {
    /// Finishes what old transactions have left, and removes their decisions. Those of the last hour are left alone.
    ///
    /// # Errors
    /// [`Storage`](crate::ErrorKind::Storage) if the decisions could not be listed. What concerns one of them alone is in
    /// [`Collected::problems`].
    pub fn collect_decisions(&self) -> Result<Collected, Error> {
        let storage = self.head_storage();
        if self.retrying(|| storage.id())?.is_none() {
            return Ok(Collected::default());
        }
        let heads = Heads::of(self)?;
        let mut done = Vec::new();
        let mut collected = Collected::default();
        for name in self.retrying(|| storage.list(ObjectKind::Decision))? {
            let ObjectName::Decision(transaction) = name else { continue };
            match heads.finish(transaction) {
                Ok(is_finished) => done.extend(is_finished.then_some(name)),
                Err(error) => collected.problems.push(error),
            }
        }
        if !done.is_empty() {
            self.retrying(|| storage.barrier())?;
        }
        for name in done {
            match self.retrying(|| storage.remove(&name, None)) {
                Ok(was_there) => collected.removed += usize::from(was_there),
                Err(error) => collected.problems.push(error),
            }
        }
        Ok(collected)
    }
}

impl Heads<'_> {
    /// Settles every head of an old transaction. Says whether its decision is not needed any more.
    fn finish(&self, transaction: TransactionId) -> Result<bool, Error> {
        let (decision, version) = match decisions::read(self.store, &**self.storage, transaction)? {
            Found::Absent => return Ok(false),
            // Nothing says which heads it is of, but everything that it could be needed for counts as aborted without it.
            Found::Damaged => return Ok(true),
            Found::Decision(decision, version) => (decision, version),
        };
        if !is_old(&decision, &**self.store.clock()) {
            return Ok(false);
        }
        let is_committed = match decision.state {
            DecisionState::Committed => true,
            DecisionState::Aborted => false,
            DecisionState::Pending => {
                match decisions::change(&**self.storage, &decision, &version, DecisionState::Aborted) {
                    Ok(()) => false,
                    // Somebody was faster; what they made of it is seen the next time.
                    Err(StorageFault::Precondition) => return Ok(false),
                    Err(fault) => return Err(failure(fault)),
                }
            }
        };
        self.store.retrying(|| self.storage.barrier())?;
        for head in &decision.heads {
            self.finish_head(head, transaction, is_committed)?;
        }
        Ok(true)
    }

    fn finish_head(&self, head: &HeadPlace, transaction: TransactionId, is_committed: bool) -> Result<(), Error> {
        let elsewhere = head.location.as_deref().map(open_address).transpose()?;
        let heads = match &elsewhere {
            None => *self,
            Some(storage) => Heads { store: self.store, storage, id: self.store.retrying(|| storage.make())? },
        };
        if is_committed { heads.apply(&head.key, transaction) } else { heads.take_intent_away(&head.key, transaction) }
    }
}
