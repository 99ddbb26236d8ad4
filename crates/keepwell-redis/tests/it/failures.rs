//! A server that refuses, is away, stands still, is full, or has been put in another's place.

use std::error::Error as _;
use std::net::TcpListener;
use std::time::Duration;

use event_listener::Listener;
use keepwell_core::lock::lease::LeaseState;
use keepwell_core::lock::{Attempt, LockManager};
use keepwell_core::{Error, ErrorKind};
use keepwell_redis::{RedisLockManager, RedisOptions};

use crate::server::{MS, SECOND, SLACK, Server, holder, key, shortest_terms, timed};

fn acquire(manager: &RedisLockManager, timeout: Duration) -> (Duration, Result<bool, Error>) {
    timed(|| manager.acquire_lock(&key("k"), &holder("me"), Some(timeout), None))
}

/// That a wait with this deadline ends there, and what it says then.
fn times_out(manager: &RedisLockManager, timeout: Duration) -> String {
    let (waited, outcome) = acquire(manager, timeout);
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout);
    assert!((timeout..timeout + SLACK).contains(&waited), "{waited:?}");
    error.report()
}

#[test]
fn a_wrong_password_is_an_error_at_once() {
    let server = Server::start_with(&["--requirepass", "right"]);
    for options in [server.options(), server.options().password("wrong")] {
        let (waited, outcome) = acquire(&RedisLockManager::new(options), 10 * SECOND);
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert_eq!(error.hint(), Some("check the user name and the password"), "{}", error.report());
        assert!(waited < SLACK, "{waited:?}");
    }
    assert!(acquire(&RedisLockManager::new(server.options().password("right")), SECOND).1.unwrap());
}

#[test]
fn a_server_that_is_away_is_waited_for_until_the_deadline() {
    let mut server = Server::start();
    server.kill();
    let report = times_out(&server.manager(), 600 * MS);
    assert!(report.contains("the lock manager could not be asked within 0.6 s"), "{report}");
    assert!(report.contains("Connection refused"), "{report}");
    let manager = server.manager();
    let waits = std::thread::spawn(move || acquire(&manager, 10 * SECOND));
    std::thread::sleep(500 * MS);
    server.restart();
    let (waited, granted) = waits.join().unwrap();
    assert!(granted.unwrap());
    assert!(waited < SECOND + SLACK, "{waited:?}");
}

#[test]
fn a_connection_that_leads_nowhere_blocks_nobody_beyond_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let manager = RedisLockManager::new(RedisOptions::new("127.0.0.1", port)).with_terms(shortest_terms());
    for timeout in [200 * MS, 3 * SECOND] {
        let report = times_out(&manager, timeout);
        assert!(report.contains("no answer"), "{report}");
    }
    let (waited, attempt) = timed(|| manager.try_acquire(&key("k"), &holder("me"), None));
    assert!(matches!(attempt.unwrap(), Attempt::Unreachable { .. }));
    assert!(waited < 2 * SECOND + SLACK, "{waited:?}");
    let (waited, outcome) = timed(|| manager.wait_for_lock(&key("k"), Some(300 * MS)));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::LockTimeout);
    assert!(waited < 300 * MS + SLACK, "{waited:?}");
}

#[test]
fn a_server_that_stands_still_costs_its_locks_and_is_asked_again_when_it_goes_on() {
    let server = Server::start();
    let manager = server.manager();
    assert!(acquire(&manager, SECOND).1.unwrap());
    let lease = manager.lease_of(&key("k"), &holder("me")).unwrap();
    server.stop();
    let report = times_out(&server.stranger(), 500 * MS);
    assert!(report.contains("no answer"), "{report}");
    let (waited, ()) = timed(|| lease.lost().wait());
    assert!(waited < SECOND + SLACK, "{waited:?}");
    let (waited, released) = timed(|| manager.release_lock(&key("k"), &holder("me")));
    assert_eq!(released.unwrap_err().kind(), ErrorKind::LeaseLost);
    assert!(waited < SLACK, "{waited:?}");
    server.go_on();
    let (waited, granted) = acquire(&server.stranger(), 10 * SECOND);
    assert!(granted.unwrap());
    assert!(waited < 2 * SECOND + SLACK, "{waited:?}");
}

#[test]
fn a_server_that_is_killed_and_started_empty_grants_again_and_the_former_holder_has_lost() {
    let mut server = Server::start();
    let manager = server.manager();
    assert!(acquire(&manager, SECOND).1.unwrap());
    let lease = manager.lease_of(&key("k"), &holder("me")).unwrap();
    server.kill();
    server.restart();
    assert!(acquire(&server.stranger(), 10 * SECOND).1.unwrap());
    lease.lost().wait();
    assert_eq!(lease.state(), LeaseState::Lost);
    assert_eq!(manager.release_lock(&key("k"), &holder("me")).unwrap_err().kind(), ErrorKind::LeaseLost);
}

#[test]
fn connections_that_are_closed_cost_nothing() {
    let server = Server::start();
    let manager = server.manager();
    for _ in 0..20 {
        assert!(acquire(&manager, Duration::ZERO).1.unwrap());
        server.ask::<u32>(&["CLIENT", "KILL", "TYPE", "normal"]);
        manager.release_lock(&key("k"), &holder("me")).unwrap();
        server.ask::<u32>(&["CLIENT", "KILL", "TYPE", "normal"]);
    }
}

#[test]
fn a_server_that_is_full_grants_nothing_and_takes_locks_back() {
    let server = Server::start();
    let manager = server.manager();
    assert!(manager.acquire_lock(&key("held"), &holder("me"), None, None).unwrap());
    server.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    let report = times_out(&manager, 400 * MS);
    assert!(report.contains("OOM"), "{report}");
    std::thread::sleep(SECOND);
    assert_eq!(manager.lease_of(&key("held"), &holder("me")).unwrap().state(), LeaseState::Held);
    manager.release_lock(&key("held"), &holder("me")).unwrap();
    server.ask::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    assert!(acquire(&manager, SECOND).1.unwrap());
}

#[test]
fn a_deadline_is_kept_to_where_somebody_has_the_lock() {
    let server = Server::start();
    let [manager, stranger] = [server.manager(), server.stranger()];
    assert!(acquire(&manager, SECOND).1.unwrap());
    let (waited, granted) = timed(|| stranger.acquire_lock(&key("k"), &holder("other"), Some(300 * MS), None));
    assert!(!granted.unwrap());
    assert!((300 * MS..300 * MS + SLACK).contains(&waited), "{waited:?}");
    assert_eq!(stranger.holder_of(&key("k")).unwrap().unwrap().holder, holder("me"));
}

#[test]
fn an_attempt_whose_answer_got_lost_is_made_good_by_the_next() {
    let server = Server::start();
    let manager = server.manager();
    assert!(acquire(&manager, SECOND).1.unwrap());
    manager.release_lock(&key("k"), &holder("me")).unwrap();
    server.stop();
    let error = acquire(&manager, 200 * MS).1.unwrap_err();
    assert!(error.source().is_some());
    server.go_on();
    // By now the server has granted what it was asked for while it stood still.
    assert!(acquire(&manager, 500 * MS).1.unwrap());
    manager.release_lock(&key("k"), &holder("me")).unwrap();
    assert!(!manager.is_locked(&key("k")).unwrap());
}
