//! Waiting without blocking the thread, on any async runtime.

use std::pin::pin;
use std::time::{Duration, Instant};

use async_io::Timer;
use futures_lite::FutureExt;
use keepwell_core::Error;
use keepwell_core::action::{Reply, StoreAction};
use keepwell_core::driver;
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{Attempt, LockManager, Wake, timed_out, unreachable};

/// Performs a store action. Locks are awaited; local storages are fast enough to be used in place.
pub(crate) async fn perform(action: StoreAction) -> Reply {
    match action {
        StoreAction::AcquireLock { manager, key, holder, timeout } => {
            Reply::Locked(acquire_lock(&*manager, &key, &holder, timeout).await)
        }
        action @ (StoreAction::LookUp { .. }
        | StoreAction::Claim { .. }
        | StoreAction::Unclaim { .. }
        | StoreAction::Commit(_)
        | StoreAction::ReleaseLock { .. }) => driver::perform(action),
    }
}

/// Lets time pass.
pub(crate) async fn sleep(duration: Duration) -> Reply {
    Timer::after(duration).await;
    Reply::Done
}

/// What `future` comes to, or none if `timeout` passes first; the future is dropped then.
pub(crate) async fn at_most<F: Future>(timeout: Option<Duration>, future: F) -> Option<F::Output> {
    let Some(timeout) = timeout else { return Some(future.await) };
    let body = async { Some(future.await) };
    let time = async {
        Timer::after(timeout).await;
        None
    };
    body.or(time).await
}

async fn acquire_lock(
    manager: &dyn LockManager,
    key: &CacheKey,
    holder: &Holder,
    timeout: Option<Duration>,
) -> Result<(), Error> {
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    loop {
        let refused = manager.try_acquire(key, holder, None)?;
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let is_over = left.is_some_and(|left| left.is_zero());
        let (wake, limit) = match refused {
            Attempt::Granted => return Ok(()),
            Attempt::Held { by, .. } if is_over => return Err(timed_out(key, holder, Some(&by), timeout)),
            Attempt::Unreachable { cause, .. } if is_over => return Err(unreachable(cause, timeout)),
            Attempt::Held { by, wake } => (wake, left.into_iter().chain(by.expires_in).min()),
            Attempt::Unreachable { wake, .. } => (wake, left),
        };
        at_most(limit, pin!(pause(wake))).await;
    }
}

async fn pause(wake: Wake) {
    match wake {
        Wake::Signal(listener) => listener.await,
        Wake::After(delay) => {
            Timer::after(delay).await;
        }
    }
}
