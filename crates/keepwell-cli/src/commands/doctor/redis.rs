//! What was found out about a Redis server, for people and for programs.

use keepwell_core::storage::probe::Promise;
use keepwell_redis::{RedisFindings, RedisOptions, probe};
use serde_json::{Value, json};

use super::folder::clock;
use crate::failure::Failure;
use crate::session::Session;
use crate::table;
use crate::text::{bytes, safe};

/// Asks the server at a URL what it is like.
pub(super) fn examine(url: &str) -> Result<RedisFindings, Failure> {
    Ok(probe(&RedisOptions::of_url(url)?)?)
}

/// Prints the findings.
pub(super) fn print(session: &mut Session, found: &RedisFindings) -> Result<(), Failure> {
    let version = format!("Redis {}", found.version);
    session.print(format_args!("{}: {}", safe(&found.address), safe(&version)))?;
    session.print("")?;
    let mut table = table::new(&["CHECK", "FOUND"]);
    table.add_row(["round trip", &format!("{:.1?}", found.round_trip)]);
    table.add_row(["clock", &clock(found.clock_offset)]);
    table.add_row(["every change to a file", &appends(found)]);
    table.add_row(["all to a file", &saves(found)]);
    table.add_row(["memory", &memory(found)]);
    table::print(session, table)
}

/// The findings as JSON.
pub(super) fn object(found: &RedisFindings) -> Value {
    json!({
        "address": found.address,
        "version": found.version,
        "is_master": found.is_master,
        "round_trip_seconds": found.round_trip.as_secs_f64(),
        "clock_offset_seconds": super::folder::seconds(found.clock_offset),
        "appendonly": found.appends,
        "appendfsync": found.flushes,
        "save": found.saves,
        "maxmemory": found.memory_limit,
        "maxmemory_policy": found.eviction,
    })
}

/// The promises of a folder and of the server together.
pub(super) fn with_promises(mut promises: Vec<Promise>, found: Option<&RedisFindings>) -> Vec<Promise> {
    promises.extend(found.into_iter().flat_map(RedisFindings::promises));
    promises
}

fn appends(found: &RedisFindings) -> String {
    match (found.appends, &found.flushes) {
        (false, _) => "no".to_owned(),
        (true, None) => "yes".to_owned(),
        (true, Some(flushes)) => format!("yes, flushed: {}", safe(flushes)),
    }
}

fn saves(found: &RedisFindings) -> String {
    match found.saves.as_deref() {
        None => "not told".to_owned(),
        Some("") => "never".to_owned(),
        Some(when) => format!("by its rules: {}", safe(when)),
    }
}

fn memory(found: &RedisFindings) -> String {
    let limit = if found.memory_limit == 0 { "no limit".to_owned() } else { bytes(found.memory_limit) };
    format!("{limit}, {}", safe(&found.eviction))
}
