//! The contract of [`LockManager`], clause by clause.

use std::thread;
use std::time::Duration;

use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{Attempt, LockManager};
use keepwell_core::{Error, ErrorKind};

use super::{Contention, contend};

/// The clauses that `manager` breaks, in words; none if it keeps the contract.
///
/// Takes a few seconds at most, for a manager that breaks them all. The manager's clock must run by itself. Locks are
/// taken for keys that begin with `conformance/`; those of a broken clause may be left held.
pub fn broken_clauses(manager: &dyn LockManager) -> Vec<&'static str> {
    let broken = CLAUSES.iter().filter(|(_, holds)| !matches!(holds(manager), Ok(true)));
    broken.map(|(clause, _)| *clause).collect()
}

type Clause = (&'static str, fn(&dyn LockManager) -> Result<bool, Error>);

const CLAUSES: [Clause; 13] = [
    ("a free lock is granted, and its holder is known", granted),
    ("a lock is granted to one holder at a time, and a refusal names the holder", exclusive),
    ("a lock that was given back is free", given_back),
    ("a deadline of zero does not wait", zero_deadline),
    ("a wait ends at its deadline", deadline),
    ("only the holder gives a lock back", only_the_holder),
    ("a lock that nobody holds cannot be given back", nobody),
    ("a holder is granted its lock again, and one release gives it back", again),
    ("a lock is free once its hold timeout has passed, and its holder has lost it", hold_timeout),
    ("distinct keys never share a lock", distinct_keys),
    ("waiting for a lock does not take it", waiting),
    ("a waiter is woken by the release", woken),
    ("no two holders have a lock at once, and nobody waits in vain", contention),
];

const SHORT: Duration = Duration::from_millis(60);
/// Longer than anything here takes unless it is broken.
const LONG: Duration = Duration::from_secs(2);

fn key(clause: &str) -> CacheKey {
    CacheKey::new(format!("conformance/{clause}")).expect("it is not empty")
}

fn one() -> Holder {
    Holder::new("one")
}

fn other() -> Holder {
    Holder::new("other")
}

fn takes(manager: &dyn LockManager, key: &CacheKey, holder: &Holder) -> Result<bool, Error> {
    manager.acquire_lock(key, holder, Some(Duration::ZERO), None)
}

fn loses(result: Result<(), Error>) -> bool {
    result.is_err_and(|error| error.kind() == ErrorKind::LeaseLost)
}

/// How long `wait` takes, and what it comes to.
fn timed<T>(manager: &dyn LockManager, wait: impl FnOnce() -> T) -> (Duration, T) {
    let start = manager.clock().monotonic();
    let result = wait();
    (manager.clock().monotonic().saturating_sub(start), result)
}

fn granted(manager: &dyn LockManager) -> Result<bool, Error> {
    let key = key("granted");
    let before = manager.holder_of(&key)?;
    let granted = takes(manager, &key, &one())?;
    let held = manager.is_locked(&key)? && manager.is_lock_holder(&key, &one())?;
    let strange = manager.is_lock_holder(&key, &other())?;
    manager.release_lock(&key, &one())?;
    Ok(before.is_none() && granted && held && !strange)
}

fn exclusive(manager: &dyn LockManager) -> Result<bool, Error> {
    let key = key("exclusive");
    takes(manager, &key, &one())?;
    let refused = match manager.try_acquire(&key, &other(), None)? {
        Attempt::Granted | Attempt::Unreachable { .. } => false,
        Attempt::Held { by, wake: _ } => by.holder == one(),
    };
    manager.release_lock(&key, &one())?;
    Ok(refused)
}

fn given_back(manager: &dyn LockManager) -> Result<bool, Error> {
    let key = key("given back");
    takes(manager, &key, &one())?;
    manager.release_lock(&key, &one())?;
    let free = !manager.is_locked(&key)?;
    let granted = takes(manager, &key, &other())?;
    manager.release_lock(&key, &other())?;
    Ok(free && granted)
}

fn zero_deadline(manager: &dyn LockManager) -> Result<bool, Error> {
    let key = key("zero deadline");
    takes(manager, &key, &one())?;
    let (took, granted) = timed(manager, || takes(manager, &key, &other()));
    manager.release_lock(&key, &one())?;
    Ok(!granted? && took < SHORT)
}

fn deadline(manager: &dyn LockManager) -> Result<bool, Error> {
    let key = key("deadline");
    takes(manager, &key, &one())?;
    let (took, granted) = timed(manager, || manager.acquire_lock(&key, &other(), Some(SHORT), None));
    manager.release_lock(&key, &one())?;
    Ok(!granted? && took >= SHORT && took < LONG)
}

fn only_the_holder(manager: &dyn LockManager) -> Result<bool, Error> {
    let key = key("only the holder");
    takes(manager, &key, &one())?;
    let refused = loses(manager.release_lock(&key, &other()));
    let held = manager.is_lock_holder(&key, &one())?;
    manager.release_lock(&key, &one())?;
    Ok(refused && held)
}

fn nobody(manager: &dyn LockManager) -> Result<bool, Error> {
    Ok(loses(manager.release_lock(&key("nobody"), &one())))
}

fn again(manager: &dyn LockManager) -> Result<bool, Error> {
    let key = key("again");
    let granted = takes(manager, &key, &one())? && takes(manager, &key, &one())?;
    manager.release_lock(&key, &one())?;
    Ok(granted && !manager.is_locked(&key)?)
}

fn hold_timeout(manager: &dyn LockManager) -> Result<bool, Error> {
    let key = key("hold timeout");
    manager.acquire_lock(&key, &one(), None, Some(SHORT))?;
    let (took, granted) = timed(manager, || manager.acquire_lock(&key, &other(), Some(LONG), None));
    let lost = loses(manager.release_lock(&key, &one()));
    let held = manager.is_lock_holder(&key, &other())?;
    manager.release_lock(&key, &other())?;
    // The manager's own time-keeping may be coarser than the clock's.
    Ok(granted? && lost && held && took >= SHORT / 2 && took < LONG)
}

fn distinct_keys(manager: &dyn LockManager) -> Result<bool, Error> {
    let long = "x".repeat(10 * 1024);
    let texts =
        ["report.v1", "report.v2", "report", "a/b", "a", "A", " a", "é", "e\u{301}", "..", "%2e", "a\nb", &long];
    let keys: Vec<CacheKey> = texts.iter().map(|text| key(text)).chain([key(&format!("{long}y"))]).collect();
    let mut granted = true;
    for (number, key) in keys.iter().enumerate() {
        granted &= takes(manager, key, &Holder::new(number.to_string()))?;
    }
    for (number, key) in keys.iter().enumerate() {
        manager.release_lock(key, &Holder::new(number.to_string()))?;
    }
    Ok(granted)
}

fn waiting(manager: &dyn LockManager) -> Result<bool, Error> {
    let key = key("waiting");
    let free = manager.wait_for_lock(&key, Some(SHORT))? && !manager.is_locked(&key)?;
    takes(manager, &key, &one())?;
    let held = !manager.wait_for_lock(&key, Some(Duration::ZERO))? && !manager.wait_for_lock(&key, Some(SHORT))?;
    let still = manager.is_lock_holder(&key, &one())?;
    manager.release_lock(&key, &one())?;
    Ok(free && held && still)
}

fn woken(manager: &dyn LockManager) -> Result<bool, Error> {
    let (wanted, watched) = (key("woken, to take"), key("woken, to watch"));
    takes(manager, &wanted, &one())?;
    takes(manager, &watched, &one())?;
    thread::scope(|scope| {
        let takes = scope.spawn(|| manager.acquire_lock(&wanted, &other(), Some(LONG), None));
        let waits = scope.spawn(|| manager.wait_for_lock(&watched, Some(LONG)));
        manager.clock().sleep(SHORT);
        manager.release_lock(&wanted, &one())?;
        manager.release_lock(&watched, &one())?;
        let (took, woken) = timed(manager, || [takes, waits].map(|thread| thread.join().expect("no wait panics")));
        manager.release_lock(&wanted, &other())?;
        let [granted, free] = woken;
        Ok(granted? && free? && took < LONG / 2)
    })
}

fn contention(manager: &dyn LockManager) -> Result<bool, Error> {
    let (threads, times) = (8, 100);
    let contention = contend(manager, &key("contention"), threads, times, LONG)?;
    Ok(contention == Contention { granted: threads * times, overlaps: 0 })
}
