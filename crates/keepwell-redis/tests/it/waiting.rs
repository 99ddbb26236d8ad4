//! Waiting for locks of other processes: woken by the release, also after messages have got lost.

use std::thread;
use std::time::{Duration, Instant};

use keepwell_core::lock::LockManager;

use crate::server::{MS, SECOND, SLACK, Server, holder, key};

/// How long after the release a stranger that waits has the lock; `meanwhile` happens while it waits.
fn hand_over(server: &Server, meanwhile: impl FnOnce()) -> Duration {
    let [manager, stranger] = [server.manager(), server.stranger()];
    assert!(manager.acquire_lock(&key("k"), &holder("me"), None, None).unwrap());
    thread::scope(|scope| {
        let waits = scope.spawn(|| {
            assert!(stranger.acquire_lock(&key("k"), &holder("other"), Some(20 * SECOND), None).unwrap());
            Instant::now()
        });
        thread::sleep(400 * MS);
        meanwhile();
        let released = Instant::now();
        manager.release_lock(&key("k"), &holder("me")).unwrap();
        let taken = waits.join().unwrap();
        stranger.release_lock(&key("k"), &holder("other")).unwrap();
        taken.saturating_duration_since(released)
    })
}

#[test]
fn a_release_wakes_whoever_waits_elsewhere() {
    let server = Server::start();
    let mut times: Vec<_> = (0..5).map(|_| hand_over(&server, || ())).collect();
    times.sort();
    assert!(times[2] < 50 * MS, "{times:?}");
}

#[test]
fn a_wait_survives_that_its_connections_are_closed() {
    let server = Server::start();
    let close_all = || {
        server.ask::<u32>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        server.ask::<u32>(&["CLIENT", "KILL", "TYPE", "normal"]);
    };
    let time = hand_over(&server, close_all);
    assert!(time < SECOND + SLACK, "{time:?}");
}

#[test]
fn a_release_whose_message_got_lost_is_found_within_a_second() {
    let server = Server::start();
    let manager = server.manager();
    server.ask::<()>(&["HSET", "keepwell:lock:k", "nonce", "n"]);
    thread::scope(|scope| {
        let waits = scope.spawn(|| {
            assert!(manager.wait_for_lock(&key("k"), Some(20 * SECOND)).unwrap());
            Instant::now()
        });
        thread::sleep(400 * MS);
        let released = Instant::now();
        server.ask::<()>(&["DEL", "keepwell:lock:k"]);
        let time = waits.join().unwrap().saturating_duration_since(released);
        assert!(time < SECOND + SLACK, "{time:?}");
    });
}

#[test]
fn nothing_is_left_of_a_wait_a_while_after_it() {
    let server = Server::start();
    hand_over(&server, || ());
    let subscribed = || server.ask::<Vec<String>>(&["PUBSUB", "CHANNELS"]).len();
    assert!(subscribed() > 0);
    let start = Instant::now();
    while subscribed() > 0 {
        assert!(start.elapsed() < 30 * SECOND, "the thread that listens does not end");
        thread::sleep(200 * MS);
    }
}
