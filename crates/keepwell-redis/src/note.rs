//! Who has a lock, as its hash in Redis says it: for messages, but for the nonce.

use std::time::Duration;

use keepwell_core::id::{Holder, WriteId, host_name};
use keepwell_core::lock::LockHolder;
use redis::{FromRedisValue, ParsingError, Value, from_redis_value};

/// Whoever is to have a lock, in this process.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    /// Drawn for each lock that is asked for, so that nobody mistakes another's lock for its own.
    pub(crate) nonce: String,
    pub(crate) holder: Holder,
    pub(crate) host: String,
    pub(crate) process: u32,
}

impl Owner {
    pub(crate) fn new(holder: &Holder) -> Self {
        let nonce = format!("{:032x}", u128::from_le_bytes(WriteId::new().to_bytes()));
        Self { nonce, holder: holder.clone(), host: host_name(), process: std::process::id() }
    }
}

/// What a lock's hash says.
#[derive(Debug)]
pub(crate) struct Note(pub(crate) LockHolder);

impl FromRedisValue for Note {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let (_nonce, holder, host, process, age, left): (Vec<u8>, Vec<u8>, Vec<u8>, i64, i64, i64) =
            from_redis_value(value)?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let milliseconds = |count: i64| u64::try_from(count).ok().map(Duration::from_millis);
        Ok(Self(LockHolder {
            holder: Holder::new(text(holder)),
            host: Some(text(host)).filter(|host| !host.is_empty()),
            process: u32::try_from(process).unwrap_or(0),
            age: milliseconds(age).unwrap_or_default(),
            expires_in: milliseconds(left),
            waiters: None,
        }))
    }
}
