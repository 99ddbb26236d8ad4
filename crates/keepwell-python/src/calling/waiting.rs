//! Waiting with the interpreter let go, in slices between which signals are looked for.

use std::time::Duration;

use keepwell_core::Error;
use keepwell_core::action::{Reply, StoreAction};
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{LockManager, timed_out};
use keepwell_core::{clock, driver};
use pyo3::prelude::*;

use super::remote;
use crate::fork;

/// How long a signal may go unnoticed.
const SLICE: Duration = Duration::from_millis(50);

/// Performs a store action.
///
/// # Errors
/// What a signal handler raised while a lock was waited for; nothing is held then.
pub(super) fn perform(py: Python<'_>, action: StoreAction) -> PyResult<Reply> {
    match action {
        StoreAction::AcquireLock { manager, key, holder, timeout } if manager.is_remote() => {
            let refused = remote::acquire(py, &manager, &key, &holder, timeout, None)?;
            Ok(Reply::Locked(refused.and_then(|by| match by {
                None => Ok(()),
                Some(by) => Err(timed_out(&key, &holder, Some(&by), timeout)),
            })))
        }
        StoreAction::AcquireLock { manager, key, holder, timeout } => {
            acquire_lock(py, &*manager, &key, &holder, timeout).map(Reply::Locked)
        }
        // It may take its time, and a fork is not to wait for it.
        action @ StoreAction::ReleaseLock { .. } if is_remote(&action) => Ok(py.detach(|| driver::perform(action))),
        action @ (StoreAction::LookUp { .. }
        | StoreAction::Claim { .. }
        | StoreAction::Unclaim { .. }
        | StoreAction::Commit(_)
        | StoreAction::ReleaseLock { .. }) => Ok(fork::detached(py, || driver::perform(action))),
    }
}

/// Whether the action is to ask a lock manager elsewhere.
pub(super) fn is_remote(action: &StoreAction) -> bool {
    match action {
        StoreAction::AcquireLock { manager, .. } | StoreAction::ReleaseLock { manager, .. } => manager.is_remote(),
        StoreAction::LookUp { .. }
        | StoreAction::Claim { .. }
        | StoreAction::Unclaim { .. }
        | StoreAction::Commit(_) => false,
    }
}

/// Lets time pass.
///
/// # Errors
/// What a signal handler raised meanwhile.
pub(super) fn sleep(py: Python<'_>, duration: Duration) -> PyResult<()> {
    let clock = clock::of_process();
    let end = clock.monotonic().saturating_add(duration);
    loop {
        let left = end.saturating_sub(clock.monotonic());
        if left.is_zero() {
            return Ok(());
        }
        py.detach(|| clock.sleep(left.min(SLICE)));
        py.check_signals()?;
    }
}

fn acquire_lock(
    py: Python<'_>,
    manager: &dyn LockManager,
    key: &CacheKey,
    holder: &Holder,
    timeout: Option<Duration>,
) -> PyResult<Result<(), Error>> {
    let clock = clock::of_process();
    let start = clock.monotonic();
    loop {
        let left = timeout.map(|timeout| timeout.saturating_sub(clock.monotonic().saturating_sub(start)));
        let slice = left.map_or(SLICE, |left| left.min(SLICE));
        match fork::detached(py, || manager.acquire_lock(key, holder, Some(slice), None)) {
            Err(error) => return Ok(Err(error)),
            Ok(true) => return Ok(Ok(())),
            Ok(false) => py.check_signals()?,
        }
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(fork::detached(py, || match manager.holder_of(key) {
                Ok(by) => Err(timed_out(key, holder, by.as_ref(), timeout)),
                Err(error) => Err(error),
            }));
        }
    }
}
