//! One lock that is held.

use keepwell_core::key::CacheKey;
use keepwell_core::lock::{LockHolder, LockManager};

use crate::failure::Failure;
use crate::prefix::Keyed;

/// A lock that is held.
pub(super) struct Lock {
    pub(super) key: CacheKey,
    pub(super) by: LockHolder,
}

impl Keyed for Lock {
    const LISTED_BY: &'static str = "`keepwell locks ls` lists the locks that are held";

    fn key(&self) -> &CacheKey {
        &self.key
    }
}

/// The locks that are held, the oldest first.
pub(super) fn all(manager: &dyn LockManager) -> Result<Vec<Lock>, Failure> {
    let mut locks: Vec<_> = manager.locks()?.into_iter().map(|(key, by)| Lock { key, by }).collect();
    locks.sort_by(|one, other| (other.by.age, &one.key).cmp(&(one.by.age, &other.key)));
    Ok(locks)
}
