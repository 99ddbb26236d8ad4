//! The locks that this process has from one manager.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::grant::Grant;
use super::record::LockRecord;
use crate::clock::Clock;
use crate::id::{Holder, process_id};
use crate::key::CacheKey;
use crate::lock::lease::{Lease, LeaseState};
use crate::lock::{Attempt, LockHolder, Wake};

/// The locks that this process has.
#[derive(Debug)]
pub(super) struct Table(Mutex<Locks>);

#[derive(Debug)]
struct Locks {
    process: u32,
    by_key: HashMap<CacheKey, Held>,
}

/// A lock that this process has, or had until its time was over and nobody has given it back yet.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) grant: Arc<Grant>,
    pub(super) holder: Holder,
    pub(super) since: Duration,
    pub(super) term: Term,
}

/// How long a lock lasts.
#[derive(Clone, Debug)]
pub(super) enum Term {
    /// As long as it is renewed.
    Lease(Arc<Lease>),
    /// Until then, and it is not renewed.
    Until(Duration),
}

impl Table {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Locks { process: process_id(), by_key: HashMap::new() }))
    }

    /// What this process knows of the key's lock: that `holder` has it, or somebody else here; `None` where nobody here has.
    pub(super) fn look(&self, key: &CacheKey, holder: Option<&Holder>, clock: &dyn Clock) -> Option<Attempt> {
        let now = clock.monotonic();
        let locks = self.of_process();
        let held = locks.by_key.get(key).filter(|held| held.is_alive(now))?;
        if holder == Some(&held.holder) {
            return Some(Attempt::Granted);
        }
        Some(Attempt::Held { by: held.describe(now), wake: Wake::Signal(held.grant.released.listen()) })
    }

    /// Whether `record` is of a lock that was this process's, and whose time is over.
    pub(super) fn is_dead(&self, key: &CacheKey, record: &LockRecord, now: Duration) -> bool {
        self.get(key).is_some_and(|held| !held.is_alive(now) && held.grant.is(record))
    }

    /// The lock, alive or not.
    pub(super) fn get(&self, key: &CacheKey) -> Option<Held> {
        self.of_process().by_key.get(key).cloned()
    }

    pub(super) fn put(&self, key: &CacheKey, held: Held) {
        self.of_process().by_key.insert(key.clone(), held);
    }

    /// Takes the lock out if it is `holder`'s, alive or not. It is renewed no more.
    pub(super) fn remove(&self, key: &CacheKey, holder: &Holder) -> Option<Held> {
        let mut locks = self.of_process();
        locks.by_key.get(key).filter(|held| held.holder == *holder)?;
        locks.by_key.remove(key)
    }

    /// A forked child owns nothing: its parent's locks stay its parent's.
    fn of_process(&self) -> parking_lot::MutexGuard<'_, Locks> {
        let mut locks = self.0.lock();
        let process = process_id();
        if locks.process != process {
            locks.process = process;
            locks.by_key.clear();
        }
        locks
    }
}

impl Held {
    /// Whether its holder may rely on it.
    pub(super) fn is_alive(&self, now: Duration) -> bool {
        match &self.term {
            Term::Lease(lease) => lease.state() != LeaseState::Lost,
            Term::Until(until) => now < *until,
        }
    }

    fn describe(&self, now: Duration) -> LockHolder {
        let until = match &self.term {
            Term::Lease(lease) => lease.valid_until(),
            Term::Until(until) => *until,
        };
        LockHolder {
            expires_in: Some(until.saturating_sub(now)),
            ..LockHolder::here(self.holder.clone(), now.saturating_sub(self.since))
        }
    }
}
