//! Locks that are leases, in Redis and in the result storage: they can be taken away, and their holder finds out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keepwell_core::clock;
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::lease::{LeaseState, LeaseTerms};
use keepwell_core::lock::{LockManager, StorageLockManager};
use keepwell_core::storage::FileSystemStorage;
use keepwell_redis::{RedisLockManager, RedisOptions};

use crate::fixture::Fixture;
use crate::redis_server::RedisServer;

const SECOND: Duration = Duration::from_secs(1);

fn terms() -> LeaseTerms {
    LeaseTerms::of(SECOND).unwrap()
}

/// Has `manager` hold a lock, looks at it through the program, and takes it away.
fn check(manager: &dyn LockManager, fixture: &Fixture, place: &str) {
    let (key, holder) = (CacheKey::new("report").unwrap(), Holder::new("one"));
    let none = fixture.run(&format!("locks ls {place}"));
    assert!(none.starts_with("[0]\nNo locks are held: "), "{none}");
    assert!(manager.acquire_lock(&key, &holder, Some(SECOND), None).unwrap());
    let listed = fixture.run(&format!("locks ls {place}"));
    let row: Vec<_> = listed.lines().nth(2).unwrap().split_whitespace().collect();
    let host = rustix::system::uname().nodename().to_str().unwrap().to_owned();
    assert_eq!(row[..4], ["report", "one", &host, &std::process::id().to_string()], "{listed}");
    let refused = fixture.run(&format!("locks break report {place}"));
    assert!(refused.starts_with("[1]\n! error: not confirmed"), "{refused}");
    assert!(manager.is_lock_holder(&key, &holder).unwrap());

    let lease = manager.lease_of(&key, &holder).unwrap();
    let broken = fixture.run(&format!("locks break rep --yes {place}"));
    let from = format!("[0]\nTook the lock for 'report' from `one` (process {} on {host}, for ", std::process::id());
    assert!(broken.starts_with(&from), "{broken}");
    let start = Instant::now();
    while lease.state() != LeaseState::Lost {
        assert!(start.elapsed() < 2 * SECOND, "its holder finds out at its next heartbeat");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(fixture.run(&format!("locks ls {place}")).starts_with("[0]\nNo locks are held: "));
    let again = fixture.run(&format!("locks break report --yes {place}"));
    assert!(again.starts_with("[1]\n! error: no key begins with 'report'\n"), "{again}");
}

#[test]
fn a_lock_in_the_result_storage_is_seen_and_taken_away() {
    let fixture = Fixture::new();
    let storage = Arc::new(FileSystemStorage::open(fixture.path("home/storage")).unwrap());
    let manager = StorageLockManager::with_terms(storage, terms(), Arc::clone(clock::of_process()));
    check(&manager, &fixture, "");
    let place = format!("--locks storage --storage {}", fixture.path("home/storage").display());
    assert!(fixture.run(&format!("locks ls {place}")).starts_with("[0]\nNo locks are held: "));
}

#[test]
fn a_lock_in_redis_is_seen_and_taken_away() {
    let (fixture, server) = (Fixture::new(), RedisServer::start(&[]));
    let options = RedisOptions::of_url(&server.url()).unwrap();
    let manager = RedisLockManager::new(options).with_terms(terms());
    check(&manager, &fixture, &format!("--locks {}", server.url()));
}

#[test]
fn a_place_without_locks_is_refused() {
    let fixture = Fixture::new();
    let refused = fixture.run("locks ls --locks amqp://me:secret@host");
    assert_eq!(refused, "[1]\n! error: locks at `amqp://` are not known here\n");
    let refused = fixture.run("locks ls --locks folder --storage other");
    assert!(refused.starts_with("[1]\n! error: `--storage` names where locks are only with"), "{refused}");
    let refused = fixture.run("locks ls --locks redis://:secret@127.0.0.1:1");
    assert!(
        refused.starts_with("[1]\n! error: the Redis server at redis://127.0.0.1:1/0 cannot be asked"),
        "{refused}"
    );
    assert!(!refused.contains("secret"), "{refused}");
}
