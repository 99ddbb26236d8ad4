//! The leases that a transaction relies on: what is refused, and told, once one is lost.
//!
//! A lease that is lost stops nothing by itself. Whatever the transaction still asks for is refused; what its body returns
//! is committed all the same, if nobody has claimed the key meanwhile.

use std::sync::Arc;

use super::Transaction;
use super::locks::HeldLock;
use crate::action::Outside;
use crate::event::Event;
use crate::key::CacheKey;
use crate::lock::lease::{Lease, OnLeaseLost};
use crate::{Error, ErrorKind};

impl Transaction {
    /// The leases whose loss cancels an async body that runs in this transaction: its own, and those of the transactions
    /// that it is nested in, but for those that are to be continued without.
    pub fn leases_to_heed(&self) -> Vec<Arc<Lease>> {
        let heeds =
            |transaction: &&Self| transaction.store().is_none_or(|store| store.on_lease_lost() == OnLeaseLost::Cancel);
        let locks = self.and_around().filter(heeds).flat_map(Self::own_locks);
        locks.filter_map(|lock| lock.lease().cloned()).collect()
    }

    /// Refuses whatever is asked for in a transaction that has lost a lock, or that is nested in one which has.
    ///
    /// # Errors
    /// [`ErrorKind::LeaseLost`], which names the key.
    pub fn refuse_if_lost(&self) -> Result<(), Error> {
        match self.lost_lock() {
            Some(lock) => Err(lost(&lock.key, &cause(&lock))),
            None => Ok(()),
        }
    }

    /// The lock that was lost by this transaction, or one that it is nested in, if any was.
    pub(super) fn lost_lock(&self) -> Option<HeldLock> {
        self.and_around().find_map(|transaction| transaction.own_locks().into_iter().find(HeldLock::is_lost))
    }

    fn and_around(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |transaction| transaction.parent())
    }

    /// Whether this transaction's own lock for its key is lost.
    pub(crate) fn has_lost_its_lock(&self) -> bool {
        self.own_locks().iter().any(HeldLock::is_lost)
    }
}

/// Tells of the transaction's own leases that were in danger, or are lost.
pub(super) fn report(outside: &Outside, transaction: &Transaction) {
    for lock in transaction.own_locks() {
        let key = lock.key.clone();
        if lock.is_lost() {
            outside.report(Event::LeaseLost { key, cause: cause(&lock).into() });
        } else if lock.lease().is_some_and(|lease| lease.was_in_danger()) {
            outside.report(Event::LeaseInDanger { key, cause: cause(&lock).into() });
        }
    }
}

fn cause(lock: &HeldLock) -> String {
    let trouble = lock.lease().and_then(|lease| lease.trouble());
    trouble.unwrap_or_else(|| "it was taken over or broken, or could not be renewed in time".to_owned())
}

fn lost(key: &CacheKey, cause: &str) -> Error {
    Error::new(ErrorKind::LeaseLost, format!("the lock for key `{key}` was lost while its holder was at work: {cause}"))
        .with_hint("raise KEEPWELL_LOCKS_LEASE_SECONDS if the holder is stopped or cut off for long")
}

/// The error of an async body that is cancelled since `lease` is lost.
pub fn cancelled(lease: &Lease) -> Error {
    let cause =
        lease.trouble().unwrap_or_else(|| "it was taken over or broken, or could not be renewed in time".into());
    Error::new(ErrorKind::LeaseLost, format!("the run was cancelled because its lock was lost: {cause}"))
        .with_hint("`on_lease_lost` of the cache policy says what becomes of such a run")
}
