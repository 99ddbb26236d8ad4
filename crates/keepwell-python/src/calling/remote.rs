//! Lock managers elsewhere, asked on threads of their own: a signal ends the wait at once, and event loops go on.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake as StdWake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{Attempt, Errand, LockHolder, LockManager, Wake, no_answer, try_acquire_apart, unreachable};
use keepwell_core::{Error, clock};
use pyo3::prelude::*;

/// How long a signal may go unnoticed.
const SLICE: Duration = Duration::from_millis(50);
/// How long the last question of a wait may take beyond the deadline.
const LAST_WORD: Duration = Duration::from_millis(100);

/// What the errand comes to, or `None` if it is not done within `limit`.
///
/// # Errors
/// What a signal handler raised meanwhile; the errand is given up.
pub(crate) fn done<T: Send + 'static>(
    py: Python<'_>,
    errand: Errand<T>,
    limit: Option<Duration>,
) -> PyResult<Option<T>> {
    let start = now();
    loop {
        let left = limit.map(|limit| limit.saturating_sub(now().saturating_sub(start)));
        let slice = left.map_or(SLICE, |left| left.min(SLICE));
        let outcome = py.detach(|| errand.wait(slice));
        if outcome.is_some() || left == Some(Duration::ZERO) {
            return Ok(outcome);
        }
        py.check_signals()?;
    }
}

/// Takes the lock (`None`), or says who has it when `timeout` has passed.
///
/// # Errors
/// Outside, what a signal handler raised; the lock is not taken, or given back, then. Inside, why it could not be asked for.
pub(crate) fn acquire(
    py: Python<'_>,
    manager: &Arc<dyn LockManager>,
    key: &CacheKey,
    holder: &Holder,
    timeout: Option<Duration>,
    hold_timeout: Option<Duration>,
) -> PyResult<Result<Option<LockHolder>, Error>> {
    let start = now();
    loop {
        let errand = try_acquire_apart(manager, key, holder, hold_timeout);
        let attempt = done(py, errand, limit(timeout, start))?;
        let left = timeout.map(|timeout| timeout.saturating_sub(now().saturating_sub(start)));
        let is_over = left == Some(Duration::ZERO);
        match attempt.unwrap_or_else(|| Ok(unanswered(&**manager))) {
            Ok(Attempt::Granted) => return Ok(Ok(None)),
            Err(error) => return Ok(Err(error)),
            Ok(Attempt::Held { by, .. }) if is_over => return Ok(Ok(Some(by))),
            Ok(Attempt::Unreachable { cause, .. }) if is_over => return Ok(Err(unreachable(cause, timeout))),
            Ok(Attempt::Held { by, wake }) => pause(py, wake, left.into_iter().chain(by.expires_in).min())?,
            Ok(Attempt::Unreachable { wake, .. }) => pause(py, wake, left)?,
        }
    }
}

/// How long an attempt may take that is part of a wait. Where it is not to be waited at all an answer is needed all the same.
pub(super) fn limit(timeout: Option<Duration>, start: Duration) -> Option<Duration> {
    let timeout = timeout.filter(|timeout| !timeout.is_zero())?;
    Some(timeout.saturating_sub(now().saturating_sub(start)).max(LAST_WORD))
}

/// An attempt that was not answered in time.
pub(super) fn unanswered(manager: &dyn LockManager) -> Attempt {
    Attempt::Unreachable { cause: no_answer(manager), wake: Wake::After(Duration::ZERO) }
}

fn pause(py: Python<'_>, wake: Wake, limit: Option<Duration>) -> PyResult<()> {
    match wake {
        Wake::After(delay) => super::waiting::sleep(py, limit.map_or(delay, |limit| limit.min(delay))),
        Wake::Signal(listener) => until_notified(py, Box::pin(listener), limit),
    }
}

fn until_notified(
    py: Python<'_>,
    mut listener: Pin<Box<impl Future<Output = ()> + Send>>,
    limit: Option<Duration>,
) -> PyResult<()> {
    let (start, waker) = (now(), Waker::from(Arc::new(Unpark(thread::current()))));
    loop {
        let left = limit.map(|limit| limit.saturating_sub(now().saturating_sub(start)));
        let is_notified = listener.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        if is_notified || left == Some(Duration::ZERO) {
            return Ok(());
        }
        py.detach(|| thread::park_timeout(left.map_or(SLICE, |left| left.min(SLICE))));
        py.check_signals()?;
    }
}

/// Wakes a thread that sleeps for an event.
struct Unpark(Thread);

impl StdWake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn now() -> Duration {
    clock::of_process().monotonic()
}
