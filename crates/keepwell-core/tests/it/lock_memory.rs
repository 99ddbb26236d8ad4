//! The lock manager of one process: the contract, time that moves by hand, and many threads.

use std::sync::Arc;
use std::time::Duration;

use event_listener::Listener;
use keepwell_core::clock::{Clock, SystemClock, Timestamp};
use keepwell_core::id::Holder;
use keepwell_core::lock::{Attempt, LockHolder, LockManager, MemoryLockManager, Wake, timed_out};
use keepwell_core::{Error, ErrorKind};
use keepwell_testing::lock::{Contention, broken_clauses, contend};
use parking_lot::Mutex;

use crate::transaction_fixture::key;

const SECOND: Duration = Duration::from_secs(1);

/// A clock that stands still until somebody sleeps by it.
#[derive(Debug, Default)]
struct StillClock(Mutex<Duration>);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock()
    }

    fn sleep(&self, duration: Duration) {
        *self.0.lock() += duration;
    }
}

fn still() -> (Arc<StillClock>, MemoryLockManager) {
    let clock = Arc::new(StillClock::default());
    (Arc::clone(&clock), MemoryLockManager::separate(clock))
}

fn holder(name: &str) -> Holder {
    Holder::new(name)
}

/// Who keeps `name` from having the lock for `A`; nobody if it is granted.
fn kept_from(locks: &MemoryLockManager, name: &str, hold: Option<Duration>) -> Option<LockHolder> {
    match locks.try_acquire(&key("A"), &holder(name), hold).expect("memory does not fail") {
        Attempt::Granted => None,
        Attempt::Held { by, wake: _ } => Some(by),
        Attempt::Unreachable { cause, wake: _ } => panic!("{cause}"),
    }
}

fn kind(result: Result<(), Error>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn the_memory_lock_manager_keeps_the_contract() {
    let locks = MemoryLockManager::separate(Arc::new(SystemClock::new()));
    assert_eq!(broken_clauses(&locks), Vec::<&str>::new());
}

#[test]
fn a_refusal_says_who_holds_the_lock_since_when_and_for_how_long_still() {
    let (clock, locks) = still();
    assert_eq!(kept_from(&locks, "one", Some(5 * SECOND)), None);
    clock.sleep(2 * SECOND);
    let by = kept_from(&locks, "other", None).expect("it is held");
    let process = std::process::id();
    let expected =
        LockHolder { expires_in: Some(3 * SECOND), waiters: Some(0), ..LockHolder::here(holder("one"), 2 * SECOND) };
    assert_eq!(by, expected);
    let error = timed_out(&key("A"), &holder("other"), Some(&by), Some(SECOND));
    let words = format!(
        "the lock for key `A` was not granted to `other` within 1.0 s: it is held by `one` (process {process} on {}, \
         for 2.0 s)",
        by.host.as_deref().expect("it is known"),
    );
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::LockTimeout, words));
}

#[test]
fn a_hold_timeout_frees_the_lock_to_the_instant() {
    let (clock, locks) = still();
    assert_eq!(kept_from(&locks, "one", Some(5 * SECOND)), None);
    clock.sleep(5 * SECOND - Duration::from_nanos(1));
    assert!(kept_from(&locks, "other", None).is_some());
    clock.sleep(Duration::from_nanos(1));
    assert_eq!(locks.is_locked(&key("A")).ok(), Some(false));
    assert_eq!(kept_from(&locks, "other", None), None);
    assert_eq!(kind(locks.release_lock(&key("A"), &holder("one"))), Some(ErrorKind::LeaseLost));
    assert_eq!(locks.is_lock_holder(&key("A"), &holder("other")).ok(), Some(true));
}

#[test]
fn a_holder_whose_time_is_over_is_told_so_when_it_gives_the_lock_back() {
    let (clock, locks) = still();
    assert_eq!(kept_from(&locks, "one", Some(SECOND)), None);
    clock.sleep(SECOND);
    assert_eq!(kind(locks.release_lock(&key("A"), &holder("one"))), Some(ErrorKind::LeaseLost));
}

#[test]
fn a_hold_timeout_beyond_all_time_is_for_ever() {
    let (clock, locks) = still();
    clock.sleep(SECOND);
    assert_eq!(kept_from(&locks, "one", Some(Duration::MAX)), None);
    assert_eq!(kept_from(&locks, "other", None).and_then(|by| by.expires_in), None);
}

#[test]
fn handles_share_the_locks_of_the_process_and_separate_ones_share_nothing() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let [one, other] = [(); 2].map(|()| MemoryLockManager::separate(Arc::clone(&clock)));
    assert_eq!(kept_from(&one, "one", None), None);
    assert_eq!(kept_from(&other, "other", None), None);
    assert_ne!(one.name(), other.name());
    assert_eq!(MemoryLockManager::new().name(), MemoryLockManager::default().name());
}

#[test]
fn sixteen_threads_have_the_lock_twenty_thousand_times_each_and_never_two_at_once() {
    let locks = MemoryLockManager::separate(Arc::new(SystemClock::new()));
    let contention = contend(&locks, &key("A"), 16, 20_000, 60 * SECOND).expect("memory does not fail");
    assert_eq!(contention, Contention { granted: 16 * 20_000, overlaps: 0 });
}

#[test]
fn a_lock_that_is_broken_is_free_and_its_holder_has_lost_it() {
    let (_, locks) = still();
    assert_eq!(kept_from(&locks, "one", None), None);
    let held = locks.locks().expect("memory does not fail");
    assert_eq!(held, [(key("A"), LockHolder { waiters: Some(0), ..LockHolder::here(holder("one"), Duration::ZERO) })]);
    let Attempt::Held { wake: Wake::Signal(waiter), .. } =
        locks.try_acquire(&key("A"), &holder("other"), None).expect("memory does not fail")
    else {
        panic!("it is held")
    };
    let broken = locks.break_lock(&key("A")).expect("memory does not fail").expect("it was held");
    assert_eq!((broken.holder, broken.waiters), (holder("one"), Some(1)));
    assert!(waiter.wait_timeout(Duration::ZERO).is_some());
    assert_eq!(kind(locks.release_lock(&key("A"), &holder("one"))), Some(ErrorKind::LeaseLost));
    assert_eq!(locks.break_lock(&key("A")).expect("memory does not fail"), None);
    assert_eq!(locks.locks().expect("memory does not fail"), []);
}
