//! Looking at locks from outside, and breaking them.

use event_listener::Listener;
use keepwell_core::ErrorKind;
use keepwell_core::lock::LockManager;

use crate::server::{MS, SECOND, SLACK, Server, holder, key, timed};

#[test]
fn every_lock_is_listed_with_its_holder_and_the_processes_that_wait_for_it() {
    let server = Server::start();
    let [manager, stranger] = [server.manager(), server.stranger()];
    let texts = ["a/b", "report.v1", "*", "é\n"];
    for text in texts {
        assert!(manager.acquire_lock(&key(text), &holder(text), None, None).unwrap());
    }
    server.ask::<()>(&["SET", "keepwell:other", "1"]);
    std::thread::scope(|scope| {
        scope.spawn(|| stranger.acquire_lock(&key("a/b"), &holder("waits"), Some(SECOND), None));
        std::thread::sleep(500 * MS);
        let found = stranger.locks().unwrap();
        let seen: Vec<_> =
            found.iter().map(|(key, by)| (key.as_str(), by.holder.as_str(), by.process, by.waiters)).collect();
        let us = std::process::id();
        let expected = ["*", "a/b", "report.v1", "é\n"].map(|text| (text, text, us, Some(usize::from(text == "a/b"))));
        assert_eq!(seen, expected);
    });
}

#[test]
fn a_lock_that_is_broken_goes_to_whoever_waits_and_its_holder_learns_of_it() {
    let server = Server::start();
    let [manager, stranger] = [server.manager(), server.stranger()];
    assert!(manager.acquire_lock(&key("k"), &holder("me"), None, None).unwrap());
    let lease = manager.lease_of(&key("k"), &holder("me")).unwrap();
    std::thread::scope(|scope| {
        let acquire = || stranger.acquire_lock(&key("k"), &holder("other"), Some(10 * SECOND), None);
        let waits = scope.spawn(move || timed(acquire));
        std::thread::sleep(300 * MS);
        assert_eq!(server.manager().break_lock(&key("k")).unwrap().unwrap().holder, holder("me"));
        let (waited, granted) = waits.join().unwrap();
        assert!(granted.unwrap());
        assert!(waited < 300 * MS + SLACK, "{waited:?}");
    });
    lease.lost().wait();
    assert_eq!(manager.release_lock(&key("k"), &holder("me")).unwrap_err().kind(), ErrorKind::LeaseLost);
    assert_eq!(manager.break_lock(&key("nobody's")).unwrap(), None);
}

#[test]
fn a_key_of_something_else_in_redis_is_refused_and_not_waited_for() {
    let server = Server::start();
    server.ask::<()>(&["SET", "keepwell:lock:k", "not a lock"]);
    let (waited, outcome) = timed(|| server.manager().acquire_lock(&key("k"), &holder("me"), Some(10 * SECOND), None));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Storage);
    assert!(waited < SLACK, "{waited:?}");
}
