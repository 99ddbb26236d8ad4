//! How long a lock is held: as long as its holder lives, and as long as the server remembers it.

use std::time::Duration;

use event_listener::Listener;
use keepwell_core::ErrorKind;
use keepwell_core::lock::LockManager;
use keepwell_core::lock::lease::LeaseState;
use keepwell_redis::RedisLockManager;
use keepwell_testing::lock::{Parted, broken_lease_clauses};

use crate::server::{MS, SECOND, SLACK, Server, holder, key, timed};

#[test]
fn a_lock_is_renewed_while_it_is_held() {
    let server = Server::start();
    let [manager, stranger] = [server.manager(), server.stranger()];
    assert!(manager.acquire_lock(&key("k"), &holder("me"), None, None).unwrap());
    let (waited, granted) = timed(|| stranger.acquire_lock(&key("k"), &holder("other"), Some(3 * SECOND), None));
    assert!(!granted.unwrap());
    assert!((3 * SECOND..3 * SECOND + SLACK).contains(&waited), "{waited:?}");
    assert_eq!(manager.lease_of(&key("k"), &holder("me")).unwrap().state(), LeaseState::Held);
    manager.release_lock(&key("k"), &holder("me")).unwrap();
    assert!(manager.lease_of(&key("k"), &holder("me")).is_none());
}

#[test]
fn a_lock_whose_holder_is_dead_is_free_when_its_lease_has_run_out() {
    let server = Server::start();
    server.ask::<()>(&["HSET", "keepwell:lock:k", "nonce", "n", "holder", "dead", "host", "far", "process", "7"]);
    server.ask::<()>(&["PEXPIRE", "keepwell:lock:k", "800"]);
    let manager = server.manager();
    let by = manager.holder_of(&key("k")).unwrap().unwrap();
    assert_eq!((by.holder, by.host.as_deref(), by.process), (holder("dead"), Some("far"), 7));
    let (waited, granted) = timed(|| manager.acquire_lock(&key("k"), &holder("me"), Some(10 * SECOND), None));
    assert!(granted.unwrap());
    assert!((500 * MS..800 * MS + SLACK).contains(&waited), "{waited:?}");
}

#[test]
fn a_hold_timeout_longer_than_the_lease_is_kept_to() {
    let server = Server::start();
    let [manager, stranger] = [server.manager(), server.stranger()];
    assert!(manager.acquire_lock(&key("k"), &holder("me"), None, Some(2500 * MS)).unwrap());
    let (waited, granted) = timed(|| stranger.acquire_lock(&key("k"), &holder("other"), Some(10 * SECOND), None));
    assert!(granted.unwrap());
    assert!((2300 * MS..2500 * MS + SLACK).contains(&waited), "{waited:?}");
    assert_eq!(manager.release_lock(&key("k"), &holder("me")).unwrap_err().kind(), ErrorKind::LeaseLost);
}

#[test]
fn a_holder_learns_within_a_heartbeat_that_the_server_has_forgotten_its_lock() {
    let server = Server::start();
    let [manager, stranger] = [server.manager(), server.stranger()];
    assert!(manager.acquire_lock(&key("k"), &holder("me"), None, None).unwrap());
    let lease = manager.lease_of(&key("k"), &holder("me")).unwrap();
    server.ask::<()>(&["FLUSHALL"]);
    let (waited, ()) = timed(|| lease.lost().wait());
    assert!(waited < SECOND / 3 + SLACK, "{waited:?}");
    assert!(stranger.acquire_lock(&key("k"), &holder("other"), Some(Duration::ZERO), None).unwrap());
    assert_eq!(manager.release_lock(&key("k"), &holder("me")).unwrap_err().kind(), ErrorKind::LeaseLost);
    assert!(stranger.is_lock_holder(&key("k"), &holder("other")).unwrap());
}

#[test]
fn a_lock_that_was_forgotten_and_taken_anew_is_not_given_back_by_its_former_holder() {
    let server = Server::start();
    let [manager, stranger] = [server.manager(), server.stranger()];
    assert!(manager.acquire_lock(&key("k"), &holder("me"), None, None).unwrap());
    server.ask::<()>(&["FLUSHALL"]);
    assert!(stranger.acquire_lock(&key("k"), &holder("me"), Some(Duration::ZERO), None).unwrap());
    assert_eq!(manager.release_lock(&key("k"), &holder("me")).unwrap_err().kind(), ErrorKind::LeaseLost);
    assert!(stranger.is_locked(&key("k")).unwrap());
    stranger.release_lock(&key("k"), &holder("me")).unwrap();
}

/// The managers of two processes, and a server that can be had stand still.
struct AtOneServer {
    server: Server,
    one: RedisLockManager,
    other: RedisLockManager,
}

impl Parted for AtOneServer {
    fn one(&self) -> &dyn LockManager {
        &self.one
    }

    fn other(&self) -> &dyn LockManager {
        &self.other
    }

    fn cut_off(&self, is_cut_off: bool) {
        if is_cut_off { self.server.stop() } else { self.server.go_on() }
    }
}

#[test]
fn the_lock_manager_keeps_the_contract_of_leases() {
    let server = Server::start();
    let managers = AtOneServer { one: server.manager(), other: server.stranger(), server };
    assert_eq!(broken_lease_clauses(&managers), Vec::<&str>::new());
}
