//! The contract of lock managers whose locks end with a lease, clause by clause.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use event_listener::Listener;
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::LockManager;
use keepwell_core::lock::lease::{Lease, LeaseState};
use keepwell_core::{Error, ErrorKind};

/// Two lock managers of the same locks, each as if it were in a process of its own, and the one's way to the locks.
pub trait Parted: Sync {
    /// The lock manager whose leases are tried.
    fn one(&self) -> &dyn LockManager;

    /// One that shares nothing with the first but where the locks are.
    fn other(&self) -> &dyn LockManager;

    /// Cuts the first off from where the locks are, or ends that. The other may be cut off, too.
    fn cut_off(&self, is_cut_off: bool);
}

/// The clauses about leases that the managers break, in words; none if they keep the contract.
///
/// Takes about twelve times as long as a lease, which is best a short one. Both clocks must run by themselves. Locks are taken
/// for keys that begin with `leases/`; those of a broken clause may be left held.
pub fn broken_lease_clauses(managers: &dyn Parted) -> Vec<&'static str> {
    let broken = CLAUSES.iter().filter(|(_, holds)| {
        let holds = matches!(holds(managers), Ok(true));
        managers.cut_off(false);
        !holds
    });
    broken.map(|(clause, _)| *clause).collect()
}

type Clause = (&'static str, fn(&dyn Parted) -> Result<bool, Error>);

const CLAUSES: [Clause; 8] = [
    ("only its holder has the lease of a lock, and it ends with the lock", has_lease),
    ("a lease that is renewed outlasts itself", renewed),
    ("a lease that cannot be renewed is in danger, then lost in time, and stays lost", lost),
    ("a lock whose lease is over is taken over by exactly one", taken_over),
    ("who has lost a lock does not give back another's", not_given_back),
    ("nobody but the holder gives a lock back", only_the_holder),
    ("a lock that is broken is free, and its holder learns it within a heartbeat", broken),
    ("waiting for a lock takes none, and keeps none", waiting),
];

/// What a busy machine may add to any wait.
const SLACK: Duration = Duration::from_millis(700);
/// How often a state is looked at.
const GLANCE: Duration = Duration::from_millis(5);
const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

fn key(clause: &str) -> CacheKey {
    CacheKey::new(format!("leases/{clause}")).expect("it is not empty")
}

fn holder() -> Holder {
    Holder::new("holder")
}

fn other() -> Holder {
    Holder::new("other")
}

fn is_refused(released: Result<(), Error>) -> bool {
    released.is_err_and(|error| error.kind() == ErrorKind::LeaseLost)
}

/// The lease of the lock that the first manager is granted; `None` if it is granted none.
fn lease_of(managers: &dyn Parted, key: &CacheKey) -> Result<Option<Arc<Lease>>, Error> {
    let granted = managers.one().acquire_lock(key, &holder(), AT_ONCE, None)?;
    Ok(managers.one().lease_of(key, &holder()).filter(|_| granted))
}

fn has_lease(managers: &dyn Parted) -> Result<bool, Error> {
    let (one, key) = (managers.one(), key("has lease"));
    let none = one.lease_of(&key, &holder()).is_none();
    let Some(lease) = lease_of(managers, &key)? else { return Ok(false) };
    let strangers = [one.lease_of(&key, &other()), managers.other().lease_of(&key, &holder())];
    let held = lease.state() == LeaseState::Held;
    one.release_lock(&key, &holder())?;
    Ok(none && held && strangers.iter().all(Option::is_none) && one.lease_of(&key, &holder()).is_none())
}

fn renewed(managers: &dyn Parted) -> Result<bool, Error> {
    let key = key("renewed");
    let Some(lease) = lease_of(managers, &key)? else { return Ok(false) };
    let taken = managers.other().acquire_lock(&key, &other(), Some(2 * lease.terms().lease()), None)?;
    let held = lease.state() != LeaseState::Lost;
    managers.one().release_lock(&key, &holder())?;
    Ok(!taken && held)
}

fn lost(managers: &dyn Parted) -> Result<bool, Error> {
    let (clock, key) = (managers.one().clock(), key("lost"));
    let Some(lease) = lease_of(managers, &key)? else { return Ok(false) };
    let listener = lease.lost();
    managers.cut_off(true);
    let (cut_off, length) = (clock.monotonic(), lease.terms().lease());
    let mut states = vec![lease.state()];
    while states.last() != Some(&LeaseState::Lost) && clock.monotonic() - cut_off < 2 * length + SLACK {
        clock.sleep(GLANCE);
        let state = lease.state();
        if states.last() != Some(&state) {
            states.push(state);
        }
    }
    let took = clock.monotonic() - cut_off;
    let told = listener.wait_timeout(SLACK).is_some();
    managers.cut_off(false);
    clock.sleep(lease.terms().heartbeat());
    let final_state = lease.state();
    // It had been renewed a heartbeat before it was cut off, at the earliest.
    let in_time = took + lease.terms().heartbeat() + SLACK >= length && took <= length + SLACK;
    let expected = [LeaseState::Held, LeaseState::Danger, LeaseState::Lost];
    Ok(states == expected && told && in_time && final_state == LeaseState::Lost)
}

/// Has the first manager lose its lock for lack of renewals, and says how long it lasts.
fn lose(managers: &dyn Parted, key: &CacheKey) -> Result<Option<Duration>, Error> {
    let Some(lease) = lease_of(managers, key)? else { return Ok(None) };
    let length = lease.terms().lease();
    managers.cut_off(true);
    let told = lease.lost().wait_timeout(2 * length + SLACK).is_some();
    managers.cut_off(false);
    Ok(told.then_some(length))
}

fn taken_over(managers: &dyn Parted) -> Result<bool, Error> {
    let (manager, key) = (managers.other(), key("taken over"));
    let Some(lease) = lose(managers, &key)? else { return Ok(false) };
    let granted = thread::scope(|scope| {
        let takes = |number: usize| {
            let (key, holder) = (&key, Holder::new(format!("heir {number}")));
            scope.spawn(move || manager.acquire_lock(key, &holder, Some(2 * lease), None))
        };
        let heirs: Vec<_> = (0..8).map(takes).collect();
        heirs.into_iter().map(|heir| heir.join().expect("no wait panics")).collect::<Result<Vec<bool>, Error>>()
    })?;
    let heirs: Vec<usize> = (0..granted.len()).filter(|number| granted[*number]).collect();
    heirs.iter().try_for_each(|number| manager.release_lock(&key, &Holder::new(format!("heir {number}"))))?;
    Ok(heirs.len() == 1)
}

fn not_given_back(managers: &dyn Parted) -> Result<bool, Error> {
    let (manager, key) = (managers.other(), key("not given back"));
    let Some(lease) = lose(managers, &key)? else { return Ok(false) };
    let taken = manager.acquire_lock(&key, &holder(), Some(2 * lease), None)?;
    let refused = is_refused(managers.one().release_lock(&key, &holder()));
    let held = !managers.one().acquire_lock(&key, &other(), AT_ONCE, None)?;
    manager.release_lock(&key, &holder())?;
    Ok(taken && refused && held)
}

fn only_the_holder(managers: &dyn Parted) -> Result<bool, Error> {
    let key = key("only the holder");
    let Some(lease) = lease_of(managers, &key)? else { return Ok(false) };
    let refused = [
        is_refused(managers.other().release_lock(&key, &holder())),
        is_refused(managers.one().release_lock(&key, &other())),
    ];
    let held = lease.beat() == LeaseState::Held && managers.other().is_locked(&key)?;
    managers.one().release_lock(&key, &holder())?;
    Ok(refused == [true, true] && held)
}

fn broken(managers: &dyn Parted) -> Result<bool, Error> {
    let (manager, key) = (managers.other(), key("broken"));
    let Some(lease) = lease_of(managers, &key)? else { return Ok(false) };
    let listener = lease.lost();
    let from = manager.break_lock(&key)?.is_some_and(|by| by.holder == holder());
    let taken = manager.acquire_lock(&key, &other(), AT_ONCE, None)?;
    let told = listener.wait_timeout(lease.terms().heartbeat() + SLACK.min(lease.terms().heartbeat())).is_some();
    let refused = is_refused(managers.one().release_lock(&key, &holder()));
    let held = manager.is_lock_holder(&key, &other())?;
    manager.release_lock(&key, &other())?;
    Ok(from && taken && told && refused && held && manager.break_lock(&key)?.is_none())
}

fn waiting(managers: &dyn Parted) -> Result<bool, Error> {
    let (manager, key) = (managers.other(), key("waiting"));
    let Some(lease) = lease_of(managers, &key)? else { return Ok(false) };
    let held = !manager.wait_for_lock(&key, Some(lease.terms().heartbeat()))?;
    managers.one().release_lock(&key, &holder())?;
    let free = manager.wait_for_lock(&key, Some(lease.terms().lease()))?;
    let not_taken = !manager.is_locked(&key)? && managers.one().acquire_lock(&key, &holder(), AT_ONCE, None)?;
    managers.one().release_lock(&key, &holder())?;
    Ok(held && free && not_taken)
}
