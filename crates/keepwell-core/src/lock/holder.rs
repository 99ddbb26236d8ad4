//! What is known of whoever holds a lock.

use std::fmt;
use std::time::Duration;

use crate::id::{Holder, host_name, process_id};

/// Whoever holds a lock, as far as the lock manager knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockHolder {
    /// The name under which the lock was taken.
    pub holder: Holder,
    /// The machine, where it is known.
    pub host: Option<String>,
    /// The process; 0 where it is not known.
    pub process: u32,
    /// How long it has held the lock.
    pub age: Duration,
    /// How long it may hold it still, where that is limited.
    pub expires_in: Option<Duration>,
    /// How many wait for the lock, where the lock manager knows of all of them.
    pub waiters: Option<usize>,
}

impl LockHolder {
    /// A holder of whom no more than this is known, of this process and machine.
    pub fn here(holder: Holder, age: Duration) -> Self {
        Self { holder, host: Some(host_name()), process: process_id(), age, expires_in: None, waiters: None }
    }

    /// A holder of whom nothing is known.
    pub fn unknown() -> Self {
        let holder = Holder::new("somebody");
        Self { holder, host: None, process: 0, age: Duration::ZERO, expires_in: None, waiters: None }
    }
}

impl fmt::Display for LockHolder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (holder, seconds) = (&self.holder, self.age.as_secs_f64());
        match (&self.host, self.process) {
            (None, 0) => write!(formatter, "`{holder}` (for {seconds:.1} s)"),
            (None, process) => write!(formatter, "`{holder}` (process {process}, for {seconds:.1} s)"),
            (Some(host), process) => {
                write!(formatter, "`{holder}` (process {process} on {host}, for {seconds:.1} s)")
            }
        }
    }
}
