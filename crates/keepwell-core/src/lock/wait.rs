//! Waiting for a lock with a deadline, for callers that may block.

use std::time::Duration;

use event_listener::Listener;

use super::{Attempt, LockHolder, LockManager, Wake};
use crate::clock::Clock;
use crate::id::Holder;
use crate::key::CacheKey;
use crate::{Error, ErrorKind};

/// Tries until the lock is granted (`None`) or `timeout` has passed (`Some` of who has it).
///
/// # Errors
/// Those of `attempt`; [`unreachable()`] if the lock manager could not be reached when `timeout` had passed.
pub fn until_granted(
    clock: &dyn Clock,
    timeout: Option<Duration>,
    mut attempt: impl FnMut() -> Result<Attempt, Error>,
) -> Result<Option<LockHolder>, Error> {
    let start = clock.monotonic();
    loop {
        let refused = attempt()?;
        let waited = clock.monotonic().saturating_sub(start);
        let left = timeout.map(|timeout| timeout.saturating_sub(waited));
        let is_over = left == Some(Duration::ZERO);
        match refused {
            Attempt::Granted => return Ok(None),
            Attempt::Held { by, .. } if is_over => return Ok(Some(by)),
            Attempt::Unreachable { cause, .. } if is_over => return Err(unreachable(cause, timeout)),
            Attempt::Held { by, wake } => pause(clock, wake, shorter(left, by.expires_in)),
            Attempt::Unreachable { wake, .. } => pause(clock, wake, left),
        }
    }
}

fn pause(clock: &dyn Clock, wake: Wake, at_most: Option<Duration>) {
    match (wake, at_most) {
        (Wake::Signal(listener), None) => listener.wait(),
        (Wake::Signal(listener), Some(limit)) => {
            listener.wait_timeout(limit);
        }
        (Wake::After(delay), limit) => clock.sleep(limit.map_or(delay, |limit| limit.min(delay))),
    }
}

fn shorter(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (only, None) | (None, only) => only,
    }
}

/// The error of a caller that gives back what it has not got.
pub fn not_held(key: &CacheKey, holder: &Holder) -> Error {
    Error::new(ErrorKind::LeaseLost, format!("`{holder}` does not hold the lock for key `{key}`"))
}

/// The error of a caller whose deadline passed while `by` had the lock.
pub fn timed_out(key: &CacheKey, wanted_by: &Holder, by: Option<&LockHolder>, timeout: Option<Duration>) -> Error {
    let waited = timeout.unwrap_or_default().as_secs_f64();
    let holder = by.map_or_else(|| "somebody else".to_owned(), ToString::to_string);
    Error::new(
        ErrorKind::LockTimeout,
        format!(
            "the lock for key `{key}` was not granted to `{wanted_by}` within {waited:.1} s: it is held by {holder}"
        ),
    )
    .with_hint("raise KEEPWELL_LOCKS_TIMEOUT_SECONDS, or find out why the holder takes so long")
}

/// The error of a caller whose deadline passed while the lock manager could not be reached.
pub fn unreachable(cause: Error, timeout: Option<Duration>) -> Error {
    let within = timeout.map_or_else(String::new, |timeout| format!(" within {:.1} s", timeout.as_secs_f64()));
    Error::new(ErrorKind::LockTimeout, format!("the lock manager could not be asked{within}")).with_source(cause)
}

/// Why a lock manager could not be asked that has not answered yet.
pub fn no_answer(manager: &dyn LockManager) -> Error {
    Error::new(ErrorKind::Storage, format!("no answer yet from the lock manager ({})", manager.name()))
}
