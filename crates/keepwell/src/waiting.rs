//! Waiting without blocking the thread, on any async runtime.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_io::Timer;
use futures_lite::FutureExt;
use keepwell_core::Error;
use keepwell_core::action::{Reply, StoreAction};
use keepwell_core::driver;
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{Attempt, Errand, LockManager, Wake, no_answer, timed_out, try_acquire_apart, unreachable};

/// How long the last question of a wait to a lock manager elsewhere may take beyond the deadline.
const LAST_WORD: Duration = Duration::from_millis(100);

/// Performs a store action. Locks are awaited, and so are lock managers elsewhere; local storages are fast enough to be used
/// in place.
pub(crate) async fn perform(action: StoreAction) -> Reply {
    match action {
        StoreAction::AcquireLock { manager, key, holder, timeout } => {
            Reply::Locked(acquire_lock(&manager, &key, &holder, timeout).await)
        }
        StoreAction::ReleaseLock { manager, key, holder } if manager.is_remote() => {
            let release = move || manager.release_lock(&key, &holder);
            Reply::Released(Errand::begin(release, drop).finish().await)
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
    manager: &Arc<dyn LockManager>,
    key: &CacheKey,
    holder: &Holder,
    timeout: Option<Duration>,
) -> Result<(), Error> {
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    loop {
        let refused = attempt(manager, key, holder, deadline.filter(|_| timeout != Some(Duration::ZERO))).await?;
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

/// Tries to take the lock. One that is elsewhere must answer by the deadline, where there is one.
async fn attempt(
    manager: &Arc<dyn LockManager>,
    key: &CacheKey,
    holder: &Holder,
    deadline: Option<Instant>,
) -> Result<Attempt, Error> {
    if !manager.is_remote() {
        return manager.try_acquire(key, holder, None);
    }
    let limit = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()).max(LAST_WORD));
    let answer = at_most(limit, try_acquire_apart(manager, key, holder, None).finish()).await;
    answer
        .unwrap_or_else(|| Ok(Attempt::Unreachable { cause: no_answer(&**manager), wake: Wake::After(Duration::ZERO) }))
}

async fn pause(wake: Wake) {
    match wake {
        Wake::Signal(listener) => listener.await,
        Wake::After(delay) => {
            Timer::after(delay).await;
        }
    }
}
