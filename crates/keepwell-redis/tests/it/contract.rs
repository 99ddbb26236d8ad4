//! The contract of lock managers, over TCP and over a socket, and what a lock costs.

use keepwell_core::lock::LockManager;
use keepwell_redis::{RedisLockManager, lock_manager_at};
use keepwell_testing::lock::{Contention, broken_clauses, contend};

use crate::server::{SECOND, Server, holder, key};

#[test]
fn the_lock_manager_keeps_the_contract() {
    let server = Server::start();
    assert_eq!(broken_clauses(&server.manager()), Vec::<&str>::new());
}

#[test]
fn the_lock_manager_keeps_the_contract_by_a_socket_that_a_url_names() {
    let server = Server::start();
    let manager = lock_manager_at(&server.options_by_socket().to_string()).unwrap().unwrap();
    assert_eq!(broken_clauses(&*manager), Vec::<&str>::new());
}

#[test]
fn databases_and_prefixes_keep_locks_apart() {
    let server = Server::start();
    let options = [server.options(), server.options().db(1), server.options().prefix("other:")];
    for manager in options.map(RedisLockManager::new) {
        let granted = manager.acquire_lock(&key("k"), &holder("me"), Some(SECOND), None).unwrap();
        assert!(granted, "{manager:?}");
    }
}

#[test]
fn strangers_never_have_a_lock_at_once_and_none_waits_in_vain() {
    let server = Server::start();
    let [one, other] = [server.manager(), server.stranger()];
    let both = std::thread::scope(|scope| {
        let threads = [&one, &other].map(|manager| scope.spawn(|| contend(manager, &key("k"), 3, 100, 20 * SECOND)));
        threads.map(|thread| thread.join().unwrap().unwrap())
    });
    assert_eq!(both, [Contention { granted: 300, overlaps: 0 }; 2]);
}

#[test]
fn a_lock_that_nobody_else_wants_costs_two_round_trips() {
    let server = Server::start();
    let manager = server.manager();
    let take_and_give_back = || {
        assert!(manager.acquire_lock(&key("k"), &holder("me"), None, None).unwrap());
        manager.release_lock(&key("k"), &holder("me")).unwrap();
    };
    take_and_give_back();
    server.ask::<()>(&["CONFIG", "RESETSTAT"]);
    (0..10).for_each(|_| take_and_give_back());
    let statistics: String = server.ask(&["INFO", "commandstats"]);
    let calls = |command: &str| {
        let line = statistics.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")))?;
        line.split(',').next()?.parse::<u32>().ok()
    };
    assert_eq!(
        [calls("evalsha"), calls("eval"), calls("script|load"), calls("subscribe")],
        [Some(20), None, None, None]
    );
}
