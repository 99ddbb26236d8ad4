//! Lock managers that break the contract on purpose: the suite must find each by the clauses that it breaks.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use keepwell_core::Error;
use keepwell_core::clock::{Clock, SystemClock};
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{Attempt, LockHolder, LockManager, MemoryLockManager, Wake};

use super::broken_clauses;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mistake {
    None,
    GrantsToEverybody,
    AnyoneReleases,
    ReleasesNothing,
    ReleasesWhatNobodyHolds,
    RefusesItsHolder,
    NeverExpires,
    CutsKeysAtTheDot,
    WaitsInSpiteOfZero,
    SleepsThroughReleases,
    WaitingTakes,
    NamesTheWrongHolder,
    ForgetsItsHolder,
}

#[derive(Debug)]
struct Wrong {
    mistake: Mistake,
    locks: MemoryLockManager,
}

impl Wrong {
    fn new(mistake: Mistake) -> Self {
        Self { mistake, locks: MemoryLockManager::separate(Arc::new(SystemClock::new())) }
    }

    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    fn key(&self, key: &CacheKey) -> CacheKey {
        let text = key.as_str();
        let cut = if self.makes(Mistake::CutsKeysAtTheDot) { text.split('.').next() } else { None };
        CacheKey::new(cut.unwrap_or(text)).expect("a key does not begin with a dot here")
    }
}

impl LockManager for Wrong {
    fn try_acquire(&self, key: &CacheKey, holder: &Holder, hold_timeout: Option<Duration>) -> Result<Attempt, Error> {
        let key = self.key(key);
        let hold_timeout = hold_timeout.filter(|_| !self.makes(Mistake::NeverExpires));
        if self.makes(Mistake::RefusesItsHolder) && self.locks.is_lock_holder(&key, holder)? {
            return self.locks.try_acquire(&key, &Holder::new("stranger"), None);
        }
        match self.locks.try_acquire(&key, holder, hold_timeout)? {
            Attempt::Held { .. } if self.makes(Mistake::GrantsToEverybody) => Ok(Attempt::Granted),
            Attempt::Held { by, .. } if self.makes(Mistake::SleepsThroughReleases) => {
                Ok(Attempt::Held { by, wake: Wake::After(Duration::from_secs(60)) })
            }
            Attempt::Held { by, wake } if self.makes(Mistake::NamesTheWrongHolder) => {
                Ok(Attempt::Held { by: LockHolder { holder: holder.clone(), ..by }, wake })
            }
            attempt => Ok(attempt),
        }
    }

    fn release_lock(&self, key: &CacheKey, holder: &Holder) -> Result<(), Error> {
        let key = self.key(key);
        match self.locks.holder_of(&key)? {
            Some(_) if self.makes(Mistake::ReleasesNothing) => Ok(()),
            Some(held) if self.makes(Mistake::AnyoneReleases) => self.locks.release_lock(&key, &held.holder),
            None if self.makes(Mistake::ReleasesWhatNobodyHolds) => Ok(()),
            _ => self.locks.release_lock(&key, holder),
        }
    }

    fn holder_of(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        let holder = self.locks.holder_of(&self.key(key))?;
        Ok(holder.filter(|_| !self.makes(Mistake::ForgetsItsHolder)))
    }

    fn clock(&self) -> &dyn Clock {
        self.locks.clock()
    }

    fn name(&self) -> String {
        self.locks.name()
    }

    fn acquire_lock(
        &self,
        key: &CacheKey,
        holder: &Holder,
        acquire_timeout: Option<Duration>,
        hold_timeout: Option<Duration>,
    ) -> Result<bool, Error> {
        if self.makes(Mistake::WaitsInSpiteOfZero) && acquire_timeout == Some(Duration::ZERO) {
            self.clock().sleep(Duration::from_millis(100));
        }
        let start = self.clock().monotonic();
        loop {
            let wake = match self.try_acquire(key, holder, hold_timeout)? {
                Attempt::Granted => return Ok(true),
                Attempt::Held { wake, .. } | Attempt::Unreachable { wake, .. } => wake,
            };
            let waited = self.clock().monotonic() - start;
            if acquire_timeout.is_some_and(|timeout| waited >= timeout) {
                return Ok(false);
            }
            let limit = acquire_timeout.unwrap_or(Duration::MAX) - waited;
            match wake {
                Wake::Signal(_) => self.clock().sleep(limit.min(Duration::from_millis(1))),
                Wake::After(delay) => self.clock().sleep(limit.min(delay)),
            }
        }
    }

    fn wait_for_lock(&self, key: &CacheKey, timeout: Option<Duration>) -> Result<bool, Error> {
        if !self.makes(Mistake::WaitingTakes) {
            return self.locks.wait_for_lock(&self.key(key), timeout);
        }
        self.acquire_lock(key, &Holder::new("waiter"), timeout, None)
    }
}

fn broken(mistake: Mistake) -> Vec<&'static str> {
    broken_clauses(&Wrong::new(mistake))
}

#[test]
fn the_suite_finds_nothing_wrong_where_nothing_is() {
    assert_eq!(broken(Mistake::None), Vec::<&str>::new());
}

const KNOWN: &str = "a free lock is granted, and its holder is known";
const EXCLUSIVE: &str = "a lock is granted to one holder at a time, and a refusal names the holder";
const GIVEN_BACK: &str = "a lock that was given back is free";
const ZERO: &str = "a deadline of zero does not wait";
const DEADLINE: &str = "a wait ends at its deadline";
const ONLY_HOLDER: &str = "only the holder gives a lock back";
const NOBODY: &str = "a lock that nobody holds cannot be given back";
const AGAIN: &str = "a holder is granted its lock again, and one release gives it back";
const HOLD: &str = "a lock is free once its hold timeout has passed, and its holder has lost it";
const DISTINCT: &str = "distinct keys never share a lock";
const WAITING: &str = "waiting for a lock does not take it";
const WOKEN: &str = "a waiter is woken by the release";
const CONTENTION: &str = "no two holders have a lock at once, and nobody waits in vain";

#[test]
fn the_suite_finds_every_mistake_by_the_clauses_that_it_breaks() {
    let expected: [(Mistake, &[&str]); 12] = [
        (Mistake::GrantsToEverybody, &[EXCLUSIVE, ZERO, DEADLINE, HOLD, WOKEN, CONTENTION]),
        (Mistake::AnyoneReleases, &[ONLY_HOLDER, HOLD]),
        (Mistake::ReleasesNothing, &[GIVEN_BACK, ONLY_HOLDER, AGAIN, HOLD, WOKEN, CONTENTION]),
        (Mistake::ReleasesWhatNobodyHolds, &[NOBODY]),
        (Mistake::RefusesItsHolder, &[AGAIN]),
        (Mistake::NeverExpires, &[HOLD]),
        (Mistake::CutsKeysAtTheDot, &[DISTINCT]),
        (Mistake::WaitsInSpiteOfZero, &[ZERO]),
        (Mistake::SleepsThroughReleases, &[HOLD, WOKEN, CONTENTION]),
        (Mistake::WaitingTakes, &[WAITING]),
        (Mistake::NamesTheWrongHolder, &[EXCLUSIVE]),
        (Mistake::ForgetsItsHolder, &[KNOWN, ONLY_HOLDER, HOLD, WAITING]),
    ];
    thread::scope(|scope| {
        let found = expected.map(|(mistake, clauses)| (mistake, clauses, scope.spawn(move || broken(mistake))));
        for (mistake, clauses, found) in found {
            assert_eq!(found.join().expect("the suite does not panic"), clauses, "{mistake:?}");
        }
    });
}
