//! Locks in a result storage, for machines that share nothing else: a folder on a network, an object store.
//!
//! A lock is an object that is made by whoever gets it, and written anew at every heartbeat. Whoever waits for it watches
//! it; if it has not changed for the whole lease that it states, by the watcher's own clock, its holder is dead or cut
//! off, and the watcher writes its own grant over it. Where the holder's process was on this machine and is known to be gone,
//! nobody need watch. Every write says what it replaces, so of several only one succeeds.

mod grant;
mod object;
mod record;
mod sightings;
mod table;

use std::sync::Arc;
use std::time::Duration;

use self::grant::Grant;
use self::object::{LockObject, Read};
use self::record::LockRecord;
use self::sightings::Sightings;
use self::table::{Held, Table, Term};
use super::lease::{Lease, LeaseTerms, Renew};
use super::{Attempt, LockHolder, LockManager, Wake, wait};
use crate::clock::{self, Clock};
use crate::id::Holder;
use crate::key::CacheKey;
use crate::mistake::{self, Mistake};
use crate::random::random_u128;
use crate::storage::{ObjectKind, ObjectName, ResultStorage, StorageFault};
use crate::{Error, ErrorKind, fork, settings};

/// How often an attempt is begun anew where somebody else was faster each time.
const ATTEMPTS: usize = 4;
const SHORTEST_POLL: Duration = Duration::from_millis(50);
const LONGEST_POLL: Duration = Duration::from_secs(1);

/// Grants locks to whoever reaches the same storage, by its conditional writes alone.
///
/// It holds between processes if the storage's conditional writes do. What it does with the storage and with what it knows
/// passes the [gate of forks](crate::fork). A lock with a hold timeout lasts that long and is
/// not renewed; any other is renewed until it is released, and free one lease after its holder's death. Whoever waits in
/// another process looks every 50 ms at first, and every second at last.
#[derive(Clone, Debug)]
pub struct StorageLockManager {
    storage: Arc<dyn ResultStorage>,
    terms: LeaseTerms,
    clock: Arc<dyn Clock>,
    table: Arc<Table>,
    sightings: Arc<Sightings>,
}

impl StorageLockManager {
    /// The locks in this storage, on the terms that the settings say. Nothing is written yet.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] if they could not be loaded.
    pub fn new(storage: Arc<dyn ResultStorage>) -> Result<Self, Error> {
        let terms = LeaseTerms::of_settings(&settings::current()?.locks)?;
        Ok(Self::with_terms(storage, terms, Arc::clone(clock::of_process())))
    }

    /// The locks in this storage on these terms, measured by this clock.
    pub fn with_terms(storage: Arc<dyn ResultStorage>, terms: LeaseTerms, clock: Arc<dyn Clock>) -> Self {
        Self { storage, terms, clock, table: Arc::new(Table::new()), sightings: Arc::default() }
    }

    fn object(&self, key: &CacheKey) -> LockObject {
        LockObject::new(&self.storage, key)
    }

    fn attempt(&self, key: &CacheKey, holder: &Holder, hold_timeout: Option<Duration>) -> Result<Attempt, Error> {
        for _ in 0..ATTEMPTS {
            if let Some(known) = self.table.look(key, Some(holder), &*self.clock) {
                return Ok(known);
            }
            let object = self.object(key);
            let read = object.read()?;
            if let Some(refusal) = read.as_ref().and_then(|read| self.refusal(key, read)) {
                return Ok(refusal);
            }
            if let Some(held) = self.take(object, holder, hold_timeout, read.as_ref())? {
                self.sightings.forget(key);
                self.table.put(key, held);
                return Ok(Attempt::Granted);
            }
        }
        Ok(Attempt::Held { by: LockHolder::unknown(), wake: Wake::After(poll_after(Duration::ZERO)) })
    }

    /// Writes a grant to `holder` over what was read, or where nothing was. `None` if somebody else was faster.
    fn take(
        &self,
        object: LockObject,
        holder: &Holder,
        hold_timeout: Option<Duration>,
        over: Option<&Read>,
    ) -> Result<Option<Held>, Error> {
        let lease = hold_timeout.unwrap_or(self.terms.lease());
        let record = LockRecord::new(holder.clone(), lease, self.clock.now());
        let since = self.clock.monotonic();
        let written = match over {
            None => object.create(record.to_bytes()),
            Some(read) => object.swap(record.to_bytes(), &read.version),
        };
        match written {
            Ok(()) => {}
            Err(StorageFault::Precondition) => return Ok(None),
            Err(StorageFault::Unavailable(error)) => return Err(error),
            // If it is written later all the same, nobody renews it, and it is free after its lease.
            Err(StorageFault::Unknown(error)) => match object.read() {
                Ok(Some(read)) if read.record.as_ref() == Some(&record) => {}
                Ok(_) => return Ok(None),
                Err(_) => return Err(error),
            },
        }
        let grant = Grant::new(object, record);
        let term = match hold_timeout {
            Some(timeout) => Term::Until(since.saturating_add(timeout)),
            None => {
                let renew: Arc<dyn Renew> = grant.clone();
                Term::Lease(Lease::begin(self.terms, since, Arc::clone(&self.clock), renew))
            }
        };
        Ok(Some(Held { grant, holder: holder.clone(), since, term }))
    }

    fn release(&self, key: &CacheKey, holder: &Holder) -> Result<(), Error> {
        let Some(held) = self.table.remove(key, holder) else { return Err(wait::not_held(key, holder)) };
        let was_alive = held.is_alive(self.clock.monotonic());
        if let Term::Lease(lease) = &held.term {
            lease.end();
        }
        let given_back = held.grant.give_back(holder);
        // What was over is taken away all the same, if it is there still: nobody need wait for it.
        if was_alive { given_back } else { Err(wait::not_held(key, holder)) }
    }

    /// Who keeps others from the lock that was read, and when to look again; `None` if it may be taken over.
    fn refusal(&self, key: &CacheKey, read: &Read) -> Option<Attempt> {
        let now = self.clock.monotonic();
        let seen_since = self.sightings.note(key, read.digest, now);
        let lease = read.record.as_ref().map_or(self.terms.lease(), |record| record.lease);
        let seen_for = now.saturating_sub(seen_since);
        let is_over = |record: &LockRecord| record.is_of_the_dead() || self.table.is_dead(key, record, now);
        let is_dead = read.record.as_ref().is_some_and(is_over);
        if is_dead || seen_for >= lease || mistake::is_planted(Mistake::LockTakenAtOnce) {
            return None;
        }
        let wake = Wake::After(poll_after(seen_for).min(lease.saturating_sub(seen_for)));
        Some(Attempt::Held { by: self.describe(read), wake })
    }

    fn describe(&self, read: &Read) -> LockHolder {
        match &read.record {
            Some(record) => record.describe(self.clock.now()),
            None => LockHolder::unknown(),
        }
    }

    fn break_up(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        let object = self.object(key);
        for _ in 0..ATTEMPTS {
            let Some(read) = object.read()? else { return Ok(None) };
            match object.remove(&read.version) {
                Ok(()) => {
                    self.tell_holder(key);
                    return Ok(Some(self.describe(&read)));
                }
                // It was renewed or given back meanwhile.
                Err(StorageFault::Precondition) => {}
                Err(StorageFault::Unavailable(error)) => return Err(error),
                Err(StorageFault::Unknown(error)) => match object.read() {
                    Ok(found) if found.as_ref().is_none_or(|found| found.digest != read.digest) => {
                        return Ok(Some(self.describe(&read)));
                    }
                    Ok(_) | Err(_) => return Err(error),
                },
            }
        }
        let message = format!("{} changes too often to be broken", object.name());
        Err(Error::new(ErrorKind::Storage, message).with_hint("try again"))
    }

    /// Lets a holder of this process know now, rather than at its next heartbeat, that its lock was broken.
    fn tell_holder(&self, key: &CacheKey) {
        match self.table.get(key) {
            Some(Held { term: Term::Lease(lease), .. }) => {
                lease.beat();
            }
            Some(Held { term: Term::Until(_), grant, holder, .. }) => {
                self.table.remove(key, &holder);
                grant.released.notify(usize::MAX);
            }
            None => {}
        }
    }

    /// Who has the lock, and when to look again; `Granted` if nobody has.
    fn look(&self, key: &CacheKey) -> Result<Attempt, Error> {
        if let Some(known) = self.table.look(key, None, &*self.clock) {
            return Ok(known);
        }
        let read = self.object(key).read()?;
        Ok(read.and_then(|read| self.refusal(key, &read)).unwrap_or(Attempt::Granted))
    }
}

impl LockManager for StorageLockManager {
    fn try_acquire(&self, key: &CacheKey, holder: &Holder, hold_timeout: Option<Duration>) -> Result<Attempt, Error> {
        fork::inside(|| self.attempt(key, holder, hold_timeout)).or_else(may_pass)
    }

    fn release_lock(&self, key: &CacheKey, holder: &Holder) -> Result<(), Error> {
        fork::inside(|| self.release(key, holder))
    }

    fn holder_of(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        match fork::inside(|| self.look(key))? {
            Attempt::Granted => Ok(None),
            Attempt::Held { by, wake: _ } => Ok(Some(by)),
            Attempt::Unreachable { cause, wake: _ } => Err(cause),
        }
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn name(&self) -> String {
        format!("locks in {}", self.storage.location())
    }

    fn wait_for_lock(&self, key: &CacheKey, timeout: Option<Duration>) -> Result<bool, Error> {
        wait::until_granted(self.clock(), timeout, || fork::inside(|| self.look(key)).or_else(may_pass))
            .map(|held| held.is_none())
    }

    fn lease_of(&self, key: &CacheKey, holder: &Holder) -> Option<Arc<Lease>> {
        match fork::inside(|| self.table.get(key)).filter(|held| held.holder == *holder)?.term {
            Term::Lease(lease) => Some(lease),
            Term::Until(_) => None,
        }
    }

    fn locks(&self) -> Result<Vec<(CacheKey, LockHolder)>, Error> {
        let names = fork::inside(|| self.storage.list(ObjectKind::Lock)).map_err(error)?;
        let mut locks = Vec::new();
        for key in names.iter().filter_map(ObjectName::key) {
            locks.extend(self.holder_of(key)?.map(|holder| (key.clone(), holder)));
        }
        Ok(locks)
    }

    fn break_lock(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        fork::inside(|| self.break_up(key))
    }

    /// A shared folder or an object store is on another machine as a rule.
    fn is_remote(&self) -> bool {
        true
    }
}

fn error(fault: StorageFault) -> Error {
    match fault {
        StorageFault::Unavailable(error) | StorageFault::Unknown(error) => error,
        StorageFault::Precondition => unreachable!("a list has no condition"),
    }
}

/// Whether whoever waits for a lock may go on to wait after this error, since the next attempt may find the storage well.
fn may_pass(cause: Error) -> Result<Attempt, Error> {
    match cause.kind() {
        ErrorKind::Storage => Ok(Attempt::Unreachable { cause, wake: Wake::After(LONGEST_POLL / 2) }),
        _ => Err(cause),
    }
}

/// How long to wait before another look at a lock that has been seen for so long: an eighth of that, less a random share,
/// so that many that wait do not come at once.
fn poll_after(seen_for: Duration) -> Duration {
    let longest = (seen_for / 8).clamp(SHORTEST_POLL, LONGEST_POLL);
    let share = u32::try_from(random_u128() % 1024).expect("it is below 1024");
    longest - longest / 2 * share / 1024
}
