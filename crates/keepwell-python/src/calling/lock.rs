//! Taking and giving back locks from an event loop, which goes on meanwhile.

use std::sync::Arc;
use std::time::Duration;

use keepwell_core::action::{Reply, StoreAction};
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{Attempt, Errand, LockManager, Wake, timed_out, try_acquire_apart, unreachable};
use keepwell_core::{Error, clock, driver};
use pyo3::prelude::*;

use super::remote;
use super::wake::{Waiting, until_woken};
use crate::fork;

/// How long a lock that is being given back is waited for in spite of a signal.
const GIVING_BACK: Duration = Duration::from_secs(5);

/// A lock that is wanted, since when, and how often it was tried for.
pub(super) struct Wanted {
    manager: Arc<dyn LockManager>,
    key: CacheKey,
    holder: Holder,
    timeout: Option<Duration>,
    since: Duration,
    tries: u32,
}

/// What is awaited on the way to a lock, or away from one.
pub(super) enum OnTheWay {
    /// Another attempt being worth it.
    Wake(Wanted, #[expect(dead_code, reason = "dropping it stops listening")] Waiting),
    /// What comes of an attempt elsewhere.
    Attempt(Wanted, Errand<Result<Attempt, Error>>, #[expect(dead_code, reason = "as above")] Waiting),
    /// What comes of giving a lock back elsewhere.
    Release(Errand<Reply>, #[expect(dead_code, reason = "as above")] Waiting),
}

/// What comes next.
pub(super) enum Next {
    Reply(Reply),
    Await(OnTheWay, Py<PyAny>),
}

/// Begins to take a lock, or to give back one that is elsewhere. Other actions on the store are performed.
pub(super) fn begin(py: Python<'_>, action: StoreAction) -> PyResult<Next> {
    match action {
        StoreAction::AcquireLock { manager, key, holder, timeout } => {
            Wanted { manager, key, holder, timeout, since: clock::of_process().monotonic(), tries: 0 }.attempt(py)
        }
        action @ StoreAction::ReleaseLock { .. } if super::waiting::is_remote(&action) => {
            let errand = Errand::begin(move || driver::perform(action), drop);
            let (awaitable, waiting) = until_woken(py, Wake::Signal(errand.listen()), None, 0)?;
            Ok(Next::Await(OnTheWay::Release(errand, waiting), awaitable))
        }
        action => super::waiting::perform(py, action).map(Next::Reply),
    }
}

impl OnTheWay {
    /// Goes on after what was awaited has ended.
    pub(super) fn go_on(self, py: Python<'_>) -> PyResult<Next> {
        match self {
            Self::Wake(wanted, _) => wanted.attempt(py),
            Self::Attempt(wanted, errand, _) => {
                let attempt = errand.take().unwrap_or_else(|| Ok(remote::unanswered(&*wanted.manager)));
                wanted.after(py, attempt)
            }
            Self::Release(errand, _) => match remote::done(py, errand, None)? {
                Some(reply) => Ok(Next::Reply(reply)),
                None => unreachable!("it is waited for without a limit"),
            },
        }
    }

    /// What is to be told of it though a signal has ended the wait: that a lock is given back is waited for all the same.
    pub(super) fn in_spite_of_signal(self, py: Python<'_>) -> Option<Reply> {
        match self {
            Self::Wake(..) | Self::Attempt(..) => None,
            Self::Release(errand, _) => py.detach(move || errand.wait(GIVING_BACK)),
        }
    }
}

impl Wanted {
    fn attempt(self, py: Python<'_>) -> PyResult<Next> {
        let Self { manager, key, holder, .. } = &self;
        if !manager.is_remote() {
            let attempt = fork::detached(py, || manager.try_acquire(key, holder, None));
            return self.after(py, attempt);
        }
        let errand = try_acquire_apart(manager, key, holder, None);
        let limit = remote::limit(self.timeout, self.since);
        let (awaitable, waiting) = until_woken(py, Wake::Signal(errand.listen()), limit, 0)?;
        Ok(Next::Await(OnTheWay::Attempt(self, errand, waiting), awaitable))
    }

    fn after(self, py: Python<'_>, attempt: Result<Attempt, Error>) -> PyResult<Next> {
        let Self { key, holder, timeout, .. } = &self;
        let waited = clock::of_process().monotonic().saturating_sub(self.since);
        let left = timeout.map(|timeout| timeout.saturating_sub(waited));
        let is_over = left.is_some_and(|left| left.is_zero());
        let replied = |outcome| Ok(Next::Reply(Reply::Locked(outcome)));
        let (wake, limit) = match attempt {
            Ok(Attempt::Granted) => return replied(Ok(())),
            Err(error) => return replied(Err(error)),
            Ok(Attempt::Held { by, .. }) if is_over => {
                return replied(Err(timed_out(key, holder, Some(&by), *timeout)));
            }
            Ok(Attempt::Unreachable { cause, .. }) if is_over => return replied(Err(unreachable(cause, *timeout))),
            Ok(Attempt::Held { by, wake }) => (wake, left.into_iter().chain(by.expires_in).min()),
            Ok(Attempt::Unreachable { wake, .. }) => (wake, left),
        };
        let (awaitable, waiting) = until_woken(py, wake, limit, self.tries)?;
        let tries = self.tries.saturating_add(1);
        Ok(Next::Await(OnTheWay::Wake(Self { tries, ..self }, waiting), awaitable))
    }
}
