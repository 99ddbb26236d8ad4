//! The locks that a transaction takes: when it waits for one, and that each is given back once.
//!
//! Two kinds. A *lock* comes from the lock manager and keeps other trees out; it belongs to the whole tree, whose
//! transactions share it, and is given back with the last share. A *turn* keeps the transactions of one tree apart: it
//! lasts from one's beginning to its staging, after which the next one finds what was staged.

use std::sync::Arc;

use super::Transaction;
use crate::action::Outside;
use crate::event::{Event, Problem, ProblemKind};
use crate::id::Holder;
use crate::key::CacheKey;
use crate::lock::LockManager;
use crate::lock::lease::{Lease, LeaseState};
use crate::mistake::{self, Mistake};
use crate::record::Claim;
use crate::store::ResultStore;
use crate::{Error, ErrorKind};

/// A lock or turn that has been granted and not yet given back.
#[derive(Clone, Debug)]
pub(super) struct HeldLock {
    pub(super) manager: Arc<dyn LockManager>,
    pub(super) key: CacheKey,
    pub(super) holder: Holder,
    /// What it lasts by, where it does not last until it is given back.
    pub(super) lease: Option<Arc<Lease>>,
}

impl HeldLock {
    pub(super) fn is_for(&self, key: &CacheKey, manager: &str) -> bool {
        self.key == *key && self.manager.name() == manager
    }

    /// What is to be heeded of it. A process that was forked off the holder's does not have the lock, but that one has it
    /// still: what runs here inside the holder's transaction is not to end because of that.
    pub(super) fn lease(&self) -> Option<&Arc<Lease>> {
        self.lease.as_ref().filter(|lease| lease.is_of_process())
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lease().is_some_and(|lease| lease.state() == LeaseState::Lost)
    }
}

/// A claim that was made under a lock and that nothing has been committed with.
#[derive(Clone, Debug)]
pub(super) struct HeldClaim {
    pub(super) store: Arc<ResultStore>,
    pub(super) key: CacheKey,
    pub(super) claim: Claim,
    /// Who holds the lock that it was made under.
    pub(super) holder: Holder,
    /// Whether a commit has used it up.
    pub(super) is_spent: bool,
}

/// Waits until no other transaction of the tree is at work on the key. The root goes straight on, and so does a
/// transaction inside the one that has the turn.
pub(super) async fn take_turn(
    outside: &Outside,
    transaction: &Transaction,
    store: &ResultStore,
    key: &CacheKey,
) -> Result<(), Error> {
    if transaction.parent().is_none() || transaction.has_turn(key) {
        return Ok(());
    }
    let manager = transaction.turns(store.clock());
    let turn = HeldLock { manager, key: key.clone(), holder: transaction.id().into(), lease: None };
    wait_for(outside, &turn, store).await?;
    transaction.put_turn(turn);
    Ok(())
}

/// Takes the lock, or a share in it if the tree has it.
pub(super) async fn acquire(
    outside: &Outside,
    transaction: &Transaction,
    store: &ResultStore,
    manager: &Arc<dyn LockManager>,
    key: &CacheKey,
) -> Result<(), Error> {
    if transaction.share_lock(key, &manager.name()) {
        return Ok(());
    }
    // The holder is this transaction and not the root: a lock that the tree is just giving back is waited for.
    let holder = transaction.id().into();
    let mut lock = HeldLock { manager: Arc::clone(manager), key: key.clone(), holder, lease: None };
    outside.report(Event::AcquiringLock { key: key.clone() });
    wait_for(outside, &lock, store).await?;
    lock.lease = lock.manager.lease_of(&lock.key, &lock.holder);
    transaction.add_lock(lock);
    Ok(())
}

async fn wait_for(outside: &Outside, lock: &HeldLock, store: &ResultStore) -> Result<(), Error> {
    let HeldLock { manager, key, holder, lease: _ } = lock;
    outside.acquire_lock(Arc::clone(manager), key.clone(), holder.clone(), store.lock_timeout()).await
}

/// Gives back the turn, so that the next transaction of the tree may go on.
pub(super) async fn give_turn_back(outside: &Outside, transaction: &Transaction) -> Vec<Problem> {
    match transaction.take_turn() {
        Some(turn) => Box::pin(release(outside, turn)).await.into_iter().collect(),
        None => Vec::new(),
    }
}

/// Gives back everything that the transaction itself has taken.
pub(super) async fn release_own(outside: &Outside, transaction: &Transaction) -> Vec<Problem> {
    let mut problems = give_turn_back(outside, transaction).await;
    problems.extend(drop_shares(outside, transaction, transaction.take_locks()).await);
    problems
}

/// Gives up shares in the tree's locks. A lock that cannot be given back is reported, and the others still are.
pub(super) async fn drop_shares(outside: &Outside, transaction: &Transaction, locks: Vec<HeldLock>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for lock in locks {
        if transaction.drop_share(&lock) {
            for HeldClaim { store, key, claim, .. } in transaction.take_claims(&lock.holder) {
                if let Err(error) = outside.unclaim(store, key, claim).await {
                    problems.push(Problem::report(outside, ProblemKind::LockRelease, &error));
                }
            }
            outside.report(Event::ReleasingLock { key: lock.key.clone() });
            problems.extend(Box::pin(release(outside, lock)).await);
        }
    }
    problems
}

/// Awaited on the heap everywhere: a hit holds no lock and should not carry the room for giving one back.
async fn release(outside: &Outside, lock: HeldLock) -> Option<Problem> {
    let was_lost = lock.is_lost();
    let HeldLock { manager, key, holder, lease } = lock;
    if mistake::is_planted(Mistake::LockReleasedTwice) {
        let _ = outside.release_lock(Arc::clone(&manager), key.clone(), holder.clone()).await;
    }
    match outside.release_lock(manager, key.clone(), holder).await {
        Ok(()) => None,
        Err(error) if lease.is_some() && error.kind() == ErrorKind::LeaseLost => {
            // What was known before has been told.
            if !was_lost {
                outside.report(Event::LeaseLost { key, cause: error.report().into() });
            }
            None
        }
        Err(error) => Some(Problem::report(outside, ProblemKind::LockRelease, &error)),
    }
}
