//! The locks that this process has, each with the lease that renews it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use event_listener::Event;
use keepwell_core::clock;
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::lease::{Lease, LeaseState};
use keepwell_core::lock::{Attempt, LockHolder, Wake};
use parking_lot::Mutex;

use crate::note::Owner;

/// The locks that this process has, and those that it asked for without learning whether it has them.
#[derive(Debug, Default)]
pub(crate) struct Table {
    held: Mutex<HashMap<CacheKey, Held>>,
    unanswered: Mutex<HashMap<(CacheKey, Holder), Unanswered>>,
}

/// A lock that this process has.
pub(crate) struct Held {
    owner: Owner,
    lease: Arc<Lease>,
    since: Duration,
    /// The end of a hold timeout.
    until: Option<Duration>,
    released: Event,
}

/// An owner that may have the lock.
#[derive(Debug)]
struct Unanswered {
    owner: Owner,
    /// When it has it no more in any case.
    until: Duration,
}

impl Table {
    /// What this process knows of the key's lock: that `holder` has it, or somebody else; `None` where it has none.
    pub(crate) fn look(&self, key: &CacheKey, holder: &Holder) -> Option<Attempt> {
        let now = clock::of_process().monotonic();
        let held = self.held.lock();
        let held = held.get(key).filter(|held| !held.is_over(now))?;
        if *holder == held.owner.holder {
            return Some(Attempt::Granted);
        }
        Some(Attempt::Held { by: held.describe(now), wake: Wake::Signal(held.released.listen()) })
    }

    pub(crate) fn put(&self, key: &CacheKey, held: Held) {
        if let Some(lost) = self.held.lock().insert(key.clone(), held) {
            lost.end();
        }
    }

    /// Takes out the lock if `holder` has it still, as far as this process knows.
    pub(crate) fn remove(&self, key: &CacheKey, holder: &Holder) -> Option<Held> {
        let now = clock::of_process().monotonic();
        let mut all = self.held.lock();
        if all.get(key)?.owner.holder != *holder {
            return None;
        }
        let held = all.remove(key)?;
        drop(all);
        if held.is_over(now) {
            held.end();
            return None;
        }
        Some(held)
    }

    pub(crate) fn lease_of(&self, key: &CacheKey, holder: &Holder) -> Option<Arc<Lease>> {
        let held = self.held.lock();
        held.get(key).filter(|held| held.owner.holder == *holder).map(|held| Arc::clone(&held.lease))
    }

    /// Who is to ask for the lock: the owner that may have it already, if an answer got lost.
    pub(crate) fn owner(&self, key: &CacheKey, holder: &Holder) -> Owner {
        let now = clock::of_process().monotonic();
        let mut unanswered = self.unanswered.lock();
        unanswered.retain(|_, asked| now < asked.until);
        let asked = unanswered.remove(&(key.clone(), holder.clone()));
        asked.map_or_else(|| Owner::new(holder), |asked| asked.owner)
    }

    /// Notes that an owner may have the lock, for this time at the most.
    pub(crate) fn may_have(&self, key: &CacheKey, owner: Owner, time: Duration) {
        let until = clock::of_process().monotonic().saturating_add(time);
        self.unanswered.lock().insert((key.clone(), owner.holder.clone()), Unanswered { owner, until });
    }
}

impl Held {
    /// A lock that was asked for at `since`.
    pub(crate) fn new(owner: Owner, lease: Arc<Lease>, since: Duration, until: Option<Duration>) -> Self {
        Self { owner, lease, since, until, released: Event::new() }
    }

    pub(crate) fn nonce(&self) -> &str {
        &self.owner.nonce
    }

    /// Ends the lease, and wakes who waits for the lock in this process.
    pub(crate) fn end(self) {
        self.lease.end();
        self.released.notify(usize::MAX);
    }

    fn is_over(&self, now: Duration) -> bool {
        self.until.is_some_and(|until| until <= now) || self.lease.state() == LeaseState::Lost
    }

    fn describe(&self, now: Duration) -> LockHolder {
        let end = self.until.unwrap_or_else(|| self.lease.valid_until());
        let expires_in = Some(end.saturating_sub(now));
        LockHolder { expires_in, ..LockHolder::here(self.owner.holder.clone(), now.saturating_sub(self.since)) }
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Held").field("owner", &self.owner).field("lease", &self.lease).finish_non_exhaustive()
    }
}
