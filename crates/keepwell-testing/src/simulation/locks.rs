//! The locks of a simulated world, of two kinds: those that a machine's kernel keeps, and leases.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use keepwell_core::clock::Clock;
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{Attempt, LockHolder, LockManager, Wake};
use keepwell_core::{Error, ErrorKind};
use parking_lot::Mutex;

use super::clock::SimulatedClock;
use super::world::World;

/// How long a lease outlives the last sign of life of its holder.
const LEASE: Duration = Duration::from_secs(30);

/// What frees the lock of a holder that does not give it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LockKind {
    /// Its death, at once. One that is stopped keeps it.
    Kernel,
    /// Its silence, after a while: also one that is stopped loses it.
    Lease,
}

/// The locks that all processes of a world share.
#[derive(Debug)]
pub(super) struct LockTable {
    kind: LockKind,
    held: Mutex<BTreeMap<String, Held>>,
    /// Who has lost a lock without knowing.
    robbed: Mutex<Vec<(CacheKey, Holder)>>,
}

#[derive(Debug)]
struct Held {
    holder: Holder,
    process: usize,
    since: Duration,
    /// When it is over, where its holder could not give it back.
    ends: Option<Duration>,
}

impl LockTable {
    pub(super) fn new(kind: LockKind) -> Self {
        Self { kind, held: Mutex::default(), robbed: Mutex::default() }
    }

    /// The locks that living processes have.
    pub(super) fn of_the_living(&self, world: &World) -> Vec<String> {
        let held = self.held.lock();
        let counts = |lock: &Held| lock.ends.is_none() && !world.condition(lock.process).is_dead;
        held.iter().filter(|(_, lock)| counts(lock)).map(|(key, lock)| format!("{key} by p{}", lock.process)).collect()
    }

    fn is_over(&self, world: &World, lock: &Held) -> bool {
        let condition = world.condition(lock.process);
        lock.ends.is_some_and(|ends| ends <= world.now())
            || match self.kind {
                LockKind::Kernel => condition.is_dead,
                LockKind::Lease => condition.silent_for.is_some_and(|silence| silence >= LEASE),
            }
    }
}

/// One process's way to the locks of its world.
#[derive(Debug)]
pub(super) struct SimulatedLockManager {
    world: Arc<World>,
    table: Arc<LockTable>,
    clock: Arc<SimulatedClock>,
}

impl SimulatedLockManager {
    pub(super) fn new(world: &Arc<World>, table: &Arc<LockTable>, clock: &Arc<SimulatedClock>) -> Self {
        Self { world: Arc::clone(world), table: Arc::clone(table), clock: Arc::clone(clock) }
    }

    /// A boundary, at which the lock manager may not be reached.
    fn reach(&self) -> Result<(), Error> {
        self.world.boundary();
        if self.world.is_dead() || self.world.fault_of_lock() {
            return Err(Error::new(ErrorKind::Storage, "the lock manager cannot be reached"));
        }
        Ok(())
    }

    fn describe(&self, lock: &Held) -> LockHolder {
        LockHolder {
            holder: lock.holder.clone(),
            host: None,
            process: u32::try_from(lock.process).expect("there are few processes"),
            age: self.world.now().saturating_sub(lock.since),
            expires_in: None,
            waiters: None,
        }
    }

    fn wake(&self) -> Wake {
        Wake::After(self.world.throw(|dice| dice.time(Duration::from_millis(50), Duration::from_secs(2))))
    }
}

impl LockManager for SimulatedLockManager {
    fn try_acquire(&self, key: &CacheKey, holder: &Holder, _: Option<Duration>) -> Result<Attempt, Error> {
        self.reach()?;
        let mut held = self.table.held.lock();
        if let Some(lock) = held.get(key.as_str()) {
            if lock.holder == *holder {
                return Ok(Attempt::Granted);
            }
            if !self.table.is_over(&self.world, lock) {
                return Ok(Attempt::Held { by: self.describe(lock), wake: self.wake() });
            }
            self.world.tell(format_args!("takes the lock for `{key}` over from p{}", lock.process));
            self.table.robbed.lock().push((key.clone(), lock.holder.clone()));
        } else {
            self.world.tell(format_args!("locks `{key}`"));
        }
        let (process, since) = (self.world.process(), self.world.now());
        held.insert(key.as_str().to_owned(), Held { holder: holder.clone(), process, since, ends: None });
        Ok(Attempt::Granted)
    }

    fn release_lock(&self, key: &CacheKey, holder: &Holder) -> Result<(), Error> {
        let reached = self.reach();
        let mut held = self.table.held.lock();
        let is_its = held.get(key.as_str()).is_some_and(|lock| lock.holder == *holder);
        if !is_its {
            let was_robbed = self.table.robbed.lock().contains(&(key.clone(), holder.clone()));
            if !was_robbed && !self.world.is_dead() {
                self.world.violate(format!("the lock for `{key}` is given back by somebody who has not got it"));
            }
            return Err(Error::new(ErrorKind::LeaseLost, format!("the lock for `{key}` is somebody else's")));
        }
        if let Err(error) = reached {
            // Its holder renews it no more.
            let ends = self.world.now() + LEASE;
            held.entry(key.as_str().to_owned()).and_modify(|lock| lock.ends = lock.ends.or(Some(ends)));
            return Err(error);
        }
        self.world.tell(format_args!("unlocks `{key}`"));
        held.remove(key.as_str());
        Ok(())
    }

    fn holder_of(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        self.reach()?;
        let held = self.table.held.lock();
        let lock = held.get(key.as_str()).filter(|lock| !self.table.is_over(&self.world, lock));
        Ok(lock.map(|lock| self.describe(lock)))
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn name(&self) -> String {
        "simulated".to_owned()
    }

    fn wait_for_lock(&self, key: &CacheKey, _: Option<Duration>) -> Result<bool, Error> {
        Ok(self.holder_of(key)?.is_none())
    }
}
