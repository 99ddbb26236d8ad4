//! Waiting for a lock whose manager cannot be asked for a while.

use std::error::Error as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use keepwell_core::clock::Clock;
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{Attempt, LockHolder, LockManager, Wake};
use keepwell_core::{Error, ErrorKind};
use keepwell_testing::ManualClock;

/// Cannot be asked until it has been tried so often; sleeping moves its clock.
#[derive(Debug)]
struct Away {
    clock: ManualClock,
    tries_left: AtomicU32,
}

impl LockManager for Away {
    fn try_acquire(&self, _: &CacheKey, _: &Holder, _: Option<Duration>) -> Result<Attempt, Error> {
        let spend = |left: u32| left.checked_sub(1);
        if self.tries_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend).is_err() {
            return Ok(Attempt::Granted);
        }
        let cause = Error::new(ErrorKind::Storage, "nobody answers");
        Ok(Attempt::Unreachable { cause, wake: Wake::After(Duration::from_secs(1)) })
    }

    fn release_lock(&self, _: &CacheKey, _: &Holder) -> Result<(), Error> {
        Ok(())
    }

    fn holder_of(&self, _: &CacheKey) -> Result<Option<LockHolder>, Error> {
        Ok(None)
    }

    fn clock(&self) -> &dyn Clock {
        &self.clock
    }

    fn name(&self) -> String {
        "away".to_owned()
    }

    fn wait_for_lock(&self, _: &CacheKey, _: Option<Duration>) -> Result<bool, Error> {
        Ok(true)
    }
}

fn acquire(tries: u32, timeout: Duration) -> (Duration, Result<bool, Error>) {
    let manager = Away { clock: ManualClock::default(), tries_left: AtomicU32::new(tries) };
    let key = CacheKey::new("k").unwrap();
    let outcome = manager.acquire_lock(&key, &Holder::new("me"), Some(timeout), None);
    (manager.clock.monotonic(), outcome)
}

#[test]
fn a_lock_manager_that_comes_back_in_time_grants_the_lock() {
    let (waited, granted) = acquire(3, Duration::from_secs(10));
    assert!(granted.unwrap());
    assert_eq!(waited, Duration::from_secs(3));
}

#[test]
fn a_lock_manager_that_stays_away_is_named_at_the_deadline() {
    for timeout in [Duration::ZERO, Duration::from_millis(2500)] {
        let (waited, outcome) = acquire(u32::MAX, timeout);
        let error = outcome.unwrap_err();
        assert_eq!(waited, timeout);
        assert_eq!(error.kind(), ErrorKind::LockTimeout);
        assert_eq!(error.source().unwrap().to_string(), "nobody answers");
    }
}
