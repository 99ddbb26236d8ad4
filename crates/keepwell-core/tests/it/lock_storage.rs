//! The lock manager that needs nothing but a result storage: the contract, dead holders, lost replies.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keepwell_core::ErrorKind;
use keepwell_core::clock::{self, Clock};
use keepwell_core::id::Holder;
use keepwell_core::lock::lease::{LeaseState, LeaseTerms};
use keepwell_core::lock::{Attempt, LockManager, StorageLockManager};
use keepwell_core::storage::{Durability, FileSystemStorage, MemoryStorage, ObjectName, ResultStorage};
use keepwell_testing::ManualClock;
use keepwell_testing::lock::{Parted, broken_clauses, broken_lease_clauses};
use keepwell_testing::storage::{FailingStorage, Failure};

use crate::transaction_fixture::key;

const SECOND: Duration = Duration::from_secs(1);
const LEASE: Duration = Duration::from_secs(3);
const NOW: Option<Duration> = Some(Duration::ZERO);

/// What one process has: a manager, and a clock that nobody else goes by.
fn process<S: ResultStorage + 'static>(storage: &Arc<S>) -> (Arc<ManualClock>, StorageLockManager) {
    let clock = Arc::new(ManualClock::default());
    let terms = LeaseTerms::of(LEASE).unwrap();
    (Arc::clone(&clock), StorageLockManager::with_terms(Arc::clone(storage) as _, terms, clock))
}

fn takes(locks: &StorageLockManager, holder: &str) -> bool {
    locks.acquire_lock(&key("A"), &Holder::new(holder), NOW, None).unwrap()
}

fn releases(locks: &StorageLockManager, holder: &str) -> Option<ErrorKind> {
    locks.release_lock(&key("A"), &Holder::new(holder)).err().map(|error| error.kind())
}

fn lock_object() -> ObjectName {
    ObjectName::Lock(key("A"))
}

#[test]
fn the_storage_lock_manager_keeps_the_contract_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let storages: [Arc<dyn ResultStorage>; 2] =
        [Arc::new(MemoryStorage::new()), Arc::new(FileSystemStorage::open(folder.path()).unwrap())];
    for storage in storages {
        let clock = Arc::clone(clock::of_process());
        let locks = StorageLockManager::with_terms(Arc::clone(&storage), LeaseTerms::default(), clock);
        assert_eq!(broken_clauses(&locks), Vec::<&str>::new(), "{storage:?}");
        assert_eq!(locks.locks().unwrap(), []);
    }
}

#[test]
fn a_lock_is_known_to_other_processes_and_says_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Arc::new(FileSystemStorage::open(folder.path()).unwrap());
    let ((_, one), (_, other)) = (process(&storage), process(&storage));
    assert!(takes(&one, "us, here"));
    let by = other.holder_of(&key("A")).unwrap().unwrap();
    assert_eq!((by.holder.as_str(), by.process, by.host.is_some()), ("us, here", std::process::id(), true));
    assert!(!takes(&other, "them") && !takes(&other, "us, here"));
    assert_eq!(releases(&other, "us, here"), Some(ErrorKind::LeaseLost));
    let text = std::fs::read_to_string(folder.path().join(".keepwell/locks/A")).unwrap();
    assert!(text.starts_with("keepwell lock 1\nnonce ") && text.ends_with("\nholder us%2C%20here\n"), "{text}");
    assert_eq!(releases(&one, "us, here"), None);
    assert!(takes(&other, "them"));
}

#[test]
fn the_lock_of_a_dead_holder_is_taken_over_after_a_lease_by_the_waiters_own_clock() {
    let storage = Arc::new(MemoryStorage::new());
    let (_, dead) = process(&storage);
    assert!(takes(&dead, "dead"));
    drop(dead);
    let (clock, locks) = process(&storage);
    // However long it has stood there: nobody has watched it.
    clock.advance(100 * LEASE);
    assert!(!takes(&locks, "waiter"));
    clock.advance(LEASE - Duration::from_millis(1));
    assert!(!takes(&locks, "waiter"));
    clock.advance(Duration::from_millis(1));
    assert!(takes(&locks, "waiter"));
    assert_eq!(releases(&locks, "waiter"), None);
}

#[test]
fn the_lock_of_a_process_that_is_known_to_be_gone_is_taken_over_at_once() {
    let mut gone = std::process::Command::new("true").spawn().unwrap();
    gone.wait().unwrap();
    let storage = Arc::new(MemoryStorage::new());
    let ((_, holder), (_, other)) = (process(&storage), process(&storage));
    assert!(takes(&holder, "gone"));
    let object = storage.get(&lock_object(), 1 << 20).unwrap().unwrap();
    let text = String::from_utf8(object.bytes.to_vec()).unwrap();
    let own = format!("\nprocess {}\n", std::process::id());
    let of_the_dead = text.replace(&own, &format!("\nprocess {}\n", gone.id()));
    let machine = text.lines().find_map(|line| line.strip_prefix("machine ")).unwrap();
    let put = |text: String| storage.put(&lock_object(), text.into(), Durability::None).unwrap();

    // Nobody knows what has become of a process elsewhere.
    put(of_the_dead.replace(machine, "0000000000000007"));
    assert!(!takes(&other, "other"));
    put(of_the_dead);
    assert!(!other.is_locked(&key("A")).unwrap());
    assert!(takes(&other, "other"));
}

#[test]
fn a_wait_outlasts_a_dead_holder() {
    let storage = Arc::new(MemoryStorage::new());
    let (_, dead) = process(&storage);
    assert!(takes(&dead, "dead"));
    drop(dead);
    let (clock, locks) = process(&storage);
    assert!(locks.acquire_lock(&key("A"), &Holder::new("waiter"), Some(60 * SECOND), None).unwrap());
    assert_eq!(clock.monotonic(), LEASE);
}

#[test]
fn a_lock_that_is_renewed_is_not_taken_over() {
    let storage = Arc::new(MemoryStorage::new());
    let ((clock, one), (watch, other)) = (process(&storage), process(&storage));
    assert!(takes(&one, "one"));
    let lease = one.lease_of(&key("A"), &Holder::new("one")).unwrap();
    for _ in 0..10 {
        clock.advance(SECOND);
        watch.advance(SECOND);
        assert_eq!(lease.beat(), LeaseState::Held);
        assert!(!takes(&other, "other"));
    }
    assert!(one.lease_of(&key("A"), &Holder::new("other")).is_none());
    assert_eq!(releases(&one, "one"), None);
    assert!(one.lease_of(&key("A"), &Holder::new("one")).is_none());
}

#[test]
fn a_holder_that_was_stopped_learns_at_its_next_heartbeat_that_another_has_the_lock() {
    let storage = Arc::new(MemoryStorage::new());
    let ((_, stopped), (watch, other)) = (process(&storage), process(&storage));
    assert!(takes(&stopped, "stopped"));
    let lease = stopped.lease_of(&key("A"), &Holder::new("stopped")).unwrap();
    assert!(!takes(&other, "other"));
    watch.advance(LEASE);
    assert!(takes(&other, "other"));
    // Its own clock has stood still.
    assert_eq!((lease.state(), lease.beat()), (LeaseState::Held, LeaseState::Lost));
    assert_eq!(releases(&stopped, "stopped"), Some(ErrorKind::LeaseLost));
    assert!(!takes(&stopped, "again"));
    assert_eq!(releases(&other, "other"), None);
}

#[test]
fn a_holder_that_was_too_late_takes_its_own_lock_out_of_the_way() {
    let storage = Arc::new(MemoryStorage::new());
    let ((clock, one), (_, other)) = (process(&storage), process(&storage));
    assert!(takes(&one, "one"));
    clock.advance(LEASE);
    assert_eq!(releases(&one, "one"), Some(ErrorKind::LeaseLost));
    assert!(takes(&other, "other"));
}

#[test]
fn breaking_a_lock_frees_it_at_once_and_tells_its_holder() {
    let storage = Arc::new(MemoryStorage::new());
    let ((_, one), (_, other)) = (process(&storage), process(&storage));
    assert_eq!(other.break_lock(&key("A")).unwrap(), None);
    assert!(takes(&one, "one"));
    let lease = one.lease_of(&key("A"), &Holder::new("one")).unwrap();
    assert_eq!(other.break_lock(&key("A")).unwrap().map(|by| by.holder), Some(Holder::new("one")));
    assert!(takes(&other, "other"));
    assert_eq!(lease.beat(), LeaseState::Lost);
    assert_eq!(releases(&one, "one"), Some(ErrorKind::LeaseLost));
    // One's own is told at once.
    let lease = other.lease_of(&key("A"), &Holder::new("other")).unwrap();
    assert_eq!(other.break_lock(&key("A")).unwrap().map(|by| by.holder), Some(Holder::new("other")));
    assert_eq!(lease.state(), LeaseState::Lost);
}

#[test]
fn an_object_that_is_no_lock_is_watched_and_then_written_over() {
    let storage = Arc::new(MemoryStorage::new());
    storage.put(&lock_object(), Bytes::from_static(b"\xff"), Durability::None).unwrap();
    let (clock, locks) = process(&storage);
    let Attempt::Held { by, .. } = locks.try_acquire(&key("A"), &Holder::new("one"), None).unwrap() else {
        panic!("it is there")
    };
    assert_eq!(by.to_string(), "`somebody` (for 0.0 s)");
    clock.advance(LEASE);
    assert!(takes(&locks, "one"));
}

/// Whatever becomes of one operation's reply: the lock is never two holders', nothing is removed that another has, and
/// in the end it is free within a lease.
#[test]
fn a_lost_reply_at_any_operation_breaks_nothing() {
    for failure in [Failure::Unavailable, Failure::UnknownBefore, Failure::UnknownAfter] {
        for nth in 1..=8 {
            let storage = Arc::new(FailingStorage::new(MemoryStorage::new()));
            let ((clock, one), (watch, other)) = (process(&storage), process(&storage));
            storage.fail(nth, failure);
            let granted = one.acquire_lock(&key("A"), &Holder::new("one"), Some(SECOND), None);
            let lease = one.lease_of(&key("A"), &Holder::new("one"));
            assert_eq!(granted.is_ok_and(|granted| granted), lease.is_some(), "{failure:?} {nth}");
            if let Some(lease) = lease {
                for _ in 0..2 {
                    clock.advance(SECOND / 2);
                    assert_eq!(lease.beat(), LeaseState::Held, "{failure:?} {nth}");
                }
                let kept_out = other.try_acquire(&key("A"), &Holder::new("other"), None).unwrap();
                assert!(!matches!(kept_out, Attempt::Granted), "{failure:?} {nth}");
                let released = one.release_lock(&key("A"), &Holder::new("one"));
                if released.is_ok() {
                    assert!(storage.inner().get(&lock_object(), 1 << 20).unwrap().is_none(), "{failure:?} {nth}");
                }
            }
            // The failure may be this one's.
            let _ = other.try_acquire(&key("A"), &Holder::new("other"), None);
            watch.advance(LEASE);
            assert!(takes(&other, "other"), "{failure:?} {nth}");
            assert_eq!(one.release_lock(&key("A"), &Holder::new("one")).unwrap_err().kind(), ErrorKind::LeaseLost);
            assert!(!takes(&one, "one"), "{failure:?} {nth}");
        }
    }
}

#[test]
fn a_storage_that_does_not_answer_is_waited_for_until_the_deadline() {
    let storage = Arc::new(FailingStorage::new(MemoryStorage::new()));
    let (_, locks) = process(&storage);
    storage.fail(1, Failure::Unavailable);
    assert!(locks.acquire_lock(&key("A"), &Holder::new("one"), Some(SECOND), None).unwrap());
    let (_, other) = process(&storage);
    storage.fail(1, Failure::Unavailable);
    let attempt = other.try_acquire(&key("A"), &Holder::new("other"), None).unwrap();
    assert!(matches!(attempt, Attempt::Unreachable { .. }), "{attempt:?}");
}

/// The managers of two processes in one storage, whose way to it can be cut.
struct InOneStorage {
    storage: Arc<FailingStorage<MemoryStorage>>,
    one: StorageLockManager,
    other: StorageLockManager,
}

impl Parted for InOneStorage {
    fn one(&self) -> &dyn LockManager {
        &self.one
    }

    fn other(&self) -> &dyn LockManager {
        &self.other
    }

    fn cut_off(&self, is_cut_off: bool) {
        self.storage.fail_on(is_cut_off.then_some(Failure::Unavailable));
    }
}

#[test]
fn the_storage_lock_manager_keeps_the_contract_of_leases() {
    let storage = Arc::new(FailingStorage::new(MemoryStorage::new()));
    let terms = LeaseTerms::of(SECOND).unwrap();
    let manager = || StorageLockManager::with_terms(Arc::clone(&storage) as _, terms, Arc::clone(clock::of_process()));
    let managers = InOneStorage { one: manager(), other: manager(), storage: Arc::clone(&storage) };
    assert_eq!(broken_lease_clauses(&managers), Vec::<&str>::new());
}
