//! What is known of whoever holds a lock.

use std::fmt;
use std::time::Duration;

use crate::id::Holder;

/// Whoever holds a lock, as far as the lock manager knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockHolder {
    /// The name under which the lock was taken.
    pub holder: Holder,
    /// The machine, where it is not this one.
    pub host: Option<String>,
    /// The process.
    pub process: u32,
    /// How long it has held the lock.
    pub age: Duration,
    /// How long it may hold it still, where that is limited.
    pub expires_in: Option<Duration>,
}

impl fmt::Display for LockHolder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.as_deref().unwrap_or("this machine");
        let seconds = self.age.as_secs_f64();
        write!(formatter, "`{}` (process {} on {host}, for {seconds:.1} s)", self.holder, self.process)
    }
}
