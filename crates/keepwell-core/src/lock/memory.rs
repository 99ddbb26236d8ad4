//! Locks between the threads of one process.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use event_listener::Event;
use parking_lot::Mutex;

use super::{Attempt, LockHolder, LockManager, Wake, wait};
use crate::Error;
use crate::clock::{Clock, SystemClock};
use crate::id::Holder;
use crate::key::CacheKey;
use crate::mistake::{self, Mistake};

/// Grants locks to the threads and async tasks of this process.
///
/// [`MemoryLockManager::new`] gives a handle to the one table of the process, so two policies that are configured apart
/// exclude each other. Not shared with other processes: a forked child starts with locks that nobody will release, so
/// they do not count there.
#[derive(Clone)]
pub struct MemoryLockManager {
    table: Arc<Table>,
}

struct Table {
    name: String,
    clock: Arc<dyn Clock>,
    locks: Mutex<HashMap<CacheKey, Lock>>,
}

struct Lock {
    holder: Holder,
    process: u32,
    since: Duration,
    until: Option<Duration>,
    released: Event,
}

static PROCESS_TABLE: LazyLock<Arc<Table>> =
    LazyLock::new(|| Arc::new(Table::new("memory of this process".to_owned(), Arc::new(SystemClock::new()))));

impl MemoryLockManager {
    /// A handle to the locks of this process.
    pub fn new() -> Self {
        Self { table: Arc::clone(&PROCESS_TABLE) }
    }

    /// How many locks are held.
    pub fn held(&self) -> usize {
        let now = self.table.clock.monotonic();
        self.table.locks.lock().values().filter(|lock| lock.is_held(now)).count()
    }

    /// Locks of their own, measured by `clock`, that exclude nobody but each other.
    pub fn separate(clock: Arc<dyn Clock>) -> Self {
        static TABLES: AtomicU64 = AtomicU64::new(1);
        let name = format!("memory {}", TABLES.fetch_add(1, Ordering::Relaxed));
        Self { table: Arc::new(Table::new(name, clock)) }
    }
}

impl Default for MemoryLockManager {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryLockManager {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MemoryLockManager({})", self.table.name)
    }
}

impl LockManager for MemoryLockManager {
    fn try_acquire(&self, key: &CacheKey, holder: &Holder, hold_timeout: Option<Duration>) -> Result<Attempt, Error> {
        let now = self.table.clock.monotonic();
        let mut locks = self.table.locks.lock();
        let is_seen = |lock: &&Lock| lock.is_held(now) && !mistake::is_planted(Mistake::LockGrantedUnseen);
        match locks.get(key).filter(is_seen) {
            Some(lock) if lock.holder == *holder => Ok(Attempt::Granted),
            Some(lock) => Ok(Attempt::Held { by: lock.describe(now), wake: Wake::Signal(lock.released.listen()) }),
            None => {
                let until = hold_timeout.and_then(|timeout| now.checked_add(timeout));
                // Whoever waits for the expired lock that this replaces listens to its event: dropping it wakes them not,
                // but they wait no longer than its expiry.
                locks.insert(key.clone(), Lock::new(holder.clone(), now, until));
                Ok(Attempt::Granted)
            }
        }
    }

    fn release_lock(&self, key: &CacheKey, holder: &Holder) -> Result<(), Error> {
        let now = self.table.clock.monotonic();
        let mut locks = self.table.locks.lock();
        let lock = if locks.get(key).is_some_and(|lock| lock.holder == *holder) { locks.remove(key) } else { None };
        drop(locks);
        match lock {
            Some(lock) if lock.is_held(now) => {
                if !mistake::is_planted(Mistake::ReleaseNotTold) {
                    lock.released.notify(usize::MAX);
                }
                Ok(())
            }
            _ => Err(wait::not_held(key, holder)),
        }
    }

    fn holder_of(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        let now = self.table.clock.monotonic();
        Ok(self.table.locks.lock().get(key).filter(|lock| lock.is_held(now)).map(|lock| lock.describe(now)))
    }

    fn clock(&self) -> &dyn Clock {
        &*self.table.clock
    }

    fn name(&self) -> String {
        self.table.name.clone()
    }

    fn wait_for_lock(&self, key: &CacheKey, timeout: Option<Duration>) -> Result<bool, Error> {
        let free = wait::until_granted(self.clock(), timeout, || {
            let now = self.table.clock.monotonic();
            Ok(match self.table.locks.lock().get(key).filter(|lock| lock.is_held(now)) {
                Some(lock) => Attempt::Held { by: lock.describe(now), wake: Wake::Signal(lock.released.listen()) },
                None => Attempt::Granted,
            })
        })?;
        Ok(free.is_none())
    }

    fn locks(&self) -> Result<Vec<(CacheKey, LockHolder)>, Error> {
        let now = self.table.clock.monotonic();
        let locks = self.table.locks.lock();
        let held = locks.iter().filter(|(_, lock)| lock.is_held(now));
        Ok(held.map(|(key, lock)| (key.clone(), lock.describe(now))).collect())
    }

    fn break_lock(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        let now = self.table.clock.monotonic();
        let Some(lock) = self.table.locks.lock().remove(key).filter(|lock| lock.is_held(now)) else { return Ok(None) };
        let broken = lock.describe(now);
        lock.released.notify(usize::MAX);
        Ok(Some(broken))
    }
}

impl Table {
    fn new(name: String, clock: Arc<dyn Clock>) -> Self {
        Self { name, clock, locks: Mutex::default() }
    }
}

impl Lock {
    fn new(holder: Holder, since: Duration, until: Option<Duration>) -> Self {
        Self { holder, process: std::process::id(), since, until, released: Event::new() }
    }

    fn is_held(&self, now: Duration) -> bool {
        self.process == std::process::id() && self.until.is_none_or(|until| now < until)
    }

    fn describe(&self, now: Duration) -> LockHolder {
        LockHolder {
            expires_in: self.until.map(|until| until.saturating_sub(now)),
            waiters: Some(self.released.total_listeners()),
            ..LockHolder::here(self.holder.clone(), now.saturating_sub(self.since))
        }
    }
}
