//! What is said of a server that is as it should be, and of one that is not.

use keepwell_core::storage::probe::Standing;
use keepwell_redis::{RedisOptions, probe};

use crate::server::{MS, SECOND, Server};

/// How the promises stand: of grants, of evictions, of restarts.
fn standings(options: &RedisOptions) -> [Standing; 3] {
    let promises = probe(options).unwrap().promises();
    assert_eq!(promises.iter().map(|promise| promise.name).collect::<Vec<_>>(), NAMES);
    [0, 1, 2].map(|index| promises[index].standing)
}

const NAMES: [&str; 3] = ["redis_locks", "redis_eviction", "redis_restart"];

#[test]
fn a_server_says_what_it_is_like() {
    let server = Server::start_with(&["--appendonly", "yes", "--save", "3600 1"]);
    let found = probe(&server.options()).unwrap();
    assert!(found.is_master && found.appends && found.round_trip < SECOND, "{found:?}");
    assert!(found.version.starts_with(|first: char| first.is_ascii_digit()), "{found:?}");
    assert!(found.clock_offset.abs() < 1_000, "{found:?}");
    assert_eq!((found.flushes.as_deref(), found.saves.as_deref()), (Some("everysec"), Some("3600 1")));
    assert_eq!((found.memory_limit, found.eviction.as_str()), (0, "noeviction"));
    assert_eq!(standings(&server.options()), [Standing::Holds; 3]);
    assert_eq!(server.ask::<Vec<String>>(&["KEYS", "*"]), [] as [&str; 0], "nothing was left there");
}

#[test]
fn a_server_that_keeps_nothing_or_drops_what_it_has_is_found_out() {
    use Standing::{Broken, Holds, Reduced};
    let server = Server::start();
    assert_eq!(standings(&server.options()), [Holds, Holds, Reduced]);
    let _: String = server.ask(&["CONFIG", "SET", "maxmemory", "100mb"]);
    assert_eq!(standings(&server.options()), [Holds, Holds, Reduced]);
    let _: String = server.ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    assert_eq!(standings(&server.options()), [Holds, Reduced, Reduced]);
    let _: String = server.ask(&["REPLICAOF", "127.0.0.1", "1"]);
    assert_eq!(standings(&server.options()), [Broken, Reduced, Reduced]);
}

#[test]
fn a_server_that_does_not_answer_is_an_error_in_time() {
    let mut server = Server::start();
    let options = server.options().patience(300 * MS);
    server.stop();
    let start = std::time::Instant::now();
    assert!(probe(&options).is_err());
    assert!(start.elapsed() < 5 * SECOND);
    server.go_on();
    server.kill();
    let message = probe(&options).unwrap_err().report();
    assert!(message.starts_with("the Redis server at redis://127.0.0.1:"), "{message}");
}
