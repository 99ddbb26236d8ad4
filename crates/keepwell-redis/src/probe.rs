//! What a Redis server is like, as far as it matters to locks, and which promises hold on it.

use std::time::Duration;

use keepwell_core::Error;
use keepwell_core::clock::{Clock, SystemClock};
use keepwell_core::storage::probe::{Promise, Standing};
use redis::{Connection, RedisResult};

use crate::connections::Connections;
use crate::failure::Failure;
use crate::options::RedisOptions;

/// How often a round trip is measured; the shortest counts.
const ROUND_TRIPS: u32 = 5;

/// What was found out about a server.
#[derive(Clone, Debug, PartialEq)]
pub struct RedisFindings {
    /// Where it is, without a password.
    pub address: String,
    /// The version that it says it has.
    pub version: String,
    /// Whether it takes writes, rather than copying another server.
    pub is_master: bool,
    /// The shortest time from a question to its answer.
    pub round_trip: Duration,
    /// How far its clock is ahead of this machine's, in milliseconds, give or take a round trip; behind, where this is less
    /// than 0. No lock depends on it.
    pub clock_offset: i64,
    /// Whether it writes every change to a file.
    pub appends: bool,
    /// How often that file is flushed (`always`, `everysec`, `no`), if the server tells.
    pub flushes: Option<String>,
    /// When it writes everything to a file, in its own words (`3600 1 300 100`), if the server tells; empty for never.
    pub saves: Option<String>,
    /// The most memory that it uses in bytes; 0 for no limit.
    pub memory_limit: u64,
    /// What it does when that is used up (`noeviction`, `allkeys-lru`, …).
    pub eviction: String,
}

/// Asks the server what it is like. Nothing in it is changed.
///
/// # Errors
/// [`Storage`](keepwell_core::ErrorKind::Storage) if it cannot be reached or refuses.
pub fn probe(options: &RedisOptions) -> Result<RedisFindings, Error> {
    let connections = std::sync::Arc::new(Connections::new(options.clone()));
    let answer = connections.ask(options.longest_answer(), |connection| examine(connection, &options.to_string()));
    answer.map_err(Failure::into_error)
}

fn examine(connection: &mut Connection, address: &str) -> RedisResult<RedisFindings> {
    let clock = SystemClock::new();
    let info: String = redis::cmd("INFO").query(connection)?;
    let fact = |name: &str| fact(&info, name).unwrap_or_default().to_owned();
    let round_trip = round_trip(connection, &clock)?;
    let before = clock.now().as_millis();
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query(connection)?;
    let middle = u64::midpoint(before, clock.now().as_millis());
    Ok(RedisFindings {
        address: address.to_owned(),
        version: fact("redis_version"),
        is_master: fact("role") == "master",
        round_trip,
        clock_offset: (seconds * 1_000 + micros / 1_000).cast_signed() - middle.cast_signed(),
        appends: fact("aof_enabled") == "1",
        flushes: configured(connection, "appendfsync"),
        saves: configured(connection, "save"),
        memory_limit: fact("maxmemory").parse().unwrap_or(0),
        eviction: fact("maxmemory_policy"),
    })
}

/// What the server's report says under this name.
fn fact<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'))
}

fn round_trip(connection: &mut Connection, clock: &dyn Clock) -> RedisResult<Duration> {
    let mut shortest = Duration::MAX;
    for _ in 0..ROUND_TRIPS {
        let start = clock.monotonic();
        let _: String = redis::cmd("PING").query(connection)?;
        shortest = shortest.min(clock.monotonic().saturating_sub(start));
    }
    Ok(shortest)
}

/// A setting of the server, where this user may ask for it: rented servers often forbid it.
fn configured(connection: &mut Connection, name: &str) -> Option<String> {
    let answer: RedisResult<Vec<String>> = redis::cmd("CONFIG").arg("GET").arg(name).query(connection);
    answer.ok()?.into_iter().nth(1)
}

impl RedisFindings {
    /// What keepwell promises of locks in Redis, and whether it holds on this server. None of it touches what is committed.
    pub fn promises(&self) -> Vec<Promise> {
        let promise = |name, words, (standing, reason)| Promise { name, words, standing, reason };
        vec![
            promise("redis_locks", "Redis grants locks", self.grants()),
            promise("redis_eviction", "Redis forgets no lock", self.remembers()),
            promise("redis_restart", "locks outlast a restart of Redis", self.outlasts_restart()),
        ]
    }

    fn grants(&self) -> (Standing, String) {
        if self.is_master {
            (Standing::Holds, format!("{} answers within {:.1?}", self.address, self.round_trip))
        } else {
            (Standing::Broken, format!("{} is a replica: name the server that it copies", self.address))
        }
    }

    fn remembers(&self) -> (Standing, String) {
        match (self.memory_limit, self.eviction.as_str()) {
            (0, "noeviction") => (Standing::Holds, "its memory has no limit".to_owned()),
            (0, policy) => {
                let reason =
                    format!("its memory has no limit; with one, `{policy}` would drop locks: set `noeviction`");
                (Standing::Reduced, reason)
            }
            (_, "noeviction") => (Standing::Holds, "when its memory is full it refuses, and drops nothing".to_owned()),
            (_, policy) => {
                let reason =
                    format!("when its memory is full `{policy}` drops locks, and two bodies may run: set `noeviction`");
                (Standing::Reduced, reason)
            }
        }
    }

    fn outlasts_restart(&self) -> (Standing, String) {
        match (self.appends, self.flushes.as_deref()) {
            (true, Some("always")) => (Standing::Holds, "it flushes every change to its file".to_owned()),
            (true, _) => {
                (Standing::Holds, "it writes every change to a file; a power cut may lose the last second".to_owned())
            }
            (false, _) => {
                let reason = "it writes no change to a file (`appendonly no`): after a restart two bodies may run, of which \
                    one commits";
                (Standing::Reduced, reason.to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_found_by_its_whole_name() {
        let info = "# Memory\r\nmaxmemory_human:0B\r\nmaxmemory:7\r\nmaxmemory_policy:noeviction\r\n";
        assert_eq!((fact(info, "maxmemory"), fact(info, "maxmemory_policy")), (Some("7"), Some("noeviction")));
        assert_eq!(fact(info, "role"), None);
    }
}
