//! Lock managers with leases that break the contract on purpose: the suite must find each by the clauses that it breaks.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use keepwell_core::clock::{self, Clock};
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::lease::{Lease, LeaseState, LeaseTerms, Renew, Renewal};
use keepwell_core::lock::{Attempt, LockHolder, LockManager, Wake, not_held, until_granted};
use keepwell_core::{Error, ErrorKind};
use parking_lot::Mutex;

use super::{Parted, broken_lease_clauses};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mistake {
    None,
    NotRenewed,
    HeldThoughCutOff,
    GivenUpAtOnce,
    HeldThoughBroken,
    NeverTakenOver,
    TakenOverByAll,
    GivenBackByName,
    GivenBackByAnybody,
    LeaseKept,
    LeaseOfAnybody,
    BreakingFreesNothing,
    WaitingTakes,
}

/// Where the locks are.
#[derive(Debug, Default)]
struct Place {
    locks: Mutex<HashMap<CacheKey, Standing>>,
    grants: AtomicU64,
}

#[derive(Debug)]
struct Standing {
    grant: u64,
    holder: Holder,
    until: Duration,
}

#[derive(Debug)]
struct Wrong {
    mistake: Mistake,
    place: Arc<Place>,
    is_cut_off: Arc<AtomicBool>,
    own: Mutex<HashMap<CacheKey, Own>>,
}

/// A grant to the one that has it.
#[derive(Clone, Debug)]
struct Own {
    grant: u64,
    holder: Holder,
    lease: Arc<Lease>,
}

struct Renewing {
    mistake: Mistake,
    place: Arc<Place>,
    is_cut_off: Arc<AtomicBool>,
    key: CacheKey,
    grant: u64,
}

fn now() -> Duration {
    clock::of_process().monotonic()
}

fn terms() -> LeaseTerms {
    LeaseTerms::of(Duration::from_secs(1)).expect("it is long enough")
}

fn cut_off() -> Error {
    Error::new(ErrorKind::Storage, "cut off")
}

impl Renew for Renewing {
    fn renew(&self) -> Result<Renewal, Error> {
        if self.is_cut_off.load(Ordering::SeqCst) {
            return match self.mistake {
                Mistake::HeldThoughCutOff => Ok(Renewal::Kept),
                Mistake::GivenUpAtOnce => Ok(Renewal::Gone),
                _ => Err(cut_off()),
            };
        }
        let mut locks = self.place.locks.lock();
        match locks.get_mut(&self.key).filter(|standing| standing.grant == self.grant) {
            Some(standing) if standing.until > now() => {
                if self.mistake != Mistake::NotRenewed {
                    standing.until = now() + terms().lease();
                }
                Ok(Renewal::Kept)
            }
            _ if self.mistake == Mistake::HeldThoughBroken => Ok(Renewal::Kept),
            _ => Ok(Renewal::Gone),
        }
    }
}

impl Wrong {
    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    fn reach(&self) -> Result<(), Error> {
        if self.is_cut_off.load(Ordering::SeqCst) { Err(cut_off()) } else { Ok(()) }
    }

    fn stands(&self, standing: &Standing) -> bool {
        standing.until > now() || self.makes(Mistake::NeverTakenOver)
    }

    fn grant(&self, key: &CacheKey, holder: &Holder) -> Attempt {
        let grant = self.place.grants.fetch_add(1, Ordering::SeqCst);
        let (place, is_cut_off) = (Arc::clone(&self.place), Arc::clone(&self.is_cut_off));
        let renewing = Renewing { mistake: self.mistake, place, is_cut_off, key: key.clone(), grant };
        let lease = Lease::begin(terms(), now(), Arc::clone(clock::of_process()), Arc::new(renewing));
        self.own.lock().insert(key.clone(), Own { grant, holder: holder.clone(), lease });
        let mut locks = self.place.locks.lock();
        if !locks.contains_key(key) || !self.makes(Mistake::TakenOverByAll) {
            locks.insert(key.clone(), Standing { grant, holder: holder.clone(), until: now() + terms().lease() });
        }
        Attempt::Granted
    }

    fn held(holder: Holder) -> Attempt {
        let by = LockHolder::here(holder, Duration::ZERO);
        Attempt::Held { by, wake: Wake::After(Duration::from_millis(5)) }
    }
}

impl LockManager for Wrong {
    fn try_acquire(&self, key: &CacheKey, holder: &Holder, _: Option<Duration>) -> Result<Attempt, Error> {
        if self.own.lock().get(key).is_some_and(|own| own.holder == *holder && own.lease.state() != LeaseState::Lost) {
            return Ok(Attempt::Granted);
        }
        self.reach()?;
        match self.holder_of(key)? {
            Some(by) => Ok(Self::held(by.holder)),
            None => Ok(self.grant(key, holder)),
        }
    }

    fn release_lock(&self, key: &CacheKey, holder: &Holder) -> Result<(), Error> {
        self.reach()?;
        let is_own = self.own.lock().get(key).is_some_and(|own| own.holder == *holder);
        let own = if is_own && !self.makes(Mistake::LeaseKept) {
            self.own.lock().remove(key)
        } else {
            self.own.lock().get(key).filter(|_| is_own).cloned()
        };
        if let Some(own) = &own {
            own.lease.end();
        }
        let mut locks = self.place.locks.lock();
        let standing = locks.get(key).filter(|standing| self.stands(standing));
        let is_theirs = standing.is_some_and(|standing| match self.mistake {
            Mistake::GivenBackByAnybody => true,
            Mistake::GivenBackByName => own.is_some() && standing.holder == *holder,
            _ => own.is_some_and(|own| standing.grant == own.grant),
        });
        if !is_theirs {
            return Err(not_held(key, holder));
        }
        locks.remove(key);
        Ok(())
    }

    fn holder_of(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        self.reach()?;
        let locks = self.place.locks.lock();
        let standing = locks.get(key).filter(|standing| self.stands(standing));
        Ok(standing.map(|standing| LockHolder::here(standing.holder.clone(), Duration::ZERO)))
    }

    fn clock(&self) -> &dyn Clock {
        &**clock::of_process()
    }

    fn name(&self) -> String {
        "locks that are wrong on purpose".to_owned()
    }

    fn wait_for_lock(&self, key: &CacheKey, timeout: Option<Duration>) -> Result<bool, Error> {
        let waiter = Holder::new("waiter");
        let held = until_granted(self.clock(), timeout, || match self.holder_of(key)? {
            Some(by) => Ok(Self::held(by.holder)),
            None if self.makes(Mistake::WaitingTakes) => self.try_acquire(key, &waiter, None),
            None => Ok(Attempt::Granted),
        })?;
        Ok(held.is_none())
    }

    fn lease_of(&self, key: &CacheKey, holder: &Holder) -> Option<Arc<Lease>> {
        let own = self.own.lock();
        let own = own.get(key).filter(|own| own.holder == *holder || self.makes(Mistake::LeaseOfAnybody))?;
        Some(Arc::clone(&own.lease))
    }

    fn break_lock(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        let holder = self.holder_of(key)?;
        if !self.makes(Mistake::BreakingFreesNothing) {
            self.place.locks.lock().remove(key);
        }
        Ok(holder)
    }
}

struct Pair {
    one: Wrong,
    other: Wrong,
}

impl Pair {
    fn new(mistake: Mistake) -> Self {
        let place = Arc::<Place>::default();
        let manager =
            || Wrong { mistake, place: Arc::clone(&place), is_cut_off: Arc::default(), own: Mutex::default() };
        Self { one: manager(), other: manager() }
    }
}

impl Parted for Pair {
    fn one(&self) -> &dyn LockManager {
        &self.one
    }

    fn other(&self) -> &dyn LockManager {
        &self.other
    }

    fn cut_off(&self, is_cut_off: bool) {
        self.one.is_cut_off.store(is_cut_off, Ordering::SeqCst);
    }
}

const HAS_LEASE: &str = "only its holder has the lease of a lock, and it ends with the lock";
const RENEWED: &str = "a lease that is renewed outlasts itself";
const LOST: &str = "a lease that cannot be renewed is in danger, then lost in time, and stays lost";
const TAKEN_OVER: &str = "a lock whose lease is over is taken over by exactly one";
const NOT_GIVEN_BACK: &str = "who has lost a lock does not give back another's";
const ONLY_HOLDER: &str = "nobody but the holder gives a lock back";
const BROKEN: &str = "a lock that is broken is free, and its holder learns it within a heartbeat";
const WAITING: &str = "waiting for a lock takes none, and keeps none";

#[test]
fn the_suite_finds_every_mistake_with_leases_by_the_clauses_that_it_breaks() {
    let expected: [(Mistake, &[&str]); 13] = [
        (Mistake::None, &[]),
        // Of those that take it over, one after another has it.
        (Mistake::NotRenewed, &[RENEWED, TAKEN_OVER]),
        (Mistake::HeldThoughCutOff, &[LOST, TAKEN_OVER, NOT_GIVEN_BACK]),
        (Mistake::GivenUpAtOnce, &[LOST]),
        (Mistake::HeldThoughBroken, &[BROKEN]),
        (Mistake::NeverTakenOver, &[TAKEN_OVER, NOT_GIVEN_BACK]),
        (Mistake::TakenOverByAll, &[TAKEN_OVER, NOT_GIVEN_BACK]),
        (Mistake::GivenBackByName, &[NOT_GIVEN_BACK]),
        (Mistake::GivenBackByAnybody, &[NOT_GIVEN_BACK, ONLY_HOLDER, BROKEN]),
        // What it has given back is not granted to it again.
        (Mistake::LeaseKept, &[HAS_LEASE, WAITING]),
        (Mistake::LeaseOfAnybody, &[HAS_LEASE]),
        (Mistake::BreakingFreesNothing, &[BROKEN]),
        (Mistake::WaitingTakes, &[WAITING]),
    ];
    let found = thread::scope(|scope| {
        let threads = expected.map(|(mistake, _)| scope.spawn(move || broken_lease_clauses(&Pair::new(mistake))));
        threads.map(|thread| thread.join().expect("the suite does not panic"))
    });
    for ((mistake, clauses), found) in expected.iter().zip(found) {
        assert_eq!(&found, clauses, "{mistake:?}");
    }
}
